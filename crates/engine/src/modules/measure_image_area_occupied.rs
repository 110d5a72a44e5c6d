//! MeasureImageAreaOccupied: area and perimeter of what is true in binary images, and of objects.

use crate::{Declaration, Kind, Module, Need, Objects, RunError, Upstream, Workspace};
use algorithms::perimeter::perimeter_and_euler_number;
use algorithms::regions::Regions;
use cppipe::{Problem, Settings};
use measurements::{Column, IMAGE, Record};
use pixels::{Labels, Pixels, Plane};

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
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let images = self.images.iter().map(|name| Need::image(name, IMAGES));
        let objects = self.objects.iter().map(|name| Need::objects(name, OBJECTS));
        let names = self.objects.iter().chain(&self.images);
        Declaration {
            needs: images.chain(objects).collect(),
            columns: names.flat_map(|n| FEATURES.map(|f| Column::float(IMAGE, feature(f, n)))).collect(),
            ..Declaration::default()
        }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        if workspace.volumetric {
            return Err(RunError::NotNative("the surface of volumes".into()));
        }
        for name in &self.images {
            let image = workspace.image(name)?;
            let Pixels::Bool(array) = &image.pixels else {
                return Err(RunError::Refused(format!("image `{name}` was not binary")));
            };
            let plane = array.as_plane().ok_or_else(|| {
                RunError::Refused(format!("image `{name}` must be binary, but it was color"))
            })?;
            let labels = plane.map(|&inside| u32::from(inside));
            let regions = Regions::of(&labels);
            let (area, perimeter) =
                regions.get(1).map_or((0, 0.0), |region| (region.area, perimeter_and_euler_number(region).0));
            measure(&mut workspace.record, name, [area as f64, perimeter, plane.len() as f64]);
        }
        for name in &self.objects {
            let objects = workspace.objects(name)?;
            let (measured, labels) = measure_objects(workspace, &objects, name)?;
            if let Some(labels) = labels {
                workspace.add_objects(name, Objects { segmented: labels.into(), ..(*objects).clone() });
            }
            measure(&mut workspace.record, name, measured);
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
) -> Result<([f64; 3], Option<Plane<u32>>), RunError> {
    let Labels::Dense(array) = &objects.segmented else {
        return Err(RunError::Refused(format!(
            "objects `{name}` overlap: the area they occupy is not measured"
        )));
    };
    let labels = array.as_plane().ok_or_else(|| RunError::NotNative("the surface of volumes".into()))?;
    let parent = objects.parent_image.as_ref().map(|parent| workspace.image(parent)).transpose()?;
    let mut total = labels.len();
    let mut masked = None;
    if let Some(parent) = parent {
        let shape = parent.shape();
        if labels.shape() != (shape.height, shape.width) {
            return Err(RunError::Refused(format!(
                "objects `{name}` and their image are of different sizes"
            )));
        }
        if let Some(mask) = workspace.mask_of(&parent)? {
            total = mask.data().iter().filter(|inside| **inside).count();
            masked = Some(labels.zip(&mask, |&label, &inside| if inside { label } else { 0 }));
        }
    }
    let regions = Regions::of(masked.as_ref().unwrap_or(labels));
    let (mut area, mut perimeter) = (0, 0.0);
    for (_, region) in regions.iter() {
        area += region.area;
        perimeter += perimeter_and_euler_number(region).0.round_ties_even();
    }
    Ok(([area as f64, perimeter, total as f64], masked))
}

// What it measures.

const FEATURES: [&str; 3] = ["AreaOccupied", "Perimeter", "TotalArea"];

fn feature(feature: &str, name: &str) -> String {
    format!("AreaOccupied_{feature}_{name}")
}

fn measure(record: &mut Record, name: &str, values: [f64; 3]) {
    for (f, value) in FEATURES.into_iter().zip(values) {
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
