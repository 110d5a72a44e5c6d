//! Otsu (1979) with two classes, as `skimage.filters.threshold_otsu` 0.18.

use super::ThresholdError;
use crate::numpy::{Bins, Real, extremes};

/// Returns the middle of that of 256 bins which best parts `values` (one at least) in two.
///
/// # Errors
/// When a value is not finite.
pub fn otsu<T: Real>(values: &[T]) -> Result<T, ThresholdError> {
    let (least, most) = extremes(values).unwrap_or((T::ZERO, T::ZERO));
    if !(least.to_f64().is_finite() && most.to_f64().is_finite()) {
        return Err(ThresholdError::NotFinite);
    }
    if least == most {
        return Ok(least);
    }
    let bins = Bins::new(least, most, 256);
    let counts: Vec<f64> = bins.count(values).into_iter().map(|c| c as f64).collect();
    let centers = bins.centers();
    let weighted = counts.iter().zip(&centers).map(|(n, c)| n * c.to_f64());
    let weight1 = running_sum(counts.iter().copied());
    let weight2 = running_sum(counts.iter().rev().copied());
    let sum1 = running_sum(weighted.clone());
    let sum2 = running_sum(weighted.rev());
    let last = counts.len() - 1;
    let between = |i: usize| {
        // Sums from the far end: bin i + 1 and all above it.
        let j = last - 1 - i;
        let difference = sum1[i] / weight1[i] - sum2[j] / weight2[j];
        weight1[i] * weight2[j] * (difference * difference)
    };
    let mut best = (0, between(0));
    for i in 1..last {
        let variance = between(i);
        if variance > best.1 {
            best = (i, variance);
        }
    }
    Ok(centers[best.0])
}

fn running_sum(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let add = |sum: &mut f64, v: f64| {
        *sum += v;
        Some(*sum)
    };
    values.scan(0.0, add).collect()
}
