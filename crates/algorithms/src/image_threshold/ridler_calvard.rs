use super::Intensities;
use super::log_otsu::{Spread, two};
use crate::numpy::{Real, extremes, mean};

/// Returns the threshold midway between the means of both sides, on logarithms; 0 of fewer than three pixels.
///
/// Everything is in single precision, so the order of the sums counts.
pub(super) fn threshold(pixels: &Intensities) -> f64 {
    if pixels.raster.len() < 3 {
        return 0.0;
    }
    if let Some(constant) = pixels.constant() {
        return constant;
    }
    let most = pixels.sorted[pixels.sorted.len() - 1];
    let floor = (f64::from(most) / 256.0) as f32;
    let mut logs: Vec<f32> = pixels.raster.iter().map(|&v| if v < floor { floor } else { v }).collect();
    f32::ln_of_each(&mut logs);
    let Some((least, most)) = extremes(&logs) else { return 0.0 };
    let range = most - least;
    logs.iter_mut().for_each(|v| *v = (*v - least) / range);
    let mut sorted: Vec<f32> = logs.iter().copied().filter(|v| !v.is_nan()).collect();
    f32::sort(&mut sorted);
    let mut last = 0.0;
    let mut next = two(&sorted, Spread::Variance);
    let mut single = false;
    while (last - next).abs() > 0.00001 {
        last = next;
        let (low, high): (Vec<f32>, Vec<f32>) = logs.iter().partition(|&&v| v < last as f32);
        next = f64::from(mean(&[mean(&low), mean(&high)]));
        single = true;
    }
    if single {
        return f64::from(least + range * next as f32).exp();
    }
    (f64::from(least) + f64::from(range) * next).exp()
}
