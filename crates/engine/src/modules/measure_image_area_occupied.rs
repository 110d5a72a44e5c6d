//! MeasureImageAreaOccupied: area and perimeter (in volumes: volume and surface) of what is true in binary images, and of
//! objects.

use crate::{Declaration, Kind, Module, Need, Objects, RunError, Upstream, Workspace};
use algorithms::perimeter::perimeter_and_euler_number;
use algorithms::regions::Regions;
use algorithms::surface_area::{Tables, surface_area};
use algorithms::voxel_cubes::{boxes, widened};
use cppipe::{Problem, Settings};
use measurements::{Column, IMAGE, Record};
use pixels::{Array, Labels, Pixels, Shape};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "MeasureImageAreaOccupied",
    former_names: &[],
    newest_revision: 5,
    summary: "measures area and perimeter of objects or of what is true in binary images",
    read,
};

const OPERAND: &str = "Measure the area occupied by";
const IMAGES: &str = "Select binary images to measure";
const OBJECTS: &str = "Select object sets to measure";

#[derive(Debug, PartialEq)]
struct MeasureImageAreaOccupied {
    images: Vec<String>,
    objects: Vec<String>,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let values = module.settings.iter().map(|s| s.value.clone()).collect();
    let mut settings = Settings::upgraded(module, upgrade(values, module.revision));
    let choices = [("Binary Image", (true, false)), ("Objects", (false, true)), ("Both", (true, true))];
    let (of_images, of_objects) = settings.choice(OPERAND, &choices);
    let (mut images, mut objects) = (settings.names(IMAGES), settings.names(OBJECTS));
    for (wanted, names, label) in [(of_images, &mut images, IMAGES), (of_objects, &mut objects, OBJECTS)] {
        if !wanted {
            names.clear();
        } else if names.is_empty() {
            settings.problem(label, "nothing is selected".into(), None);
        }
    }
    Ok(Box::new(settings.finish(MeasureImageAreaOccupied { images, objects })?))
}

/// Brings the answers into the newest revision's order.
///
/// CellProfiler has no way up from revisions 1 and 2, though it tries.
fn upgrade(mut values: Vec<String>, revision: u32) -> Vec<String> {
    if revision == 3 {
        let count = values.first().cloned().unwrap_or_default();
        let operands = values[1.min(values.len())..].chunks(5).filter(|operand| operand.len() == 5);
        let kept: Vec<_> = operands.flat_map(|o| [o[0].clone(), o[1].clone(), o[4].clone()]).collect();
        values = [vec![count], kept].concat();
    }
    if revision == 3 || revision == 4 {
        let (mut images, mut objects): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
        for operand in values[1.min(values.len())..].chunks_exact(3) {
            let (names, name) = match operand[0].as_str() {
                "Binary Image" => (&mut images, &operand[2]),
                "Objects" => (&mut objects, &operand[1]),
                _ => continue,
            };
            if name != "None" && !names.contains(name) {
                names.push(name.clone());
            }
        }
        let mode = match (images.is_empty(), objects.is_empty()) {
            (false, false) => "Both",
            (true, _) => "Objects",
            (false, true) => "Binary Image",
        };
        values = vec![mode.to_string(), images.join(", "), objects.join(", ")];
    }
    values
}

impl Module for MeasureImageAreaOccupied {
    fn declare(&self, upstream: &Upstream) -> Declaration {
        let images = self.images.iter().map(|name| Need::image(name, IMAGES));
        let objects = self.objects.iter().map(|name| Need::objects(name, OBJECTS));
        let names = self.objects.iter().chain(&self.images);
        Declaration {
            needs: images.chain(objects).collect(),
            columns: names
                .flat_map(|n| features(upstream.volumetric()).map(|f| Column::float(IMAGE, feature(f, n))))
                .collect(),
            ..Declaration::default()
        }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let features = features(workspace.volumetric);
        for name in &self.images {
            let image = workspace.image(name)?;
            let Pixels::Bool(array) = &image.pixels else {
                return Err(RunError::Refused(format!("image `{name}` was not binary")));
            };
            if image.multichannel {
                return Err(RunError::Refused(format!("image `{name}` must be binary, but it was color")));
            }
            let occupied = array.map(|&inside| u32::from(inside));
            let [area, boundary] = match image.volumetric {
                true => [volumes(&occupied), surfaces(&occupied, image.spacing, |area| area)?],
                false => perimeters(&occupied, |perimeter| perimeter),
            };
            measure(&mut workspace.record, name, features, [area, boundary, occupied.data().len() as f64]);
        }
        for name in &self.objects {
            let objects = workspace.objects(name)?;
            let (measured, labels) = measure_objects(workspace, &objects, name)?;
            if let Some(labels) = labels {
                let segmented = Labels::Dense(labels);
                workspace.add_objects(name, Objects { segmented, ..(*objects).clone() });
            }
            measure(&mut workspace.record, name, features, measured);
        }
        Ok(())
    }
}

