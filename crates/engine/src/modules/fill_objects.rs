//! FillObjects: fills the holes of each object, or its convex hull.

use crate::object_processing::{process, processing_declaration, read_names};
use crate::{Declaration, Kind, Module, RunError, Upstream, Workspace};
use algorithms::small_holes::{fill_convex_hulls, fill_object_holes};
use algorithms::volume_holes::fill_volume_holes;
use algorithms::volume_hull::fill_volume_hulls;
use cppipe::{Problem, Settings};
use pixels::Array;

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
    /// Holes of a lesser area than a circle of this diameter, or a lesser volume than a ball, are filled; `None` fills
    /// the convex hull.
    diameter: Option<f64>,
    /// Whether each plane of a volume is filled by itself.
    planes: bool,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut s = Settings::new(module);
    let (objects, output) = read_names(&mut s);
    let diameter = s.number("Minimum hole size");
    let planes = s.yes("Planewise fill");
    let holes =
        module.revision == 1 || s.choice("Filling method", &[("Holes", true), ("Convex hull", false)]);
    Ok(Box::new(s.finish(FillObjects { objects, output, diameter: holes.then_some(diameter), planes })?))
}

impl Module for FillObjects {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        processing_declaration(&self.objects, &self.output)
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        process(workspace, &self.objects, &self.output, |labels| {
            let shape = labels.shape();
            let Some(diameter) = self.diameter else {
                return match labels.as_plane() {
                    Some(plane) => Ok(fill_convex_hulls(plane).into()),
                    None => fill_volume_hulls(labels).map_err(|number| {
                        RunError::Refused(format!(
                            "object {number} of `{}` lies in one plane and has no convex hull",
                            self.objects
                        ))
                    }),
                };
            };
            // CellProfiler takes what is three or four pixels wide for colours.
            let volume = shape.depth > 1 && !matches!(shape.width, 3 | 4);
            if volume && !self.planes {
                return Ok(fill_volume_holes(labels, ball(diameter)));
            }
            if shape.depth > 1 && !volume {
                return Ok(fill_volume_holes(labels, disk(diameter)));
            }
            let planes = (0..shape.depth)
                .flat_map(|z| fill_object_holes(&labels.plane(z, 0), disk(diameter)).into_vec());
            Ok(Array::from_vec(shape, planes.collect()))
        })
    }
}

/// Returns the area of a circle.
pub(crate) fn disk(diameter: f64) -> f64 {
    let radius = diameter / 2.0;
    std::f64::consts::PI * (radius * radius)
}

/// Returns the volume of a ball.
pub(crate) fn ball(diameter: f64) -> f64 {
    let radius = diameter / 2.0;
    std::f64::consts::PI * ((4.0 / 3.0) * (radius * radius * radius))
}
