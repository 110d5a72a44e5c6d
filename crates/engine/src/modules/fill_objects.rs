//! FillObjects: fills the holes of each object, or its convex hull.

use crate::object_processing::{process, processing_declaration, read_names};
use crate::{Declaration, Kind, Module, RunError, Upstream, Workspace};
use algorithms::small_holes::{fill_convex_hulls, fill_object_holes};
use cppipe::{Problem, Settings};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "FillObjects",
    former_names: &[],
    newest_revision: 2,
    summary: "fills the holes of each object, or its convex hull",
    read,
};

#[derive(Debug, PartialEq)]
struct FillObjects {
    objects: String,
    output: String,
    /// Holes of a lesser area than a circle of this diameter are filled; `None` fills the convex hull.
    diameter: Option<f64>,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut s = Settings::new(module);
    let (objects, output) = read_names(&mut s);
    let diameter = s.number("Minimum hole size");
    // Flat objects are one plane in any case.
    s.yes("Planewise fill");
    let holes =
        module.revision == 1 || s.choice("Filling method", &[("Holes", true), ("Convex hull", false)]);
    Ok(Box::new(s.finish(FillObjects { objects, output, diameter: holes.then_some(diameter) })?))
}

impl Module for FillObjects {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        processing_declaration(&self.objects, &self.output)
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        process(workspace, &self.objects, &self.output, |labels| {
            Ok(match self.diameter {
                Some(diameter) => {
                    let radius = diameter / 2.0;
                    fill_object_holes(labels, std::f64::consts::PI * (radius * radius))
                }
                None => fill_convex_hulls(labels),
            })
        })
    }
}
