//! Which objects lie near which, and how.
//!
//! Source: MeasureObjectNeighbors of CellProfiler 4.2.8. Its dilations of each object's surroundings are replaced by
//! the runs that a disk makes of the object's runs, which gives the same pixels.

use crate::centers::Center;
use crate::morphology::disk;
use crate::outline::{outline, outline_across_planes};
use crate::regions::{Region, Regions, Run};
use pixels::{Array, Plane};

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

/// Finds for each object of `labels` (H×W, or a volume) for which `wanted` holds the objects within `distance` pixels.
///
/// `others`, of the same shape, are the objects looked for; `None` are those of `labels` itself. Object 1 comes first.
///
/// # Panics
/// When the labels are of different shapes.
pub fn surroundings(
    labels: &Array<u32>,
    others: Option<&Array<u32>>,
    distance: usize,
    wanted: impl Fn(u32) -> bool,
) -> Vec<Surroundings> {
    let around = others.unwrap_or(labels);
    assert_eq!(labels.shape(), around.shape(), "labels of one shape");
    let regions = Regions::of(labels.rows());
    let volume;
    let (outlines, reach, touch) = match labels.as_plane() {
        Some(plane) => {
            volume = Array::from(outline(plane));
            (&volume, disk_rows(distance as f64), disk_rows(distance as f64 + 0.5))
        }
        None => {
            volume = outline_across_planes(labels);
            (&volume, ball_rows(distance), touching_ball_rows(distance))
        }
    };
    let around = Around { labels: around.rows(), height: labels.shape().height };
    let greatest = around.labels.data().iter().copied().max().unwrap_or(0) as usize;
    let mut seen = vec![0_u32; greatest + 1];
    let mut found = vec![Surroundings::default(); regions.count()];
    for (number, region) in regions.iter() {
        let own = number as u32;
        let surroundings = &mut found[number - 1];
        let rim = || region.pixels().filter(|&at| outlines.rows()[at] != 0);
        surroundings.perimeter = rim().count() as u32;
        if !wanted(own) {
            continue;
        }
        let excluded = if others.is_some() { 0 } else { own };
        surroundings.neighbors = around.within_reach(&region, &reach, excluded, own, &mut seen);
        surroundings.touching = rim().filter(|&at| around.touches(at, &touch, excluded)).count() as u32;
    }
    found
}

/// One row of a structuring element: planes and rows away, and its first and last column.
#[derive(Clone, Copy, Debug)]
struct Reach {
    dz: isize,
    dy: isize,
    first: isize,
    last: isize,
}

fn disk_rows(radius: f64) -> Vec<Reach> {
    let offsets = disk(radius);
    let rows = offsets.chunk_by(|a, b| a.0 == b.0);
    rows.map(|row| Reach { dz: 0, dy: row[0].0, first: row[0].1, last: row[row.len() - 1].1 }).collect()
}

/// Returns `skimage.morphology.ball`.
fn ball_rows(radius: usize) -> Vec<Reach> {
    let radius = radius as isize;
    rows_where(radius, |z, y, x| z * z + y * y + x * x <= radius * radius)
}

/// Returns `skimage.morphology.ball` of half a pixel more: as it has no middle, it lies half a pixel to one side, to
/// the other where CellProfiler dilates by a Fourier transform.
fn touching_ball_rows(distance: usize) -> Vec<Reach> {
    let distance = distance as isize;
    let side = if distance <= 5 { -1 } else { 1 };
    // In halves of pixels.
    let square = |offset: isize| (2 * offset + side) * (2 * offset + side);
    rows_where(distance + 1, |z, y, x| {
        square(z) + square(y) + square(x) <= (2 * distance + 1) * (2 * distance + 1)
    })
}

fn rows_where(most: isize, inside: impl Fn(isize, isize, isize) -> bool) -> Vec<Reach> {
    let mut rows = Vec::new();
    for (dz, dy) in (-most..=most).flat_map(|dz| (-most..=most).map(move |dy| (dz, dy))) {
        let mut columns = (-most..=most).filter(|&dx| inside(dz, dy, dx));
        if let Some(first) = columns.next() {
            rows.push(Reach { dz, dy, first, last: columns.last().unwrap_or(first) });
        }
    }
    rows
}

/// The labels looked for, the planes of a volume below each other.
struct Around<'a> {
    labels: &'a Plane<u32>,
    /// Rows of one plane.
    height: usize,
}

impl Around<'_> {
    /// Returns the row that `reach` gets to from row `y`; `None` where there is none.
    fn row(&self, y: usize, reach: Reach) -> Option<usize> {
        let within = (y % self.height).checked_add_signed(reach.dy).filter(|&within| within < self.height)?;
        let z = (y / self.height).checked_add_signed(reach.dz)?;
        Some(z * self.height + within).filter(|&row| row < self.labels.height())
    }

    /// Returns the labels, sorted, that a structuring element around the object's pixels covers, but 0 and `excluded`.
    fn within_reach(
        &self,
        region: &Region<'_>,
        reach: &[Reach],
        excluded: u32,
        own: u32,
        seen: &mut [u32],
    ) -> Vec<u32> {
        let mut spans: Vec<(usize, usize, usize)> = Vec::new();
        for run in region.runs {
            for reach in reach {
                if let Some(row) = self.row(run.row as usize, *reach) {
                    let (start, end) = widened(run, *reach, self.labels.width());
                    spans.push((row, start, end));
                }
            }
        }
        spans.sort_unstable();
        let mut found = Vec::new();
        let mut done = (0, 0);
        for (row, start, end) in spans {
            let start = if done.0 == row { start.max(done.1) } else { start };
            if start >= end {
                continue;
            }
            done = (row, end);
            for &label in &self.labels.row(row)[start..end] {
                if label != 0 && label != excluded && seen[label as usize] != own {
                    seen[label as usize] = own;
                    found.push(label);
                }
            }
        }
        found.sort_unstable();
        found
    }

    /// Returns whether a structuring element around the pixel `at` covers a label but 0 and `excluded`.
    fn touches(&self, at: (usize, usize), reach: &[Reach], excluded: u32) -> bool {
        reach.iter().any(|&reach| {
            let Some(row) = self.row(at.0, reach) else { return false };
            let pixel = Run { row: 0, start: at.1 as u32, end: at.1 as u32 + 1 };
            let (start, end) = widened(&pixel, reach, self.labels.width());
            start < end && self.labels.row(row)[start..end].iter().any(|&l| l != 0 && l != excluded)
        })
    }
}

/// Returns the columns of a run and those in reach of it.
fn widened(run: &Run, reach: Reach, width: usize) -> (usize, usize) {
    let start = (run.start as usize).saturating_add_signed(reach.first);
    (start, (run.end as usize).saturating_add_signed(reach.last).min(width))
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
