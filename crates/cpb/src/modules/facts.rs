//! What was measured of each native module; `cargo xtask facts` and `cargo xtask bench --record` write it.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is known of a native module.
#[derive(Debug, Default, Deserialize)]
pub struct Facts {
    /// The version of `cpb` that had it first; none before it is recorded.
    since: Option<String>,
    /// The measurements it declares in the stored cases, with names in angle brackets and `#` for numbers.
    #[serde(default)]
    pub measures: Vec<String>,
    /// How many of its values in the stored cases equal CellProfiler's.
    pub parity: Option<Parity>,
    /// What it takes beside CellProfiler.
    pub speed: Option<Speed>,
}

/// Values of the stored cases.
#[derive(Debug, Deserialize, Serialize)]
pub struct Parity {
    /// Compared.
    pub values: u64,
    /// Equal by the parity rule.
    pub equal: u64,
}

/// CPU seconds on the same images, one core each, in one go.
#[derive(Debug, Deserialize, Serialize)]
pub struct Speed {
    /// The case that was timed.
    pub case: String,
    /// CPU seconds of CellProfiler's module.
    pub cellprofiler: f64,
    /// CPU seconds of ours.
    pub cpb: f64,
}

impl Facts {
    /// Returns the version of `cpb` that had it first.
    pub fn since(&self) -> &str {
        self.since.as_deref().unwrap_or(env!("CARGO_PKG_VERSION"))
    }

    /// Returns the share of equal values in percent, never rounded up to 100.
    pub fn equal(&self) -> Option<String> {
        let parity = self.parity.as_ref().filter(|p| p.values > 0)?;
        let tenths = parity.equal * 1000 / parity.values;
        Some(if parity.equal == parity.values {
            "100 %".into()
        } else {
            format!("{}.{} %", tenths / 10, tenths % 10)
        })
    }

    /// Returns how many times less CPU than CellProfiler it takes.
    pub fn ratio(&self) -> Option<String> {
        let speed = self.speed.as_ref().filter(|s| s.cpb > 0.0)?;
        let ratio = speed.cellprofiler / speed.cpb;
        Some(if ratio < 10.0 { format!("{ratio:.1}×") } else { format!("{ratio:.0}×") })
    }
}

/// Returns what is known, by the module's name; nothing is measured yet of a module that is not there.
pub fn all() -> BTreeMap<String, Facts> {
    serde_json::from_str(include_str!("facts.json")).expect("facts.json is checked by a test")
}
