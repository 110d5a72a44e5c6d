//! MaskImage: keeps an image inside objects or another image, and blackens it outside.

use crate::grey::Grey;
use crate::{Declaration, Kind, Module, Need, RunError, Upstream, Workspace};
use cppipe::{Problem, Settings};
use pixels::{Array, Image, Labels, Pixels, Shape};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "MaskImage",
    former_names: &[],
    newest_revision: 3,
    summary: "blackens an image outside objects or another image",
    read,
};

const INPUT: &str = "Select the input image";
const OUTPUT: &str = "Name the output image";
const SOURCE: &str = "Use objects or an image as a mask?";
const OBJECTS: &str = "Select object for mask";
const IMAGE: &str = "Select image for mask";
const INVERT: &str = "Invert the mask?";

#[derive(Debug, PartialEq)]
struct MaskImage {
    input: String,
    output: String,
    source: Source,
    invert: bool,
}

/// What is kept.
#[derive(Clone, Debug, PartialEq)]
enum Source {
    Objects(String),
    Image(String),
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let values = module.settings.iter().map(|s| s.value.clone()).collect();
    let mut settings = Settings::upgraded(module, upgrade(values, module.revision));
    let (input, output) = (settings.text(INPUT), settings.text(OUTPUT));
    let by_objects = settings.choice(SOURCE, &[("Objects", true), ("Image", false)]);
    let (objects, image) = (settings.text(OBJECTS), settings.text(IMAGE));
    let source = if by_objects { Source::Objects(objects) } else { Source::Image(image) };
    let invert = settings.yes(INVERT);
    Ok(Box::new(settings.finish(MaskImage { input, output, source, invert })?))
}

/// Brings the answers into the newest revision's order.
fn upgrade(mut values: Vec<String>, revision: u32) -> Vec<String> {
    if revision == 1 && !values.is_empty() {
        let source = if values[0] == "Image" { "Image" } else { "Objects" };
        values.extend([source.to_string(), "None".to_string()]);
    }
    if revision <= 2 && values.len() >= 6 {
        values = [1, 2, 4, 0, 5, 3].map(|i: usize| values[i].clone()).to_vec();
    }
    values
}

impl Module for MaskImage {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let source = match &self.source {
            Source::Objects(name) => Need::objects(name, OBJECTS),
            Source::Image(name) => Need::image(name, IMAGE),
        };
        Declaration {
            needs: vec![Need::image(&self.input, INPUT), source],
            images: vec![self.output.clone()],
            ..Declaration::default()
        }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let inside = self.source.inside(workspace)?;
        let image = workspace.image(&self.input)?;
        if image.volumetric && image.multichannel {
            return Err(RunError::Refused(format!(
                "`{}` is a volume in colours, which CellProfiler cannot mask",
                self.input
            )));
        }
        let shape = Shape { channels: 1, ..image.shape() };
        if inside.shape() != shape {
            let (s, i) = (shape, inside.shape());
            return Err(RunError::Refused(format!(
                "image `{}` ({}×{}×{}) and its mask ({}×{}×{}) are of different sizes",
                self.input, s.depth, s.height, s.width, i.depth, i.height, i.width
            )));
        }
        let own = workspace.mask_array_of(&image)?;
        let mut mask = inside.map(|&inside| inside != self.invert);
        for (mask, own) in mask.data_mut().iter_mut().zip(own.iter().flat_map(|own| own.data())) {
            *mask &= own;
        }
        let mut pixels = image.pixels.clone();
        pixels.zero_outside(&mask);
        let (crop, masking_objects) = match &self.source {
            Source::Objects(name) => (Some(inside), Some(name.clone())),
            Source::Image(_) => (workspace.crop_array_of(&image)?, None),
        };
        let masked =
            Image { mask: Some(mask), crop, masking_objects, ..workspace.derived_image(&image, pixels)? };
        workspace.add_image(&self.output, masked);
        Ok(())
    }
}

impl Source {
    /// Returns where the objects are, or where the image is true or above 0.5.
    fn inside(&self, workspace: &Workspace<'_>) -> Result<Array<bool>, RunError> {
        match self {
            Self::Objects(name) => match &workspace.objects(name)?.segmented {
                Labels::Dense(labels) => Ok(labels.map(|&label| label > 0)),
                Labels::Overlapping(_) => {
                    Err(RunError::Refused(format!("objects `{name}` overlap: they cannot mask an image")))
                }
            },
            Self::Image(name) => {
                let image = workspace.image(name)?;
                let shape = image.shape();
                if shape.channels > 1 {
                    return Ok(match Grey::of(&image, name)? {
                        Grey::F32(plane) => plane.map(|&v| v > 0.5).into(),
                        Grey::F64(plane) => plane.map(|&v| v > 0.5).into(),
                    });
                }
                Ok(match &image.pixels {
                    Pixels::Bool(array) => array.clone(),
                    Pixels::F32(array) => array.map(|&v| v > 0.5),
                    Pixels::F64(array) => array.map(|&v| v > 0.5),
                    Pixels::Int(array) => array.map(|&v| v > 0),
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_revision_named_the_image_where_objects_stood() {
        let old = ["Image", "DNA", "Masked", "No"].map(String::from).to_vec();
        assert_eq!(upgrade(old, 1), ["DNA", "Masked", "Image", "Image", "None", "No"]);
        let old = ["Nuclei", "DNA", "Masked", "Yes"].map(String::from).to_vec();
        assert_eq!(upgrade(old, 1), ["DNA", "Masked", "Objects", "Nuclei", "None", "Yes"]);
    }
}
