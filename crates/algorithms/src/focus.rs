//! Focus scores: how much pixels vary, as CellProfiler 4.2.8's MeasureImageQuality computes them.

use crate::numpy::{self, Real};
use multiversion::multiversion;
use pixels::Plane;

/// Returns the variance of the pixels over their mean; `None` where the mean is not above 0 or there is no pixel.
pub fn focus_score<T: Real>(values: &[T]) -> Option<f64> {
    let mean = numpy::mean(values);
    if mean.is_nan() || mean.to_f64() <= 0.0 {
        return None;
    }
    let squares = numpy::sum_of(values, |v| {
        let d = v - mean;
        d * d
    });
    Some(squares.to_f64() / (values.len() as f64 * mean.to_f64()))
}

/// Returns how much the focus scores of tiles, about `scale` pixels wide and high, differ: their variance over their
/// median; `None` where that is not above 0.
///
/// Tiles with a mean of 0 do not count. Sums are f64; CellProfiler's are in raster order, which is a matter of 10⁻¹⁵.
#[multiversion(targets("x86_64+avx2"))]
pub fn local_focus_score<T: Real>(image: &Plane<T>, mask: Option<&Plane<bool>>, scale: usize) -> Option<f64> {
    let (height, width) = image.shape();
    let (rows, columns) = (tiles(height, scale), tiles(width, scale));
    let across = columns.len();
    let mut found = Vec::with_capacity(rows.len() * across);
    let mut sums = vec![0.0; across];
    let mut counts = vec![0usize; across];
    let mut squares = vec![0.0; across];
    for row in &rows {
        sums.fill(0.0);
        counts.fill(0);
        squares.fill(0.0);
        for y in row.clone() {
            for (tile, part) in columns.iter().enumerate() {
                let values = &image.row(y)[part.clone()];
                match mask {
                    None => sums[tile] += in_lanes(values, |v| v),
                    Some(mask) => {
                        let kept = values.iter().zip(&mask.row(y)[part.clone()]).filter(|(_, m)| **m);
                        for (v, _) in kept {
                            sums[tile] += v.to_f64();
                            counts[tile] += 1;
                        }
                    }
                }
                if mask.is_none() {
                    counts[tile] += values.len();
                }
            }
        }
        let mean = |tile: usize| sums[tile] / counts[tile] as f64;
        for y in row.clone() {
            for (tile, part) in columns.iter().enumerate() {
                let values = &image.row(y)[part.clone()];
                let mean = mean(tile);
                let square = |v: f64| (v - mean) * (v - mean);
                squares[tile] += match mask {
                    None => in_lanes(values, square),
                    Some(mask) => {
                        let kept = values.iter().zip(&mask.row(y)[part.clone()]).filter(|(_, m)| **m);
                        kept.map(|(v, _)| square(v.to_f64())).sum()
                    }
                };
            }
        }
        for tile in 0..across {
            let mean = mean(tile);
            if mean != 0.0 && !mean.is_nan() {
                found.push(squares[tile] / (counts[tile] as f64 * mean));
            }
        }
    }
    let median = numpy::median(&found);
    (median.is_finite() && median > 0.0).then(|| numpy::variance(&found, 0) / median)
}

/// Returns the stretches of the tiles along an axis of `length` pixels.
fn tiles(length: usize, scale: usize) -> Vec<std::ops::Range<usize>> {
    let count = length.div_ceil(scale.max(1));
    let tile = |i: usize| (i as f64 * count as f64 / length as f64) as usize;
    let mut starts = vec![0];
    starts.extend((1..length).filter(|&i| tile(i) != tile(i - 1)));
    let ends = starts.iter().skip(1).copied().chain([length]);
    starts.iter().zip(ends).map(|(&start, end)| start..end).collect()
}

/// Returns the sum of `f` of the values, in eight lanes.
#[inline(always)]
fn in_lanes<T: Real>(values: &[T], f: impl Fn(f64) -> f64) -> f64 {
    let (eights, rest) = values.as_chunks::<8>();
    let mut lanes = [0.0; 8];
    for eight in eights {
        for lane in 0..8 {
            lanes[lane] += f(eight[lane].to_f64());
        }
    }
    lanes.iter().sum::<f64>() + rest.iter().map(|v| f(v.to_f64())).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_part_an_axis_evenly() {
        assert_eq!(tiles(7, 3), [0..3, 3..5, 5..7]);
        assert_eq!(tiles(3, 5).len(), 1);
    }
}
