//! GaussianFilter: smooths an image with a Gaussian.

use crate::image_processing::InOut;
use crate::{Declaration, Kind, Module, RunError, Upstream, Workspace};
use algorithms::gaussian::{Boundary, gaussian_filter_volume};
use algorithms::numpy::Real;
use cppipe::{Problem, Settings};
use pixels::{Array, Image, Pixels};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "GaussianFilter",
    former_names: &[],
    newest_revision: 1,
    summary: "smooths an image with a Gaussian",
    read,
};

const SIGMA: &str = "Sigma";

#[derive(Debug, PartialEq)]
struct GaussianFilter {
    names: InOut,
    sigma: i64,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut settings = Settings::new(module);
    let names = InOut::read(&mut settings);
    let sigma = settings.number(SIGMA);
    Ok(Box::new(settings.finish(GaussianFilter { names, sigma })?))
}

impl Module for GaussianFilter {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        self.names.declaration()
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        self.names.run(workspace, |image| self.smoothed(image))
    }
}

impl GaussianFilter {
    fn smoothed(&self, image: &Image) -> Result<Pixels, RunError> {
        if self.sigma < 0 {
            return Err(RunError::Refused("a Gaussian has no negative sigma".into()));
        }
        let channels = image.shape().channels;
        // A flat image is taken for one in colour if it has three channels, whatever they are.
        if channels > 1 && (image.volumetric || channels != 3) {
            return Err(RunError::Refused(format!("CellProfiler smooths no image of {channels} channels")));
        }
        let sigma = self.sigma as f64;
        let sigmas = if image.volumetric {
            image.spacing.map(|spacing| sigma / (spacing / image.spacing[1]))
        } else {
            [0.0, sigma, sigma]
        };
        Ok(Pixels::F32(match &image.pixels {
            Pixels::F32(array) => each_channel(array, sigmas),
            other => each_channel(&other.to_f64(), sigmas).map(|&v| v as f32),
        }))
    }
}

fn each_channel<T: Real>(array: &Array<T>, sigmas: [f64; 3]) -> Array<T> {
    let shape = array.shape();
    if shape.channels == 1 {
        return gaussian_filter_volume(array, sigmas, Boundary::Nearest);
    }
    let smooth = |c: usize| gaussian_filter_volume(&array.plane(0, c).into(), sigmas, Boundary::Nearest);
    let planes: Vec<Array<T>> = (0..shape.channels).map(smooth).collect();
    let pixels = 0..shape.height * shape.width;
    let data = pixels.flat_map(|at| planes.iter().map(move |plane| plane.data()[at])).collect();
    Array::from_vec(shape, data)
}
