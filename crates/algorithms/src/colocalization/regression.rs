//! The slope of one image's intensities over another's.

use super::Level;
use crate::least_squares::LeastSquares;
use crate::numpy::sum_of;

/// Returns the slope of the line through the pixels of two images, by least squares.
///
/// Source: `scipy.linalg.lstsq`; it works in f32 where both images are of it, so its last digits differ. Where the
/// first image has one value only, line and intercept share the second's mean as the shortest solution does.
pub fn slope<A: Level, B: Level>(x: &[A], y: &[B]) -> f64 {
    let n = x.len() as f64;
    let (mean_x, mean_y) = (sum_of(x, A::to_f64) / n, sum_of(y, B::to_f64) / n);
    let (mut xx, mut xy) = (0.0, 0.0);
    for (x, y) in x.iter().zip(y) {
        let (dx, dy) = (x.to_f64() - mean_x, y.to_f64() - mean_y);
        xx += dx * dx;
        xy += dx * dy;
    }
    // The columns x and 1 as a triangle, of which the first row is the mean and the second what is left.
    let [large, small] = singular_values([n.sqrt() * mean_x, n.sqrt(), xx.sqrt(), 0.0]);
    let epsilon = if A::EPSILON == B::EPSILON { A::EPSILON } else { f64::EPSILON };
    if small > epsilon * large {
        return xy / xx;
    }
    let mut equations = LeastSquares::new(2);
    equations.add(&[mean_x, 1.0], mean_y);
    equations.solve()[0]
}

/// Returns the singular values of a 2×2 matrix, the greater first.
fn singular_values([a, b, c, d]: [f64; 4]) -> [f64; 2] {
    let sum = a * a + b * b + c * c + d * d;
    let determinant = (a * d - b * c).abs();
    let large = ((sum + (sum * sum - 4.0 * determinant * determinant).max(0.0).sqrt()) / 2.0).sqrt();
    [large, determinant / large]
}
