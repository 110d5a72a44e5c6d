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
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let step = Step::to_percentile(last, q);
    step.between((sorted[step.before], sorted[(step.before + 1).min(last)]))
}

/// Where among sorted values a percentile lies.
pub(super) struct Step {
    /// The place of the value before it.
    pub before: usize,
    place: f64,
}

impl Step {
    /// Returns where the `q`-th percentile lies among values of which the last is at place `last`.
    pub fn to_percentile(last: usize, q: f64) -> Self {
        let place = last as f64 * (q / 100.0);
        Self { before: place.clamp(0.0, last as f64).floor() as usize, place }
    }

    /// Returns the percentile, given the value before it and the next, which after the last is the last itself.
    pub fn between<T: Real>(&self, (a, b): (T, T)) -> f64 {
        // numpy's weight past the end counts from index −1, but there the difference it weighs is 0.
        let weight = self.place - self.before as f64;
        let b = if self.place < 0.0 { a } else { b };
        let difference = (b - a).to_f64();
        if weight >= 0.5 {
            b.to_f64() - difference * (1.0 - weight)
        } else {
            a.to_f64() + difference * weight
        }
    }
}

/// Returns the range that holds `range` and `more`, each a least and a greatest value; NaN if one of the two is.
pub fn wider<T: Real>(range: Option<(T, T)>, more: (T, T)) -> (T, T) {
    match range {
        None => more,
        Some(range) if range.0.is_nan() || more.0.is_nan() => (T::of(f64::NAN), T::of(f64::NAN)),
        Some((low, high)) => {
            (if more.0 < low { more.0 } else { low }, if more.1 > high { more.1 } else { high })
        }
    }
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
