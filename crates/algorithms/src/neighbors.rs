//! Which objects lie near which, and how.
//!
//! Source: MeasureObjectNeighbors of CellProfiler 4.2.8. Its dilations of each object's surroundings are replaced by
//! the runs that a disk makes of the object's runs, which gives the same pixels.

use crate::centers::Center;
use crate::morphology::disk;
use crate::outline::outline;
use crate::regions::{Region, Regions, Run};
use pixels::Plane;

/// What lies around one object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Surroundings {
    /// The objects within reach, by number.
    pub neighbors: Vec<u32>,
    /// How many pixels of the object's outline touch another.
    pub touching: u32,
    /// How many pixels its outline has.
    pub perimeter: u32,
}

/// Finds for each object of `labels` (H×W) for which `wanted` holds the objects within `distance` pixels.
///
/// `others` (H×W) are the objects looked for; `None` are those of `labels` itself. Object 1 comes first.
///
/// # Panics
/// When the planes are of different sizes.
pub fn surroundings(
    labels: &Plane<u32>,
    others: Option<&Plane<u32>>,
    distance: usize,
    wanted: impl Fn(u32) -> bool,
) -> Vec<Surroundings> {
    let around = others.unwrap_or(labels);
    assert_eq!(labels.shape(), around.shape(), "labels of one size");
    let regions = Regions::of(labels);
    let outlines = outline(labels);
    let reach = half_widths(distance as f64);
    let touch = half_widths(distance as f64 + 0.5);
    let greatest = around.data().iter().copied().max().unwrap_or(0) as usize;
    let mut seen = vec![0_u32; greatest + 1];
    let mut found = vec![Surroundings::default(); regions.count()];
    for (number, region) in regions.iter() {
        let own = number as u32;
        let surroundings = &mut found[number - 1];
        let rim = || region.pixels().filter(|&at| outlines[at] != 0);
        surroundings.perimeter = rim().count() as u32;
        if !wanted(own) {
            continue;
        }
        let excluded = if others.is_some() { 0 } else { own };
        surroundings.neighbors = within_reach(&region, around, &reach, excluded, own, &mut seen);
        surroundings.touching = rim().filter(|&at| touches(around, at, &touch, excluded)).count() as u32;
    }
    found
}

/// Returns how far a disk of `radius` reaches to the sides in each of its rows.
fn half_widths(radius: f64) -> Vec<(isize, isize)> {
    let offsets = disk(radius);
    offsets.chunk_by(|a, b| a.0 == b.0).map(|row| (row[0].0, row[row.len() - 1].1)).collect()
}

/// Returns the labels of `around`, sorted, that a disk around the object's pixels covers, but 0 and `excluded`.
fn within_reach(
    region: &Region<'_>,
    around: &Plane<u32>,
    reach: &[(isize, isize)],
    excluded: u32,
    own: u32,
    seen: &mut [u32],
) -> Vec<u32> {
    let furthest = reach.len() / 2;
    let mut found = Vec::new();
    let mut spans: Vec<(usize, usize)> = Vec::new();
    let rows =
        region.bounds.top.saturating_sub(furthest)..(region.bounds.bottom + furthest).min(around.height());
    let mut first = 0;
    for y in rows {
        while first < region.runs.len() && (region.runs[first].row as usize) + furthest < y {
            first += 1;
        }
        spans.clear();
        for run in region.runs[first..].iter().take_while(|run| run.row as usize <= y + furthest) {
            let (_, side) = reach[run.row as usize + furthest - y];
            spans.push(widened(run, side, around.width()));
        }
        spans.sort_unstable();
        let mut done = 0;
        for &(start, end) in &spans {
            let start = start.max(done);
            if start >= end {
                continue;
            }
            done = end;
            for &label in &around.row(y)[start..end] {
                if label != 0 && label != excluded && seen[label as usize] != own {
                    seen[label as usize] = own;
                    found.push(label);
                }
            }
        }
    }
    found.sort_unstable();
    found
}

fn widened(run: &Run, side: isize, width: usize) -> (usize, usize) {
    let side = side.unsigned_abs();
    ((run.start as usize).saturating_sub(side), (run.end as usize + side).min(width))
}

/// Returns whether a disk around the pixel `at` covers a label but 0 and `excluded`.
fn touches(around: &Plane<u32>, at: (usize, usize), reach: &[(isize, isize)], excluded: u32) -> bool {
    let (height, width) = around.shape();
    reach.iter().any(|&(dy, side)| {
        let Some(y) = at.0.checked_add_signed(dy).filter(|&y| y < height) else { return false };
        let side = side.unsigned_abs();
        let row = &around.row(y)[at.1.saturating_sub(side)..(at.1 + side + 1).min(width)];
        row.iter().any(|&label| label != 0 && label != excluded)
    })
}

/// Returns, for each centre of `from`, the places in `to` of the three nearest (fewer where `to` has fewer), in the
/// order in which `numpy.argpartition` leaves them: a selection sort of the least by swaps.
///
/// A NaN is further than all.
pub fn nearest_three(from: &[Center], to: &[Center]) -> Vec<Vec<u32>> {
    let wanted = to.len().min(3);
    let mut places: Vec<u32> = (0..to.len() as u32).collect();
    let mut lengths = vec![0.0; to.len()];
    from.iter()
        .map(|center| {
            for (length, other) in lengths.iter_mut().zip(to) {
                *length = distance(center, other);
            }
            let mut swapped = [0; 3];
            for step in 0..wanted {
                let mut best = step;
                for at in step + 1..lengths.len() {
                    if lengths[at] < lengths[best] || (lengths[best].is_nan() && !lengths[at].is_nan()) {
                        best = at;
                    }
                }
                lengths.swap(step, best);
                places.swap(step, best);
                swapped[step] = best;
            }
            let nearest = places[..wanted].to_vec();
            for step in (0..wanted).rev() {
                places.swap(step, swapped[step]);
            }
            nearest
        })
        .collect()
}

/// Returns the distance of two centres.
pub fn distance(a: &Center, b: &Center) -> f64 {
    let (dy, dx) = (a.y - b.y, a.x - b.x);
    (dy * dy + dx * dx).sqrt()
}
