//! Otsu's method with running variances, on two or three classes, by variance or entropy.
//!
//! Source: `centrosome.otsu` 1.2.3.

use super::Intensities;
use super::running_variance::running_variances;
use crate::numpy::Real;
use crate::threshold::Middle;
use crate::threshold::log_transform::log_transform;
use pixels::Plane;

/// Number of classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Classes {
    /// Background and foreground.
    Two,
    /// Background, middle and foreground.
    Three(Middle),
}

/// What is to be least within the classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spread {
    /// The variance, weighted by pixels.
    Variance,
    /// The entropy of a Gaussian of the class's variance.
    Entropy,
}

/// What is added to a variance before its logarithm is taken.
const LEAST_VARIANCE: f64 = 1.0 / 512.0;

/// Returns the threshold of the pixels that are not negative; 1 of none.
pub(super) fn threshold(pixels: &Intensities, classes: Classes, spread: Spread) -> f64 {
    let start = pixels.sorted.partition_point(|&v| v < 0.0);
    let end = pixels.sorted.partition_point(|v| !v.is_nan());
    if start >= end {
        return 1.0;
    }
    let positive = pixels.sorted[start..end].to_vec();
    let (logs, scale) = log_transform(&Plane::from_vec(1, positive.len(), positive));
    let mut logs = logs.into_vec();
    // The single-precision logarithm is not quite monotonic.
    if !logs.is_sorted() {
        f64::sort(&mut logs);
    }
    let place = match classes {
        Classes::Two => two(&logs, spread),
        Classes::Three(middle) => three(&logs, spread)[middle as usize],
    };
    scale.intensity(place)
}

/// Returns the threshold between two classes of sorted values, with 256 candidates.
pub(super) fn two<T: Real>(sorted: &[T], spread: Spread) -> f64 {
    let n = sorted.len();
    if n < 2 {
        return sorted.first().map_or(0.0, |v| v.to_f64());
    }
    let step = n / 256.min(n);
    let lower = (0..n - 1).step_by(step);
    let upper = (1..n).step_by(step);
    let below = running_variances(sorted.iter().copied(), lower.clone());
    let counts = upper.clone().rev().map(|i| n - 1 - i);
    let mut above = running_variances(sorted.iter().rev().copied(), counts);
    above.reverse();
    let scores: Vec<f64> = (lower.zip(below))
        .zip(upper.clone().zip(above))
        .map(|((i, below), (j, above))| {
            let (w, v) = (i as f64, (n - j) as f64);
            match spread {
                Spread::Variance => below * w + above * v,
                Spread::Entropy => weighted_entropy(below, w, 0.0) + weighted_entropy(above, v, 0.0),
            }
        })
        .collect();
    let thresholds: Vec<f64> = upper.map(|i| sorted[i].to_f64()).collect();
    let best = scores.iter().copied().fold(f64::INFINITY, f64::min);
    let Some(index) = scores.iter().position(|&s| s == best) else { return thresholds[0] };
    let next = (index + 1).min(thresholds.len() - 1);
    // The sum is of the values' type.
    let sum = T::of(thresholds[index.saturating_sub(1)]) + T::of(thresholds[next]);
    sum.to_f64() / 2.0
}

/// Returns w·ln(σ²·w·√(2πe)), or `other` where that is no number, as for nothing.
fn weighted_entropy(variance: f64, weight: f64, other: f64) -> f64 {
    let root = (2.0 * std::f64::consts::PI * std::f64::consts::E).sqrt();
    let score = weight * ((variance + LEAST_VARIANCE) * weight * root).ln();
    if score.is_nan() { other } else { score }
}

/// Returns the two thresholds between three classes of sorted values, with 128 candidates each.
fn three(sorted: &[f64], spread: Spread) -> [f64; 2] {
    let n = sorted.len();
    let bins = 128.min(n);
    let step = n / bins;
    let places: Vec<usize> = (0..n).step_by(step).collect();
    let below = running_variances(sorted.iter().copied(), places.iter().copied());
    let (low, high) = match spread {
        Spread::Variance => {
            let counts = places.iter().rev().map(|&i| n - 1 - i);
            let mut above = running_variances(sorted.iter().rev().copied(), counts);
            above.reverse();
            let low = places.iter().zip(&below).map(|(&i, v)| v * i as f64).collect::<Vec<_>>();
            let high = places.iter().zip(&above).map(|(&i, v)| v * (n - i) as f64).collect::<Vec<_>>();
            (low, high)
        }
        Spread::Entropy => {
            // The variances from above are taken at the same counts as those from below.
            let above = running_variances(sorted.iter().rev().copied(), places.iter().copied());
            let share = |i: usize| i as f64 / n as f64;
            let score = |(&i, &v): (&usize, &f64)| weighted_entropy(v, share(i), f64::INFINITY);
            let low = places.iter().zip(&below).map(score).collect::<Vec<_>>();
            let mut high = places.iter().zip(&above).map(score).collect::<Vec<_>>();
            high.reverse();
            (low, high)
        }
    };
    let (sums, squares) = running_sums(sorted, &places);
    let middle = |a: usize, b: usize| {
        let count = (places[b] - places[a]) as f64;
        let mean = (sums[b] - sums[a]) / count;
        let variance = (squares[b] - squares[a]) / count - mean * mean;
        match spread {
            Spread::Variance => count * variance,
            Spread::Entropy => weighted_entropy(variance, count / n as f64, f64::INFINITY),
        }
    };
    let bin = |place: usize| match spread {
        Spread::Variance => places[place] * bins / n,
        Spread::Entropy => place,
    };
    let mut best = (f64::INFINITY, 0, 0);
    for a in 0..places.len() {
        for b in a + 1..places.len() {
            let score = low[bin(a)] + middle(a, b) + high[bin(b)];
            if score < best.0 {
                best = (score, a, b);
            }
        }
    }
    [sorted[places[best.1]], sorted[places[best.2]]]
}

/// Returns the sums of the values, and of their squares, up to and with each place.
fn running_sums(values: &[f64], places: &[usize]) -> (Vec<f64>, Vec<f64>) {
    let (mut sum, mut square, mut next) = (0.0, 0.0, 0);
    let (mut sums, mut squares) = (Vec::new(), Vec::new());
    for &place in places {
        for &v in &values[next..=place] {
            sum += v;
            square += v * v;
        }
        next = place + 1;
        sums.push(sum);
        squares.push(square);
    }
    (sums, squares)
}
