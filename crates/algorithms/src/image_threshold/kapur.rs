use super::Intensities;
use crate::numpy::sum;
use crate::threshold::quality::noisy_histogram;

/// Returns the threshold where the entropies of both sides add up to the most, on logarithms of the pixels with noise;
/// 0 of fewer than three pixels.
pub(super) fn threshold(pixels: &Intensities) -> f64 {
    if pixels.raster.len() < 3 {
        return 0.0;
    }
    if let Some(constant) = pixels.constant() {
        return constant;
    }
    let Some((least, most, counts)) = noisy_histogram(&pixels.raster) else { return f64::NAN };
    let value = |bin: usize| least + (most - least) * bin as f64 / 255.0;
    let full: Vec<(f64, f64)> = (0..counts.len())
        .filter(|&bin| counts[bin] > 0)
        .map(|bin| (value(bin), counts[bin] as f64))
        .collect();
    let total = sum(&full.iter().map(|(_, n)| *n).collect::<Vec<_>>());
    let (mut low, mut low_entropy) = (0.0, 0.0);
    let mut running = Vec::with_capacity(full.len());
    for (_, n) in &full {
        let p = n / total;
        low += p;
        low_entropy += p * p.log2();
        running.push((low, low_entropy));
    }
    let mut best = (f64::INFINITY, 0);
    for (i, &(below, entropy)) in running[..running.len().saturating_sub(1)].iter().enumerate() {
        let above = low - below;
        let score = (entropy / below - below.log2()) + ((low_entropy - entropy) / above - above.log2());
        if score < best.0 {
            best = (score, i);
        }
    }
    let next = full.get(best.1 + 1).unwrap_or(&full[best.1]);
    ((full[best.1].0 + next.0) / 2.0).exp2()
}
