//! Gaussian filters and one-dimensional correlation, as scipy.ndimage 1.9 computes them.
//!
//! Each line is filtered in f64 and rounded to the array's type, rows (axis 0) before columns. Source:
//! `scipy/ndimage/_filters.py`, `ni_filters.c: NI_Correlate1D`; `centrosome/smooth.py`.

mod line;
mod masked;

pub use line::{Boundary, Weights};
pub use masked::{smooth, smooth_with_function_and_mask};

use crate::numpy::{self, Real};
use line::LANES;
use pixels::Plane;

/// Returns the weights of a Gaussian of standard deviation `sigma`, cut at `truncate` deviations (scipy: 4).
pub fn kernel(sigma: f64, truncate: f64) -> Vec<f64> {
    let radius = (truncate * sigma + 0.5) as i64;
    let factor = -0.5 / (sigma * sigma);
    let weights: Vec<f64> = (-radius..=radius).map(|x| (factor * (x * x) as f64).exp()).collect();
    let sum = numpy::sum(&weights);
    weights.iter().map(|w| w / sum).collect()
}

/// Returns `plane` filtered with a Gaussian of deviation `sigma` in pixels along both axes; 0 leaves it as it is.
pub fn gaussian_filter<T: Real>(plane: &Plane<T>, sigma: f64, boundary: Boundary) -> Plane<T> {
    gaussian_filter_axes(plane, (sigma, sigma), boundary, 4.0)
}

/// Returns `plane` filtered with a Gaussian of its own deviation along y and x, cut at `truncate` deviations.
pub fn gaussian_filter_axes<T: Real>(
    plane: &Plane<T>,
    sigma: (f64, f64),
    boundary: Boundary,
    truncate: f64,
) -> Plane<T> {
    let weights = |sigma| Weights::correlate(&kernel(sigma, truncate));
    match (sigma.0 > 1e-15, sigma.1 > 1e-15) {
        (true, true) => {
            let down = correlate_columns(plane, &weights(sigma.0), boundary);
            correlate_rows(&down, &weights(sigma.1), boundary)
        }
        (true, false) => correlate_columns(plane, &weights(sigma.0), boundary),
        (false, true) => correlate_rows(plane, &weights(sigma.1), boundary),
        (false, false) => plane.clone(),
    }
}

/// Returns every column of `plane` correlated with `weights` (axis 0).
pub fn correlate_columns<T: Real>(plane: &Plane<T>, weights: &Weights, boundary: Boundary) -> Plane<T> {
    let (height, width) = plane.shape();
    let mut out = Plane::zeros(height, width);
    let (before, after) = weights.reach();
    let rows: Vec<Option<usize>> =
        (-(before as isize)..(height + after) as isize).map(|y| boundary.index(y, height)).collect();
    let outside = boundary.outside();
    // A strip of LANES columns at a time, as f64 with its margins, stays in the cache.
    let mut strip = vec![[0.0; LANES]; rows.len()];
    for left in (0..width).step_by(LANES) {
        let right = (left + LANES).min(width);
        for (line, row) in strip.iter_mut().zip(&rows) {
            let Some(row) = *row else {
                line.fill(outside);
                continue;
            };
            for (to, from) in line.iter_mut().zip(&plane.row(row)[left..right]) {
                *to = from.to_f64();
            }
        }
        for y in 0..height {
            let sums = weights.apply(strip[y..].as_flattened(), LANES);
            for (to, sum) in out.row_mut(y)[left..right].iter_mut().zip(sums) {
                *to = T::of(sum);
            }
        }
    }
    out
}

/// Returns every row of `plane` correlated with `weights` (axis 1).
pub fn correlate_rows<T: Real>(plane: &Plane<T>, weights: &Weights, boundary: Boundary) -> Plane<T> {
    let (height, width) = plane.shape();
    let mut out = Plane::zeros(height, width);
    let (before, after) = weights.reach();
    let outside = boundary.outside();
    let left: Vec<_> = (-(before as isize)..0).map(|x| boundary.index(x, width)).collect();
    let right: Vec<_> = (width..width + after).map(|x| boundary.index(x as isize, width)).collect();
    // Room for a last block of lanes that reaches past the line.
    let mut line = vec![0.0; before + width + after + LANES];
    for y in 0..height {
        let row = plane.row(y);
        let value = |x: &Option<usize>| x.map_or(outside, |x| row[x].to_f64());
        for (to, x) in line.iter_mut().zip(&left) {
            *to = value(x);
        }
        for (to, from) in line[before..].iter_mut().zip(row) {
            *to = from.to_f64();
        }
        for (to, x) in line[before + width..].iter_mut().zip(&right) {
            *to = value(x);
        }
        for (block, to) in out.row_mut(y).chunks_mut(LANES).enumerate() {
            let sums = weights.apply(&line[block * LANES..], 1);
            for (to, sum) in to.iter_mut().zip(sums) {
                *to = T::of(sum);
            }
        }
    }
    out
}
