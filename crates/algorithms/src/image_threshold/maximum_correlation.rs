use super::Intensities;

const BINS: usize = 256;

/// Returns the threshold whose two sides correlate most with the pixels' bins.
pub(super) fn threshold(pixels: &Intensities) -> f64 {
    if let Some(constant) = pixels.constant() {
        return constant;
    }
    let sorted = &pixels.sorted;
    let (least, most) = (sorted[0], sorted[sorted.len() - 1]);
    let range = most - least;
    let bin = |v: f32| (((v - least) * (BINS - 1) as f32) / range) as usize;
    let mut counts = vec![0.0; BINS];
    let mut total = 0usize;
    for &v in sorted {
        let bin = bin(v).min(BINS - 1);
        counts[bin] += 1.0;
        total += bin;
    }
    let n = sorted.len() as f64;
    let mean = total as f64 / n;
    let offsets: Vec<f64> = (0..BINS).map(|i| i as f64 - mean).collect();
    let squares: f64 = counts.iter().zip(&offsets).map(|(c, d)| c * (d * d)).sum();
    let (mut sum, mut running) = (0.0, Vec::with_capacity(BINS));
    for (c, d) in counts.iter().zip(&offsets) {
        sum += c * d;
        running.push(sum);
    }
    let mut below = 0.0;
    let mut best = (f64::NEG_INFINITY, 0);
    for i in 0..BINS {
        let numerator = if i == 0 { sum } else { sum - running[i - 1] };
        below += if i == 0 { 0.0 } else { counts[i - 1] };
        let above = n - below;
        let denominator = (squares * (n - above) * above / n).sqrt();
        let correlation = if denominator == 0.0 { 0.0 } else { numerator / denominator };
        if correlation > best.0 {
            best = (correlation, i);
        }
    }
    let bin = best.1 as f64 - 1.0;
    f64::from(least) + bin * f64::from(range) / (BINS - 1) as f64
}
