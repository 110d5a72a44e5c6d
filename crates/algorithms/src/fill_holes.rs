//! Holes in labelled objects, and objects inside objects.
//!
//! Source: `centrosome.cpmorphology.fill_labeled_holes` (centrosome 1.2.3). Background (4-connected) and objects
//! are the nodes of a graph; what cannot be reached from the edge but through one object belongs to that object.

use crate::connected_components::{find, unite};
use pixels::Plane;
use std::ops::Range;

/// Fills the holes of `labels` (H×W, 0 is background); an object that lies inside another is filled too.
///
/// `may_be_hole` gets the pixel count of each region that does not touch the edge, background or object:
/// regions for which it is false are left alone.
pub fn fill_labeled_holes(labels: &Plane<u32>, may_be_hole: impl Fn(usize) -> bool) -> Plane<u32> {
    let mut filled = labels.clone();
    if let Some(graph) = Graph::of(labels, |&l| l) {
        let new = graph.owners(Some(&|_, area| may_be_hole(area)));
        graph.write(&mut filled, |node| (new[node as usize] != node).then(|| new[node as usize]));
    }
    filled
}

/// Fills the holes of `labels` (H×W) as [`fill_labeled_holes`] does, but only background changes: an object
/// inside another stays.
pub fn fill_background_holes(labels: &Plane<u32>) -> Plane<u32> {
    let mut filled = labels.clone();
    if let Some(graph) = Graph::of(labels, |&l| l) {
        let new = graph.owners(None);
        graph.write(&mut filled, |node| (node > graph.objects).then(|| new[node as usize]));
    }
    filled
}

/// Fills the holes of a mask (H×W) that have at most so many pixels that `may_be_hole` holds.
pub fn fill_mask_holes(mask: &Plane<bool>, may_be_hole: impl Fn(usize) -> bool) -> Plane<bool> {
    let mut filled = mask.clone();
    if let Some(graph) = Graph::of(mask, |&m| u32::from(m)) {
        let new = graph.owners(Some(&|_, area| may_be_hole(area)));
        graph.write(&mut filled, |node| (new[node as usize] != node).then(|| new[node as usize] != 0));
    }
    filled
}

/// Fills the holes of a mask (H×W) that have at most so many pixels that `may_be_hole` holds. Background where
/// `outside` is true is no hole and stays as it is; no part of the mask is one.
pub fn fill_mask_holes_but(
    mask: &Plane<bool>,
    outside: &Plane<bool>,
    may_be_hole: impl Fn(usize) -> bool,
) -> Plane<bool> {
    let mut filled = mask.clone();
    let kinds = mask.zip(outside, |&mask, &outside| {
        if mask {
            1
        } else if outside {
            OUTSIDE
        } else {
            0
        }
    });
    if let Some(graph) = Graph::of(&kinds, |&kind| kind) {
        let new = graph.owners(Some(&|region, area| region > graph.objects && may_be_hole(area)));
        graph.write(&mut filled, |node| (node > graph.objects).then(|| new[node as usize] != 0));
    }
    filled
}

/// What is neither object nor background: region 0 of the graph.
const OUTSIDE: u32 = u32::MAX;

/// A stretch of one region in a row.
#[derive(Clone, Copy)]
struct Piece {
    start: u32,
    end: u32,
    region: u32,
}

impl Piece {
    fn len(self) -> usize {
        (self.end - self.start) as usize
    }
}

/// Regions and which touch: objects keep their numbers, background regions follow.
struct Graph {
    /// The pieces of all rows, which they cover.
    pieces: Vec<Piece>,
    /// Which pieces each row has.
    rows: Vec<Range<usize>>,
    objects: u32,
    count: usize,
    /// Pairs of touching regions, both ways round, in order.
    touching: Vec<(u32, u32)>,
}

impl Graph {
    /// Finds the regions of a plane of labels (or [`OUTSIDE`]); `None` of an empty one.
    fn of<T: Copy + PartialEq>(plane: &Plane<T>, label: impl Fn(&T) -> u32) -> Option<Self> {
        if plane.is_empty() {
            return None;
        }
        let mut pieces = Vec::new();
        let mut rows: Vec<Range<usize>> = Vec::with_capacity(plane.height());
        for y in 0..plane.height() {
            let (row, first) = (plane.row(y), pieces.len());
            let mut start = 0;
            while start < row.len() {
                let end = end_of_stretch(row, start);
                pieces.push(Piece { start: start as u32, end: end as u32, region: label(&row[start]) });
                start = end;
            }
            rows.push(first..pieces.len());
        }
        let objects = pieces.iter().map(|p| p.region).filter(|&r| r != OUTSIDE).max().unwrap_or(0);
        let mut graph = Self { pieces, rows, objects, count: 0, touching: Vec::new() };
        let background = graph.number_background();
        graph.count = objects as usize + background + 2;
        graph.pieces.iter_mut().filter(|p| p.region == OUTSIDE).for_each(|p| p.region = 0);
        graph.touching = graph.touching();
        Some(graph)
    }

    /// Gives background pieces the number of their 4-connected region, in raster order; returns how many there are.
    fn number_background(&mut self) -> usize {
        let mut parent: Vec<u32> = (0..self.pieces.len() as u32).collect();
        self.each_pair_of_rows(|a, b| {
            if self.pieces[a].region == 0 && self.pieces[b].region == 0 {
                unite(&mut parent, a as u32, b as u32);
            }
        });
        let mut count = 0;
        for i in 0..self.pieces.len() {
            if self.pieces[i].region != 0 {
                continue;
            }
            let root = find(&mut parent, i as u32) as usize;
            self.pieces[i].region = if root == i {
                count += 1;
                self.objects + 1 + count
            } else {
                self.pieces[root].region
            };
        }
        count as usize
    }

