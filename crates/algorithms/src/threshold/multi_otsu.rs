//! Otsu with three classes: Liao, Chen & Chung (2001), as `skimage.filters.threshold_multiotsu` 0.18.

use super::ThresholdError;
use crate::numpy::{Bins, Real};

/// Returns the middles of those two of `bins` bins which best part `values` (one at least) in three.
///
/// The variances between classes are f32 and the first of the greatest wins.
///
/// # Errors
/// When fewer than three bins hold values, or a value is not finite.
pub fn thresholds<T: Real>(values: &[T], bins: usize) -> Result<[T; 2], ThresholdError> {
    if values.iter().any(|v| !v.to_f64().is_finite()) {
        return Err(ThresholdError::NotFinite);
    }
    let bins = Bins::over(values, bins);
    let counts = bins.count(values);
    let total: u64 = counts.iter().sum();
    let share: Vec<f32> = counts.iter().map(|&c| (c as f64 / total as f64) as f32).collect();
    let centers = bins.centers();
    let filled: Vec<usize> = (0..share.len()).filter(|&i| share[i] > 0.0).collect();
    match filled[..] {
        [] | [_] | [_, _] => Err(ThresholdError::TooFewValues(filled.len())),
        [a, b, _] => Ok([centers[a], centers[b]]),
        _ => Ok(best(&share).map(|i| centers[i])),
    }
}

/// Returns the last bins of the lower two classes.
fn best(share: &[f32]) -> [usize; 2] {
    let n = share.len();
    let mut weight = vec![share[0]; n];
    // scikit-image counts the first bin as 1 in this sum, as it does the second.
    let mut moment = vec![share[0]; n];
    for i in 1..n {
        weight[i] = weight[i - 1] + share[i];
        moment[i] = moment[i - 1] + i as f32 * share[i];
    }
    let quotient = |w: f32, m: f32| if w > 0.0 { m * m / w } else { 0.0 };
    // Bins i to j as one class; the first bin alone counts for nothing.
    let variance = |i: usize, j: usize| match (i, j) {
        (0, 0) => 0.0,
        (0, j) => quotient(weight[j], moment[j]),
        (i, j) => quotient(weight[j] - weight[i - 1], moment[j] - moment[i - 1]),
    };
    let upper: Vec<f32> = (0..n).map(|i| variance(i, n - 1)).collect();
    let (mut found, mut greatest) = ([0, 0], 0.0);
    for first in 0..n - 2 {
        let lower = variance(0, first);
        for second in first + 1..n - 1 {
            let sum = (lower + upper[second + 1]) + variance(first + 1, second);
            if sum > greatest {
                (found, greatest) = ([first, second], sum);
            }
        }
    }
    found
}
