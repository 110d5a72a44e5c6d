//! The highest places of an array that keep a distance from each other.
//!
//! Source: `skimage.feature.peak_local_max` (scikit-image 0.18).

use crate::introsort::argsort;
use pixels::Array;

/// Which places are peaks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Peaks {
    /// Nothing higher is as near, along any axis; of equal peaks nearer to each other one stays.
    pub spacing: usize,
    /// The share of the greatest value that a peak must be above.
    pub least: f64,
    /// Peaks as near to the border do not count.
    pub border: usize,
    /// How many of the highest are taken; of a negative number, how many of the lowest are left out.
    pub most: Option<i64>,
}

/// Marks the peaks of `values` (Z×H×W, none of them below 0).
pub fn spaced_peaks(values: &Array<f64>, peaks: Peaks) -> Array<bool> {
    let (shape, data) = (values.shape(), values.data());
    let greatest = data.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let lowest = data.iter().copied().fold(f64::INFINITY, f64::min);
    let threshold = f64::max(lowest, peaks.least * greatest);
    let axes = [(shape.width, 1), (shape.height, shape.width), (shape.depth, shape.height * shape.width)];
    // A flat array has no axis of planes.
    let axes = if shape.depth > 1 { &axes[..] } else { &axes[..2] };
    let tops = within(data, axes, peaks.spacing);
    let trivial = peaks.spacing > 0 && data.iter().zip(&tops).all(|(own, top)| own == top);
    let near_border = |at: usize| {
        axes.iter().any(|&(count, step)| {
            let i = at / step % count;
            i < peaks.border || i + peaks.border >= count
        })
    };
    let is_peak = |at: &usize| {
        let stands_out = peaks.spacing == 0 || (!trivial && data[*at] == tops[*at]);
        stands_out && data[*at] > threshold && !near_border(*at)
    };
    let found: Vec<usize> = (0..data.len()).filter(is_peak).collect();
    let depths: Vec<f64> = found.iter().map(|&at| -data[at]).collect();
    let mut kept: Vec<usize> = Vec::new();
    for at in argsort(&depths).into_iter().map(|i| found[i as usize]) {
        let apart = |other: usize| {
            axes.iter().map(|&(count, step)| (at / step % count).abs_diff(other / step % count)).max()
        };
        if !kept.iter().any(|&other| apart(other) < Some(peaks.spacing)) {
            kept.push(at);
        }
    }
    if let Some(most) = peaks.most.filter(|&most| kept.len() as i64 > most) {
        kept.truncate(if most < 0 { (kept.len() as i64 + most).max(0) } else { most } as usize);
    }
    let mut marked = values.map(|_| false);
    kept.into_iter().for_each(|at| marked.data_mut()[at] = true);
    marked
}

/// Returns the greatest value as near as `reach` along every axis.
fn within(values: &[f64], axes: &[(usize, usize)], reach: usize) -> Vec<f64> {
    let mut greatest = values.to_vec();
    for &(count, step) in axes {
        let from = greatest.clone();
        for (at, most) in greatest.iter_mut().enumerate() {
            let i = at / step % count;
            let near = i.saturating_sub(reach)..(i + reach + 1).min(count);
            *most = near.map(|j| from[at - i * step + j * step]).fold(*most, f64::max);
        }
    }
    greatest
}
