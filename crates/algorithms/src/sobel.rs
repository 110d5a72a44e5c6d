//! Sobel's gradient along rows.

use crate::declump::Real;
use pixels::Plane;

/// Computes Sobel's gradient of `image` (H×W) along rows (differences from left to right), with the edges
/// mirrored; each axis is rounded to the image's type.
///
/// Source: `scipy.ndimage.sobel` with its default axis (SciPy 1.9).
pub fn sobel_along_rows<T: Real>(image: &Plane<T>) -> Plane<T> {
    let (height, width) = image.shape();
    let mut steps: Plane<T> = Plane::zeros(height, width);
    for y in 0..height {
        let row = image.row(y);
        for (x, step) in steps.row_mut(y).iter_mut().enumerate() {
            let (left, right) = (row[x.saturating_sub(1)], row[(x + 1).min(width - 1)]);
            *step = T::round(right.into() - left.into());
        }
    }
    let mut out: Plane<T> = Plane::zeros(height, width);
    for y in 0..height {
        let [above, row, below] = [y.saturating_sub(1), y, (y + 1).min(height - 1)].map(|y| steps.row(y));
        for (x, out) in out.row_mut(y).iter_mut().enumerate() {
            let [a, m, b]: [f64; 3] = [above[x], row[x], below[x]].map(Into::into);
            *out = T::round(m * 2.0 + (a + b));
        }
    }
    out
}
