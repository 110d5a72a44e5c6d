//! Means, over objects of the whole image, of images that were sampled down.

use super::reconstruction::{LANES, Lanes};
use super::resample::stretched;
use crate::regions::{Region, Regions};
use multiversion::multiversion;
use pixels::Shape;

/// How a small image is brought back to the size of a large one: by straight lines between its pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct Regrown {
    planes: Vec<Option<Tap>>,
    rows: Vec<Option<Tap>>,
    columns: Vec<Option<Tap>>,
    small: Shape,
}

/// The pixel before a coordinate, its weight and that of the pixel after.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Tap {
    before: usize,
    weights: [f64; 2],
}

impl Regrown {
    /// Returns the way from an image of the shape `small`, sampled to `extent` (planes, rows, columns), to one of the shape
    /// `large`, which is flat or a volume.
    pub fn new(small: Shape, extent: [f64; 3], large: Shape) -> Self {
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
        let only = Tap { before: 0, weights: [1.0, 0.0] };
        Self {
            planes: match large.depth {
                1 => vec![Some(only)],
                _ => taps(small.depth, extent[0], large.depth),
            },
            rows: taps(small.height, extent[1], large.height),
            columns: taps(small.width, extent[2], large.width),
            small,
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
    /// The stretches of pixels that weigh, row by row of all planes.
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
    /// Finds the weights for objects of the large image, whose planes lie below each other; objects without pixels have the
    /// mean NaN.
    pub fn new(objects: &Regions, regrown: &Regrown) -> Self {
        let rows = regrown.small.depth * regrown.small.height;
        let mut all = Self { areas: vec![0; objects.count()], rows: vec![Vec::new(); rows] };
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
    let height = regrown.rows.len();
    let taps_of = |row: u32| {
        let row = row as usize;
        regrown.planes[row / height].as_ref().zip(regrown.rows[row % height].as_ref())
    };
    let wide = |span: (usize, usize), tap: &Tap| (span.0.min(tap.before), span.1.max(tap.before + 2));
    let none = (usize::MAX, 0);
    let lines = region.runs.iter().filter_map(|run| taps_of(run.row));
    let (planes, rows) = lines.fold((none, none), |all, (z, y)| (wide(all.0, z), wide(all.1, y)));
    let columns = regrown.columns[region.bounds.left..region.bounds.right].iter().flatten();
    let columns = columns.fold(none, wide);
    if rows.0 >= rows.1 || columns.0 >= columns.1 {
        return;
    }
    let ((left, right), lines) = (columns, rows.1 - rows.0);
    let width = right - left;
    let mut weights = vec![0.0; (planes.1 - planes.0) * lines * width];
    let mut of_row = vec![0.0; width];
    for row in region.runs.chunk_by(|a, b| a.row == b.row) {
        let Some((through, across)) = taps_of(row[0].row) else { continue };
        of_row.fill(0.0);
        for tap in row.iter().flat_map(|run| &regrown.columns[run.columns()]).flatten() {
            of_row[tap.before - left] += tap.weights[0];
            of_row[tap.before + 1 - left] += tap.weights[1];
        }
        for (deep, of_plane) in through.weights.into_iter().enumerate().filter(|(_, weight)| *weight != 0.0) {
            for (down, weight) in across.weights.into_iter().enumerate() {
                let line = (through.before + deep - planes.0) * lines + across.before + down - rows.0;
                let to = &mut weights[line * width..][..width];
                let weight = of_plane * weight;
                to.iter_mut().zip(&of_row).for_each(|(to, along)| *to += weight * along);
            }
        }
    }
    for (line, row) in weights.chunks(width).enumerate() {
        let y = (planes.0 + line / lines) * regrown.small.height + rows.0 + line % lines;
        let mut at = 0;
        for piece in row.chunk_by(|a, b| (*a == 0.0) == (*b == 0.0)) {
            if piece[0] != 0.0 {
                stretch(y, left + at, piece);
            }
            at += piece.len();
        }
    }
}
