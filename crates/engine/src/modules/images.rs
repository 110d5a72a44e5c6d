//! Images: which files count. The planner does its work; nothing is left for an image set.

use crate::{Declaration, Kind, Module, RunError, Upstream, Workspace};
use cppipe::Problem;

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "Images",
    former_names: &[],
    newest_revision: imageset::Images::REVISION,
    summary: "chooses the files that count",
    read,
};

#[derive(Debug)]
struct Images;

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    imageset::Images::read(module)?;
    Ok(Box::new(Images))
}

impl Module for Images {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        Declaration::default()
    }

    fn run(&self, _workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        Ok(())
    }
}
