//! Means, over objects of the whole image, of images that were sampled down.

use super::reconstruction::{LANES, Lanes};
use super::resample::stretched;
use crate::regions::{Region, Regions};
use pixels::Plane;

/// How a small image is brought back to the size of a large one: by straight lines between its pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct Regrown {
    rows: Vec<Option<Tap>>,
    columns: Vec<Option<Tap>>,
    width: usize,
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
            width: small.1,
        }
    }
}

/// The weight of every pixel of the small image in the mean of each object of the large one.
///
/// A mean of interpolated values is a sum of what was interpolated between, so no pixel of the large image need ever be
/// made.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectMeans {
    objects: Vec<Object>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Object {
    area: usize,
    /// The first pixel of each stretch, and its weights.
    stretches: Vec<(usize, Vec<f64>)>,
}

impl ObjectMeans {
    /// Finds the weights for objects of the large image; objects without pixels have the mean NaN.
    pub fn new(objects: &Regions, regrown: &Regrown) -> Self {
        let object = |label| objects.get(label).map(|region| weigh(region, regrown)).unwrap_or_default();
        Self { objects: (1..=objects.count()).map(object).collect() }
    }

    /// Returns the means of the objects in images whose pixels lie in lanes, object 1 first.
    pub fn of<T: Copy + Into<f64>>(&self, images: &[Lanes<T>]) -> Vec<Lanes<f64>> {
        let mean = |object: &Object| {
            let mut sums = [0.0; LANES];
            for (first, weights) in &object.stretches {
                for (&weight, lanes) in weights.iter().zip(&images[*first..]) {
                    for lane in 0..LANES {
                        sums[lane] += weight * lanes[lane].into();
                    }
                }
            }
            sums.map(|sum| sum / object.area as f64)
        };
        self.objects.iter().map(mean).collect()
    }
}

/// Returns the mean of each image whose pixels lie in lanes, over `mask`; NaN where that is empty.
pub fn means<T: Copy + Into<f64>>(images: &[Lanes<T>], mask: Option<&Plane<bool>>) -> Lanes<f64> {
    let mut sums = [0.0; LANES];
    let mut area = 0u32;
    for (at, lanes) in images.iter().enumerate() {
        if mask.is_none_or(|mask| mask.data()[at]) {
            area += 1;
            for lane in 0..LANES {
                sums[lane] += lanes[lane].into();
            }
        }
    }
    sums.map(|sum| sum / f64::from(area))
}

fn weigh(region: Region<'_>, regrown: &Regrown) -> Object {
    let object = |stretches| Object { area: region.area, stretches };
    let rows = regrown.rows[region.bounds.top..region.bounds.bottom].iter().flatten();
    let columns = regrown.columns[region.bounds.left..region.bounds.right].iter().flatten();
    let (top, bottom) = rows.fold((usize::MAX, 0), |(a, b), t| (a.min(t.before), b.max(t.before + 2)));
    let (left, right) = columns.fold((usize::MAX, 0), |(a, b), t| (a.min(t.before), b.max(t.before + 2)));
    if top >= bottom || left >= right {
        return object(Vec::new());
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
    let mut stretches = Vec::new();
    for (y, row) in weights.chunks(width).enumerate() {
        let mut at = 0;
        for piece in row.chunk_by(|a, b| (*a == 0.0) == (*b == 0.0)) {
            if piece[0] != 0.0 {
                stretches.push(((top + y) * regrown.width + left + at, piece.to_vec()));
            }
            at += piece.len();
        }
    }
    object(stretches)
}
