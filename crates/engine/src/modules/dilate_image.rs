//! DilateImage: enlarges what is bright by a structuring element.

use crate::image_processing::{Morphology, Operation};
use crate::{Declaration, Kind, Module, RunError, Upstream, Workspace};
use cppipe::Problem;

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "DilateImage",
    former_names: &["Dilation"],
    newest_revision: 1,
    summary: "enlarges what is bright by a structuring element",
    read,
};

#[derive(Debug, PartialEq)]
struct DilateImage(Morphology);

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    Ok(Box::new(DilateImage(Morphology::read(module)?)))
}

impl Module for DilateImage {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        self.0.declaration()
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        self.0.run(workspace, Operation::Dilate)
    }
}
