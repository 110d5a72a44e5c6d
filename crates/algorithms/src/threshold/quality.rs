//! How well a threshold parts an image: `weighted_variance` and `sum_of_entropies` of centrosome 1.2.3.

use super::ThresholdError;
use crate::numpy::{Bins, Real, extremes, sum};
use crate::random::RandomState;
use multiversion::multiversion;
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
const DELTA: f32 = 1.0 / 256.0;

/// Returns how well `foreground` parts `image` inside `mask` (`None` is everywhere).
///
/// Intensities below 1/256 of the brightest count as that. The entropies are of the image with noise of 8 bits
/// that is always the same; their histograms are CellProfiler's. The variance agrees to 10⁻⁶: CellProfiler's is of f32
/// sums, here the logarithms are good to 2·10⁻⁷ and the sums are f64.
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
    let kept: Vec<T>;
    let inside = match mask {
        None => values,
        Some(m) => {
            kept = values.iter().zip(m.data()).filter(|(_, m)| **m).map(|(v, _)| *v).collect();
            &kept
        }
    };
    let Some((_, brightest)) = extremes(inside) else { return Ok(nothing) };
    let floor = brightest.to_f64() / 256.0;
    if floor == 0.0 {
        return Ok(nothing);
    }
    let noise = noise(values.len());
    let exact = Exact { values, noise: &noise, floor: T::of(floor) };
    let floor = floor as f32;
    let mut noisy = vec![0.0; values.len()];
    let (mut bright, mut all) = (Moments::default(), Moments::default());
    let mut classes = vec![OUTSIDE; values.len()];
    let mut number = true;
    for (i, chunk) in values.chunks(CHUNK).enumerate() {
        let part = i * CHUNK..i * CHUNK + chunk.len();
        let mut logs = [0.0; CHUNK];
        add_noise(chunk, floor, &noise[part.clone()], &mut logs, &mut noisy[part.clone()]);
        let mask = mask.map(|mask| &mask.data()[part.clone()]);
        let foreground = &foreground.data()[part.clone()];
        number &= take_in(chunk, &logs, foreground, mask, &mut classes[part], &mut bright, &mut all);
    }
    let dark = all.without(&bright);
    let weighted_variance = (bright.squares() + dark.squares()) / all.count;
    let parted = bright.count > 0.0 && dark.count > 0.0;
    let sum_of_entropies = match exact.spread(&noisy) {
        None => all.count.ln() / 2f64.ln(),
        _ if !parted => 0.0,
        _ if !number => return Err(ThresholdError::NotFinite),
        Some(bounds) => {
            let [dark, bright] = exact.histograms(&noisy, &classes, bounds);
            entropy(&bright) + entropy(&dark)
        }
    };
    Ok(Quality { weighted_variance, sum_of_entropies })
}

/// Returns the least and the greatest logarithm (base 2) of `values` with the noise of the entropies, and how many are in
/// each of 256 bins between; `None` when there is no value or all are equal.
pub fn noisy_histogram<T: Real>(values: &[T]) -> Option<(f64, f64, [u64; 256])> {
    let noise = noise(values.len());
    let exact = Exact { values, noise: &noise, floor: T::ZERO };
    let mut noisy = vec![0.0; values.len()];
    for (i, chunk) in values.chunks(CHUNK).enumerate() {
        let part = i * CHUNK..i * CHUNK + chunk.len();
        add_noise(chunk, 0.0, &noise[part.clone()], &mut [0.0; CHUNK], &mut noisy[part]);
    }
    let (least, most) = exact.spread(&noisy)?;
    let [counts, _] = exact.histograms(&noisy, &vec![0; values.len()], (least, most));
    Some((least, most, counts))
}

/// Pixels that are computed together.
const CHUNK: usize = 1024;

/// The class of pixels outside the mask; background is 0, foreground 1.
const OUTSIDE: u8 = 2;

/// Writes the logarithms of a chunk, and those of the chunk with noise: the pixel is multiplied by a power of
/// itself plus 8 bits over itself.
#[multiversion(targets("x86_64+avx2"))]
fn add_noise<T: Real>(chunk: &[T], floor: f32, noise: &[f64], logs: &mut [f32; CHUNK], noisy: &mut [f32]) {
    let mut more = [0.0; CHUNK];
    for ((&v, log), more) in chunk.iter().zip(logs.iter_mut()).zip(&mut more) {
        let v = (v.to_f64() as f32).max(floor);
        *log = log2(v);
        *more = log2(v.clamp(DELTA, 1.0) + DELTA);
    }
    for (((to, &log), &more), &r) in noisy.iter_mut().zip(&*logs).zip(&more).zip(noise) {
        let log = log.clamp(-8.0, 0.0);
        *to = ((more - log) * r as f32 + log).min(0.0);
    }
}

/// Adds the logarithms of a chunk to the moments of the foreground and of all, and notes each pixel's class; returns
/// whether all values are numbers.
#[multiversion(targets("x86_64+avx2"))]
fn take_in<T: Real>(
    chunk: &[T],
    logs: &[f32; CHUNK],
    foreground: &[bool],
    mask: Option<&[bool]>,
    classes: &mut [u8],
    bright: &mut Moments,
    all: &mut Moments,
) -> bool {
    for (class, &is_bright) in classes.iter_mut().zip(foreground) {
        *class = u8::from(is_bright);
    }
    if let Some(mask) = mask {
        for (class, &is_inside) in classes.iter_mut().zip(mask) {
            *class = if is_inside { *class } else { OUTSIDE };
        }
    }
    let (mut weights, mut inside) = ([0.0; CHUNK], [0.0; CHUNK]);
    for ((weight, inside), &class) in weights.iter_mut().zip(&mut inside).zip(&*classes) {
        *weight = f32::from(class & 1);
        *inside = f32::from(u8::from(class != OUTSIDE));
    }
    bright.add(logs, &weights);
    all.add(logs, &inside);
    chunk.iter().fold(true, |number, v| number & !v.is_nan())
}

