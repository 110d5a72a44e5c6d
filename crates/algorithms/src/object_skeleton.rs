//! Skeletons that grow out of seed objects: trunks, branches, ends, lengths, and the graph they make.
//!
//! Source: CellProfiler 4.2.8, `MeasureObjectSkeleton.run`.

pub mod graph;

use crate::fill_holes::fill_mask_holes_but;
use crate::morphology::{dilate, erode, square};
use crate::neighbourhood::{Rule, branchings, neighbourhoods};
use crate::propagate::propagate;
use crate::skeletonize::skeletonize;
use pixels::Plane;

/// A skeleton parted among the seed objects it grows out of.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectSkeleton {
    /// The skeleton with rings around the seeds, without what hangs on no seed.
    pub skeleton: Plane<bool>,
    /// Which seed each pixel of the skeleton belongs to; seeds are there too, a pixel larger.
    pub labels: Plane<u32>,
    /// The seeds, a pixel larger.
    pub seeds: Plane<u32>,
    /// The skeleton outside of the seeds.
    pub outside: Plane<bool>,
    /// Points where more goes out than a line.
    pub branchpoints: Plane<bool>,
    /// How many branches more than a line go out of each pixel near the outside skeleton.
    pub branches: Plane<u8>,
    /// Points where a line ends.
    pub endpoints: Plane<bool>,
    /// The labels within 1.5 pixels of a seed.
    pub near: Plane<u32>,
    /// The labels farther away.
    pub far: Plane<u32>,
}

/// What is measured of each seed, label 1 first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counts {
    /// Branches that start at the seed.
    pub trunks: Vec<u64>,
    /// Branchpoints away from it.
    pub branches: Vec<u64>,
    /// Ends of lines.
    pub ends: Vec<u64>,
    /// Length of all lines, in pixels.
    pub length: Vec<f64>,
}

impl ObjectSkeleton {
    /// Parts `skeleton` (H×W) among the `seeds` (of the same size); background up to `fill` pixels large that the
    /// skeleton encloses is filled before.
    ///
    /// # Panics
    /// When the shapes differ.
    pub fn new(skeleton: &Plane<bool>, seeds: &Plane<u32>, fill: Option<usize>) -> Self {
        let around = square(3);
        let seeds = dilate(seeds, &around);
        let closed = erode(&seeds, &around);
        let center = closed.map(|&l| l > 0);
        let mut combined = skeleton.zip(&seeds, |&on, &seed| on || seed > 0);
        combined = combined.zip(&center, |&on, &center| on && !center);
        if let Some(most) = fill {
            combined = fill_mask_holes_but(&combined, &center, |area| area <= most);
        }
        let mut combined = skeletonize(&combined);
        let outside = combined.zip(&seeds, |&on, &seed| on && seed == 0);
        let (labels, distance) = propagate(None, &seeds, &combined, 1.0);
        combined = combined.zip(&labels, |&on, &label| on && label != 0);
        let mut branchpoints = Rule::Branchpoints.apply(&combined, Some(1));
        mark_crossings(&combined, &mut branchpoints);
        let near_outside = neighbourhoods(&outside).map(|&n| n != 0);
        let extra = branchings(&combined).map(|&n| [0, 0, 0, 1, 2][usize::from(n)]);
        let branches = extra.zip(&near_outside, |&n, &near| if near { n } else { 0 });
        let endpoints = Rule::Endpoints.apply(&combined, Some(1));
        let near = labels.zip(&distance, |&label, &d| if d > 1.5 { 0 } else { label });
        let far = labels.zip(&near, |&label, &near| if near > 0 { 0 } else { label });
        Self { skeleton: combined, labels, seeds, outside, branchpoints, branches, endpoints, near, far }
    }

    /// Returns the counts of seeds 1 to `count`.
    pub fn counts(&self, count: usize) -> Counts {
        let mut counts = Counts {
            trunks: vec![0; count],
            branches: vec![0; count],
            ends: vec![0; count],
            length: lengths(&self.labels.zip(&self.outside, |&l, &on| if on { l } else { 0 }), count),
        };
        let place = |label: u32| (label as usize).checked_sub(1).filter(|&i| i < count);
        for i in 0..self.labels.len() {
            if let Some(seed) = place(self.near.data()[i]) {
                counts.trunks[seed] += u64::from(self.branches.data()[i]);
            }
            if let Some(seed) = place(self.far.data()[i]) {
                counts.branches[seed] += u64::from(self.branchpoints.data()[i]);
                counts.ends[seed] += u64::from(self.endpoints.data()[i]);
            }
        }
        counts
    }

    /// Returns where trunks leave their seed.
    pub fn trunks(&self) -> Plane<bool> {
        self.branches.zip(&self.near, |&n, &label| n > 0 && label != 0)
    }

    /// Returns an image of the skeleton with trunks red, branchpoints green, ends blue and seeds grey: rows of pixels of
    /// three values.
    pub fn picture(&self) -> Vec<[f64; 3]> {
        let trunks = self.trunks();
        let pixel = |i: usize| {
            let far = self.far.data()[i] != 0;
            let point =
                [trunks.data()[i], self.branchpoints.data()[i] && far, self.endpoints.data()[i] && far];
            let color = match (point, self.outside.data()[i]) {
                ([false, false, false], on) => [f64::from(u8::from(on)); 3],
                (point, _) => point.map(|p| f64::from(u8::from(p))),
            };
            if self.seeds.data()[i] == 0 { color } else { color.map(|v| v * 0.875 + 0.1) }
        };
        (0..self.labels.len()).map(pixel).collect()
    }
}

/// Marks both pixels of crossings where four lines meet in two pixels. As in CellProfiler, the fourth pixel of the square
/// that counts is always that at (1, 1).
fn mark_crossings(skeleton: &Plane<bool>, branchpoints: &mut Plane<bool>) {
    let (height, width) = skeleton.shape();
    if height < 2 || width < 2 || !skeleton[(1, 1)] {
        return;
    }
    for y in 0..height - 1 {
        for x in 0..width - 1 {
            if skeleton[(y, x)] && skeleton[(y + 1, x)] && skeleton[(y, x + 1)] {
                branchpoints[(y, x)] = true;
                branchpoints[(y + 1, x + 1)] = true;
            }
        }
    }
}

/// Returns the length of the lines of each label, 1 to `count`: from pixel to pixel, half of each step for each of both.
///
/// Source: `centrosome.cpmorphology.skeleton_length` 1.2.3, whose table is in single precision.
fn lengths(labels: &Plane<u32>, count: usize) -> Vec<f64> {
    let (height, width) = labels.shape();
    let mut found = vec![0.0; count];
    for y in 0..height {
        for x in 0..width {
            let label = labels[(y, x)];
            let Some(place) = (label as usize).checked_sub(1).filter(|&i| i < count) else { continue };
            let same = |dy: isize, dx: isize| {
                let at = (y.checked_add_signed(dy), x.checked_add_signed(dx));
                matches!(at, (Some(y), Some(x)) if y < height && x < width && labels[(y, x)] == label)
            };
            let mut length = 0.0_f32;
            for (dy, dx) in (-1..=1).flat_map(|dx| (-1..=1).map(move |dy| (dx, dy))) {
                if (dy, dx) == (0, 0) || !same(dy, dx) {
                    continue;
                }
                if dy == 0 || dx == 0 {
                    length += 0.5;
                } else if !same(dy, 0) && !same(0, dx) {
                    length += (2.0_f64.sqrt() / 2.0) as f32;
                }
            }
            found[place] += f64::from(length);
        }
    }
    found
}
