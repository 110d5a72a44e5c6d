//! Canny's edges (1986), and the two thresholds for them.

use super::erode_square;
use crate::connected_components::{Connectivity, label};
use crate::correlate::{convolution_kernel, correlate};
use crate::gaussian::{self, Boundary};
use crate::introsort::Sortable;
use crate::numpy::Real;
use pixels::Plane;

/// How edges are found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Canny {
    /// Deviation of the Gaussian that the image is smoothed with, in pixels.
    pub sigma: f64,
    /// The gradient that an edge has everywhere.
    pub low: f64,
    /// The gradient that an edge has somewhere.
    pub high: f64,
}

/// Returns the edges inside `mask`: where the gradient of the smoothed image is greatest across them.
///
/// Source: `centrosome.filter.canny` 1.2.3.
pub fn canny<T: Real>(image: &Plane<T>, mask: &Plane<bool>, how: Canny) -> Plane<bool> {
    let smoothed = gaussian::smooth(image, Some(mask), how.sigma);
    let across = convolution_kernel([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], 1.0);
    let down = convolution_kernel([[-1, -2, -1], [0, 0, 0], [1, 2, 1]], 1.0);
    let across = correlate(&smoothed, &across, Boundary::Reflect);
    let down = correlate(&smoothed, &down, Boundary::Reflect);
    let magnitude = down.zip(&across, |i, j| (i * i + j * j).sqrt());
    let inside = erode_square(mask);
    let (height, width) = image.shape();
    let mut low = Plane::filled(height, width, false);
    for y in 0..height {
        for x in (0..width).filter(|&x| inside[(y, x)] && magnitude[(y, x)] > 0.0) {
            low[(y, x)] =
                magnitude[(y, x)] >= how.low && is_greatest(&magnitude, (y, x), down[(y, x)], across[(y, x)]);
        }
    }
    let (labels, count) = label(&low, Connectivity::Eight);
    let mut strong = vec![false; count + 1];
    for (label, value) in labels.data().iter().zip(magnitude.data()) {
        strong[*label as usize] |= *label > 0 && *value >= how.high;
    }
    labels.map(|&label| strong[label as usize])
}

/// Returns whether the gradient at a pixel is as great as on both sides, interpolated between the two neighbours that
/// its direction (rows `i`, columns `j`) points between.
fn is_greatest(magnitude: &Plane<f64>, (y, x): (usize, usize), i: f64, j: f64) -> bool {
    let value = magnitude[(y, x)];
    let (steep, flat) = (i.abs() >= j.abs(), i.abs() <= j.abs());
    let same = (i >= 0.0 && j >= 0.0) || (i <= 0.0 && j <= 0.0);
    let opposite = (i <= 0.0 && j >= 0.0) || (i >= 0.0 && j <= 0.0);
    let sides = |straight: [(usize, usize); 2], corners: [(usize, usize); 2], w: f64| {
        let side = |k: usize| magnitude[corners[k]] * w + magnitude[straight[k]] * (1.0 - w) <= value;
        side(0) && side(1)
    };
    let vertical = [(y + 1, x), (y - 1, x)];
    let horizontal = [(y, x + 1), (y, x - 1)];
    // Where two sectors meet, the later one decides.
    if opposite && steep {
        return sides([vertical[1], vertical[0]], [(y - 1, x + 1), (y + 1, x - 1)], j.abs() / i.abs());
    }
    if opposite && flat {
        return sides(horizontal, [(y - 1, x + 1), (y + 1, x - 1)], i.abs() / j.abs());
    }
    if same && flat {
        return sides(horizontal, [(y + 1, x + 1), (y - 1, x - 1)], i.abs() / j.abs());
    }
    same && steep && sides(vertical, [(y + 1, x + 1), (y - 1, x - 1)], j.abs() / i.abs())
}

/// Returns the two values that part `values` into three classes with the least variance within; `None` of none.
///
/// Source: `centrosome.otsu.otsu3` 1.2.3: sums in the values' type, scores in f64, candidates a hundred-and-twenty-
/// eighth of the values apart.
pub fn otsu3<T: Real + Sortable>(values: &[T]) -> Option<(T, T)> {
    const BINS: usize = 128;
    let mut sorted: Vec<T> = values.iter().copied().filter(|v| !v.is_nan()).collect();
    sorted.sort_unstable_by_key(|v| v.key());
    let n = sorted.len();
    let bins = BINS.min(n);
    let step = n.checked_div(bins)?;
    let at: Vec<usize> = (0..n).step_by(step).collect();
    let from_below = running_variance(sorted.iter().copied());
    let mut from_above = running_variance(sorted.iter().rev().copied());
    from_above.reverse();
    let sums = cumulative(sorted.iter().copied());
    let squares = cumulative(sorted.iter().map(|&v| v * v));
    let low: Vec<f64> = at.iter().map(|&k| from_below[k] * k as f64).collect();
    let high: Vec<f64> = at.iter().map(|&k| from_above[k] * (n - k) as f64).collect();
    let mut best: Option<(f64, usize, usize)> = None;
    for (a, &i) in at.iter().enumerate() {
        for (b, &j) in at.iter().enumerate().skip(a + 1) {
            let width = (j - i) as f64;
            let mean = (sums[j] - sums[i]).to_f64() / width;
            let square = (squares[j] - squares[i]).to_f64() / width;
            let middle = width * (square - mean * mean);
            let score = low[i * bins / n] + middle + high[j * bins / n];
            if best.is_none_or(|(least, ..)| score < least) {
                best = Some((score, a, b));
            }
        }
    }
    // Of one candidate alone there is no pair, and all scores are infinite.
    let (_, a, b) = best.unwrap_or_default();
    Some((sorted[at[a]], sorted[at[b]]))
}

fn cumulative<T: Real>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut sum = T::ZERO;
    let mut first = true;
    values
        .map(|v| {
            sum = if first { v } else { sum + v };
            first = false;
            sum
        })
        .collect()
}

/// Returns the variance of the values up to each one.
fn running_variance<T: Real>(values: impl Iterator<Item = T> + Clone) -> Vec<f64> {
    let sums = cumulative(values.clone());
    let means: Vec<f64> = sums.iter().enumerate().map(|(i, sum)| sum.to_f64() / (i + 1) as f64).collect();
    let mut sum = 0.0;
    let mut variances = vec![0.0];
    for (i, value) in values.enumerate().skip(1) {
        sum += (value.to_f64() - means[i - 1]) * (value.to_f64() - means[i]);
        variances.push(sum / i as f64);
    }
    variances
}
