//! DisplayPlatemap: shows a measurement as a map of the plate in a window; without one CellProfiler does nothing.

use crate::shown::Shown;
use crate::{Kind, Module};
use cppipe::Problem;

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "DisplayPlatemap",
    former_names: &[],
    newest_revision: 2,
    summary: "does nothing: there is no window to show a plate in",
    read,
};

fn read(_module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    Ok(Box::new(Shown::default()))
}
