//! Means, over objects of the whole image, of images that were sampled down.

use super::reconstruction::{LANES, Lanes};
use super::resample::stretched;
use crate::regions::{Region, Regions};
use multiversion::multiversion;

/// How a small image is brought back to the size of a large one: by straight lines between its pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct Regrown {
    rows: Vec<Option<Tap>>,
    columns: Vec<Option<Tap>>,
    /// Of the small image.
    height: usize,
}

/// The pixel before a coordinate, its weight and that of the pixel after.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Tap {
    before: usize,
    weights: [f64; 2],
}

impl Regrown {
    /// Returns the way from `small` (rows, columns), sampled to `extent`, to `large` (rows, columns).
    pub fn new(small: (usize, usize), extent: (f64, f64), large: (usize, usize)) -> Self {
        let taps = |small: usize, extent: f64, large: usize| -> Vec<Option<Tap>> {
            let tap = |c: f64| {
                // Past the last pixel, be it by a rounding, there is nothing.
                (0.0..=small as f64 - 1.0).contains(&c).then(|| {
                    let first = 1.0 - (c - c.floor());
                    Tap { before: c.floor() as usize, weights: [first, 1.0 - first] }
                })
            };
            stretched(large, extent, large as f64).into_iter().map(tap).collect()
        };
        Self {
            rows: taps(small.0, extent.0, large.0),
            columns: taps(small.1, extent.1, large.1),
            height: small.0,
        }
    }
}

/// The weight of every pixel of the small image in the mean of each object of the large one.
///
/// A mean of interpolated values is a sum of what was interpolated between, so no pixel of the large image need ever be
/// made.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectMeans {
    /// Number of pixels of each object.
    areas: Vec<usize>,
    /// The stretches of pixels that weigh, row by row.
    rows: Vec<Vec<Stretch>>,
}

/// Pixels of one row that weigh in the mean of an object.
#[derive(Clone, Debug, PartialEq)]
struct Stretch {
    /// The object's place.
    object: usize,
    /// The first column.
    first: usize,
    weights: Vec<f64>,
}

impl ObjectMeans {
    /// Finds the weights for objects of the large image; objects without pixels have the mean NaN.
    pub fn new(objects: &Regions, regrown: &Regrown) -> Self {
        let mut all = Self { areas: vec![0; objects.count()], rows: vec![Vec::new(); regrown.height] };
        for (label, region) in objects.iter() {
            all.areas[label - 1] = region.area;
            weigh(region, regrown, |row, first, weights| {
                all.rows[row].push(Stretch { object: label - 1, first, weights: weights.to_vec() });
            });
        }
        all
    }

    /// Returns the sums to begin with, of object 1 first.
    pub fn zeros(&self) -> Vec<Lanes<f64>> {
        vec![[0.0; LANES]; self.areas.len()]
    }

    /// Adds what row `y` of images, whose pixels lie in lanes, weighs in each object.
    pub fn add<T: Copy + Into<f64>>(&self, y: usize, row: &[Lanes<T>], sums: &mut [Lanes<f64>]) {
        for Stretch { object, first, weights } in &self.rows[y] {
            add_weighted(&row[*first..first + weights.len()], weights, &mut sums[*object]);
        }
    }

    /// Makes of the sums over all rows the means.
    pub fn divide(&self, sums: &mut [Lanes<f64>]) {
        for (sums, &area) in sums.iter_mut().zip(&self.areas) {
            *sums = sums.map(|sum| sum / area as f64);
        }
    }
}

#[multiversion(targets("x86_64+avx2"))]
fn add_weighted<T: Copy + Into<f64>>(pixels: &[Lanes<T>], weights: &[f64], sums: &mut Lanes<f64>) {
    let mut all = *sums;
    for (lanes, &weight) in pixels.iter().zip(weights) {
        for lane in 0..LANES {
            all[lane] += weight * lanes[lane].into();
        }
    }
    *sums = all;
}

/// Adds to the sums of images the pixels of a row, which lie in lanes; with a mask, those inside it.
#[multiversion(targets("x86_64+avx2"))]
pub fn add_pixels<T: Copy + Into<f64>>(row: &[Lanes<T>], mask: Option<&[bool]>, sums: &mut Lanes<f64>) {
    let mut all = *sums;
    for (x, lanes) in row.iter().enumerate() {
        if mask.is_none_or(|mask| mask[x]) {
            for lane in 0..LANES {
                all[lane] += lanes[lane].into();
            }
        }
    }
    *sums = all;
}

/// Finds the weights of the small image's pixels in the sum of a region; hands on each stretch by row, first column and
/// weights.
fn weigh(region: Region<'_>, regrown: &Regrown, mut stretch: impl FnMut(usize, usize, &[f64])) {
    let rows = regrown.rows[region.bounds.top..region.bounds.bottom].iter().flatten();
    let columns = regrown.columns[region.bounds.left..region.bounds.right].iter().flatten();
    let (top, bottom) = rows.fold((usize::MAX, 0), |(a, b), t| (a.min(t.before), b.max(t.before + 2)));
    let (left, right) = columns.fold((usize::MAX, 0), |(a, b), t| (a.min(t.before), b.max(t.before + 2)));
    if top >= bottom || left >= right {
        return;
    }
    let width = right - left;
    let mut weights = vec![0.0; (bottom - top) * width];
    let mut of_row = vec![0.0; width];
    for row in region.runs.chunk_by(|a, b| a.row == b.row) {
        let Some(across) = regrown.rows[row[0].row as usize] else { continue };
        of_row.fill(0.0);
        for tap in row.iter().flat_map(|run| &regrown.columns[run.columns()]).flatten() {
            of_row[tap.before - left] += tap.weights[0];
            of_row[tap.before + 1 - left] += tap.weights[1];
        }
        for (down, weight) in across.weights.into_iter().enumerate() {
            let to = &mut weights[(across.before + down - top) * width..][..width];
            to.iter_mut().zip(&of_row).for_each(|(to, along)| *to += weight * along);
        }
    }
    for (y, row) in weights.chunks(width).enumerate() {
        let mut at = 0;
        for piece in row.chunk_by(|a, b| (*a == 0.0) == (*b == 0.0)) {
            if piece[0] != 0.0 {
                stretch(top + y, left + at, piece);
            }
            at += piece.len();
        }
    }
}
