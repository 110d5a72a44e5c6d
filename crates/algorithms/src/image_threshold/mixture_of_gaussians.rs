//! A mixture of three Gaussians (background, middle, objects), fitted by expectation maximization: first to a tenth of
//! the pixels, then to all.

use super::Intensities;
use crate::numpy::Real;
use crate::random::RandomState;
use std::sync::{Arc, Mutex, PoisonError};

/// More pixels than these are sampled.
const MOST_PIXELS: usize = 512 * 512;

const CLASSES: usize = 3;

/// The Gaussians and their shares.
#[derive(Clone, Copy)]
struct Mixture {
    mean: [f64; CLASSES],
    std: [f64; CLASSES],
    share: [f64; CLASSES],
}

/// Returns the intensity where background and objects are equally likely; 1 of too few pixels.
pub(super) fn threshold(pixels: &Intensities, object_fraction: f64) -> f64 {
    let background = 1.0 - object_fraction;
    if (pixels.raster.len() as f64) < 3.0 / object_fraction.min(background) {
        return 1.0;
    }
    if let Some(constant) = pixels.constant() {
        return constant;
    }
    let mut values = if pixels.raster.len() > MOST_PIXELS {
        sample(pixels.raster.len()).iter().map(|&i| pixels.raster[i as usize]).collect()
    } else {
        pixels.raster.clone()
    };
    f32::sort(&mut values);
    // The darkest and the brightest hundredth may be cut off by the camera.
    let hundredth = values.len().div_ceil(100);
    let values = values.get(hundredth..values.len() - hundredth).unwrap_or_default();
    let n = values.len() as f64;
    let at = |place: f64| values.get(place.round_ties_even() as usize).copied();
    let (Some(dark), Some(bright)) = (at(n * background / 2.0), at(n * (1.0 - object_fraction / 2.0))) else {
        return f64::NAN;
    };
    let mut mixture = Mixture {
        mean: [f64::from(dark), f64::from(dark + bright) / 2.0, f64::from(bright)],
        std: [0.15; CLASSES],
        share: [3.0 / 4.0 * background, 1.0 / 4.0, 3.0 / 4.0 * object_fraction],
    };
    let seed: Vec<u32> = values.iter().take(100).flat_map(|v| v.to_le_bytes()).map(u32::from).collect();
    let mut tenth = values.to_vec();
    RandomState::from_key(&seed).shuffle(&mut tenth);
    tenth.truncate(values.len() / 10);
    f32::sort(&mut tenth);
    for data in [&tenth[..], values] {
        mixture.fit(&counted(data));
    }
    mixture.crossing(object_fraction)
}

/// Returns the places of the pixels that `RandomState(0)` samples of `n`, kept for the next image.
fn sample(n: usize) -> Arc<Vec<u32>> {
    static KEPT: Mutex<Option<(usize, Arc<Vec<u32>>)>> = Mutex::new(None);
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    match &*kept {
        Some((of, places)) if *of == n => places.clone(),
        _ => {
            let mut places: Vec<u32> = (0..n as u32).collect();
            RandomState::new(0).shuffle(&mut places);
            places.truncate(MOST_PIXELS);
            let places = Arc::new(places);
            *kept = Some((n, places.clone()));
            places
        }
    }
}

/// Returns each different one of sorted values and how often it is there.
fn counted(sorted: &[f32]) -> Vec<(f32, f64)> {
    sorted.chunk_by(|a, b| a == b).map(|run| (run[0], run.len() as f64)).collect()
}

/// Returns the density of the standard normal distribution.
fn normal(z: f64) -> f64 {
    (-(z * z) / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

impl Mixture {
    /// Goes on until the means move by a thousandth at the most. Distances from means are in single precision.
    fn fit(&mut self, values: &[(f32, f64)]) {
        let pixels: f64 = values.iter().map(|(_, n)| n).sum();
        let mut likely = vec![[0.0; CLASSES]; values.len()];
        let mut moved = 1.0;
        while moved > 0.001 {
            let before = self.mean;
            for (&(v, n), likely) in values.iter().zip(&mut likely) {
                let density = std::array::from_fn::<f64, CLASSES, _>(|k| {
                    let z = (v - self.mean[k] as f32) / self.std[k] as f32;
                    self.share[k] * (normal(f64::from(z)) / self.std[k])
                });
                let all = (density[0] + density[1]) + density[2] + 0.000000000001;
                *likely = density.map(|d| d / all * n);
            }
            for k in 0..CLASSES {
                let total: f64 = likely.iter().map(|p| p[k]).sum();
                self.share[k] = total / pixels;
                let weighted: f64 = likely.iter().zip(values).map(|(p, (v, _))| p[k] * f64::from(*v)).sum();
                self.mean[k] = weighted / (self.share[k] * pixels);
                let mean = self.mean[k] as f32;
                let square = |v: f32| f64::from((v - mean) * (v - mean));
                let squares: f64 = likely.iter().zip(values).map(|(p, (v, _))| p[k] * square(*v)).sum();
                self.std[k] = (squares / (pixels * self.share[k])).sqrt() + 0.000001;
            }
            moved = (0..CLASSES).map(|k| (before[k] - self.mean[k]).abs()).sum();
        }
    }

    /// Returns the first of 10,000 levels, between the means of background and objects, where both are most alike.
    fn crossing(&self, object_fraction: f64) -> f64 {
        const LEVELS: usize = 10_000;
        let (first, last) = (self.mean[0], self.mean[CLASSES - 1]);
        let level = |i: usize| i as f64 * ((last - first) / LEVELS as f64) + first;
        let with_middle = (self.share[1] + self.share[2] - object_fraction).abs();
        let middle_is_object = with_middle < (self.share[2] - object_fraction).abs();
        let difference = |i: usize| {
            let d = std::array::from_fn::<f64, CLASSES, _>(|k| {
                self.share[k] * (normal((level(i) - self.mean[k]) / self.std[k]) / self.std[k])
            });
            let (dark, bright) = if middle_is_object { (d[0], d[1] + d[2]) } else { (d[0] + d[1], d[2]) };
            (dark - bright).abs()
        };
        let mut best = (f64::INFINITY, 0);
        for i in 0..LEVELS {
            let d = difference(i);
            if d.is_nan() {
                return level(i);
            }
            if d < best.0 {
                best = (d, i);
            }
        }
        level(best.1)
    }
}
