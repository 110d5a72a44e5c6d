use super::Intensities;
use crate::numpy::linspace;

const BINS: usize = 256;

/// Returns twice the mode, above the least value, of 256 bins between a fiftieth and 49 fiftieths of the range.
pub(super) fn threshold(pixels: &Intensities) -> f64 {
    if let Some(constant) = pixels.constant() {
        return constant;
    }
    let sorted = &pixels.sorted;
    let (least, most) = (sorted[0], sorted[sorted.len() - 1]);
    let range = f64::from(most - least);
    let least = f64::from(least);
    let (low, high) = (0.02 * range + least, 0.98 * range + least);
    // Pixels are compared with bounds in single precision.
    let start = sorted.partition_point(|&v| v <= low as f32);
    let end = sorted.partition_point(|&v| v < high as f32);
    if start >= end {
        return low;
    }
    let inner = &sorted[start..end];
    let edges = linspace(low, high, BINS + 1);
    let below = |edge: f64| inner.partition_point(|&v| f64::from(v) < edge);
    let ends = edges.iter().enumerate().map(|(i, &edge)| match i {
        BINS => inner.partition_point(|&v| f64::from(v) <= edge),
        _ => below(edge),
    });
    let ends: Vec<usize> = ends.collect();
    let (mut mode, mut most_pixels) = (0, 0);
    for (bin, pair) in ends.windows(2).enumerate() {
        if pair[1] - pair[0] > most_pixels {
            (mode, most_pixels) = (bin, pair[1] - pair[0]);
        }
    }
    let cutoff = (mode as f64 / (BINS - 1) as f64 + 0.02) / 1.04;
    least + cutoff * 2.0 * range
}
