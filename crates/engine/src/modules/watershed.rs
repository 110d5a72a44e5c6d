//! Watershed: floods an image from markers; each marker's basin is an object.

use crate::identified::{note_objects, object_columns};
use crate::{Declaration, Kind, Module, Need, Objects, RunError, Upstream, Workspace};
use algorithms::connected_components::{Connectivity, label_equal};
use algorithms::rgb_to_grey::{rgb_to_grey_f32, rgb_to_grey_f64};
use algorithms::watershed::watershed_to;
use cppipe::{Problem, Settings};
use pixels::{Image, Pixels, Plane};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "Watershed",
    former_names: &[],
    newest_revision: 3,
    summary: "floods an image from markers; each marker's basin is an object",
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
    markers: String,
    mask: Option<String>,
    connectivity: i64,
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
    s.skip(2);
    let lines = s.left() > 0 && s.yes("Separate watershed labels");
    if advanced {
        s.not_native("Use advanced settings?", "declumping of what the watershed made".into());
    }
    if !by_markers {
        s.not_native("Generate from", "the watershed of distances".into());
    } else if compactness > 0.0 {
        s.not_native("Compactness", "a compact watershed".into());
    } else if lines {
        s.not_native("Separate watershed labels", "a watershed with lines between objects".into());
    }
    let mask = (mask != BLANK).then_some(mask);
    Ok(Box::new(s.finish(Watershed { image, output, markers, mask, connectivity })?))
}

impl Module for Watershed {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let mut needs = vec![Need::image(&self.image, IMAGE), Need::image(&self.markers, MARKERS)];
        needs.extend(self.mask.iter().map(|mask| Need::image(mask, MASK)));
        Declaration {
            needs,
            objects: vec![self.output.clone()],
            columns: object_columns(&self.output),
            ..Declaration::default()
        }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let connectivity = match self.connectivity {
            1 => Connectivity::Four,
            2 => Connectivity::Eight,
            other => {
                return Err(RunError::Refused(format!("connectivity of flat images is 1 or 2, not {other}")));
            }
        };
        let values = grey(&*workspace.image(&self.image)?, &self.image)?;
        let markers = grey(&*workspace.image(&self.markers)?, &self.markers)?;
        let mask = match &self.mask {
            Some(name) => inside(&*workspace.image(name)?, name)?,
            None => Plane::filled(values.height(), values.width(), true),
        };
        if markers.shape() != values.shape() || mask.shape() != values.shape() {
            return Err(RunError::Refused(format!(
                "the markers and the mask must be of the size of `{}`",
                self.image
            )));
        }
        if markers.data().iter().any(|&v| v <= -1.0) {
            return Err(RunError::NotNative("a watershed from negative markers".into()));
        }
        // Markers are whole numbers; what is between them counts as the lower one.
        let flooded = watershed_to(&values, &markers.map(|&v| v as u32), &mask, connectivity);
        let labels = label_equal(&flooded, Connectivity::Eight, 0).0;
        note_objects(&mut workspace.record, &self.output, &labels);
        let parent_image = Some(self.image.clone());
        workspace.add_objects(&self.output, Objects { parent_image, ..Objects::new(labels) });
        Ok(())
    }
}

/// Returns an image as grey in double precision, its colours weighed in their own.
fn grey(image: &Image, name: &str) -> Result<Plane<f64>, RunError> {
    let shape = image.shape();
    if image.volumetric || !matches!(shape.channels, 1 | 3) {
        return Err(RunError::NotNative(format!("the watershed of `{name}`, a volume or of other colours,")));
    }
    let values: Vec<f64> = match (&image.pixels, shape.channels) {
        (Pixels::F32(array), 3) => rgb_to_grey_f32(array.data()).into_iter().map(f64::from).collect(),
        (pixels, 3) => rgb_to_grey_f64(pixels.to_f64().data()),
        (pixels, _) => pixels.to_f64().data().to_vec(),
    };
    Ok(Plane::from_vec(shape.height, shape.width, values))
}

/// Returns where an image is not 0.
fn inside(image: &Image, name: &str) -> Result<Plane<bool>, RunError> {
    let values = image.pixels.to_f64();
    let plane = values.as_plane().filter(|_| !image.volumetric);
    plane
        .map(|plane| plane.map(|&v| v != 0.0))
        .ok_or_else(|| RunError::NotNative(format!("a watershed within `{name}`, a volume or in colour,")))
}
