//! DisplayHistogram: shows a histogram of a measurement in a window; without one CellProfiler does nothing.

use crate::shown::Shown;
use crate::{Kind, Module};
use cppipe::Problem;

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "DisplayHistogram",
    former_names: &[],
    newest_revision: 4,
    summary: "does nothing: there is no window to show a histogram in",
    read,
};

fn read(_module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    Ok(Box::new(Shown::default()))
}
