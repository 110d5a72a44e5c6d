//! ConvertImageToObjects: makes objects of an image: of its connected pieces, or of its values.

use super::save_images::encode::to_u16;
use crate::identified::{note_objects, object_columns};
use crate::{Declaration, Kind, Module, Need, Objects, RunError, Upstream, Workspace};
use algorithms::connected_components::{Connectivity, label_equal, label_where};
use cppipe::{Problem, Settings};
use pixels::{Array, Pixels, Plane};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "ConvertImageToObjects",
    former_names: &[],
    newest_revision: 1,
    summary: "makes objects of an image: of its connected pieces, or of its values",
    read,
};

const IMAGE: &str = "Select the input image";

#[derive(Debug, PartialEq)]
struct ConvertImageToObjects {
    image: String,
    output: String,
    /// Whether the image is made binary first.
    binary: bool,
    /// Whether its values are the labels.
    keep_labels: bool,
    background: i64,
    /// 0 is the greatest there is.
    connectivity: i64,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut s = Settings::new(module);
    let (image, output) = (s.text(IMAGE), s.text("Name the output object"));
    let binary = s.yes("Convert to boolean image");
    let keep_labels = s.yes("Preserve original labels");
    let background = s.number("Background label");
    let connectivity = s.number_within(0.., 0);
    Ok(Box::new(s.finish(ConvertImageToObjects {
        image,
        output,
        binary,
        keep_labels: keep_labels && !binary,
        background,
        connectivity,
    })?))
}

impl Module for ConvertImageToObjects {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        Declaration {
            needs: vec![Need::image(&self.image, IMAGE)],
            objects: vec![self.output.clone()],
            columns: object_columns(&self.output),
            ..Declaration::default()
        }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let image = workspace.image(&self.image)?;
        if image.volumetric || !image.shape().is_plane() {
            return Err(RunError::NotNative(format!(
                "making objects of `{}`, a volume or in colour,",
                self.image
            )));
        }
        let labels = if self.binary {
            let mask = binary(&image.pixels).into_plane();
            self.label_mask(&mask.unwrap_or(Plane::zeros(0, 0)))?
        } else {
            let values = to_u16(&image.pixels).map_err(|why| {
                RunError::Refused(format!("objects cannot be made of `{}`: {why}", self.image))
            })?;
            let values = values.into_plane().unwrap_or(Plane::zeros(0, 0));
            if self.keep_labels { values.map(|&v| u32::from(v)) } else { self.label_values(&values)? }
        };
        note_objects(&mut workspace.record, &self.output, &labels);
        let parent_image = image.parent.clone();
        workspace.add_objects(&self.output, Objects { parent_image, ..Objects::new(labels) });
        Ok(())
    }
}

impl ConvertImageToObjects {
    fn connectivity(&self) -> Result<Connectivity, RunError> {
        match self.connectivity {
            0 | 2 => Ok(Connectivity::Eight),
            1 => Ok(Connectivity::Four),
            other => Err(RunError::Refused(format!("connectivity of flat images is 1 or 2, not {other}"))),
        }
    }

    fn label_mask(&self, mask: &Plane<bool>) -> Result<Plane<u32>, RunError> {
        // A background of 1 turns the image round; any other number leaves it.
        let background = self.background == 1;
        Ok(label_where(mask, self.connectivity()?, |&v| v != background).0)
    }

    fn label_values(&self, values: &Plane<u16>) -> Result<Plane<u32>, RunError> {
        let values = values.map(|&v| i64::from(v));
        Ok(label_equal(&values, self.connectivity()?, self.background).0)
    }
}

/// Returns which pixels are above half of what their type holds: `skimage.img_as_bool`.
fn binary(pixels: &Pixels) -> Array<bool> {
    match pixels {
        Pixels::Bool(array) => array.clone(),
        Pixels::F32(array) => array.map(|&v| v > 0.5),
        Pixels::F64(array) => array.map(|&v| v > 0.5),
        Pixels::Int(array) => array.map(|&v| v > i32::MAX / 2),
    }
}
