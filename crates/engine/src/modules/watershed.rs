//! Watershed: parts what is bright into objects, from peaks of the distance to the background or from markers.

mod declump;

use crate::identified::{note_labels, object_columns};
use crate::{Declaration, Kind, Module, Need, Objects, RunError, Upstream, Workspace};
use algorithms::block_means::block_means;
use algorithms::connected_components::Connectivity;
use algorithms::distance_watershed::distance_watershed;
use algorithms::marker_watershed::{Flooding, watershed_with};
use algorithms::numpy::Real;
use algorithms::resize::{Interpolation, resample};
use algorithms::rgb_to_grey::{rgb_to_grey_f32, rgb_to_grey_f64};
use algorithms::threshold::ThresholdError;
use algorithms::threshold::otsu::otsu;
use algorithms::volume_components::label_volume;
use algorithms::volume_resize::resample_volume;
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
    /// Peaks of the distance to the background within squares or cubes of `side` pixels, in an image each pixel of which is
    /// the mean of `shrink` × `shrink`.
    Distance { side: usize, shrink: usize },
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
    let shrink = s.number_within(1.., 1);
    let lines = s.left() > 0 && s.yes("Separate watershed labels");
    let from = if by_markers {
        From::Markers { markers, mask: (mask != BLANK).then_some(mask), compactness, lines }
    } else {
        From::Distance { side, shrink }
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
            From::Distance { side, shrink } => {
                let bright = Bright::of(&*workspace.image(&self.image)?, &self.image, *shrink)?;
                let parts = distance_watershed(&bright.shrunk, *side);
                (bright.whole, if *shrink > 1 { enlarged(&parts, bright.shape) } else { parts })
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

/// Where an image is above Otsu's threshold of the shrunk image.
struct Bright {
    whole: Array<bool>,
    shrunk: Array<bool>,
    shape: Shape,
}

impl Bright {
    fn of(image: &Image, name: &str, shrink: usize) -> Result<Self, RunError> {
        if image.shape().channels > 1 {
            return Err(RunError::Refused(format!("`{name}` is in colour: its distances cannot be flooded")));
        }
        let parted = match &image.pixels {
            Pixels::Bool(array) => Self::parted(&array.map(|&v| f64::from(u8::from(v))), shrink),
            Pixels::F32(array) => Self::parted(array, shrink),
            Pixels::F64(array) => Self::parted(array, shrink),
            Pixels::Int(_) => {
                return Err(RunError::NotNative(format!(
                    "Otsu's threshold of the whole numbers of `{name}`"
                )));
            }
        };
        parted.map_err(|_| RunError::Refused(format!("`{name}` has values that are not finite")))
    }

    fn parted<T: Real>(array: &Array<T>, shrink: usize) -> Result<Self, ThresholdError> {
        let small = (shrink > 1).then(|| block_means(array, shrink));
        let small = small.as_ref().unwrap_or(array);
        let threshold = otsu(small.data())?;
        let above = |&v: &T| v > threshold;
        Ok(Self { whole: array.map(above), shrunk: small.map(above), shape: array.shape() })
    }
}

/// Returns labels of a shrunk image in the size of the whole one, each of the nearest pixel; of their numbers CellProfiler
/// keeps 16 bits.
fn enlarged(labels: &Array<u32>, shape: Shape) -> Array<u32> {
    let values = labels.map(|&label| f64::from(label));
    let values = match values.as_plane() {
        Some(plane) => {
            let [height, width] = [shape.height, shape.width];
            resample(std::slice::from_ref(plane), height, width, Interpolation::Nearest).remove(0).into()
        }
        None => resample_volume(&values, [shape.depth, shape.height, shape.width], Interpolation::Nearest),
    };
    values.map(|&label| label as u32 & 0xffff)
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
