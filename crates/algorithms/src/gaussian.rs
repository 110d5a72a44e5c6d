//! Gaussian filters and one-dimensional correlation, as scipy.ndimage 1.9 computes them.
//!
//! Each line is filtered in f64 and rounded to the array's type, rows (axis 0) before columns. Source:
//! `scipy/ndimage/_filters.py`, `ni_filters.c: NI_Correlate1D`; `centrosome/smooth.py`.

mod line;
mod masked;

pub use line::{Boundary, Weights};
pub use masked::{smooth, smooth_rows, smooth_volume, smooth_with_function_and_mask};

use crate::numpy::{self, Real};
use line::LANES;
use multiversion::multiversion;
use pixels::{Array, Plane};

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

/// Hands on what [`gaussian_filter`] makes of `plane`, a band of rows at a time with its first row.
fn gaussian_bands<T: Real>(
    plane: &Plane<T>,
    sigma: f64,
    boundary: Boundary,
    mut take: impl FnMut(usize, &Plane<T>),
) {
    let weights = Weights::correlate(&if sigma > 1e-15 { kernel(sigma, 4.0) } else { vec![1.0] });
    let (before, after) = weights.reach();
    let band = (before + after).max(32);
    for first in (0..plane.height()).step_by(band) {
        let rows: Vec<usize> = (first..plane.height().min(first + band)).collect();
        let down = columns_at(plane, &weights, boundary, &rows);
        take(first, &correlate_rows(&down, &weights, boundary));
    }
}

/// Returns what [`gaussian_filter_axes`] makes of `plane` where `rows` and `columns` cross, and computes little else.
pub fn gaussian_filter_at<T: Real>(
    plane: &Plane<T>,
    sigma: (f64, f64),
    boundary: Boundary,
    truncate: f64,
    rows: &[usize],
    columns: &[usize],
) -> Plane<T> {
    let weights = |sigma| Weights::correlate(&kernel(sigma, truncate));
    let down = if sigma.0 > 1e-15 {
        columns_at(plane, &weights(sigma.0), boundary, rows)
    } else {
        let data = rows.iter().flat_map(|&y| plane.row(y)).copied().collect();
        Plane::from_vec(rows.len(), plane.width(), data)
    };
    if sigma.1 > 1e-15 && columns.len() * 4 < plane.width() {
        return rows_at(&down, &weights(sigma.1), boundary, columns);
    }
    let across = if sigma.1 > 1e-15 { correlate_rows(&down, &weights(sigma.1), boundary) } else { down };
    let pixels = |y: usize| columns.iter().map(move |&x| (y, x));
    let data = (0..rows.len()).flat_map(pixels).map(|at| across[at]).collect();
    Plane::from_vec(rows.len(), columns.len(), data)
}

/// Filters a grey volume with the deviations along z, y and x, one axis after the other.
pub fn gaussian_filter_volume<T: Real>(volume: &Array<T>, sigmas: [f64; 3], boundary: Boundary) -> Array<T> {
    let shape = volume.shape();
    let mut data = volume.data().to_vec();
    if sigmas[0] > 1e-15 && !data.is_empty() {
        let lines = Plane::from_vec(shape.depth, shape.height * shape.width, data);
        let weights = Weights::correlate(&kernel(sigmas[0], 4.0));
        data = correlate_columns(&lines, &weights, boundary).into_vec();
    }
    let smooth = |plane: Vec<T>| {
        let plane = Plane::from_vec(shape.height, shape.width, plane);
        gaussian_filter_axes(&plane, (sigmas[1], sigmas[2]), boundary, 4.0).into_vec()
    };
    if shape.depth == 1 {
        return Array::from_vec(shape, smooth(data));
    }
    let mut planes = Vec::with_capacity(data.len());
    for plane in data.chunks_exact((shape.height * shape.width).max(1)) {
        planes.extend(smooth(plane.to_vec()));
    }
    Array::from_vec(shape, planes)
}

/// Returns every column of `plane` correlated with `weights` (axis 0).
pub fn correlate_columns<T: Real>(plane: &Plane<T>, weights: &Weights, boundary: Boundary) -> Plane<T> {
    let all: Vec<usize> = (0..plane.height()).collect();
    columns_at(plane, weights, boundary, &all)
}

/// As [`correlate_columns`], in the rows `wanted` only.
#[multiversion(targets("x86_64+avx2"))]
fn columns_at<T: Real>(
    plane: &Plane<T>,
    weights: &Weights,
    boundary: Boundary,
    wanted: &[usize],
) -> Plane<T> {
    let (height, width) = plane.shape();
    let mut out = Plane::zeros(wanted.len(), width);
    let (Some(&first), Some(&last)) = (wanted.iter().min(), wanted.iter().max()) else { return out };
    let (before, after) = weights.reach();
    let rows = first as isize - before as isize..=(last + after) as isize;
    let rows: Vec<Option<usize>> = rows.map(|y| boundary.index(y, height)).collect();
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
        for (place, &y) in wanted.iter().enumerate() {
            let sums = weights.apply(strip[y - first..].as_flattened(), LANES);
            for (to, sum) in out.row_mut(place)[left..right].iter_mut().zip(sums) {
                *to = T::of(sum);
            }
        }
    }
    out
}

/// As [`correlate_rows`], in the columns `wanted` only: a block of them is brought side by side.
fn rows_at<T: Real>(plane: &Plane<T>, weights: &Weights, boundary: Boundary, wanted: &[usize]) -> Plane<T> {
    let (height, width) = plane.shape();
    let mut out = Plane::zeros(height, wanted.len());
    let (before, after) = weights.reach();
    let places: Vec<Option<usize>> =
        (-(before as isize)..(width + after) as isize).map(|x| boundary.index(x, width)).collect();
    let mut line = vec![0.0; places.len()];
    let mut strip = vec![[0.0; LANES]; before + after + 1];
    for y in 0..height {
        let row = plane.row(y);
        for (to, place) in line.iter_mut().zip(&places) {
            *to = place.map_or(boundary.outside(), |x| row[x].to_f64());
        }
        for (to, block) in out.row_mut(y).chunks_mut(LANES).zip(wanted.chunks(LANES)) {
            for (lane, &x) in block.iter().enumerate() {
                strip.iter_mut().zip(&line[x..]).for_each(|(taps, &v)| taps[lane] = v);
            }
            let sums = weights.apply(strip.as_flattened(), LANES);
            to.iter_mut().zip(sums).for_each(|(to, sum)| *to = T::of(sum));
        }
    }
    out
}

/// Returns every row of `plane` correlated with `weights` (axis 1).
#[multiversion(targets("x86_64+avx2"))]
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
