use super::Real;

/// Returns the median, as `numpy.median`; NaN when there is no value or one is NaN.
pub fn median<T: Real>(values: &[T]) -> T {
    let n = values.len();
    if n == 0 || values.iter().any(|v| v.partial_cmp(v).is_none()) {
        return T::of(f64::NAN);
    }
    let mut values = values.to_vec();
    let (below, &mut middle, _) = values.select_nth_unstable_by(n / 2, T::order);
    if n % 2 == 1 {
        return middle;
    }
    let before = below.iter().copied().max_by(T::order).unwrap_or(middle);
    T::of((before + middle).to_f64() / 2.0)
}

/// Returns the `q`-th percentile of sorted values with linear interpolation, as `numpy.percentile`; NaN of none.
pub fn percentile<T: Real>(sorted: &[T], q: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let place = last as f64 * (q / 100.0);
    let (before, after) = match place {
        p if p >= last as f64 => (last, last),
        p if p < 0.0 => (0, 0),
        p => (p as usize, p as usize + 1),
    };
    // numpy's weight past the end counts from index −1, but there the difference it weighs is 0.
    let weight = place - before as f64;
    let (a, b) = (sorted[before], sorted[after]);
    let difference = (b - a).to_f64();
    if weight >= 0.5 { b.to_f64() - difference * (1.0 - weight) } else { a.to_f64() + difference * weight }
}