/// Returns the logarithm to base 2 of a positive number, good to 2·10⁻⁷: 2/ln 2 · artanh((m − 1)/(m + 1)) of the
/// mantissa.
#[inline]
fn log2(x: f32) -> f32 {
    const HALF: u32 = 0x3f35_04f3;
    let bits = x.to_bits().wrapping_sub(HALF);
    let exponent = (bits as i32) >> 23;
    let mantissa = f32::from_bits((bits & 0x007f_ffff) + HALF);
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let q = s * s;
    let series =
        s * (2.885_390_1 + q * (0.961_796_7 + q * (0.577_078_04 + q * (0.412_198_6 + q * 0.320_598_9))));
    exponent as f32 + series
}

/// Count, sum and sum of squares.
#[derive(Clone, Copy, Default)]
struct Moments {
    count: f64,
    sum: f64,
    square: f64,
}

impl Moments {
    #[inline(always)]
    fn add(&mut self, logs: &[f32; CHUNK], weights: &[f32; CHUNK]) {
        const LANES: usize = 4;
        let (mut count, mut sum, mut square) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
        let (logs, weights) = (logs.as_chunks::<LANES>().0, weights.as_chunks::<LANES>().0);
        for (logs, weights) in logs.iter().zip(weights) {
            for lane in 0..LANES {
                let log = f64::from(logs[lane]);
                let weight = f64::from(weights[lane]);
                count[lane] += weight;
                sum[lane] += log * weight;
                square[lane] += log * log * weight;
            }
        }
        self.count += count.iter().sum::<f64>();
        self.sum += sum.iter().sum::<f64>();
        self.square += square.iter().sum::<f64>();
    }

    fn without(&self, part: &Self) -> Self {
        Self { count: self.count - part.count, sum: self.sum - part.sum, square: self.square - part.square }
    }

    /// Returns the sum of squared distances from the mean.
    fn squares(&self) -> f64 {
        if self.count == 0.0 { 0.0 } else { (self.square - self.sum * self.sum / self.count).max(0.0) }
    }
}

/// The noisy logarithms as libm has them, for the few pixels where the last bits decide.
struct Exact<'a, T> {
    values: &'a [T],
    noise: &'a [f64],
    floor: T,
}

impl<T: Real> Exact<'_, T> {
    /// Returns a noisy logarithm, which CellProfiler takes of the noisy pixel.
    fn log(&self, i: usize) -> f64 {
        let clip = |v: T, low: T, high: T| {
            if v < low {
                low
            } else if v > high {
                high
            } else {
                v
            }
        };
        let v = if self.values[i] < self.floor { self.floor } else { self.values[i] };
        let delta = T::of(f64::from(DELTA));
        let v = clip(v, delta, T::of(1.0));
        let (more, log, r) = ((v + delta).log2().to_f64(), v.log2().to_f64(), self.noise[i]);
        (more * r + (1.0 - r) * log).exp2().min(1.0).log2()
    }

    /// Returns the bounds of the noisy logarithms; `None` when they are equal.
    fn spread(&self, noisy: &[f32]) -> Option<(f64, f64)> {
        const NEAR: f32 = 1e-5;
        let (low, high) = extremes(noisy)?;
        let near_low = (0..noisy.len()).filter(|&i| noisy[i] <= low + NEAR).map(|i| self.log(i));
        let low = near_low.fold(f64::INFINITY, f64::min);
        // Nothing is above 0, where bright pixels gather.
        let high = if high == 0.0 {
            0.0
        } else {
            let near_high = (0..noisy.len()).filter(|&i| noisy[i] >= high - NEAR).map(|i| self.log(i));
            near_high.fold(f64::NEG_INFINITY, f64::max)
        };
        (low != high).then_some((low, high))
    }

    /// Returns the histograms of background and foreground.
    fn histograms(&self, noisy: &[f32], classes: &[u8], (lower, upper): (f64, f64)) -> [[u64; 256]; 2] {
        const NEAR: f32 = 1e-3;
        let bins = Bins::new(lower, upper, 256);
        let (first, scale) = (lower as f32, (256.0 / (upper - lower)) as f32);
        // Neighbours often lie in one bin: two tables in turn keep them from waiting for each other.
        let mut counts = [[[0u64; 256]; 4]; 2];
        for (i, (log, class)) in noisy.iter().zip(classes).enumerate() {
            let place = (log - first) * scale;
            let mut bin = place as i32;
            let over = place - bin as f32;
            if !(NEAR..1.0 - NEAR).contains(&over) {
                bin = bins.index(self.log(i)).map_or(0, |bin| bin as i32);
            }
            counts[i % 2][usize::from(*class & 3)][(bin & 255) as usize] += 1;
        }
        let of = |class: usize| std::array::from_fn(|bin| counts[0][class][bin] + counts[1][class][bin]);
        [of(0), of(1)]
    }
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
