//! Thresholds between foreground and background, as CellProfiler 4.2.8's Threshold module finds them.
//!
//! Everything is generic over f32 and f64, for a threshold's last bit decides over pixels. Source:
//! `cellprofiler/modules/threshold.py`, `skimage/filters/thresholding.py` (0.18.3), `centrosome/threshold.py`.

pub mod adaptive;
pub mod li;
pub mod log_transform;
pub mod multi_otsu;
pub mod otsu;
pub mod quality;
pub mod robust_background;
pub mod sauvola;

use crate::numpy::{Real, extremes};
use robust_background::RobustBackground;

/// How a threshold is found from a set of intensities.
#[derive(Clone, Debug, PartialEq)]
pub enum Method {
    /// Li & Lee (1993).
    MinimumCrossEntropy,
    /// Otsu (1979) with two classes.
    OtsuTwo,
    /// Otsu with three classes.
    OtsuThree(Middle),
    /// So many deviations above the average of what is left without the outliers.
    RobustBackground(RobustBackground),
}

/// Where the middle of three classes goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Middle {
    /// To the foreground: the lower threshold counts.
    Foreground,
    /// To the background: the upper threshold counts.
    Background,
}

/// Why no threshold can be found.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ThresholdError {
    /// Three classes of fewer intensities.
    #[error("three-class Otsu needs more than `{0}` different intensities (after binning)")]
    TooFewValues(usize),
    /// Not a number or infinite.
    #[error("Otsu needs finite intensities; the image has infinite ones or some that are no number")]
    NotFinite,
    /// The mode of what has no extent, or is the greatest value.
    #[error("the mode of the robust background needs intensities that differ and a mode below the greatest")]
    NoMode,
    /// The window is more than half of the image.
    #[error(
        "the adaptive window cannot exceed half of an image dimension: a window of `{window}` px is too large for an image of {width}×{height}"
    )]
    Window {
        /// Edge of the window in pixels.
        window: i64,
        /// Columns of the image.
        width: usize,
        /// Rows of the image.
        height: usize,
    },
    /// Every pixel of an image with a mask is equal.
    #[error("adaptive cross-entropy needs an image whose intensities differ")]
    Constant,
}

impl Method {
    /// Returns the threshold of `values` (those of an image inside its mask, in raster order): 0 of none, the value
    /// itself if there is but one.
    ///
    /// # Errors
    /// When the method cannot deal with the values, as CellProfiler then raises.
    pub fn threshold<T: Real>(&self, values: &[T]) -> Result<f64, ThresholdError> {
        let Some(&first) = values.first() else { return Ok(0.0) };
        if extremes(values) == Some((first, first)) {
            return Ok(first.to_f64());
        }
        match self {
            Self::MinimumCrossEntropy => {
                Ok(li::minimum_cross_entropy(values, li::tolerance(values).unwrap_or(f64::NAN)).to_f64())
            }
            Self::OtsuTwo => Ok(otsu::otsu(values)?.to_f64()),
            Self::OtsuThree(middle) => Ok(multi_otsu::thresholds(values, 128)?[*middle as usize].to_f64()),
            Self::RobustBackground(robust) => robust.threshold(values),
        }
    }
}
