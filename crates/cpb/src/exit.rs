//! Exit statuses: what a script may rely on.

use std::process::ExitCode;

/// How a verb can end other than well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// A module refuses its input, as CellProfiler's would (`cpb module`).
    Refused = 1,
    /// Wrong arguments, or a file that an argument names is not what it should be (`cpb module`).
    Usage = 2,
    /// A module or setting is not native.
    NotNative = 3,
    /// The pipeline, an image or a table is bad, or a result cannot be written.
    Input = 10,
    /// Memory ran out.
    Memory = 11,
    /// Stopped from outside.
    Interrupted = 12,
    /// A fault of ours.
    Internal = 13,
    /// Some image sets failed, the others are done.
    Partial = 14,
}

/// An error with the status to end with.
#[derive(Debug)]
pub struct Failed {
    status: Status,
    message: String,
}

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl Failed {
    /// Returns a failure with a message for the user.
    pub fn new(status: Status, message: impl std::fmt::Display) -> Self {
        Self { status, message: message.to_string() }
    }

    /// Returns the status to end with.
    pub fn status(&self) -> Status {
        self.status
    }

    /// Returns a failure of a class of jobs.
    pub fn of_class(class: job::Class, message: impl std::fmt::Display) -> Self {
        let status = match class {
            job::Class::Input => Status::Input,
            job::Class::Memory => Status::Memory,
            job::Class::Interrupted => Status::Interrupted,
            job::Class::Internal => Status::Internal,
        };
        Self::new(status, message)
    }

    /// Returns a failure to reach a job's ledger.
    pub fn from_ledger(error: impl std::fmt::Display) -> Self {
        Self::new(Status::Interrupted, error)
    }

    /// Returns a failure to run a module, with the status that its kind asks for.
    pub fn from_run(error: &engine::RunError, message: impl std::fmt::Display) -> Self {
        let status = match error {
            engine::RunError::NotNative(_) => Status::NotNative,
            engine::RunError::Internal(_) => Status::Internal,
            _ => Status::Input,
        };
        Self::new(status, message)
    }

    /// Returns a failure for the problems of a pipeline, a line each.
    pub fn from_problems(pipeline: &str, problems: &[cppipe::Problem]) -> Self {
        let all_known = problems.iter().all(|p| p.not_native);
        let status = if all_known { Status::NotNative } else { Status::Input };
        let lines: Vec<String> = problems.iter().map(|p| format!("  {p}")).collect();
        let hint = format!("`cpb check -p {pipeline}` shows the whole pipeline");
        Self::new(status, format!("{pipeline} cannot be run:\n{}\n{hint}", lines.join("\n")))
    }
}

/// What a verb returns.
pub type Ended = Result<(), Failed>;

/// Prints what went wrong, if anything, and returns the exit status.
pub fn report(ended: Ended) -> ExitCode {
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            eprintln!("cpb: {failed}");
            ExitCode::from(failed.status as u8)
        }
    }
}
