//! ShrinkToObjectCenters: leaves of each object the pixel at its centre.

use crate::identified::{flat, plane_of};
use crate::object_processing::{note_processed, processing_declaration, read_names};
use crate::{Declaration, Kind, Module, Objects, RunError, Upstream, Workspace};
use algorithms::centers::centers;
use cppipe::{Problem, Settings};
use pixels::Plane;

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "ShrinkToObjectCenters",
    former_names: &[],
    newest_revision: 1,
    summary: "leaves of each object the pixel at its centre",
    read,
};

#[derive(Debug, PartialEq)]
struct ShrinkToObjectCenters {
    objects: String,
    output: String,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut s = Settings::new(module);
    let (objects, output) = read_names(&mut s);
    Ok(Box::new(s.finish(ShrinkToObjectCenters { objects, output })?))
}

impl Module for ShrinkToObjectCenters {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        processing_declaration(&self.objects, &self.output)
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let set = workspace.objects(&self.objects)?;
        let objects = Objects {
            segmented: points(flat(&set, &self.objects)?).into(),
            unedited: Some(points(plane_of(set.unedited(), &self.objects)?).into()),
            small_removed: Some(points(plane_of(set.small_removed(), &self.objects)?).into()),
            parent_image: set.parent_image.clone(),
        };
        workspace.add_objects(&self.output, objects);
        note_processed(workspace, &self.objects, &self.output)
    }
}

/// Returns one pixel a label, numbered anew; of several at one place the last stays.
fn points(labels: &Plane<u32>) -> Plane<u32> {
    let mut points = Plane::zeros(labels.height(), labels.width());
    for (number, center) in (1..).zip(centers(labels).iter().filter(|c| !c.x.is_nan())) {
        points[(center.y as usize, center.x as usize)] = number;
    }
    points
}
