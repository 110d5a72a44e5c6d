//! How alike the intensities of two images are, pixel by pixel.
//!
//! Source: CellProfiler 4.2.8 `measurecolocalization.py`: Pearson's correlation and slope, the overlap coefficient with
//! K1 and K2, Manders' coefficients, those weighted by rank (Singan et al. 2011) and those above Costes' threshold.
//! Each pair of images may be of f32 and f64 in any mixture; what numpy would round to f32 is rounded here.

mod costes;
mod objects;
mod regression;
mod whole;

pub use costes::{CostesSearch, Sorted, costes_threshold};
pub use objects::{Channel, InObject, ObjectPair, ObjectPixels, measure_object, ranks_within, summarize};
pub use regression::slope;
pub use whole::{Whole, measure_whole};

use crate::introsort::Sortable;
use crate::numpy::Real;

/// What may be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metrics {
    /// Correlation and slope.
    pub correlation: bool,
    /// Manders' coefficients.
    pub manders: bool,
    /// Coefficients weighted by rank.
    pub rank_weighted: bool,
    /// The overlap coefficient, K1 and K2.
    pub overlap: bool,
}

/// A value of either image of a pair.
pub trait Level: Real + Sortable {}

impl<T: Real + Sortable> Level for T {}

/// Rounds a result of numpy on arrays of `A` and `B` to the type that it has.
fn rounded<A: Level, B: Level>(value: f64) -> f64 {
    if A::EPSILON == B::EPSILON { A::of(value).to_f64() } else { value }
}
