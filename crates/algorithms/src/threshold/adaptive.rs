//! A threshold for each pixel: those of blocks, blended by a spline (CellProfiler's `_get_adaptive_threshold`).

use super::{Method, Middle, ThresholdError, li, multi_otsu, otsu};
use crate::bspline_surface::Surface;
use crate::numpy::{Real, linspace};
use pixels::Plane;

/// Returns the threshold of each pixel of `image`, found by `method` in blocks of about `window` pixels' edge.
///
/// A block without a pixel in `mask` (`None` is everywhere) counts as 0. `tolerance` is that of the whole image.
///
/// # Errors
/// When the window is more than half of a dimension, or the method cannot deal with a block.
pub fn adaptive<T: Real>(
    image: &Plane<T>,
    mask: Option<&Plane<bool>>,
    window: i64,
    method: &Method,
    tolerance: f64,
) -> Result<Plane<f64>, ThresholdError> {
    let (height, width) = image.shape();
    let edge = usize::try_from(window).unwrap_or(0);
    let blocks = |n: usize| n.checked_div(edge).unwrap_or(0);
    let (rows, columns) = (blocks(height), blocks(width));
    if rows < 2 || columns < 2 {
        return Err(ThresholdError::Window { window, width, height });
    }
    let (down, across) = (Blocks::new(height, rows), Blocks::new(width, columns));
    let mut thresholds = Plane::zeros(rows, columns);
    let mut values = Vec::new();
    for i in 0..rows {
        for j in 0..columns {
            values.clear();
            let (x0, x1) = across.bounds(j);
            for y in down.bounds(i).0..down.bounds(i).1 {
                let row = &image.row(y)[x0..x1];
                let inside = |x: usize| mask.is_none_or(|m| m[(y, x0 + x)]);
                let kept = row.iter().enumerate().filter(|(x, v)| inside(*x) && !v.is_nan());
                values.extend(kept.map(|(_, &v)| v));
            }
            thresholds[(i, j)] = of_block(&values, method, tolerance)?;
        }
    }
    let degree = 3.min(rows.min(columns) - 1);
    let (y, x) = (down.centers(), across.centers());
    let surface = Surface::through(&thresholds, (&y, down.within()), (&x, across.within()), degree);
    Ok(surface.heights(&down.pixels(), &across.pixels()))
}

/// Returns how near [`adaptive`] comes to the thresholds of blocks: found from all `values` of the image or volume,
/// masked or not.
///
/// # Errors
/// When they are all one.
pub fn tolerance<T: Real>(values: &[T], method: &Method) -> Result<f64, ThresholdError> {
    match method {
        Method::MinimumCrossEntropy => li::tolerance(values).ok_or(ThresholdError::Constant),
        _ => Ok(0.0),
    }
}

fn of_block<T: Real>(values: &[T], method: &Method, tolerance: f64) -> Result<f64, ThresholdError> {
    let Some(&first) = values.first() else { return Ok(0.0) };
    if values.iter().all(|&v| v == first) {
        return Ok(first.to_f64());
    }
    match method {
        Method::MinimumCrossEntropy => Ok(li::minimum_cross_entropy(values, tolerance).to_f64()),
        Method::OtsuThree(middle) => three_classes(values, *middle),
        Method::OtsuTwo | Method::RobustBackground(_) => method.threshold(values),
    }
}

/// Two values have two classes; what 128 bins cannot part is tried with 256.
fn three_classes<T: Real>(values: &[T], middle: Middle) -> Result<f64, ThresholdError> {
    let other = values.iter().find(|&&v| v != values[0]);
    if values.iter().all(|v| *v == values[0] || Some(v) == other) {
        return Ok(otsu::otsu(values)?.to_f64());
    }
    let found = multi_otsu::thresholds(values, 128).or_else(|_| multi_otsu::thresholds(values, 256))?;
    Ok(found[middle as usize].to_f64())
}

/// An axis cut in blocks of about equal length.
struct Blocks {
    pixels: usize,
    count: usize,
    length: f64,
}

impl Blocks {
    fn new(pixels: usize, count: usize) -> Self {
        Self { pixels, count, length: pixels as f64 / count as f64 }
    }

    /// Returns where a block begins and where the next one does.
    fn bounds(&self, block: usize) -> (usize, usize) {
        let begin = |i: usize| (i as f64 * self.length) as usize;
        (begin(block), begin(block + 1))
    }

    /// Returns the coordinates at which the blocks' thresholds stand.
    fn centers(&self) -> Vec<f64> {
        let first = (self.length / 2.0).trunc();
        let last = ((self.count as f64 - 0.5) * self.length).trunc();
        linspace(first, last, self.count)
    }

    fn within(&self) -> [f64; 2] {
        [0.5, self.pixels as f64 - 0.5]
    }

    /// Returns the coordinates of the pixels.
    fn pixels(&self) -> Vec<f64> {
        linspace(0.5, (self.count as f64 * self.length).trunc() - 0.5, self.pixels)
    }
}
