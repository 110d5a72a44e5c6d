//! ConvertImageToObjects: makes objects of an image: of its connected pieces, or of its values.

use super::save_images::encode::to_u16;
use crate::identified::{note_labels, object_columns};
use crate::{Declaration, Kind, Module, Need, Objects, RunError, Upstream, Workspace};
use algorithms::connected_components::{Connectivity, label_equal};
use algorithms::volume_components::label_volume;
use cppipe::{Problem, Settings};
use pixels::{Array, Labels, Pixels};

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
        if image.shape().channels != 1 {
            return Err(RunError::NotNative(format!(
                "making objects of `{}`, which is in colour,",
                self.image
            )));
        }
        let labels = if self.binary {
            // A background of 1 turns the image round; any other number leaves it.
            let background = self.background == 1;
            self.label(&binary(&image.pixels), background)?
        } else {
            let values = to_u16(&image.pixels).map_err(|why| {
                RunError::Refused(format!("objects cannot be made of `{}`: {why}", self.image))
            })?;
            match self.keep_labels {
                true => values.map(|&v| u32::from(v)),
                false => self.label(&values.map(|&v| i64::from(v)), self.background)?,
            }
        };
        note_labels(&mut workspace.record, &self.output, &labels);
        let parent_image = image.parent.clone();
        let segmented = Labels::Dense(labels);
        workspace.add_objects(&self.output, Objects { parent_image, ..Objects::new(segmented) });
        Ok(())
    }
}

impl ConvertImageToObjects {
    /// Returns the connected pieces of equal value.
    fn label<T: Copy + PartialEq>(&self, values: &Array<T>, background: T) -> Result<Array<u32>, RunError> {
        let axes = if values.as_plane().is_some() { 2 } else { 3 };
        let connectivity = match usize::try_from(self.connectivity).unwrap_or(usize::MAX) {
            0 => axes,
            given if given <= axes => given,
            given => {
                return Err(RunError::Refused(format!(
                    "connectivity of images of {axes} dimensions is 1 to {axes}, not {given}"
                )));
            }
        };
        let Some(plane) = values.as_plane() else {
            return Ok(label_volume(values, connectivity, background));
        };
        let connectivity = if connectivity == 1 { Connectivity::Four } else { Connectivity::Eight };
        Ok(label_equal(plane, connectivity, background).0.into())
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
