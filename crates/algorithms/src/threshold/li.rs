//! Minimum cross-entropy: Li & Lee (1993), found as by Li & Tam (1998).

use crate::numpy::{Real, STRETCH, extremes, mean, sum};

/// The least tolerance CellProfiler asks for: half a grey level of 16 bits.
const LEAST: f64 = 0.5 / 65536.0;

/// Returns the change of threshold at which to stop: half the least difference of two values, but not less than
/// half a grey level of 16 bits; `None` when all values are equal, NaN when one is.
pub fn tolerance<T: Real>(values: &[T]) -> Option<f64> {
    // Only a gap of more than 2⁻¹⁶ matters. One of less shows soon in two values of one bin or of neighbouring bins:
    // also in images of 16 bits, whose steps of 1/65535 are rounded.
    const BINS: usize = 65536;
    let mut bins = vec![T::of(f64::NAN); BINS + 2];
    let (zero, one, step) = (T::ZERO, T::of(1.0), T::of(1.0 / BINS as f64));
    for &v in values {
        if !(v >= zero && v <= one) {
            return sorted_tolerance(values);
        }
        let at = (v * T::of(BINS as f64)).to_f64() as usize;
        if bins[at] == v {
            continue;
        }
        let below = at.checked_sub(1).is_some_and(|below| v - bins[below] <= step);
        if !bins[at].is_nan() || below || bins[at + 1] - v <= step {
            return Some(LEAST);
        }
        bins[at] = v;
    }
    least_gap(bins.into_iter().filter(|v| !v.is_nan()))
}

fn sorted_tolerance<T: Real>(values: &[T]) -> Option<f64> {
    if values.iter().any(|v| v.is_nan()) {
        return Some(f64::NAN);
    }
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(T::order);
    sorted.dedup();
    least_gap(sorted.into_iter())
}

fn least_gap<T: Real>(increasing: impl Iterator<Item = T> + Clone) -> Option<f64> {
    let gaps = increasing.clone().zip(increasing.skip(1)).map(|(a, b)| (b - a).to_f64());
    Some((gaps.reduce(f64::min)? / 2.0).max(LEAST))
}

/// Returns the threshold of least cross-entropy of `values`, of which there are two different ones at least.
///
/// Starts at the mean and ends when it moves by `tolerance` or less (at once when that is NaN).
pub fn minimum_cross_entropy<T: Real>(values: &[T], tolerance: f64) -> T {
    let Some((mut least, most)) = extremes(values) else { return T::ZERO };
    let finite: Vec<T>;
    let mut values = values;
    if !(least.to_f64().is_finite() && most.to_f64().is_finite()) {
        finite = values.iter().copied().filter(|v| v.to_f64().is_finite()).collect();
        values = &finite;
        match extremes(values) {
            Some(found) => least = found.0,
            None => return T::ZERO,
        }
    }
    let ranges: Vec<(T, T)> = values.chunks(BLOCK).filter_map(extremes).collect();
    let mut next = mean_less(values, least);
    let mut change = f64::INFINITY;
    while change > tolerance {
        let current = next;
        let (above, below) = means(values, &ranges, least, current);
        next = (below - above) / (below.ln() - above.ln());
        change = (next - current).to_f64().abs();
    }
    next + least
}

/// Returns the mean of all values less `least`.
fn mean_less<T: Real>(values: &[T], least: T) -> T {
    T::of(crate::numpy::sum_of(values, |v| v - least).to_f64() / values.len() as f64)
}

/// Returns the means of the values, less `least`, that are above `threshold` and of those that are not, each as numpy
/// has it of the array of them.
///
/// `ranges` has the least and the greatest value of each block: most blocks of an image are on one side as a whole.
fn means<T: Real>(values: &[T], ranges: &[(T, T)], least: T, threshold: T) -> (T, T) {
    let (mut above, mut below) = (Part::new(), Part::new());
    for (block, &(low, high)) in values.chunks(BLOCK).zip(ranges) {
        if low - least > threshold {
            above.take(block, least);
        } else if high - least <= threshold {
            below.take(block, least);
        } else {
            part(block, least, threshold, &mut above, &mut below);
        }
    }
    (above.mean(), below.mean())
}

/// Puts the values of a block that are above the threshold into one part, the others into the other.
fn part<T: Real>(block: &[T], least: T, threshold: T, above: &mut Part<T>, below: &mut Part<T>) {
    // Without a branch: a value is put in both parts, and in one of them the next is put over it.
    let (a, b) = (&mut *above.values, &mut *below.values);
    let (mut taken, start) = (above.held, above.held + below.held);
    for (i, &v) in block.iter().enumerate() {
        let v = v - least;
        a[taken % ROOM] = v;
        b[(start + i - taken) % ROOM] = v;
        taken += usize::from(v > threshold);
    }
    below.held = start + block.len() - taken;
    above.held = taken;
    above.settle();
    below.settle();
}

/// Values that are looked at together.
const BLOCK: usize = 64;
const ROOM: usize = 2 * STRETCH;

/// The running sum of some of the values, in numpy's stretches.
struct Part<T> {
    values: Box<[T; ROOM]>,
    held: usize,
    count: usize,
    sum: T,
}

impl<T: Real> Part<T> {
    fn new() -> Self {
        Self { values: Box::new([T::ZERO; ROOM]), held: 0, count: 0, sum: T::ZERO }
    }

    /// Takes in all values of a block, less `least`.
    fn take(&mut self, block: &[T], least: T) {
        for (to, &v) in self.values[self.held..].iter_mut().zip(block) {
            *to = v - least;
        }
        self.held += block.len();
        self.settle();
    }

    /// Adds a stretch when it is full.
    fn settle(&mut self) {
        if self.held >= STRETCH {
            self.sum += sum(&self.values[..STRETCH]);
            self.values.copy_within(STRETCH..self.held, 0);
            self.held -= STRETCH;
            self.count += STRETCH;
        }
    }

    fn mean(&self) -> T {
        if self.count == 0 {
            return mean(&self.values[..self.held]);
        }
        let sum = self.sum + sum(&self.values[..self.held]);
        T::of(sum.to_f64() / (self.count + self.held) as f64)
    }
}
