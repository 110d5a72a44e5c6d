//! Costes' automatic threshold: the intensity under which two images are not correlated.
//!
//! Thresholds for both images move together along the line of their orthogonal regression, and the correlation of the
//! pixels below either of them is looked at. Here no pixel is looked at twice while a threshold passes it: pixels
//! sorted by value enter and leave running sums. Where the decision is too near to call, it is made as CellProfiler
//! makes it.

use super::{Level, rounded};
use crate::numpy::{mean, sum_of, variance};
use crate::rank_order::sorted_with_places;

/// How the threshold is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CostesSearch {
    /// Downwards by parts of a window.
    Bisection,
    /// Downwards in steps of a grey level, of several where the correlation is high.
    Fast,
    /// Downwards in steps of a grey level.
    Accurate,
}

/// The values of an image in ascending order, and their places.
#[derive(Clone, Debug, PartialEq)]
pub struct Sorted<T> {
    values: Vec<T>,
    places: Vec<u32>,
}

impl<T: Level> Sorted<T> {
    /// Sorts the pixels of an image.
    pub fn new(pixels: &[T]) -> Self {
        let (values, places) = sorted_with_places(pixels);
        Self { values, places }
    }
}

/// Returns the thresholds of two images with pixels `x` and `y`, both without NaN and of one length, not 0.
///
/// `scale` is the number of grey levels less one. `None`: the correlation of one pixel is asked for, which SciPy refuses.
pub fn costes_threshold<A: Level, B: Level>(
    (x, sorted_x): (&[A], &Sorted<A>),
    (y, sorted_y): (&[B], &Sorted<B>),
    search: CostesSearch,
    scale: f64,
) -> Option<(f64, f64)> {
    let line = orthogonal_regression(x, y);
    let mut below = Below::new(x, y, sorted_x, sorted_y);
    match search {
        CostesSearch::Bisection => Some(bisection(&mut below, line, scale)),
        _ if x.len() < 2 => None,
        _ => {
            let greatest = |v: f64, w: f64| if w > v { w } else { v };
            let of_x = sorted_x.values.last().map_or(0.0, |v| v.to_f64());
            let of_y = sorted_y.values.last().map_or(0.0, |v| v.to_f64());
            let start = floor_divide(greatest(of_x, of_y), 1.0 / scale) + 1.0;
            Some(linear(&mut below, line, scale, start, (of_x, of_y), search == CostesSearch::Accurate))
        }
    }
}

/// Returns slope and intercept of the line y = a·x + b, by the variances of x, y and x + y where one is above 0.
fn orthogonal_regression<A: Level, B: Level>(x: &[A], y: &[B]) -> (f64, f64) {
    let pairs = || x.iter().zip(y).filter(|(x, y)| **x > A::ZERO || **y > B::ZERO);
    let xs: Vec<A> = pairs().map(|(&x, _)| x).collect();
    let ys: Vec<B> = pairs().map(|(_, &y)| y).collect();
    let round = rounded::<A, B>;
    let variance_of_sum = if A::EPSILON == B::EPSILON {
        let sums: Vec<A> = xs.iter().zip(&ys).map(|(x, y)| *x + A::of(y.to_f64())).collect();
        variance(&sums, 1).to_f64()
    } else {
        let sums: Vec<f64> = xs.iter().zip(&ys).map(|(x, y)| x.to_f64() + y.to_f64()).collect();
        variance(&sums, 1)
    };
    let (of_x, of_y) = (variance(&xs, 1).to_f64(), variance(&ys, 1).to_f64());
    let covariance = 0.5 * round(variance_of_sum - round(of_x + of_y));
    let difference = round(of_y - of_x);
    let root = (round(difference * difference) + 4.0 * (covariance * covariance)).sqrt();
    let a = (difference + root) / (2.0 * covariance);
    (a, mean(&ys).to_f64() - a * mean(&xs).to_f64())
}

/// Returns ⌊`a` / `b`⌋ as Python and numpy compute it.
fn floor_divide(a: f64, b: f64) -> f64 {
    let remainder = a % b;
    let mut quotient = (a - remainder) / b;
    if remainder != 0.0 && (b < 0.0) != (remainder < 0.0) {
        quotient -= 1.0;
    }
    let floor = quotient.floor();
    if quotient - floor > 0.5 { floor + 1.0 } else { floor }
}

