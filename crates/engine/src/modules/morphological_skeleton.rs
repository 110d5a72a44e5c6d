//! MorphologicalSkeleton: thins what is bright to lines of one pixel.

use crate::{Declaration, Kind, Module, Need, RunError, Upstream, Workspace};
use algorithms::haralick::quantize;
use algorithms::neighbourhood::skeletonize_zhang;
use algorithms::volume_skeleton::skeletonize_volume;
use cppipe::{Problem, Settings};
use pixels::{Array, Image, Pixels};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "MorphologicalSkeleton",
    former_names: &[],
    newest_revision: 1,
    summary: "thins what is bright to lines of one pixel",
    read,
};

const INPUT: &str = "Select the input image";

#[derive(Debug, PartialEq)]
struct MorphologicalSkeleton {
    input: String,
    output: String,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut settings = Settings::new(module);
    let (input, output) = (settings.text(INPUT), settings.text("Name the output image"));
    Ok(Box::new(settings.finish(MorphologicalSkeleton { input, output })?))
}

impl Module for MorphologicalSkeleton {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        Declaration {
            needs: vec![Need::image(&self.input, INPUT)],
            images: vec![self.output.clone()],
            ..Declaration::default()
        }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let image = workspace.image(&self.input)?;
        if image.volumetric {
            let skeleton = self.skeleton_of_volume(&image)?;
            let result = workspace.derived_image(&image, skeleton)?;
            workspace.add_image(&self.output, result);
            return Ok(());
        }
        if image.shape().channels != 1 {
            let name = &self.input;
            return Err(RunError::NotNative(format!(
                "the skeleton of `{name}`, an image of several channels"
            )));
        }
        let bright = match &image.pixels {
            Pixels::Bool(array) => array.plane(0, 0),
            other => {
                // Values are cut to whole numbers of a byte, which must then be 0 or 1.
                let whole = other.to_f64().plane(0, 0).map(|&v| (v as i64).rem_euclid(256));
                if whole.data().iter().any(|v| *v > 1) {
                    let message = format!("image `{}` has values other than 0 and 1", self.input);
                    return Err(RunError::Refused(message));
                }
                whole.map(|&v| v == 1)
            }
        };
        let skeleton = skeletonize_zhang(&bright);
        let result = workspace.derived_image(&image, Pixels::Bool(skeleton.into()))?;
        workspace.add_image(&self.output, result);
        Ok(())
    }
}

impl MorphologicalSkeleton {
    /// Returns the skeleton of what is not 0 when cut to 256 levels, as bright as the brightest voxel is then.
    fn skeleton_of_volume(&self, image: &Image) -> Result<Pixels, RunError> {
        if image.shape().channels != 1 || image.multichannel {
            return Err(RunError::Refused(format!("the volume `{}` is in colours", self.input)));
        }
        let levels = match &image.pixels {
            Pixels::Bool(array) => Some(array.rows().map(|&bright| if bright { u8::MAX } else { 0 })),
            Pixels::F32(array) => quantize(array.rows(), 256, None),
            Pixels::F64(array) => quantize(array.rows(), 256, None),
            Pixels::Int(_) => {
                return Err(RunError::NotNative(format!(
                    "the skeleton of whole numbers in `{}`",
                    self.input
                )));
            }
        };
        let beyond = || RunError::Refused(format!("image `{}` has values beyond -1 and 1", self.input));
        let levels = levels.ok_or_else(beyond)?;
        let brightest = levels.data().iter().fold(0, |most, &level| level.max(most));
        let solid = Array::from_vec(image.shape(), levels.data().iter().map(|&level| level > 0).collect());
        let value = f32::from(brightest) / 255.0;
        Ok(Pixels::F32(skeletonize_volume(&solid).map(|&on| if on { value } else { 0.0 })))
    }
}
