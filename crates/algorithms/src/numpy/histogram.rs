use super::Real;

/// Bins of equal width, as `numpy.histogram` makes them.
#[derive(Clone, Debug, PartialEq)]
pub struct Bins<T> {
    edges: Vec<T>,
    scale: T,
}

impl<T: Real> Bins<T> {
    /// Returns `count` bins from `first` to `last`; half a unit is added at both ends when these are equal.
    pub fn new(first: T, last: T, count: usize) -> Self {
        let width = (last - first).to_f64();
        let (first, last, width) = match (first.to_f64(), last.to_f64()) {
            (first, last) if first == last => (first - 0.5, last + 0.5, (last + 0.5) - (first - 0.5)),
            (first, last) => (first, last, width),
        };
        let edges = linspace(first, last, count + 1).into_iter().map(T::of).collect();
        Self { edges, scale: T::of(count as f64 / width) }
    }

    /// Returns `count` bins from the least to the greatest of `values`, from 0 to 1 if there is none.
    pub fn over(values: &[T], count: usize) -> Self {
        let (first, last) = super::extremes(values).unwrap_or((T::ZERO, T::of(1.0)));
        Self::new(first, last, count)
    }

    /// Returns the bin that `value` lies in; the last has both its edges.
    pub fn index(&self, value: T) -> Option<usize> {
        let last = self.edges.len() - 2;
        if !(value >= self.edges[0] && value <= self.edges[last + 1]) {
            return None;
        }
        let place = ((value - self.edges[0]) * self.scale).to_f64() as usize;
        let mut bin = place.min(last);
        if value < self.edges[bin] {
            bin = bin.saturating_sub(1);
        }
        Some(if bin != last && value >= self.edges[bin + 1] { bin + 1 } else { bin })
    }

    /// Returns how many of `values` lie in each bin.
    pub fn count(&self, values: &[T]) -> Vec<u64> {
        let mut counts = vec![0; self.edges.len() - 1];
        for bin in values.iter().filter_map(|&v| self.index(v)) {
            counts[bin] += 1;
        }
        counts
    }

    /// Returns the edges, one more than there are bins.
    pub fn edges(&self) -> &[T] {
        &self.edges
    }

    /// Returns the middle of each bin, as scikit-image computes it.
    pub fn centers(&self) -> Vec<T> {
        self.edges.windows(2).map(|e| (e[0] + e[1]) / T::of(2.0)).collect()
    }
}

/// Returns `count` numbers from `start` to `stop`, both included, as `numpy.linspace`.
pub fn linspace(start: f64, stop: f64, count: usize) -> Vec<f64> {
    if count < 2 {
        return vec![start; count];
    }
    let gaps = (count - 1) as f64;
    let step = (stop - start) / gaps;
    let at = |i: f64| if step == 0.0 { i / gaps * (stop - start) } else { i * step } + start;
    let mut numbers: Vec<f64> = (0..count).map(|i| at(i as f64)).collect();
    numbers[count - 1] = stop;
    numbers
}