fn bisection<A: Level, B: Level>(below: &mut Below<'_, A, B>, (a, b): (f64, f64), scale: f64) -> (f64, f64) {
    let (mut left, mut right) = (1.0, scale);
    let part = |left: f64, right: f64, of: f64| floor_divide(right - left, of) + left;
    let mut middle = part(left, right, 6.0 / 5.0);
    let mut last = 0.0;
    // The lowest threshold with a correlation that is not negative.
    let mut valid = 1.0;
    while last != middle {
        let of_x = middle / scale;
        below.set(of_x, a * of_x + b);
        if below.count() <= 2 {
            left = middle - 1.0;
        } else {
            let correlation = below.correlation(&[0.0]);
            if correlation < 0.0 {
                left = middle - 1.0;
            } else if correlation >= 0.0 {
                right = middle + 1.0;
                valid = middle;
            }
        }
        last = middle;
        middle = part(left, right, if right - left > 6.0 { 6.0 / 5.0 } else { 2.0 });
    }
    let of_x = (valid - 1.0) / scale;
    (of_x, a * of_x + b)
}

fn linear<A: Level, B: Level>(
    below: &mut Below<'_, A, B>,
    (a, b): (f64, f64),
    scale: f64,
    start: f64,
    (max_x, max_y): (f64, f64),
    accurate: bool,
) -> (f64, f64) {
    let step = 1.0 / scale;
    let mut at = step * start;
    let mut found = (at, a * at + b);
    while at > max_x && a * at + b > max_y {
        at -= step;
    }
    below.set(f64::INFINITY, f64::INFINITY);
    let mut correlation = below.correlation(&STEPS);
    let mut known = None;
    while at > step {
        found = (at, a * at + b);
        below.set(found.0, found.1);
        if known != Some(below.count()) {
            if below.count() < 2 {
                break;
            }
            correlation = below.correlation(&STEPS);
            known = Some(below.count());
        }
        if correlation <= 0.0 {
            break;
        }
        at -= match correlation {
            _ if accurate || at < step * 10.0 => step,
            c if c > 0.45 => step * 10.0,
            c if c > 0.35 => step * 5.0,
            c if c > 0.25 => step * 2.0,
            _ => step,
        };
    }
    found
}

/// Correlations at which the search changes its pace.
const STEPS: [f64; 4] = [0.0, 0.25, 0.35, 0.45];

/// The pixels that are below either threshold, by what is not: those at or above both.
struct Below<'a, A, B> {
    x: &'a [A],
    y: &'a [B],
    sorted_x: &'a Sorted<A>,
    sorted_y: &'a Sorted<B>,
    /// How many values of each image are below its threshold.
    places: (usize, usize),
    thresholds: (A, B),
    means: (f64, f64),
    all: Sums,
    above: Sums,
}

/// Sums over pixels, of distances from the means.
#[derive(Clone, Copy, Default)]
struct Sums {
    count: f64,
    x: f64,
    y: f64,
    xx: f64,
    yy: f64,
    xy: f64,
}

impl Sums {
    fn add(&mut self, x: f64, y: f64, sign: f64) {
        self.count += sign;
        self.x += sign * x;
        self.y += sign * y;
        self.xx += sign * (x * x);
        self.yy += sign * (y * y);
        self.xy += sign * (x * y);
    }
}

impl<'a, A: Level, B: Level> Below<'a, A, B> {
    fn new(x: &'a [A], y: &'a [B], sorted_x: &'a Sorted<A>, sorted_y: &'a Sorted<B>) -> Self {
        let n = x.len() as f64;
        let means = (sum_of(x, A::to_f64) / n, sum_of(y, B::to_f64) / n);
        let mut all = Sums::default();
        for (x, y) in x.iter().zip(y) {
            all.add(x.to_f64() - means.0, y.to_f64() - means.1, 1.0);
        }
        let thresholds = (A::of(f64::INFINITY), B::of(f64::INFINITY));
        let places = (x.len(), y.len());
        Self { x, y, sorted_x, sorted_y, places, thresholds, means, all, above: Sums::default() }
    }