    /// Visits the pieces (by their places) that lie above each other.
    fn each_pair_of_rows(&self, mut visit: impl FnMut(usize, usize)) {
        for rows in self.rows.windows(2) {
            let (mut a, mut b) = (rows[0].start, rows[1].start);
            while a < rows[0].end && b < rows[1].end {
                visit(a, b);
                let (above, below) = (self.pieces[a].end, self.pieces[b].end);
                a += usize::from(above <= below);
                b += usize::from(below <= above);
            }
        }
    }

    /// Writes to each piece what `new` has for its region, if it has something.
    fn write<T: Copy>(&self, plane: &mut Plane<T>, new: impl Fn(u32) -> Option<T>) {
        for (y, row) in self.rows.iter().enumerate() {
            for piece in &self.pieces[row.clone()] {
                if let Some(value) = new(piece.region) {
                    plane.row_mut(y)[piece.start as usize..piece.end as usize].fill(value);
                }
            }
        }
    }

    /// Returns the label that each region ends with.
    fn owners(&self, may_be_hole: Option<&dyn Fn(u32, usize) -> bool>) -> Vec<u32> {
        let mut open = vec![false; self.count];
        let mut adjacent = vec![0_u32; self.count];
        let mut to_do = self.regions_at_edge();
        to_do.retain(|&region| region != 0);
        for &region in &to_do {
            open[region as usize] = true;
        }
        if let (Some(may_be_hole), false) = (may_be_hole, self.touching.is_empty()) {
            let mut areas = vec![0_usize; self.count];
            for piece in &self.pieces {
                areas[piece.region as usize] += piece.len();
            }
            for region in 1..self.count {
                if areas[region] > 0 && !open[region] && !may_be_hole(region as u32, areas[region]) {
                    open[region] = true;
                    to_do.push(region as u32);
                }
            }
        }
        // The last found goes first: which object an island belongs to hangs on it.
        while let Some(region) = to_do.pop() {
            for next in self.neighbours(region) {
                let n = next as usize;
                if open[n] {
                    continue;
                }
                if region <= self.objects {
                    if adjacent[n] == 0 {
                        adjacent[n] = region;
                        continue;
                    }
                    if adjacent[n] == region {
                        continue;
                    }
                } else if next > self.objects {
                    continue;
                }
                open[n] = true;
                to_do.push(next);
            }
        }
        let mut to_do: Vec<u32> =
            (0..self.count as u32).filter(|&r| !open[r as usize] && adjacent[r as usize] != 0).collect();
        while let Some(region) = to_do.pop() {
            for next in self.neighbours(region) {
                if !open[next as usize] && adjacent[next as usize] == 0 {
                    adjacent[next as usize] = adjacent[region as usize];
                    to_do.push(next);
                }
            }
        }
        (0..self.count as u32)
            .map(|r| match (open[r as usize], r <= self.objects) {
                (true, true) => r,
                (true, false) => 0,
                (false, _) => adjacent[r as usize],
            })
            .collect()
    }

    fn regions_at_edge(&self) -> Vec<u32> {
        let last = self.rows.len() - 1;
        let mut found = Vec::new();
        for (y, row) in self.rows.iter().enumerate() {
            let row = &self.pieces[row.clone()];
            let whole = y == 0 || y == last;
            found.extend(row.iter().map(|p| p.region).step_by(if whole { 1 } else { row.len().max(2) - 1 }));
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    fn neighbours(&self, region: u32) -> impl Iterator<Item = u32> {
        let start = self.touching.partition_point(|&(a, _)| a < region);
        self.touching[start..].iter().take_while(move |&&(a, _)| a == region).map(|&(_, b)| b)
    }

    /// Returns the pairs of regions that share a side, both ways round, in order, each once.
    fn touching(&self) -> Vec<(u32, u32)> {
        let mut pairs = Vec::new();
        // Most pairs are met again and again along a border: a small table of those met last keeps them out.
        let mut met = vec![(0, 0); 1 << 10];
        let mut meet = |a: u32, b: u32| {
            if a != b {
                let pair = (a.min(b), a.max(b));
                let slot = &mut met[(a ^ b).wrapping_mul(0x9e37_79b1) as usize >> 22];
                if *slot != pair {
                    *slot = pair;
                    pairs.push(pair);
                }
            }
        };
        for row in &self.rows {
            self.pieces[row.clone()].windows(2).for_each(|p| meet(p[0].region, p[1].region));
        }
        self.each_pair_of_rows(|a, b| meet(self.pieces[a].region, self.pieces[b].region));
        pairs.sort_unstable();
        pairs.dedup();
        pairs.extend_from_within(..);
        let half = pairs.len() / 2;
        for pair in &mut pairs[half..] {
            *pair = (pair.1, pair.0);
        }
        pairs.sort_unstable();
        pairs
    }
}

/// Returns the place after the last value of `row` from `start` on that equals the first.
fn end_of_stretch<T: Copy + PartialEq>(row: &[T], start: usize) -> usize {
    let value = row[start];
    let mut end = start + 1;
    while row[end..].first_chunk::<8>().is_some_and(|c| c.iter().fold(true, |all, v| all & (*v == value))) {
        end += 8;
    }
    while end < row.len() && row[end] == value {
        end += 1;
    }
    end
}
