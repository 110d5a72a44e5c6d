//! Haralick's texture features of an image or an object, in four directions.
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

use crate::regions::Region;
use pixels::Plane;

/// The steps (rows, columns) from a pixel to its partner, at distance 1, in the order of CellProfiler's names.
pub const DIRECTIONS: [(isize, isize); 4] = [(0, 1), (1, 1), (1, 0), (1, -1)];

/// Returns the features of a whole image of grey levels, of one direction after the other; `None` when in one of them no
/// pixel has a partner at this `distance`.
pub fn of_image(levels: &Plane<u8>, distance: usize, counts: &mut Cooccurrence) -> Option<[Features; 4]> {
    let (height, width) = levels.shape();
    let range = range(levels.data())?;
    in_each_direction(distance, |(dy, dx)| {
        counts.start(range.0, range.1, false);
        let columns = overlap((0, width), (0, width), dx)?;
        for y in 0..height.saturating_sub(dy) {
            let partner = columns.start.wrapping_add_signed(dx)..columns.end.wrapping_add_signed(dx);
            counts.add(&levels.row(y)[columns.clone()], &levels.row(y + dy)[partner]);
        }
        features::of_counts(counts, range.1)
    })
}

/// Returns the features of an object's grey levels, as [`of_image`]; pixels of level 0 do not count.
pub fn of_object(
    levels: &Plane<u8>,
    region: Region<'_>,
    distance: usize,
    counts: &mut Cooccurrence,
) -> Option<[Features; 4]> {
    let bounds = region.bounds;
    let mut rows = vec![&region.runs[..0]; bounds.height()];
    for runs in region.runs.chunk_by(|a, b| a.row == b.row) {
        rows[runs[0].row as usize - bounds.top] = runs;
    }
    let of_runs = region.runs.iter().filter_map(|run| range(&levels.row(run.row as usize)[run.columns()]));
    let (least, greatest) = of_runs.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
    in_each_direction(distance, |(dy, dx)| {
        counts.start(least, greatest, region.area < 1 << 15);
        for (y, runs) in rows.iter().enumerate().take(rows.len().saturating_sub(dy)) {
            let (row, below) = (levels.row(bounds.top + y), levels.row(bounds.top + y + dy));
            for run in runs.iter() {
                for partner in rows[y + dy] {
                    let (a, b) = (run.columns(), partner.columns());
                    if let Some(columns) = overlap((a.start, a.end), (b.start, b.end), dx) {
                        let shifted =
                            columns.start.wrapping_add_signed(dx)..columns.end.wrapping_add_signed(dx);
                        counts.add(&row[columns], &below[shifted]);
                    }
                }
            }
        }
        counts.leave_out_zero();
        features::of_counts(counts, greatest)
    })
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

fn in_each_direction(
    distance: usize,
    mut of: impl FnMut((usize, isize)) -> Option<Features>,
) -> Option<[Features; 4]> {
    let mut found = [[0.0; COUNT]; 4];
    for (found, (dy, dx)) in found.iter_mut().zip(DIRECTIONS) {
        *found = of((dy.unsigned_abs() * distance, dx * distance as isize))?;
    }
    Some(found)
}
