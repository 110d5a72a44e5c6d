//! ErodeObjects: shrinks each object by a structuring element.

use crate::image_processing::read_element;
use crate::object_processing::{process, processing_declaration, read_names};
use crate::{Declaration, Kind, Module, RunError, Upstream, Workspace};
use algorithms::distance_transform::distances;
use algorithms::regions::{Bounds, Regions};
use algorithms::relabel::present;
use algorithms::structuring_element::StructuringElement;
use algorithms::volume_components::label_volume;
use algorithms::volume_distances::volume_distances;
use cppipe::{Problem, Settings};
use pixels::{Array, Plane};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "ErodeObjects",
    former_names: &[],
    newest_revision: 1,
    summary: "shrinks each object by a structuring element",
    read,
};

#[derive(Debug, PartialEq)]
struct ErodeObjects {
    objects: String,
    output: String,
    element: StructuringElement,
    /// Whether an object that would vanish keeps its innermost pixels.
    keep_middle: bool,
    /// Whether what falls apart becomes objects of its own.
    relabel: bool,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut s = Settings::new(module);
    let (objects, output) = read_names(&mut s);
    let element = read_element(&mut s);
    let keep_middle = s.yes("Prevent object removal");
    let relabel = s.yes("Relabel resulting objects");
    Ok(Box::new(s.finish(ErodeObjects { objects, output, element, keep_middle, relabel })?))
}

impl Module for ErodeObjects {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        processing_declaration(&self.objects, &self.output)
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        process(workspace, &self.objects, &self.output, |labels| {
            let flat = labels.shape().depth == 1;
            if self.element.is_volume() && flat && labels.data().iter().any(|&l| l != 0) {
                return Err(RunError::Refused(
                    "a structuring element of three dimensions cannot be applied to flat objects".into(),
                ));
            }
            let mut eroded = self.element.erode_objects(labels);
            if self.keep_middle {
                keep_middles(labels, &mut eroded);
            }
            Ok(if self.relabel { label_volume(&eroded, 3, 0) } else { eroded })
        })
    }
}

/// Gives objects that vanished their innermost pixels back.
fn keep_middles(labels: &Array<u32>, eroded: &mut Array<u32>) {
    let left = present(eroded.rows());
    let Some(labels) = labels.as_plane() else { return keep_middles_of_volume(labels, &left, eroded) };
    let regions = Regions::of(labels);
    let width = labels.width();
    let vanished = regions.iter().filter(|(number, _)| !left.get(*number).copied().unwrap_or(false));
    for (number, region) in vanished {
        let window = with_margin(&region.bounds, labels.shape());
        let mut inside = Plane::zeros(window.bottom - window.top, window.right - window.left);
        region.pixels().for_each(|(y, x)| inside[(y - window.top, x - window.left)] = true);
        let depths = distances(&inside);
        let deepest = depths.data().iter().copied().fold(0.0, f64::max);
        for (y, x) in region.pixels().filter(|&(y, x)| depths[(y - window.top, x - window.left)] == deepest) {
            eroded.data_mut()[y * width + x] = number as u32;
        }
    }
}

/// As [`keep_middles`], of a volume; `left` says which objects are still there.
fn keep_middles_of_volume(labels: &Array<u32>, left: &[bool], eroded: &mut Array<u32>) {
    let there = present(labels.rows());
    let vanished = (1..there.len()).filter(|&n| there[n] && !left.get(n).copied().unwrap_or(false));
    for number in vanished {
        let depths = volume_distances(&labels.map(|&label| label as usize == number));
        let deepest = depths.data().iter().copied().fold(0.0, f64::max);
        let middles = eroded.data_mut().iter_mut().zip(depths.data()).filter(|(_, depth)| **depth == deepest);
        middles.for_each(|(label, _)| *label = number as u32);
    }
}

/// Returns the bounds with a pixel more on each side that is in the image.
fn with_margin(bounds: &Bounds, (height, width): (usize, usize)) -> Bounds {
    Bounds {
        top: bounds.top.saturating_sub(1),
        bottom: (bounds.bottom + 1).min(height),
        left: bounds.left.saturating_sub(1),
        right: (bounds.right + 1).min(width),
    }
}
