//! RemoveHoles: fills small holes of a binary image.

use crate::image_processing::InOut;
use crate::modules::fill_objects::{ball, disk};
use crate::{Declaration, Kind, Module, RunError, Upstream, Workspace};
use algorithms::small_holes::{fill_small_holes, fill_small_holes_of_volume};
use cppipe::{Problem, Settings};
use pixels::{Array, Pixels, Shape};

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
    /// Holes of a lesser area than a circle of this diameter, or a lesser volume than a ball, are filled.
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
            let shape = mask.shape();
            if let Some(plane) = mask.as_plane() {
                return Ok(Pixels::Bool(fill_small_holes(plane, disk(self.diameter)).into()));
            }
            // The channels of a colour image are a third axis like any other, and so is a short third one a channel.
            let axes = match shape {
                Shape { depth: 1, height, width, channels } => [height, width, channels],
                Shape { depth, height, width, channels: 1 } => [depth, height, width],
                _ => {
                    return Err(RunError::NotNative(format!(
                        "filling holes of `{}`, a volume in colour,",
                        self.names.input
                    )));
                }
            };
            let [depth, height, width] = axes;
            let size = if matches!(width, 3 | 4) { disk(self.diameter) } else { ball(self.diameter) };
            let volume = Array::from_vec(Shape { depth, height, width, channels: 1 }, mask.into_vec());
            let filled = fill_small_holes_of_volume(&volume, size).into_vec();
            Ok(Pixels::Bool(Array::from_vec(shape, filled)))
        })
    }
}