/// Returns area, perimeter and total area; and the labels without those outside the mask of the objects' image, if
/// it has one: CellProfiler takes them away for good.
fn measure_objects(
    workspace: &Workspace<'_>,
    objects: &Objects,
    name: &str,
) -> Result<([f64; 3], Option<Array<u32>>), RunError> {
    let Labels::Dense(labels) = &objects.segmented else {
        return Err(RunError::Refused(format!(
            "objects `{name}` overlap: the area they occupy is not measured"
        )));
    };
    let parent = objects.parent_image.as_ref().map(|parent| workspace.image(parent)).transpose()?;
    let mut total = labels.data().len();
    let mut masked = None;
    let (mut volumetric, mut spacing) = (labels.shape().depth > 1, [1.0; 3]);
    if let Some(parent) = parent {
        if labels.shape() != (Shape { channels: 1, ..parent.shape() }) {
            return Err(RunError::Refused(format!(
                "objects `{name}` and their image are of different sizes"
            )));
        }
        (volumetric, spacing) = (parent.volumetric, parent.spacing);
        if let Some(mask) = workspace.mask_array_of(&parent)? {
            total = mask.data().iter().filter(|inside| **inside).count();
            let inside = labels.data().iter().zip(mask.data());
            let kept = inside.map(|(&label, &inside)| if inside { label } else { 0 }).collect();
            masked = Some(Array::from_vec(labels.shape(), kept));
        }
    }
    let measured = masked.as_ref().unwrap_or(labels);
    let [area, boundary] = match volumetric {
        true => [volumes(measured), surfaces(measured, spacing, f64::round_ties_even)?],
        false => perimeters(measured, f64::round_ties_even),
    };
    Ok(([area, boundary, total as f64], masked))
}

/// Returns the area of all objects of a flat image, and the sum of their perimeters, each rounded.
fn perimeters(labels: &Array<u32>, round: impl Fn(f64) -> f64) -> [f64; 2] {
    let regions = Regions::of(labels.rows());
    let perimeters = regions.iter().map(|(_, region)| round(perimeter_and_euler_number(region).0));
    [regions.total_area() as f64, perimeters.sum()]
}

fn volumes(labels: &Array<u32>) -> f64 {
    labels.data().iter().filter(|label| **label != 0).count() as f64
}

/// Returns the sum of the surfaces of all objects of a volume, each rounded.
fn surfaces(labels: &Array<u32>, spacing: [f64; 3], round: impl Fn(f64) -> f64) -> Result<f64, RunError> {
    let there = (1..).zip(boxes(labels)).filter_map(|(label, bounds)| Some((label, bounds?)));
    let surface = |(label, bounds)| {
        surface_area(labels, widened(bounds, labels.shape()), spacing, Tables::Lorensen, |l| l == label)
    };
    let surfaces = there.map(|object| surface(object).map(&round)).sum::<Result<f64, _>>();
    surfaces.map_err(|error| RunError::Refused(error.to_string()))
}

// What it measures.

fn features(volumetric: bool) -> [&'static str; 3] {
    match volumetric {
        true => ["VolumeOccupied", "SurfaceArea", "TotalVolume"],
        false => ["AreaOccupied", "Perimeter", "TotalArea"],
    }
}

fn feature(feature: &str, name: &str) -> String {
    format!("AreaOccupied_{feature}_{name}")
}

fn measure(record: &mut Record, name: &str, features: [&str; 3], values: [f64; 3]) {
    for (f, value) in features.into_iter().zip(values) {
        record.image_float(feature(f, name), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operands_become_two_lists() {
        let old = ["2", "Objects", "Nuclei", "x", "y", "None", "Binary Image", "None", "x", "y", "Mask"];
        assert_eq!(upgrade(old.map(String::from).to_vec(), 3), ["Both", "Mask", "Nuclei"]);
        let old = ["1", "Binary Image", "Nuclei", "Mask"];
        assert_eq!(upgrade(old.map(String::from).to_vec(), 4), ["Binary Image", "Mask", ""]);
    }
}
