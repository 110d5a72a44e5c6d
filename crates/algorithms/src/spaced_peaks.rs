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
    /// What a peak must be above; `None` is the lowest value.
    pub floor: Option<f64>,
    /// The share of the greatest value that a peak must be above, too.
    pub least: Option<f64>,
    /// Peaks as near to the border do not count.
    pub border: usize,
    /// How many of the highest are taken; of a negative number, how many of the lowest are left out.
    pub most: Option<i64>,
}

/// Marks the peaks of `values` (Z×H×W). What lies beyond the array would be 0: none may be below that unless the border is as
/// wide as the spacing.
pub fn spaced_peaks(values: &Array<f64>, peaks: Peaks) -> Array<bool> {
    let (shape, data) = (values.shape(), values.data());
    let greatest = data.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let lowest = data.iter().copied().fold(f64::INFINITY, f64::min);
    let floor = peaks.floor.unwrap_or(lowest);
    let threshold = peaks.least.map_or(floor, |least| floor.max(least * greatest));
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
    let mut taken = values.map(|_| false);
    for at in argsort(&depths).into_iter().map(|i| found[i as usize]) {
        if !taken.data()[at] {
            kept.push(at);
            take(taken.data_mut(), axes, at, peaks.spacing);
        }
    }
    if let Some(most) = peaks.most.filter(|&most| kept.len() as i64 > most) {
        kept.truncate(if most < 0 { (kept.len() as i64 + most).max(0) } else { most } as usize);
    }
    let mut marked = values.map(|_| false);
    kept.into_iter().for_each(|at| marked.data_mut()[at] = true);
    marked
}

/// Marks the places that are nearer than `spacing` along every axis.
fn take(taken: &mut [bool], axes: &[(usize, usize)], at: usize, spacing: usize) {
    let Some(((count, step), rest)) = axes.split_last() else {
        taken[at] = true;
        return;
    };
    let i = at / step % count;
    for j in (i + 1).saturating_sub(spacing)..(i + spacing).min(*count) {
        take(taken, rest, at - i * step + j * step, spacing);
    }
}

/// Returns the greatest value as near as `reach` along every axis: from those of one place, of two, of four …
fn within(values: &[f64], axes: &[(usize, usize)], reach: usize) -> Vec<f64> {
    let greater = |(&a, &b): (&f64, &f64)| if b > a { b } else { a };
    let mut greatest = values.to_vec();
    for &(count, step) in axes.iter().filter(|(count, _)| *count > 0) {
        let reach = reach.min(count);
        let span = 2 * reach + 1;
        let (mut line, mut wider) = (Vec::new(), Vec::new());
        for block in greatest.chunks_exact_mut(count * step) {
            line.clear();
            line.resize(reach * step, f64::NEG_INFINITY);
            line.extend_from_slice(block);
            line.resize(line.len() + reach * step, f64::NEG_INFINITY);
            let mut width = 1;
            while 2 * width <= span {
                wider.clear();
                wider.extend(line.iter().zip(&line[width * step..]).map(greater));
                std::mem::swap(&mut line, &mut wider);
                width *= 2;
            }
            let others = line[(span - width) * step..].iter();
            block.iter_mut().zip(line.iter().zip(others)).for_each(|(to, pair)| *to = greater(pair));
        }
    }
    greatest
}

#[cfg(test)]
mod tests {
    use super::*;
    use pixels::Shape;

    #[test]
    fn of_near_peaks_the_highest_stays() {
        let mut values = Array::from_vec(Shape::grey(7, 8), vec![0.0; 56]);
        for (y, x, v) in [(3, 2, 1.5), (3, 4, 1.0), (1, 6, 1.25), (5, 5, 1.0), (3, 5, 1.5)] {
            values.data_mut()[y * 8 + x] = v;
        }
        let peaks = |spacing, floor| {
            let marked =
                spaced_peaks(&values, Peaks { spacing, floor, least: None, border: spacing, most: None });
            (0..56).filter(|&at| marked.data()[at]).map(|at| (at / 8, at % 8)).collect::<Vec<_>>()
        };
        // numpy.argwhere(skimage.feature.peak_local_max(values, spacing, floor, indices=False))
        assert_eq!(peaks(1, None), [(1, 6), (3, 2), (3, 5), (5, 5)]);
        assert_eq!(peaks(2, None), [(3, 2), (3, 5)]);
        assert_eq!(peaks(0, Some(1.2)), [(1, 6), (3, 2), (3, 5)]);
    }
}
