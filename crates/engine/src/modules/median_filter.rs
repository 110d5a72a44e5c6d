//! MedianFilter: replaces each pixel by the median of a square, or a cube, around it.

use crate::image_processing::InOut;
use crate::{Declaration, Kind, Module, RunError, Upstream, Workspace};
use algorithms::window_median::window_median;
use cppipe::{Problem, Settings};
use pixels::{Array, Pixels};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "MedianFilter",
    former_names: &[],
    newest_revision: 1,
    summary: "replaces each pixel by the median around it",
    read,
};

#[derive(Debug, PartialEq)]
struct MedianFilter {
    names: InOut,
    window: usize,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut settings = Settings::new(module);
    let names = InOut::read(&mut settings);
    let window = settings.number_within(0.., 3);
    Ok(Box::new(settings.finish(MedianFilter { names, window })?))
}

impl Module for MedianFilter {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        self.names.declaration()
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        self.names.run(workspace, |image| {
            if self.window == 0 {
                return Err(RunError::Refused("a median needs a window of one pixel at least".into()));
            }
            let shape = image.shape();
            // The window has this width along every axis, that of the channels included.
            let (axes, window) = match (image.volumetric, shape.channels) {
                (false, 1) => ([1, shape.height, shape.width], [1, self.window, self.window]),
                (false, channels) => ([shape.height, shape.width, channels], [self.window; 3]),
                (true, 1) => ([shape.depth, shape.height, shape.width], [self.window; 3]),
                (true, _) => return Err(RunError::NotNative("medians of volumes in colour".into())),
            };
            Ok(match &image.pixels {
                Pixels::Bool(_) => {
                    let made = window_median(image.pixels.to_f32().data(), axes, window);
                    Pixels::Bool(Array::from_vec(shape, made.into_iter().map(|v| v != 0.0).collect()))
                }
                Pixels::F32(a) => Pixels::F32(Array::from_vec(shape, window_median(a.data(), axes, window))),
                Pixels::F64(a) => Pixels::F64(Array::from_vec(shape, window_median(a.data(), axes, window))),
                Pixels::Int(_) => return Err(RunError::NotNative("medians of whole numbers".into())),
            })
        })
    }
}
