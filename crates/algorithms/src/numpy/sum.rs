use super::Real;

/// Values that numpy's reduction hands on at a time: the sums of such stretches are added one after the other.
pub const STRETCH: usize = 8192;

/// Values that are added in eight lanes before a stretch is halved.
const BLOCK: usize = 128;

/// Returns the sum of contiguous values, as `numpy.sum`.
pub fn sum<T: Real>(values: &[T]) -> T {
    sum_of(values, |v| v)
}

/// Returns the sum of `f` of each value, as `numpy.sum` of the array of them.
pub fn sum_of<T: Real, U: Copy>(values: &[U], f: impl Fn(U) -> T + Copy) -> T {
    values.chunks(STRETCH).fold(T::ZERO, |sum, stretch| sum + pairwise(stretch, f))
}

/// Returns the pairwise sum of `f` of the values of a stretch.
fn pairwise<T: Real, U: Copy>(values: &[U], f: impl Fn(U) -> T + Copy) -> T {
    let n = values.len();
    if n > BLOCK {
        // Halves, the first a multiple of the eight lanes.
        let (a, b) = values.split_at(n / 2 - n / 2 % 8);
        return pairwise(a, f) + pairwise(b, f);
    }
    let (eights, tail) = values.as_chunks::<8>();
    let Some((first, rest)) = eights.split_first() else {
        return tail.iter().fold(-T::ZERO, |sum, &v| sum + f(v));
    };
    let mut r = first.map(f);
    for eight in rest {
        for lane in 0..8 {
            r[lane] += f(eight[lane]);
        }
    }
    let sum = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
    tail.iter().fold(sum, |sum, &v| sum + f(v))
}

/// Returns the mean of contiguous values, as `numpy.mean`; NaN of none.
pub fn mean<T: Real>(values: &[T]) -> T {
    T::of(sum(values).to_f64() / values.len() as f64)
}

/// Returns the variance of contiguous values, as `numpy.var`: the sum of squares over the count less `ddof`.
pub fn variance<T: Real>(values: &[T], ddof: usize) -> T {
    let mean = sum(values) / T::of(values.len() as f64);
    let square = move |v: T| {
        let d = v - mean;
        d * d
    };
    T::of(sum_of(values, square).to_f64() / values.len().saturating_sub(ddof) as f64)
}

/// Returns the standard deviation of contiguous values, as `numpy.std`.
pub fn standard_deviation<T: Real>(values: &[T], ddof: usize) -> T {
    variance(values, ddof).sqrt()
}
