//! The reductions of numpy 1.23 that CellProfiler's numbers hang on, with their order of operations.
//!
//! Everything is generic over [`Real`]: an f32 array is reduced in f32, an f64 array in f64. Source: numpy 1.23.5,
//! `loops_utils.h.src`, `_methods.py`, `histograms.py`, `function_base.py`, `loops_exponent_log.dispatch.c.src`.

mod histogram;
mod log;
mod order;
mod partition;
mod selection;
mod sort;
mod sum;

pub use histogram::{Bins, linspace};
pub use order::{extremes, median, percentile, wider};
pub use partition::argpartition;
pub use selection::{AsTheyAre, DistanceFrom, Selection};
pub use sum::{STRETCH, mean, standard_deviation, sum, sum_of, variance};

use std::fmt::Debug;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

/// A float that numpy has arrays of: f32 or f64.
pub trait Real:
    Copy
    + Debug
    + Default
    + PartialOrd
    + Add<Output = Self>
    + AddAssign
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + Send
    + Sync
    + 'static
{
    /// 0.
    const ZERO: Self;
    /// The distance from 1 to the next number, as f64.
    const EPSILON: f64;

    /// Returns the nearest number to `x`.
    fn of(x: f64) -> Self;
    /// Returns the number as f64.
    fn to_f64(self) -> f64;
    /// Returns the square root.
    fn sqrt(self) -> Self;
    /// Returns the natural logarithm: for f32 that of numpy's AVX2 kernel, which is up to 4 ulp off; for f64 libm's.
    fn ln(self) -> Self;
    /// Sets each value to its natural logarithm, that of [`Real::ln`].
    fn ln_of_each(values: &mut [Self]);
    /// Returns the logarithm to base 2, libm's for both.
    fn log2(self) -> Self;
    /// Returns the absolute value.
    fn abs(self) -> Self;
    /// Returns whether this is no number.
    fn is_nan(self) -> bool;
    /// Returns the order of all numbers, NaN after the others, as numpy sorts.
    fn order(&self, other: &Self) -> std::cmp::Ordering;
    /// Sorts values, NaN last, as `numpy.sort`.
    fn sort(values: &mut [Self]);
}

macro_rules! real {
    ($t:ty, $ln:expr, $ln_of_each:expr, $sort:expr) => {
        impl Real for $t {
            const ZERO: Self = 0.0;
            const EPSILON: f64 = <$t>::EPSILON as f64;

            fn of(x: f64) -> Self {
                x as Self
            }
            fn to_f64(self) -> f64 {
                f64::from(self)
            }
            fn sqrt(self) -> Self {
                self.sqrt()
            }
            fn ln(self) -> Self {
                $ln(self)
            }
            fn ln_of_each(values: &mut [Self]) {
                $ln_of_each(values);
            }
            fn log2(self) -> Self {
                self.log2()
            }
            fn abs(self) -> Self {
                self.abs()
            }
            fn is_nan(self) -> bool {
                self.is_nan()
            }
            fn order(&self, other: &Self) -> std::cmp::Ordering {
                let nan_last = || self.is_nan().cmp(&other.is_nan());
                self.partial_cmp(other).unwrap_or_else(nan_last)
            }
            fn sort(values: &mut [Self]) {
                $sort(values);
            }
        }
    };
}

real!(f32, log::ln, log::ln_of_each, sort::by_digits);
real!(f64, f64::ln, |values: &mut [f64]| values.iter_mut().for_each(|v| *v = v.ln()), sort::by_comparison);
