//! Watershed: parts what is bright into objects, from peaks of the distance to the background or from markers.

mod declump;

use crate::identified::{note_labels, object_columns};
use crate::{Declaration, Kind, Module, Need, Objects, RunError, Upstream, Workspace};
use algorithms::connected_components::Connectivity;
use algorithms::distance_watershed::distance_watershed;
use algorithms::marker_watershed::{Flooding, watershed_with};
use algorithms::rgb_to_grey::{rgb_to_grey_f32, rgb_to_grey_f64};
use algorithms::threshold::otsu::otsu;
use algorithms::volume_components::label_volume;
use algorithms::watershed::watershed_to;
use cppipe::{Problem, Settings};
use declump::Declump;
use pixels::{Array, Image, Labels, Pixels, Plane, Shape};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "Watershed",
    former_names: &[],
    newest_revision: 3,
    summary: "parts what is bright into objects, from peaks of distance or from markers",
    read,
};

const IMAGE: &str = "Select the input image";
const MARKERS: &str = "Markers";
const MASK: &str = "Mask";
/// What stands for no image.
const BLANK: &str = "Leave blank";

#[derive(Debug, PartialEq)]
struct Watershed {
    image: String,
    output: String,
    from: From,
    connectivity: usize,
    declump: Option<Declump>,
}

/// What objects grow from.
#[derive(Debug, PartialEq)]
enum From {
    /// Peaks of the distance to the background within squares or cubes of so many pixels.
    Distance { side: usize },
    /// The values of an image, within a mask.
    Markers { markers: String, mask: Option<String>, compactness: f64, lines: bool },
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut values: Vec<String> = module.settings.iter().map(|s| s.value.clone()).collect();
    if module.revision <= 2 && values.len() >= 2 {
        // CellProfiler does the same with revision 1, whatever stood at the other places then.
        values.insert(2, "No".into());
    }
    let mut s = Settings::upgraded(module, values);
    let (image, output) = (s.text(IMAGE), s.text("Name the output object"));
    let advanced = s.yes("Use advanced settings?");
    let by_markers = s.choice("Generate from", &[("Distance", false), ("Markers", true)]);
    let (markers, mask) = (s.text(MARKERS), s.text(MASK));
    let connectivity = s.number_within(1.., 1);
    let compactness = s.number_within(0.0.., 0.0);
    let side = s.number_within(1.., 8);
    let downsample = s.number_within(1.., 1);
    let lines = s.left() > 0 && s.yes("Separate watershed labels");
    if !by_markers && downsample > 1 {
        s.not_native("Downsample", "the watershed of distances in a smaller image".into());
    }
    let from = if by_markers {
        From::Markers { markers, mask: (mask != BLANK).then_some(mask), compactness, lines }
    } else {
        From::Distance { side }
    };
    let declump = if advanced { Some(Declump::read(&mut s)) } else { None };
    Ok(Box::new(s.finish(Watershed { image, output, from, connectivity, declump })?))
}

impl Module for Watershed {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let mut needs = vec![Need::image(&self.image, IMAGE)];
        if let From::Markers { markers, mask, .. } = &self.from {
            needs.push(Need::image(markers, MARKERS));
            needs.extend(mask.iter().map(|mask| Need::image(mask, MASK)));
        }
        needs.extend(self.declump.iter().filter_map(Declump::need));
        Declaration {
            needs,
            objects: vec![self.output.clone()],
            columns: object_columns(&self.output),
            ..Declaration::default()
        }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let (inside, mut parts) = match &self.from {
            From::Distance { side } => {
                let bright = bright(&*workspace.image(&self.image)?, &self.image)?;
                let parts = distance_watershed(&bright, *side);
                (bright, parts)
            }
            From::Markers { markers, mask, compactness, lines } => {
                let values = grey(&*workspace.image(&self.image)?, &self.image)?;
                let flooding =
                    Flooding { connectivity: self.connectivity, compactness: *compactness, lines: *lines };
                let parts = flood(workspace, &values, markers, mask.as_deref(), flooding)?;
                (values.map(|&v| v != 0.0), parts)
            }
        };
        if let Some(declump) = &self.declump {
            parts = declump.part(workspace, &parts, &inside, self.connectivity)?;
        }
        let labels = label_volume(&parts, 3, 0);
        note_labels(&mut workspace.record, &self.output, &labels);
        let parent_image = Some(self.image.clone());
        workspace.add_objects(&self.output, Objects { parent_image, ..Objects::new(Labels::Dense(labels)) });
        Ok(())
    }
}

