//! ReduceNoise: replaces each pixel by the mean of those whose surroundings look alike.

use crate::image_processing::InOut;
use crate::{Declaration, Kind, Module, RunError, Upstream, Workspace};
use algorithms::non_local_means::{NonLocalMeans, non_local_means};
use cppipe::{Problem, Settings};
use pixels::{Array, Pixels};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "ReduceNoise",
    former_names: &["NoiseReduction"],
    newest_revision: 1,
    summary: "replaces each pixel by the mean of those whose surroundings look alike",
    read,
};

const SIZE: &str = "Size";
const DISTANCE: &str = "Distance";
const CUTOFF: &str = "Cut-off distance";

#[derive(Debug, PartialEq)]
struct ReduceNoise {
    names: InOut,
    how: NonLocalMeans,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut settings = Settings::new(module);
    let names = InOut::read(&mut settings);
    let how = NonLocalMeans {
        patch_size: settings.number(SIZE),
        patch_distance: settings.number(DISTANCE),
        cutoff: settings.number(CUTOFF),
    };
    if how.cutoff == 0.0 {
        settings.not_native(CUTOFF, "a distance of 0, at which nothing is alike, is not native".into());
    }
    Ok(Box::new(settings.finish(ReduceNoise { names, how })?))
}

impl Module for ReduceNoise {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        self.names.declaration()
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        self.names.run(workspace, |image| {
            let shape = image.shape();
            if image.volumetric && shape.channels > 1 {
                let name = &self.names.input;
                return Err(RunError::Refused(format!("the volume `{name}` is in colours")));
            }
            if matches!(image.pixels, Pixels::Int(_)) || shape.is_empty() {
                return Err(RunError::NotNative(format!(
                    "reducing noise of whole numbers in `{}`",
                    self.names.input
                )));
            }
            let values = image.pixels.to_f64();
            let made = non_local_means(values.data(), shape, image.volumetric, self.how);
            Ok(Pixels::F32(Array::from_vec(shape, made.into_iter().map(|v| v as f32).collect())))
        })
    }
}
