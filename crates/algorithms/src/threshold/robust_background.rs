//! The robust background: average and deviation of what is left without the outliers.

use super::ThresholdError;
use crate::numpy::{Real, mean, median, percentile, standard_deviation};

/// What is left out and what is made of the rest.
#[derive(Clone, Debug, PartialEq)]
pub struct RobustBackground {
    /// Share of the darkest values to leave out.
    pub lower: f64,
    /// Share of the brightest values to leave out; none are when the lower share comes to none.
    pub upper: f64,
    /// What the average is.
    pub averaging: Averaging,
    /// What a deviation is.
    pub variance: Variance,
    /// How many deviations the threshold is above the average.
    pub deviations: f64,
}

/// The average of the robust background.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Averaging {
    /// Mean.
    Mean,
    /// Median.
    Median,
    /// The fullest of √n bins.
    Mode,
}

/// The deviation of the robust background.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variance {
    /// Standard deviation.
    StandardDeviation,
    /// Median absolute deviation.
    MedianAbsoluteDeviation,
}

impl RobustBackground {
    /// Returns the threshold of `values`; 0 of fewer than three.
    ///
    /// # Errors
    /// When the mode is asked for and what is left is all equal.
    pub fn threshold<T: Real>(&self, values: &[T]) -> Result<f64, ThresholdError> {
        let n = values.len();
        if n < 3 {
            return Ok(0.0);
        }
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(T::order);
        if sorted[0] == sorted[n - 1] {
            return Ok(sorted[0].to_f64());
        }
        let chop = |share: f64| (n as f64 * share).round_ties_even() as usize;
        let low = chop(self.lower);
        let kept = match low {
            0 => &sorted[..],
            low => sorted.get(low..n.saturating_sub(chop(self.upper))).unwrap_or_default(),
        };
        let average = match self.averaging {
            Averaging::Mean => mean(kept).to_f64(),
            Averaging::Median => median(kept).to_f64(),
            Averaging::Mode => binned_mode(kept)?,
        };
        let deviation = match self.variance {
            Variance::StandardDeviation => standard_deviation(kept, 0).to_f64(),
            Variance::MedianAbsoluteDeviation => median_absolute_deviation(kept),
        };
        Ok(average + deviation * self.deviations)
    }
}

/// Returns the percentile at the middle of the fullest of √n bins of sorted values (`centrosome.threshold.binned_mode`).
fn binned_mode<T: Real>(sorted: &[T]) -> Result<f64, ThresholdError> {
    let (Some(&first), Some(&last)) = (sorted.first(), sorted.last()) else {
        return Err(ThresholdError::NoMode);
    };
    if first == last {
        return Err(ThresholdError::NoMode);
    }
    let bins = (sorted.len() as f64).sqrt().ceil();
    let mut counts = vec![0usize; bins as usize + 1];
    for &v in sorted {
        let bin = ((v - first) / (last - first) * T::of(bins)).to_f64();
        counts[(bin as usize).min(bins as usize)] += 1;
    }
    let most = counts.iter().copied().max().unwrap_or(0);
    let fullest = counts.iter().position(|&c| c == most).unwrap_or(0);
    // The greatest value has a bin of its own, the middle of which is past the end.
    if fullest as f64 >= bins {
        return Err(ThresholdError::NoMode);
    }
    Ok(percentile(sorted, 100.0 * (fullest as f64 + 0.5) / bins))
}

/// Returns the median distance from the median, in f64 whatever the values are.
fn median_absolute_deviation<T: Real>(values: &[T]) -> f64 {
    let values: Vec<f64> = values.iter().map(|v| v.to_f64()).collect();
    let middle = median(&values);
    let distances: Vec<f64> = values.iter().map(|v| (v - middle).abs()).collect();
    median(&distances)
}
