//! DilateObjects: grows objects by a structuring element; where they meet, the greater number wins.

use crate::image_processing::read_element;
use crate::object_processing::{process, processing_declaration, read_names};
use crate::{Declaration, Kind, Module, RunError, Upstream, Workspace};
use algorithms::structuring_element::StructuringElement;
use cppipe::{Problem, Settings};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "DilateObjects",
    former_names: &[],
    newest_revision: 1,
    summary: "grows objects by a structuring element",
    read,
};

#[derive(Debug, PartialEq)]
struct DilateObjects {
    objects: String,
    output: String,
    element: StructuringElement,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut s = Settings::new(module);
    let (objects, output) = read_names(&mut s);
    let element = read_element(&mut s);
    Ok(Box::new(s.finish(DilateObjects { objects, output, element })?))
}

impl Module for DilateObjects {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        processing_declaration(&self.objects, &self.output)
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        process(workspace, &self.objects, &self.output, |labels| {
            if self.element.is_volume() && labels.shape().depth == 1 {
                return Err(RunError::Refused(
                    "a structuring element of three dimensions cannot be applied to flat objects".into(),
                ));
            }
            Ok(self.element.dilate(labels))
        })
    }
}