/// Floods `values` from the markers of an image, within the mask of another.
fn flood(
    workspace: &Workspace<'_>,
    values: &Array<f64>,
    markers: &str,
    mask: Option<&str>,
    flooding: Flooding,
) -> Result<Array<u32>, RunError> {
    let markers = grey(&*workspace.image(markers)?, markers)?;
    let mask = match mask {
        Some(name) => workspace.image(name)?.pixels.to_f64().map(|&v| v != 0.0),
        None => values.map(|_| true),
    };
    if markers.shape() != values.shape() || mask.shape() != values.shape() {
        return Err(RunError::Refused(
            "the markers and the mask of a watershed must be of the size of the image".into(),
        ));
    }
    let markers = markers.map(|&v| whole(v) as u32);
    let plain = flooding.compactness == 0.0 && !flooding.lines;
    // A label of all ones is not one to the faster flood.
    let planes = (values.as_plane(), markers.as_plane(), mask.as_plane());
    Ok(match planes {
        (Some(values), Some(markers), Some(mask)) if plain && !markers.data().contains(&u32::MAX) => {
            let connectivity =
                if flooding.connectivity > 1 { Connectivity::Eight } else { Connectivity::Four };
            watershed_to(values, markers, mask, connectivity).into()
        }
        _ => watershed_with(values, &markers, &mask, flooding),
    })
}

/// Returns a value without what is behind the point, as C casts it to 32 bits: what does not fit is the least number.
fn whole(value: f64) -> i32 {
    let fits = value > f64::from(i32::MIN) - 1.0 && value < f64::from(i32::MAX) + 1.0;
    if fits { value as i32 } else { i32::MIN }
}

/// Returns where an image is above Otsu's threshold.
fn bright(image: &Image, name: &str) -> Result<Array<bool>, RunError> {
    if image.shape().channels > 1 {
        return Err(RunError::Refused(format!("`{name}` is in colour: its distances cannot be flooded")));
    }
    let not_finite = |_| RunError::Refused(format!("`{name}` has values that are not finite"));
    Ok(match &image.pixels {
        // The threshold of a binary image is between its values, and its value where it has but one.
        Pixels::Bool(array) if array.data().contains(&false) => array.clone(),
        Pixels::Bool(array) => array.map(|_| false),
        Pixels::F32(array) => {
            let threshold = otsu(array.data()).map_err(not_finite)?;
            array.map(|&v| v > threshold)
        }
        Pixels::F64(array) => {
            let threshold = otsu(array.data()).map_err(not_finite)?;
            array.map(|&v| v > threshold)
        }
        Pixels::Int(_) => {
            return Err(RunError::NotNative(format!("Otsu's threshold of the whole numbers of `{name}`")));
        }
    })
}

/// Returns an image as grey in double precision, its colours weighed in their own.
fn grey(image: &Image, name: &str) -> Result<Array<f64>, RunError> {
    let shape = image.shape();
    let flat = |data| Plane::from_vec(shape.height, shape.width, data).into();
    match (&image.pixels, shape) {
        (pixels, Shape { channels: 1, .. }) => Ok(pixels.to_f64().into_owned()),
        (Pixels::F32(array), Shape { depth: 1, channels: 3, .. }) => {
            Ok(flat(rgb_to_grey_f32(array.data()).into_iter().map(f64::from).collect()))
        }
        (pixels, Shape { depth: 1, channels: 3, .. }) => Ok(flat(rgb_to_grey_f64(pixels.to_f64().data()))),
        _ => Err(RunError::NotNative(format!("the watershed of the colours of `{name}`"))),
    }
}
