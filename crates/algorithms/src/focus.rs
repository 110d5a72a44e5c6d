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
    spread(&found)
}

/// Why the tiles of a volume have no focus score: there are more planes of them than tiles in a plane, so that their numbers
/// go beyond their count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TilesBeyond;

/// As [`local_focus_score`], of a volume of `depth` planes, which lie below each other in `image` and `mask`.
///
/// CellProfiler numbers the tile of plane, row and column (k, i, j) k·planes + i·columns + j, so that most share their number
/// with others; what has one number counts as one tile.
///
/// # Errors
/// When a number is greater than there are tiles, which CellProfiler fails on.
pub fn local_focus_score_of_volume<T: Real>(
    image: &Plane<T>,
    depth: usize,
    mask: Option<&Plane<bool>>,
    scale: usize,
) -> Result<Option<f64>, TilesBeyond> {
    let height = image.height() / depth;
    let [planes, rows, columns] = [depth, height, image.width()].map(|length| tiles(length, scale));
    let count = planes.len() * rows.len() * columns.len();
    // Each tile's number counts from 0.
    let mut places = Vec::new();
    for (k, plane) in planes.iter().enumerate() {
        for (i, rows_of) in rows.iter().enumerate() {
            for (j, part) in columns.iter().enumerate() {
                let number = k * planes.len() + i * columns.len() + j;
                let lines = plane.clone().flat_map(|z| rows_of.clone().map(move |y| z * height + y));
                places.extend(lines.map(|line| (line, part.clone(), number)));
            }
        }
    }
    let inside = |line: usize, x: usize| mask.is_none_or(|mask| mask[(line, x)]);
    let mut sums = vec![0.0; count];
    let mut counts = vec![0usize; count];
    for (line, part, number) in &places {
        for x in part.clone().filter(|&x| inside(*line, x)) {
            *sums.get_mut(*number).ok_or(TilesBeyond)? += image[(*line, x)].to_f64();
            counts[*number] += 1;
        }
    }
    let means: Vec<f64> = sums.iter().zip(&counts).map(|(sum, &count)| sum / count as f64).collect();
    let mut squares = vec![0.0; count];
    for (line, part, number) in places {
        for x in part.filter(|&x| inside(line, x)) {
            squares[number] += (image[(line, x)].to_f64() - means[number]).powi(2);
        }
    }
    let tiles = squares
        .iter()
        .zip(counts.iter().zip(&means))
        .filter(|(_, (_, mean))| **mean != 0.0 && !mean.is_nan());
    Ok(spread(&tiles.map(|(square, (&count, mean))| square / (count as f64 * mean)).collect::<Vec<_>>()))
}

/// Returns the variance of tiles' focus scores over their median; `None` where that is not above 0.
fn spread(scores: &[f64]) -> Option<f64> {
    let median = numpy::median(scores);
    (median.is_finite() && median > 0.0).then(|| numpy::variance(scores, 0) / median)
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
