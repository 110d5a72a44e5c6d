//! How far one image must be moved to lie on another.
//!
//! Source: `cellprofiler_core.modules.align` 4.2.8.

mod cross_correlation;
mod mutual_information;

pub use cross_correlation::cross_correlation;
pub use mutual_information::mutual_information;

use pixels::Plane;

/// Rows and columns to move by.
pub type Offset = (i64, i64);

/// Where two planes of sizes `a` and `b` lie on each other when the first is moved by `by` along one axis: the start
/// in each, and the length; `None` when they do not.
pub fn overlap(a: usize, b: usize, by: i64) -> Option<(usize, usize, usize)> {
    let (a, b) = (a as i64, b as i64);
    let (start_a, start_b) = ((-by).max(0), by.max(0));
    let length = (a - start_a).min(b - start_b);
    (length >= 0).then_some((start_a as usize, start_b as usize, length as usize))
}

/// Returns the plane on a larger one, in the upper left corner.
fn enlarged<T: Copy + Default>(plane: &Plane<T>, (height, width): (usize, usize)) -> Plane<T> {
    let mut out = Plane::zeros(height, width);
    for y in 0..plane.height() {
        out.row_mut(y)[..plane.width()].copy_from_slice(plane.row(y));
    }
    out
}
