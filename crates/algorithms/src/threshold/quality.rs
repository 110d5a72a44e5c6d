//! How well a threshold parts an image: `weighted_variance` and `sum_of_entropies` of centrosome 1.2.3.

use super::ThresholdError;
use crate::numpy::{Bins, Real, sum, variance};
use crate::random::RandomState;
use pixels::Plane;
use std::sync::{Arc, Mutex, PoisonError};

/// How well a threshold parts an image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quality {
    /// The variances of the logarithms (base 2) of foreground and background, weighted by their pixels.
    pub weighted_variance: f64,
    /// The entropies (in bits, negative) of foreground and background, among 256 bins of logarithms.
    pub sum_of_entropies: f64,
}

/// The least intensity and the noise of the entropies: 8 bits.
const DELTA: f64 = 1.0 / 256.0;

/// Returns how well `foreground` parts `image` inside `mask` (`None` is everywhere).
///
/// Intensities below 1/256 of the brightest count as that. The entropies are of the image with noise of 8 bits
/// that is always the same.
///
/// # Errors
/// When the image has a value that is no number.
pub fn quality<T: Real>(
    image: &Plane<T>,
    mask: Option<&Plane<bool>>,
    foreground: &Plane<bool>,
) -> Result<Quality, ThresholdError> {
    let nothing = Quality { weighted_variance: 0.0, sum_of_entropies: 0.0 };
    let values = image.data();
    let inside = |i: usize| mask.is_none_or(|m| m.data()[i]);
    let Some(brightest) = brightest(values, mask) else { return Ok(nothing) };
    let floor = brightest.to_f64() / 256.0;
    if floor == 0.0 {
        return Ok(nothing);
    }
    let floor = T::of(floor);
    let noise = noise(values.len());
    let (mut bright, mut dark) = (Vec::new(), Vec::with_capacity(values.len()));
    let mut noisy = Vec::with_capacity(values.len());
    let (delta, one) = (T::of(DELTA), T::of(1.0));
    let mut number = true;
    for (i, (&v, &r)) in values.iter().zip(noise.iter()).enumerate() {
        number &= !v.is_nan();
        let v = if v < floor { floor } else { v };
        let log = v.log2();
        if inside(i) {
            if foreground.data()[i] { bright.push(log) } else { dark.push(log) }
        }
        let clipped = if v < delta {
            delta
        } else if v > one {
            one
        } else {
            v
        };
        let log = log.to_f64().clamp(-8.0, 0.0);
        let more = (clipped + delta).log2().to_f64();
        noisy.push((more * r + (1.0 - r) * log).min(0.0));
    }
    let weighted_variance = match (bright.len() as f64, dark.len() as f64) {
        (0.0, _) => variance(&dark, 0).to_f64(),
        (_, 0.0) => variance(&bright, 0).to_f64(),
        (b, d) => (variance(&bright, 0).to_f64() * b + variance(&dark, 0).to_f64() * d) / (b + d),
    };
    let parted = !bright.is_empty() && !dark.is_empty();
    let sum_of_entropies = match spread(&noisy) {
        None => ((bright.len() + dark.len()) as f64).ln() / 2f64.ln(),
        _ if !parted => 0.0,
        _ if !number => return Err(ThresholdError::NotFinite),
        Some((lower, upper)) => {
            let [bright, dark] = histograms(&noisy, (lower, upper), inside, foreground);
            entropy(&bright) + entropy(&dark)
        }
    };
    Ok(Quality { weighted_variance, sum_of_entropies })
}

fn brightest<T: Real>(values: &[T], mask: Option<&Plane<bool>>) -> Option<T> {
    let most = |a: T, b: T| if b > a || b.is_nan() { b } else { a };
    match mask {
        None => values.iter().copied().reduce(most),
        Some(m) => values.iter().zip(m.data()).filter(|(_, m)| **m).map(|(v, _)| *v).reduce(most),
    }
}

/// Returns the bounds of the noisy logarithms, as they are after a way there and back; `None` when they are equal.
fn spread(noisy: &[f64]) -> Option<(f64, f64)> {
    let wider = |(low, high): (f64, f64), &v: &f64| (low.min(v), high.max(v));
    let (low, high) = noisy.iter().fold((f64::INFINITY, f64::NEG_INFINITY), wider);
    let (low, high) = (there_and_back(low), there_and_back(high));
    (low != high).then_some((low, high))
}

/// The noisy image is made of the logarithms and its logarithms are taken again, which may change the last bit.
fn there_and_back(log: f64) -> f64 {
    log.exp2().log2()
}

/// Returns the histograms of foreground and background.
fn histograms(
    noisy: &[f64],
    (lower, upper): (f64, f64),
    inside: impl Fn(usize) -> bool,
    foreground: &Plane<bool>,
) -> [[u64; 256]; 2] {
    let bins = Bins::new(lower, upper, 256);
    let scale = 256.0 / (upper - lower);
    let mut counts = [[0; 256]; 2];
    for (i, (&log, &is_foreground)) in noisy.iter().zip(foreground.data()).enumerate() {
        if !inside(i) {
            continue;
        }
        let place = (log - lower) * scale;
        let near_edge = (place - place.round()).abs() < 1e-9;
        let bin = if near_edge { bins.index(there_and_back(log)) } else { Some(place as usize) };
        if let Some(bin) = bin {
            counts[usize::from(!is_foreground)][bin] += 1;
        }
    }
    counts
}

/// Returns Σ p log₂ p over the bins that are not empty.
fn entropy(counts: &[u64; 256]) -> f64 {
    let total = counts.iter().sum::<u64>() as f64;
    let terms: Vec<f64> = counts.iter().filter(|c| **c > 0).map(|&c| c as f64 / total).collect();
    let terms: Vec<f64> = terms.into_iter().map(|p| p * p.log2()).collect();
    sum(&terms)
}

/// Returns the first `n` numbers of `RandomState(0).normal`, kept for the next image.
fn noise(n: usize) -> Arc<Vec<f64>> {
    static KEPT: Mutex<Option<Arc<Vec<f64>>>> = Mutex::new(None);
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    match &*kept {
        Some(noise) if noise.len() >= n => noise.clone(),
        _ => {
            let mut random = RandomState::new(0);
            let noise: Arc<Vec<f64>> = Arc::new((0..n).map(|_| random.gauss()).collect());
            *kept = Some(noise.clone());
            noise
        }
    }
}
