//! Colocalization across a whole image.

use super::{Level, Metrics, rounded, slope};
use crate::numpy::{sum, sum_of};
use crate::rank_order::dense_ranks;

/// What is measured of a pair of images; NaN what is not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Whole {
    /// Pearson's correlation.
    pub correlation: f64,
    /// Slope of the second image over the first.
    pub slope: f64,
    /// The overlap coefficient.
    pub overlap: f64,
    /// K1 and K2.
    pub k: [f64; 2],
    /// Manders' coefficients.
    pub manders: [f64; 2],
    /// Manders' coefficients weighted by rank.
    pub rank_weighted: [f64; 2],
    /// Manders' coefficients above Costes' threshold.
    pub costes: [f64; 2],
}

impl Whole {
    /// Of no pixel nothing is known.
    pub const NONE: Self = Self {
        correlation: f64::NAN,
        slope: f64::NAN,
        overlap: f64::NAN,
        k: [f64::NAN; 2],
        manders: [f64::NAN; 2],
        rank_weighted: [f64::NAN; 2],
        costes: [f64::NAN; 2],
    };
}

/// Measures the pixels `x` and `y` of two images, without NaN, of one length, not 0.
///
/// Pixels count that are above `percent` of the greatest in both images; for Costes' coefficients, above both of
/// `costes`. Sums are numpy's, in the images' types.
pub fn measure_whole<A: Level, B: Level>(
    x: &[A],
    y: &[B],
    percent: f64,
    metrics: Metrics,
    costes: Option<(f64, f64)>,
) -> Whole {
    let mut whole = Whole::NONE;
    if metrics.correlation {
        whole.correlation = correlation(x, y);
        whole.slope = slope(x, y);
    }
    let both = Both::above(x, y, threshold(x, percent), threshold(y, percent));
    if metrics.manders {
        whole.manders = both.manders();
    }
    if metrics.rank_weighted {
        whole.rank_weighted = both.rank_weighted(x, y);
    }
    if metrics.overlap {
        let round = rounded::<A, B>;
        let (xx, yy) = (sum_of(&both.x, |v| v * v).to_f64(), sum_of(&both.y, |v| v * v).to_f64());
        let xy = both.product();
        whole.overlap = round(xy / round(round(xx * yy).sqrt()));
        whole.k = [round(xy / xx), round(xy / yy)];
    }
    if let Some((of_x, of_y)) = costes {
        whole.costes = Both::above(x, y, A::of(of_x), B::of(of_y)).manders();
    }
    whole
}

/// Returns `percent` of the greatest value.
fn threshold<T: Level>(values: &[T], percent: f64) -> T {
    let greatest = values.iter().fold(values[0], |a, &b| if b > a { b } else { a });
    T::of(percent * greatest.to_f64() / 100.0)
}

fn correlation<A: Level, B: Level>(x: &[A], y: &[B]) -> f64 {
    let n = x.len() as f64;
    let (mean_x, mean_y) = (sum_of(x, A::to_f64) / n, sum_of(y, B::to_f64) / n);
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (x, y) in x.iter().zip(y) {
        let (dx, dy) = (x.to_f64() - mean_x, y.to_f64() - mean_y);
        xx += dx * dx;
        yy += dy * dy;
        xy += dx * dy;
    }
    let of = |sum: f64| sum / (n - 1.0);
    (of(xy) / of(xx).sqrt() / of(yy).sqrt()).clamp(-1.0, 1.0)
}

/// The pixels above two thresholds, and the sums of those above one.
struct Both<A, B> {
    places: Vec<usize>,
    x: Vec<A>,
    y: Vec<B>,
    totals: (A, B),
}

impl<A: Level, B: Level> Both<A, B> {
    fn above(x: &[A], y: &[B], of_x: A, of_y: B) -> Self {
        let places: Vec<usize> = (0..x.len()).filter(|&i| x[i] > of_x && y[i] > of_y).collect();
        let above_x: Vec<A> = x.iter().copied().filter(|v| *v > of_x).collect();
        let above_y: Vec<B> = y.iter().copied().filter(|v| *v > of_y).collect();
        Self {
            x: places.iter().map(|&i| x[i]).collect(),
            y: places.iter().map(|&i| y[i]).collect(),
            totals: (sum(&above_x), sum(&above_y)),
            places,
        }
    }

    fn manders(&self) -> [f64; 2] {
        [(sum(&self.x) / self.totals.0).to_f64(), (sum(&self.y) / self.totals.1).to_f64()]
    }

    fn rank_weighted(&self, x: &[A], y: &[B]) -> [f64; 2] {
        let (ranks_x, ranks_y) = (dense_ranks(x), dense_ranks(y));
        let greatest = ranks_x.iter().chain(&ranks_y).max().map_or(0, |&r| r) as f64 + 1.0;
        let weight = |i: usize| (greatest - f64::from(ranks_x[i].abs_diff(ranks_y[i]))) / greatest;
        let of_x: Vec<f64> = self.places.iter().map(|&i| x[i].to_f64() * weight(i)).collect();
        let of_y: Vec<f64> = self.places.iter().map(|&i| y[i].to_f64() * weight(i)).collect();
        [sum(&of_x) / self.totals.0.to_f64(), sum(&of_y) / self.totals.1.to_f64()]
    }

    /// Returns the sum of the products.
    fn product(&self) -> f64 {
        if A::EPSILON == B::EPSILON {
            let products: Vec<A> = self.x.iter().zip(&self.y).map(|(x, y)| *x * A::of(y.to_f64())).collect();
            sum(&products).to_f64()
        } else {
            sum(&self.x.iter().zip(&self.y).map(|(x, y)| x.to_f64() * y.to_f64()).collect::<Vec<f64>>())
        }
    }
}
