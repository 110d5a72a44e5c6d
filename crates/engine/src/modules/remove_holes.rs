//! RemoveHoles: fills small holes of a binary image.

use crate::image_processing::InOut;
use crate::{Declaration, Kind, Module, RunError, Upstream, Workspace};
use algorithms::small_holes::{fill_small_holes, fill_small_holes_of_volume};
use cppipe::{Problem, Settings};
use pixels::{Array, Pixels};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "RemoveHoles",
    former_names: &[],
    newest_revision: 1,
    summary: "fills small holes of a binary image",
    read,
};

#[derive(Debug, PartialEq)]
struct RemoveHoles {
    names: InOut,
    /// Holes of a lesser area than a circle of this diameter, in volumes of a lesser volume than a ball, are filled.
    diameter: f64,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut s = Settings::new(module);
    let names = InOut::read(&mut s);
    let diameter = s.number("Size of holes to fill");
    Ok(Box::new(s.finish(RemoveHoles { names, diameter })?))
}

impl Module for RemoveHoles {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        self.names.declaration()
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        self.names.run(workspace, |image| {
            let mask: Array<bool> = match &image.pixels {
                Pixels::Bool(array) => array.clone(),
                Pixels::F32(array) => array.map(|&v| v > 0.5),
                Pixels::F64(array) => array.map(|&v| v > 0.5),
                Pixels::Int(array) => array.map(|&v| v != 0),
            };
            let radius = self.diameter / 2.0;
            let shape = mask.shape();
            if image.volumetric && shape.channels == 1 {
                // A volume so narrow is taken for an image in colours.
                let ball =
                    if matches!(shape.width, 3 | 4) { radius.powi(2) } else { 4.0 / 3.0 * radius.powi(3) };
                return Ok(Pixels::Bool(fill_small_holes_of_volume(&mask, std::f64::consts::PI * ball)));
            }
            let plane = mask.into_plane().ok_or_else(|| {
                RunError::NotNative(format!("filling holes of `{}`, which is in colour,", self.names.input))
            })?;
            let filled = fill_small_holes(&plane, std::f64::consts::PI * (radius * radius));
            Ok(Pixels::Bool(filled.into()))
        })
    }
}
