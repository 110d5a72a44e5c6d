use super::{Real, Selection};
use multiversion::multiversion;

/// Returns the median, as `numpy.median`; NaN when there is no value or one is NaN.
pub fn median<T: Real>(values: &[T]) -> T {
    if values.is_empty() || values.iter().any(|v| v.is_nan()) {
        return T::of(f64::NAN);
    }
    Selection::new(values).median()
}

/// Returns the `q`-th percentile of sorted values with linear interpolation, as `numpy.percentile`; NaN of none.
pub fn percentile<T: Real>(sorted: &[T], q: f64) -> f64 {
    percentile_of(sorted.len(), q, |place| (sorted[place], sorted[(place + 1).min(sorted.len() - 1)]))
}

/// As [`percentile`], of `count` values of which `pair` returns that at a place and the next, for the last place itself.
pub(super) fn percentile_of<T: Real>(count: usize, q: f64, pair: impl Fn(usize) -> (T, T)) -> f64 {
    let Some(last) = count.checked_sub(1) else { return f64::NAN };
    let place = last as f64 * (q / 100.0);
    // numpy's weight past the end counts from index −1, but there the difference it weighs is 0.
    let before = place.clamp(0.0, last as f64).floor();
    let weight = place - before;
    let (a, b) = pair(before as usize);
    let b = if place < 0.0 { a } else { b };
    let difference = (b - a).to_f64();
    if weight >= 0.5 { b.to_f64() - difference * (1.0 - weight) } else { a.to_f64() + difference * weight }
}

/// Returns the least and the greatest value, as `numpy.min` and `numpy.max`: NaN both if one is; `None` of none.
#[multiversion(targets("x86_64+avx2"))]
pub fn extremes<T: Real>(values: &[T]) -> Option<(T, T)> {
    const LANES: usize = 16;
    let first = *values.first()?;
    let (mut low, mut high) = ([first; LANES], [first; LANES]);
    let mut number = [true; LANES];
    let (blocks, rest) = values.as_chunks::<LANES>();
    for block in blocks {
        for lane in 0..LANES {
            low[lane] = if block[lane] < low[lane] { block[lane] } else { low[lane] };
        }
        for lane in 0..LANES {
            high[lane] = if block[lane] > high[lane] { block[lane] } else { high[lane] };
        }
        for lane in 0..LANES {
            number[lane] &= !block[lane].is_nan();
        }
    }
    for (lane, &v) in rest.iter().enumerate() {
        low[lane] = if v < low[lane] { v } else { low[lane] };
        high[lane] = if v > high[lane] { v } else { high[lane] };
        number[lane] &= !v.is_nan();
    }
    if number.contains(&false) {
        return Some((T::of(f64::NAN), T::of(f64::NAN)));
    }
    let least = low.into_iter().fold(first, |a, b| if b < a { b } else { a });
    let most = high.into_iter().fold(first, |a, b| if b > a { b } else { a });
    Some((least, most))
}
