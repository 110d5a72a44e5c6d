use serde::{Deserialize, Serialize};
use std::fmt;

/// Why something failed, as far as it decides what to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// A bad file, table, pipeline or message: the same again would fail again.
    Input,
    /// Too little memory: to be tried with more.
    Memory,
    /// Stopped from outside, or a time limit: to be tried as it is.
    Interrupted,
    /// A fault of ours, or of the machine.
    Internal,
}

impl Class {
    /// Returns the exit status that says so.
    pub fn exit_status(self) -> u8 {
        match self {
            Self::Input => 10,
            Self::Memory => 11,
            Self::Interrupted => 12,
            Self::Internal => 13,
        }
    }

    /// Returns the class of an engine's error.
    pub fn of(error: &engine::RunError) -> Self {
        match error {
            engine::RunError::Internal(_) => Self::Internal,
            engine::RunError::Write { .. } => Self::Interrupted,
            _ => Self::Input,
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Input => "input",
            Self::Memory => "memory",
            Self::Interrupted => "interrupted",
            Self::Internal => "internal",
        })
    }
}
