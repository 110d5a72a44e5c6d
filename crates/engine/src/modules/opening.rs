//! Opening: takes away bright spots that a structuring element does not fit in.

use crate::image_processing::{Morphology, Operation};
use crate::{Declaration, Kind, Module, RunError, Upstream, Workspace};
use cppipe::Problem;

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "Opening",
    former_names: &[],
    newest_revision: 1,
    summary: "takes away bright spots that a structuring element does not fit in",
    read,
};

#[derive(Debug, PartialEq)]
struct Opening(Morphology);

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    Ok(Box::new(Opening(Morphology::read(module)?)))
}

impl Module for Opening {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        self.0.declaration()
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        self.0.run(workspace, Operation::Open)
    }
}
