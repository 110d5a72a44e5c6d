//! Haralick's features from counts of pairs.

use super::Cooccurrence;
use std::sync::LazyLock;

/// Number of features.
pub const COUNT: usize = 13;

/// AngularSecondMoment, Contrast, Correlation, Variance, InverseDifferenceMoment, SumAverage, SumVariance, SumEntropy,
/// Entropy, DifferenceVariance, DifferenceEntropy, InfoMeas1, InfoMeas2.
pub type Features = [f64; COUNT];

/// Number of grey levels.
const LEVELS: usize = 256;

/// Returns the features of the pairs counted, in an image whose greatest level is `greatest`; `None` when there is no
/// pair.
///
/// As every pair counts in both orders, both of its levels are distributed alike, and what is known of the two from
/// their distributions alone (HXY1, HXY2) is twice the entropy of one.
pub(super) fn of_counts(counts: &mut Cooccurrence, greatest: u8) -> Option<Features> {
    let mut levels = [0u64; LEVELS];
    let mut sums = [0u64; 2 * LEVELS];
    let mut differences = [0u64; LEVELS];
    let (mut squares, mut information, mut products) = (0.0, 0.0, 0u64);
    let mut single = true;
    let mut pairs = 0u64;
    counts.visit(|low, high, count| {
        let both = 2 * u64::from(count);
        single &= pairs == 0 && low == high;
        pairs += both;
        levels[low] += u64::from(count);
        levels[high] += u64::from(count);
        sums[low + high] += both;
        differences[high - low] += both;
        products += both * (low * high) as u64;
        // On the diagonal both orders are the same entry; beside it there are two of half the count.
        let (entry, entries) = if low == high { (both, 1.0) } else { (both / 2, 2.0) };
        squares += entries * (entry * entry) as f64;
        information += entries * weighted_log(entry);
    });
    if pairs == 0 {
        return None;
    }
    let total = pairs as f64;
    let size = usize::from(greatest) + 1;
    let (levels, sums, differences) = (&levels[..size], &sums[..2 * size], &differences[..size]);
    let moment = |counts: &[u64], power: fn(u64) -> u64| {
        let sum: u64 = counts.iter().zip(0..).map(|(&count, k)| count * power(k)).sum();
        sum as f64 / total
    };
    let mean = moment(levels, |k| k);
    let variance = moment(levels, |k| k * k) - mean * mean;
    let deviation = variance.sqrt();
    let correlation = match deviation {
        0.0 => 1.0,
        d => 1.0 / d / d * (products as f64 / total - mean * mean),
    };
    let sum_average = moment(sums, |k| k);
    let inverse = differences.iter().zip(0u32..).map(|(&c, k)| c as f64 / (1.0 + f64::from(k * k)));
    let of_level = entropy(levels, total);
    let entropy_of_pairs = if single { 0.0 } else { total.log2() - information / total };
    let known = 2.0 * of_level - entropy_of_pairs;
    Some([
        squares / (total * total),
        moment(differences, |k| k * k),
        correlation,
        variance,
        inverse.sum::<f64>() / total,
        sum_average,
        moment(sums, |k| k * k) - sum_average * sum_average,
        entropy(sums, total),
        entropy_of_pairs,
        variance_of_parts(differences, total),
        entropy(differences, total),
        if of_level == 0.0 { -known } else { -known / of_level },
        (1.0 - (-2.0 * known).exp()).max(0.0).sqrt(),
    ])
}

/// Returns the entropy, in bits, of counts that add up to `total`.
fn entropy(counts: &[u64], total: f64) -> f64 {
    let mut sum = 0.0;
    for &count in counts.iter().filter(|&&count| count > 0) {
        if count as f64 == total {
            return 0.0;
        }
        sum += weighted_log(count);
    }
    total.log2() - sum / total
}

/// Returns the variance of the parts that the counts are of the total.
fn variance_of_parts(counts: &[u64], total: f64) -> f64 {
    let n = counts.len() as f64;
    let mean = counts.iter().map(|&c| c as f64 / total).sum::<f64>() / n;
    counts.iter().map(|&c| (c as f64 / total - mean).powi(2)).sum::<f64>() / n
}

/// Returns n·log₂ n.
fn weighted_log(n: u64) -> f64 {
    WEIGHTED_LOGS.get(n as usize).copied().unwrap_or_else(|| n as f64 * (n as f64).log2())
}

/// n·log₂ n of small numbers, from 0.
static WEIGHTED_LOGS: LazyLock<Vec<f64>> = LazyLock::new(|| {
    std::iter::once(0.0).chain((1..2048).map(|n| f64::from(n) * f64::from(n).log2())).collect()
});
