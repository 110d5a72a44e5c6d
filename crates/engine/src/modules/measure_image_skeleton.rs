//! MeasureImageSkeleton: counts branches and ends of a skeleton.

use crate::grey::Grey;
use crate::{Declaration, Kind, Module, Need, RunError, Upstream, Workspace};
use algorithms::skeleton_neighbours::{skeleton_neighbours, volume_skeleton_neighbours};
use cppipe::{Problem, Settings};
use measurements::{Column, IMAGE};
use pixels::Array;

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "MeasureImageSkeleton",
    former_names: &[],
    newest_revision: 1,
    summary: "counts branches and ends of a skeleton",
    read,
};

const SKELETON: &str = "Select an image to measure";

#[derive(Debug, PartialEq)]
struct MeasureImageSkeleton {
    skeleton: String,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut settings = Settings::new(module);
    let skeleton = settings.text(SKELETON);
    Ok(Box::new(settings.finish(MeasureImageSkeleton { skeleton })?))
}

impl MeasureImageSkeleton {
    fn features(&self) -> [String; 2] {
        ["Branches", "Endpoints"].map(|what| format!("Skeleton_{what}_{}", self.skeleton))
    }
}

impl Module for MeasureImageSkeleton {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        Declaration {
            needs: vec![Need::image(&self.skeleton, SKELETON)],
            columns: self.features().map(|f| Column::integer(IMAGE, f)).into(),
            ..Declaration::default()
        }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let image = workspace.image(&self.skeleton)?;
        let grey = Grey::of_planes(&image, &self.skeleton)?;
        let skeleton = match grey {
            Grey::F32(plane) => plane.map(|&v| v != 0.0),
            Grey::F64(plane) => plane.map(|&v| v != 0.0),
        };
        let neighbours = match image.volumetric {
            true => {
                volume_skeleton_neighbours(&Array::from_vec(image.shape(), skeleton.into_vec())).into_vec()
            }
            false => skeleton_neighbours(&skeleton).into_vec(),
        };
        let count = |of: fn(u16) -> bool| neighbours.iter().filter(|n| of(**n)).count() as i64;
        let (branches, ends) = (count(|n| n > 2), count(|n| n == 1));
        let [branches_name, ends_name] = self.features();
        workspace.record.image_integer(branches_name, branches);
        workspace.record.image_integer(ends_name, ends);
        Ok(())
    }
}
