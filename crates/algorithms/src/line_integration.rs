//! Integration across the shear of an image made by differential interference contrast.
//!
//! Source: `centrosome.filter.line_integration` 1.2.3.

use crate::gaussian::{Boundary, Weights, correlate_rows, kernel};
use crate::numpy::{Real, extremes, mean};
use crate::rotate::Rotation;
use pixels::Plane;

/// Returns `image` (H×W) integrated at `degrees`, in the range of the image; 0 where there is no range.
///
/// `decay` is what is left of a sum from pixel to pixel, `sigma` the deviation of the Gaussian along the shear.
pub fn line_integration<T: Real + Into<f64>>(
    image: &Plane<T>,
    degrees: f64,
    decay: f64,
    sigma: f64,
) -> Plane<T> {
    let average = mean(image.data());
    let rotate =
        |image: &Plane<T>, degrees| Rotation::new(image.shape(), degrees).apply(image).map(|&v| T::of(v));
    let rotated = rotate(&image.map(|&v| v - average), -degrees);
    let weights = Weights::correlate(&kernel(sigma, 4.0));
    let smooth = correlate_rows(&rotated, &weights, Boundary::Reflect);
    let (height, width) = smooth.shape();
    let (mut forward, mut back) = (smooth.clone(), smooth);
    let decay = T::of(decay);
    for y in 1..height {
        for x in 0..width {
            let before = forward[(y - 1, x)] * decay;
            forward[(y, x)] += before;
            let (here, after) = (height - 1 - y, height - y);
            let after = back[(after, x)] * decay;
            back[(here, x)] += after;
        }
    }
    let halved = forward.zip(&back, |&f, &b| (f - b) / T::of(2.0));
    let whole = rotate(&halved, degrees);
    let (top, left) =
        (whole.height().saturating_sub(image.height()) / 2, whole.width().saturating_sub(image.width()) / 2);
    let rows = (0..image.height()).flat_map(|y| &whole.row(y + top)[left..left + image.width()]);
    let inner = Plane::from_vec(image.height(), image.width(), rows.copied().collect());
    let (Some((low, high)), Some((least, most))) = (extremes(image.data()), extremes(inner.data())) else {
        return inner;
    };
    if low == high || least == most {
        return inner.map(|_| T::ZERO);
    }
    let (range, wanted) = (most - least, high - low);
    inner.map(|&v| low + (v - least) / range * wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integrals_are_centrosomes() {
        let values =
            (0..6).flat_map(|y| (0..5).map(move |x| ((3 * y * y + 5 * x + x * y) % 11) as f32 / 16.0));
        let image = Plane::from_vec(6, 5, values.collect());
        // centrosome.filter.line_integration(image, angle, 0.9, 1.0)
        let expected = [
            (0.0, [0.625, 0.5814599990844727, 0.5167869925498962, 0.4797019958496094, 0.6206809878349304]),
            (
                30.0,
                [
                    0.5577099919319153,
                    0.27823999524116516,
                    0.32201799750328064,
                    0.13863800466060638,
                    0.38398998975753784,
                ],
            ),
        ];
        for (angle, expected) in expected {
            let found = line_integration(&image, angle, 0.9, 1.0);
            for (place, value) in [0, 7, 13, 22, 29].into_iter().zip(expected) {
                assert!((found.data()[place] - value).abs() < 2e-6, "{angle}: {found:?}");
            }
        }
    }
}