    /// Moves the thresholds, each in its image's type; nothing is below NaN.
    fn set(&mut self, of_x: f64, of_y: f64) {
        let (of_x, of_y) = (A::of(of_x), B::of(of_y));
        let (x, y, means, other) = (self.x, self.y, self.means, self.thresholds.1);
        let above = &mut self.above;
        walk(&self.sorted_x.values, &mut self.places.0, of_x, |at, sign| {
            let place = self.sorted_x.places[at] as usize;
            if not_below(y[place], other) {
                above.add(x[place].to_f64() - means.0, y[place].to_f64() - means.1, sign);
            }
        });
        walk(&self.sorted_y.values, &mut self.places.1, of_y, |at, sign| {
            let place = self.sorted_y.places[at] as usize;
            if not_below(x[place], of_x) {
                above.add(x[place].to_f64() - means.0, y[place].to_f64() - means.1, sign);
            }
        });
        self.thresholds = (of_x, of_y);
    }

    /// Returns the number of pixels that are below.
    fn count(&self) -> usize {
        (self.all.count - self.above.count) as usize
    }

    /// Returns the correlation of the pixels that are below, as near as it must be known to tell on which side of the
    /// `limits` it is; NaN when the pixels of an image are all equal.
    fn correlation(&self, limits: &[f64]) -> f64 {
        let (all, above) = (self.all, self.above);
        let n = all.count - above.count;
        let (x, y) = ((all.x - above.x) / n, (all.y - above.y) / n);
        let xx = all.xx - above.xx - n * x * x;
        let yy = all.yy - above.yy - n * y * y;
        let xy = all.xy - above.xy - n * x * y;
        let correlation = xy / (xx * yy).sqrt();
        let error = 1e-11 * (all.xx / xx).max(all.yy / yy);
        // An error that is no number is too great as well.
        let certain = error < 1e-3 && limits.iter().all(|l| (correlation - l).abs() > error);
        if certain { correlation } else { self.correlation_of_pixels() }
    }

    /// Returns the correlation of the pixels that are below, as `scipy.stats.pearsonr`.
    fn correlation_of_pixels(&self) -> f64 {
        let (of_x, of_y) = self.thresholds;
        let every = self.count() == self.x.len();
        let pairs = self.x.iter().zip(self.y).filter(|(x, y)| every || **x < of_x || **y < of_y);
        let (xs, ys): (Vec<f64>, Vec<f64>) = pairs.map(|(x, y)| (x.to_f64(), y.to_f64())).unzip();
        pearson(&xs, &ys)
    }
}

fn pearson(x: &[f64], y: &[f64]) -> f64 {
    let constant = |v: &[f64]| v.iter().all(|w| *w == v[0]);
    if x.is_empty() || constant(x) || constant(y) {
        return f64::NAN;
    }
    if x.len() == 2 {
        return (x[1] - x[0]).signum() * (y[1] - y[0]).signum();
    }
    let (mean_x, mean_y) = (mean(x), mean(y));
    let norm = |v: &[f64], mean: f64| v.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>().sqrt();
    let (norm_x, norm_y) = (norm(x, mean_x), norm(y, mean_y));
    let r: f64 = x.iter().zip(y).map(|(x, y)| (x - mean_x) / norm_x * ((y - mean_y) / norm_y)).sum();
    r.clamp(-1.0, 1.0)
}

/// Returns whether a value, which is a number, is not below a threshold; it is not when that is none.
fn not_below<T: Level>(value: T, threshold: T) -> bool {
    value >= threshold || threshold.is_nan()
}

/// Moves `place`, the number of sorted `values` below a threshold, to where it is for `threshold`; tells each place
/// that is passed, with 1 where the value is no longer below and −1 where it has become so.
fn walk<T: Level>(values: &[T], place: &mut usize, threshold: T, mut passed: impl FnMut(usize, f64)) {
    while *place > 0 && not_below(values[*place - 1], threshold) {
        *place -= 1;
        passed(*place, 1.0);
    }
    while *place < values.len() && values[*place] < threshold {
        passed(*place, -1.0);
        *place += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn division_is_rounded_down_as_in_python() {
        assert_eq!(floor_divide(65534.0, 6.0 / 5.0), 54611.0);
        assert_eq!(floor_divide(1.0, 1.0 / 255.0), 255.0);
        assert_eq!(floor_divide(0.7, 0.1), 6.0);
        assert_eq!(floor_divide(-1.0, 2.0), -1.0);
    }
}
