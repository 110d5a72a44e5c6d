//! The strength of bright lines: how strongly an image bends down across its steepest bend.
//!
//! Source: `centrosome.filter.hessian` 1.2.3, after ImageJ's Tubeness.

use crate::numpy::Real;
use pixels::Plane;

/// Returns the absolute value of the greatest eigenvalue of the Hessian of `image` (H×W), times `sigma`², where it is
/// negative; 0 elsewhere. Differences are in the image's type, and 0 where they reach over the border.
pub fn tubeness<T: Real>(image: &Plane<T>, sigma: f64) -> Plane<f64> {
    let (height, width) = image.shape();
    let at = |y: usize, x: usize| image[(y, x)];
    let two = T::of(2.0);
    let mut out = Plane::zeros(height, width);
    for y in 0..height {
        let inner_y = y > 0 && y + 1 < height;
        for x in 0..width {
            let inner_x = x > 0 && x + 1 < width;
            let down = if inner_y { (at(y - 1, x) - two * at(y, x) + at(y + 1, x)).to_f64() } else { 0.0 };
            let across = if inner_x { (at(y, x - 1) - two * at(y, x) + at(y, x + 1)).to_f64() } else { 0.0 };
            let both = if inner_y && inner_x {
                let sum = at(y + 1, x + 1) + at(y - 1, x - 1) - at(y + 1, x - 1) - at(y - 1, x + 1);
                (sum / T::of(4.0)).to_f64()
            } else {
                0.0
            };
            let greatest = greatest_eigenvalue(down, both, across);
            out[(y, x)] = -greatest * f64::from(u8::from(greatest < 0.0)) * (sigma * sigma);
        }
    }
    out
}

/// Returns that eigenvalue of [[a, b], [b, c]] that is farther from 0.
fn greatest_eigenvalue(a: f64, b: f64, c: f64) -> f64 {
    let minus_trace = -(a + c);
    let determinant = a * c - b * b;
    let root = (minus_trace * minus_trace - 4.0 * determinant).sqrt();
    let (high, low) = ((-minus_trace + root) / 2.0, (-minus_trace - root) / 2.0);
    if low.abs() > high.abs() { low } else { high }
}
