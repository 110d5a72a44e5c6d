//! Intensities on a logarithmic scale from 0 to 1, and back, as `centrosome.threshold.log_transform`.

use crate::numpy::{Real, extremes};
use pixels::Plane;

/// The bounds of the logarithms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Logarithms {
    least: f64,
    range: f64,
}

/// Returns the logarithms of `image`, brought to [0, 1], and the way back.
///
/// What is darker than 1/256 of the range counts as that. The logarithms are of the image's type, the result is f64.
pub fn log_transform<T: Real>(image: &Plane<T>) -> (Plane<f64>, Logarithms) {
    let bounds = |p: &Plane<T>| extremes(p.data()).unwrap_or((T::ZERO, T::ZERO));
    let (least, most) = bounds(image);
    let floor = T::of(least.to_f64() + (most - least).to_f64() / 256.0 + T::EPSILON);
    let mut logs = image.map(|&v| if v < floor { floor } else { v });
    T::ln_of_each(logs.data_mut());
    let (least, most) = bounds(&logs);
    let scale = Logarithms { least: least.to_f64(), range: (most - least).to_f64() };
    let (low, high) = (least.to_f64(), most.to_f64());
    let stretched = if low != high {
        logs.map(|v| (v.to_f64() - low) / (high - low))
    } else if low < 0.0 {
        logs.map(|_| 0.0)
    } else if low > 1.0 {
        logs.map(|_| 1.0)
    } else {
        logs.map(|v| v.to_f64())
    };
    (stretched, scale)
}

impl Logarithms {
    /// Returns the intensity of a place on the logarithmic scale.
    pub fn intensity(&self, place: f64) -> f64 {
        (place * self.range + self.least).exp()
    }
}
