//! Minimum cross-entropy: Li & Lee (1993), found as by Li & Tam (1998).

use crate::numpy::{Real, STRETCH, mean, sum};

/// The least tolerance CellProfiler asks for: half a grey level of 16 bits.
const LEAST: f64 = 0.5 / 65536.0;

/// Returns the change of threshold at which to stop: half the least difference of two values, but not less than
/// half a grey level of 16 bits; `None` when all values are equal, NaN when one is.
pub fn tolerance<T: Real>(values: &[T]) -> Option<f64> {
    // Only a gap of more than 2⁻¹⁶ matters: two values in one of 65536 bins decide, and most images have them.
    const BINS: usize = 65536;
    let nan = T::of(f64::NAN);
    let mut bins = vec![nan; BINS + 1];
    let (zero, one) = (T::ZERO, T::of(1.0));
    for &v in values {
        if !(v >= zero && v <= one) {
            return sorted_tolerance(values);
        }
        let bin = &mut bins[(v * T::of(BINS as f64)).to_f64() as usize];
        if *bin != v {
            if !bin.is_nan() {
                return Some(LEAST);
            }
            *bin = v;
        }
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
    let finite: Vec<T>;
    let mut values = values;
    if values.iter().any(|v| !v.to_f64().is_finite()) {
        finite = values.iter().copied().filter(|v| v.to_f64().is_finite()).collect();
        values = &finite;
    }
    let Some(&first) = values.first() else { return T::ZERO };
    let least = values.iter().fold(first, |a, &b| if b < a { b } else { a });
    let mut next = mean_less(values, least);
    let mut change = f64::INFINITY;
    while change > tolerance {
        let current = next;
        let (above, below) = means(values, least, current);
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
fn means<T: Real>(values: &[T], least: T, threshold: T) -> (T, T) {
    let (mut above, mut below) = (Part::new(), Part::new());
    for chunk in values.chunks(CHUNK) {
        for &v in chunk {
            let v = v - least;
            let is_above = v > threshold;
            above.offer(v, is_above);
            below.offer(v, !is_above);
        }
        above.settle();
        below.settle();
    }
    (above.mean(), below.mean())
}

/// Values taken between two looks at whether a stretch is full.
const CHUNK: usize = 1024;
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

    /// Takes the value if it is `wanted`, without a branch: an unwanted one is written over by the next.
    #[inline(always)]
    fn offer(&mut self, value: T, wanted: bool) {
        self.values[self.held % ROOM] = value;
        self.held += usize::from(wanted);
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
