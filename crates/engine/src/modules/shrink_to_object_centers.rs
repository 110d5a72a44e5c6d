//! ShrinkToObjectCenters: leaves of each object the pixel at its centre.

use crate::identified::plane_of;
use crate::object_processing::{note_processed, processing_declaration, read_names};
use crate::{Declaration, Kind, Module, Objects, RunError, Upstream, Workspace};
use algorithms::centers::centers;
use algorithms::volume_centers::volume_centers;
use cppipe::{Problem, Settings};
use pixels::{Array, Labels, Plane};

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
            segmented: self.points(&set.segmented)?,
            unedited: Some(self.points(set.unedited())?),
            small_removed: Some(self.points(set.small_removed())?),
            parent_image: set.parent_image.clone(),
        };
        workspace.add_objects(&self.output, objects);
        note_processed(workspace, &self.objects, &self.output)
    }
}

impl ShrinkToObjectCenters {
    fn points(&self, labels: &Labels) -> Result<Labels, RunError> {
        match labels {
            Labels::Dense(array) if array.shape().depth > 1 => Ok(Labels::Dense(points_of_volume(array))),
            labels => Ok(points(plane_of(labels, &self.objects)?).into()),
        }
    }
}

/// As [`points`], of a volume.
fn points_of_volume(labels: &Array<u32>) -> Array<u32> {
    let shape = labels.shape();
    let mut points = labels.map(|_| 0);
    for (number, center) in (1..).zip(volume_centers(labels).into_iter().flatten()) {
        let [z, y, x] = center.map(|place| place as usize);
        points.data_mut()[(z * shape.height + y) * shape.width + x] = number;
    }
    points
}

/// Returns one pixel a label, numbered anew; of several at one place the last stays.
fn points(labels: &Plane<u32>) -> Plane<u32> {
    let mut points = Plane::zeros(labels.height(), labels.width());
    for (number, center) in (1..).zip(centers(labels).iter().filter(|c| !c.x.is_nan())) {
        points[(center.y as usize, center.x as usize)] = number;
    }
    points
}
