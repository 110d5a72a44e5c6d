//! Haralick's texture features of an image or an object, in four directions, of a volume in thirteen.
//!
//! Source: CellProfiler 4.2.8 `measuretexture.py`, `mahotas.features.haralick` 1.4.13, after Haralick, Shanmugam and
//! Dinstein (1973). Grey levels that occur side by side are counted as whole numbers, once for both orders, and the
//! features follow from the counts.

mod cooccurrence;
mod features;
mod quantize;

pub use cooccurrence::Cooccurrence;
pub use features::{COUNT, Features};
pub use quantize::quantize;

use crate::regions::{Region, Run};
use pixels::Plane;

/// From a pixel to its partner, at distance 1: planes, rows, columns.
pub type Step = [isize; 3];

/// The steps in a flat image, in the order of CellProfiler's names.
pub const FLAT: [Step; 4] = [[0, 0, 1], [0, 1, 1], [0, 1, 0], [0, 1, -1]];

/// The steps in a volume, in the order of CellProfiler's names.
pub const VOLUME: [Step; 13] = [
    [1, 0, 0],
    [1, 1, 0],
    [0, 1, 0],
    [1, -1, 0],
    [0, 0, 1],
    [1, 0, 1],
    [0, 1, 1],
    [1, 1, 1],
    [1, -1, 1],
    [1, 0, -1],
    [0, 1, -1],
    [1, 1, -1],
    [1, -1, -1],
];

/// Grey levels of an image, the planes of a volume below each other.
#[derive(Clone, Copy, Debug)]
pub struct Levels<'a> {
    /// (planes · height)×width levels.
    pub rows: &'a Plane<u8>,
    /// Rows of one plane.
    pub height: usize,
}

/// Returns the features of a whole image, of one step after the other; `None` when by one of them no pixel has a
/// partner at this `distance`.
pub fn of_image<const N: usize>(
    levels: Levels<'_>,
    steps: &[Step; N],
    distance: usize,
    counts: &mut Cooccurrence,
) -> Option<[Features; N]> {
    let (height, width) = levels.rows.shape();
    let range = range(levels.rows.data())?;
    for_each_step(steps, distance, |step| {
        counts.start(range.0, range.1, false);
        let columns = overlap((0, width), (0, width), step[2])?;
        let shifted = columns.start.wrapping_add_signed(step[2])..columns.end.wrapping_add_signed(step[2]);
        for y in 0..height {
            if let Some(partner) = levels.partner(y, step).filter(|&partner| partner < height) {
                counts.add(&levels.rows.row(y)[columns.clone()], &levels.rows.row(partner)[shifted.clone()]);
            }
        }
        features::of_counts(counts, range.1)
    })
}

/// Returns the features of an object's grey levels, as [`of_image`]; pixels of level 0 do not count.
///
/// `region` is the object's in the rows of `levels`.
pub fn of_object<const N: usize>(
    levels: Levels<'_>,
    region: Region<'_>,
    steps: &[Step; N],
    distance: usize,
    counts: &mut Cooccurrence,
) -> Option<[Features; N]> {
    let bounds = region.bounds;
    let mut rows = vec![&region.runs[..0]; bounds.height()];
    for runs in region.runs.chunk_by(|a, b| a.row == b.row) {
        rows[runs[0].row as usize - bounds.top] = runs;
    }
    let of_run = |run: &Run| range(&levels.rows.row(run.row as usize)[run.columns()]);
    let of_runs = region.runs.iter().filter_map(of_run);
    let (least, greatest) = of_runs.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
    for_each_step(steps, distance, |step| {
        counts.start(least, greatest, region.area < 1 << 15);
        for (y, runs) in rows.iter().enumerate() {
            let Some(partner) = levels.partner(bounds.top + y, step) else { continue };
            let Some(partners) = rows.get(partner - bounds.top) else { continue };
            let (row, other) = (levels.rows.row(bounds.top + y), partner);
            for run in runs.iter() {
                for partner in partners.iter() {
                    let (a, b) = (run.columns(), partner.columns());
                    if let Some(columns) = overlap((a.start, a.end), (b.start, b.end), step[2]) {
                        let shifted = columns.start.wrapping_add_signed(step[2])
                            ..columns.end.wrapping_add_signed(step[2]);
                        counts.add(&row[columns], &levels.rows.row(other)[shifted]);
                    }
                }
            }
        }
        counts.leave_out_zero();
        features::of_counts(counts, greatest)
    })
}

impl Levels<'_> {
    /// Returns the row a step away from row `y`, `None` when the step leaves the plane; the row may be beyond the last.
    fn partner(self, y: usize, step: Step) -> Option<usize> {
        let within = (y % self.height).checked_add_signed(step[1]).filter(|&within| within < self.height)?;
        Some((y / self.height + step[0].unsigned_abs()) * self.height + within)
    }
}

/// Returns the columns of `a` whose partners `step` further lie in `b`.
fn overlap(a: (usize, usize), b: (usize, usize), step: isize) -> Option<std::ops::Range<usize>> {
    let start = a.0.max(b.0.saturating_add_signed(-step));
    let end = a.1.min(b.1.saturating_add_signed(-step));
    (start < end).then_some(start..end)
}

fn range(levels: &[u8]) -> Option<(u8, u8)> {
    Some((levels.iter().copied().min()?, levels.iter().copied().max()?))
}

fn for_each_step<const N: usize>(
    steps: &[Step; N],
    distance: usize,
    mut of: impl FnMut(Step) -> Option<Features>,
) -> Option<[Features; N]> {
    let mut found = [[0.0; COUNT]; N];
    for (found, step) in found.iter_mut().zip(steps) {
        *found = of(step.map(|step| step * distance as isize))?;
    }
    Some(found)
}
