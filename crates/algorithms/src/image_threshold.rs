//! The thresholds that MeasureImageQuality measures: one for a whole image, by the methods of `centrosome.threshold` 1.2.3.
//!
//! They are not those by which objects are identified (`threshold`), though some share a name.

mod background;
mod kapur;
mod log_otsu;
mod maximum_correlation;
mod mixture_of_gaussians;
mod ridler_calvard;
mod running_variance;

use crate::numpy::Real;
use crate::threshold::robust_background::{Averaging, RobustBackground, Variance};
pub use log_otsu::{Classes, Spread};

/// How the threshold of an image is found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ImageThreshold {
    /// Otsu (1979) on logarithms.
    Otsu(Classes, Spread),
    /// A mixture of three Gaussians, fitted by expectation maximization.
    MixtureOfGaussians {
        /// The share of the image that objects are expected to cover.
        object_fraction: f64,
    },
    /// Twice the mode.
    Background,
    /// Two deviations above the mean without the outliers.
    RobustBackground,
    /// Ridler and Calvard (1978) on logarithms.
    RidlerCalvard,
    /// Kapur, Sahoo and Wong (1985) on logarithms.
    Kapur,
    /// Padmanabhan, Eliceiri and Mastrogiovanni (2010).
    MaximumCorrelation,
}

/// The pixels of an image that count.
#[derive(Clone, Debug, PartialEq)]
pub struct Intensities {
    raster: Vec<f32>,
    sorted: Vec<f32>,
}

impl Intensities {
    /// Takes the pixels in raster order.
    pub fn new(raster: Vec<f32>) -> Self {
        let mut sorted = raster.clone();
        f32::sort(&mut sorted);
        Self { raster, sorted }
    }

    /// Returns the value of all pixels when it is the same.
    fn constant(&self) -> Option<f64> {
        let (first, last) = (self.sorted.first()?, self.sorted.last()?);
        (first == last).then(|| f64::from(*first))
    }
}

impl ImageThreshold {
    /// Returns the threshold of the pixels; 1 of none.
    pub fn threshold(&self, pixels: &Intensities) -> f64 {
        if pixels.raster.is_empty() {
            return 1.0;
        }
        match *self {
            Self::Otsu(classes, spread) => log_otsu::threshold(pixels, classes, spread),
            Self::MixtureOfGaussians { object_fraction } => {
                mixture_of_gaussians::threshold(pixels, object_fraction)
            }
            Self::Background => background::threshold(pixels),
            Self::RobustBackground => robust_background(pixels),
            Self::RidlerCalvard => ridler_calvard::threshold(pixels),
            Self::Kapur => kapur::threshold(pixels),
            Self::MaximumCorrelation => maximum_correlation::threshold(pixels),
        }
    }
}

fn robust_background(pixels: &Intensities) -> f64 {
    let robust = RobustBackground {
        lower: 0.05,
        upper: 0.05,
        averaging: Averaging::Mean,
        variance: Variance::StandardDeviation,
        deviations: 2.0,
    };
    // Only the mode can fail.
    robust.threshold(&pixels.sorted).unwrap_or(f64::NAN)
}
