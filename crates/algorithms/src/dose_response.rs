//! How well controls part, and at which dose half of a response is reached.
//!
//! Source: CellProfiler 4.2.8, `CalculateStatistics`, after Ilya Ravkin and Carlos Evangelista.

use crate::nelder_mead::minimize;
use crate::numpy;

/// Stands for a Z′ factor that cannot be computed.
const NONE: f64 = -1e5;

/// The values of a measurement parted by dose.
struct Parted {
    /// Mean of each dose, lowest dose first.
    means: Vec<f64>,
    /// Standard deviation of each dose.
    deviations: Vec<f64>,
    /// Values at the lowest and the highest dose.
    ends: [Vec<f64>; 2],
}

impl Parted {
    fn new(doses: &[f64], values: &[f64]) -> Self {
        let mut order: Vec<usize> = (0..doses.len()).collect();
        let nan_last = |a: f64, b: f64| a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()));
        order.sort_by(|&a, &b| nan_last(doses[a], doses[b]));
        let groups: Vec<Vec<usize>> = order
            .chunk_by(|&a, &b| doses[a] == doses[b])
            .map(|group| {
                let mut group = group.to_vec();
                group.sort_unstable();
                group
            })
            .collect();
        let of = |group: &Vec<usize>| group.iter().map(|&i| values[i]).collect::<Vec<f64>>();
        let means = groups.iter().map(|g| numpy::mean(&of(g)));
        let deviations = groups.iter().map(|g| {
            // A single value has no deviation, be it no number.
            if g.len() == 1 { 0.0 } else { numpy::standard_deviation(&of(g), 0) }
        });
        let at = |group: Option<&Vec<usize>>| {
            let values = |g: &Vec<usize>| if doses[g[0]].is_nan() { Vec::new() } else { of(g) };
            group.map(values).unwrap_or_default()
        };
        Self {
            means: means.collect(),
            deviations: deviations.collect(),
            ends: [at(groups.first()), at(groups.last())],
        }
    }
}

/// Returns the Z′ factor and the one-tailed one of `values`, between the lowest and the highest dose; `None` when there is
/// one dose only.
pub fn z_factors(doses: &[f64], values: &[f64]) -> Option<(f64, f64)> {
    let parted = Parted::new(doses, values);
    let last = parted.means.len().checked_sub(1).filter(|&last| last > 0)?;
    let (first_mean, last_mean) = (parted.means[0], parted.means[last]);
    let range = (first_mean - last_mean).abs();
    let (spread, width) =
        if range == 0.0 { (1.0, 0.000001) } else { (parted.deviations[0] + parted.deviations[last], range) };
    let both = 1.0 - 3.0 * (spread / width);
    // Sorted, NaN last.
    let (low, high) = if last_mean < first_mean || first_mean.is_nan() {
        (last_mean, first_mean)
    } else {
        (first_mean, last_mean)
    };
    let tail = |values: &[f64], from: f64| {
        let squares: Vec<f64> =
            values.iter().filter(|&&v| v >= low && v <= high).map(|v| (v - from) * (v - from)).collect();
        (numpy::sum(&squares) / squares.len() as f64).sqrt()
    };
    let spread = tail(&parted.ends[0], low) + tail(&parted.ends[1], high);
    let one = if !spread.is_finite() || range == 0.0 { NONE } else { 1.0 - 3.0 * (spread / range) };
    Some((both, one))
}

/// Returns the V factor of `values`: 1 less six mean deviations over the range of the doses' means.
pub fn v_factor(doses: &[f64], values: &[f64]) -> f64 {
    let parted = Parted::new(doses, values);
    let Some((least, most)) = numpy::extremes(&parted.means) else { return f64::NAN };
    let range = most - least;
    let (spread, width) =
        if range == 0.0 { (1.0, 0.000001) } else { (numpy::mean(&parted.deviations), range) };
    1.0 - 6.0 * (spread / width)
}

/// Returns the dose at which half of the response is reached, of a sigmoid fitted to `responses`; `None` when all doses are
/// the same.
pub fn ec50(doses: &[f64], responses: &[f64]) -> Option<f64> {
    let start = initial(doses, responses)?;
    let error = |v: &[f64; 4]| {
        let squares: Vec<f64> = doses
            .iter()
            .zip(responses)
            .map(|(x, y)| {
                let d = v[0] + (v[1] - v[0]) / (1.0 + (x / v[2]).powf(v[3])) - y;
                d * d
            })
            .collect();
        numpy::sum(&squares)
    };
    Some(minimize(error, start, 1000)[2])
}

/// Returns least, greatest response, middle dose and Hill coefficient to start from.
fn initial(x: &[f64], y: &[f64]) -> Option<[f64; 4]> {
    // As Python compares: what is no number stays if it comes first, and is passed over else.
    let least = |v: &[f64]| v.iter().copied().reduce(|a, b| if b < a { b } else { a });
    let most = |v: &[f64]| v.iter().copied().reduce(|a, b| if b > a { b } else { a });
    let (low, high) = (least(y)?, most(y)?);
    let middle = (low + high) / 2.0;
    let distances: Vec<f64> = y.iter().map(|v| (v - middle).abs()).collect();
    let (x_low, x_high) = (least(x)?, most(x)?);
    let nearest = x[first_extreme(&distances, |a, b| a < b)];
    let ec50 = if nearest == x_low || nearest == x_high { (x_low + x_high) / 2.0 } else { nearest };
    let (first, last) = (first_extreme(x, |a, b| a < b), first_extreme(x, |a, b| a > b));
    if x[first] == x[last] {
        return None;
    }
    Some([low, high, ec50, if y[last] > y[first] { -1.0 } else { 1.0 }])
}

/// Returns where the first extreme is, or the first NaN.
fn first_extreme(values: &[f64], better: impl Fn(f64, f64) -> bool) -> usize {
    let mut best = 0;
    for (i, &v) in values.iter().enumerate() {
        if values[best].is_nan() {
            break;
        }
        if v.is_nan() || better(v, values[best]) {
            best = i;
        }
    }
    best
}
