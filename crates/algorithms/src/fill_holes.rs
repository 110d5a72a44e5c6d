//! Holes in labelled objects, and objects inside objects.
//!
//! Source: `centrosome.cpmorphology.fill_labeled_holes` (centrosome 1.2.3). Background (4-connected) and objects
//! are the nodes of a graph; what cannot be reached from the edge but through one object belongs to that object.

use crate::connected_components::{Connectivity, label_where};
use pixels::Plane;

/// Fills the holes of `labels` (H×W, 0 is background); an object that lies inside another is filled too.
///
/// `may_be_hole` gets the pixel count of each region that does not touch the edge, background or object:
/// regions for which it is false are left alone.
pub fn fill_labeled_holes(labels: &Plane<u32>, may_be_hole: impl Fn(usize) -> bool) -> Plane<u32> {
    let Some(graph) = Graph::of(labels) else { return labels.clone() };
    let new = graph.owners(Some(&may_be_hole));
    graph.regions.map(|&node| new[node as usize])
}

/// Fills the holes of `labels` (H×W) as [`fill_labeled_holes`] does, but only background changes: an object
/// inside another stays.
pub fn fill_background_holes(labels: &Plane<u32>) -> Plane<u32> {
    let Some(graph) = Graph::of(labels) else { return labels.clone() };
    let new = graph.owners(None);
    labels.zip(&graph.regions, |&label, &node| if label == 0 { new[node as usize] } else { label })
}

/// Fills the holes of a mask (H×W) that have at most so many pixels that `may_be_hole` holds.
pub fn fill_mask_holes(mask: &Plane<bool>, may_be_hole: impl Fn(usize) -> bool) -> Plane<bool> {
    fill_labeled_holes(&mask.map(|&m| u32::from(m)), may_be_hole).map(|&v| v != 0)
}

/// Regions and which touch: objects keep their numbers, background regions follow.
struct Graph {
    regions: Plane<u32>,
    objects: u32,
    count: usize,
    /// Pairs of touching regions, both ways round, in order.
    touching: Vec<(u32, u32)>,
}

impl Graph {
    fn of(labels: &Plane<u32>) -> Option<Self> {
        if labels.is_empty() {
            return None;
        }
        let objects = labels.data().iter().copied().max().unwrap_or(0);
        let (background, holes) = label_where(labels, Connectivity::Four, |&l| l == 0);
        let regions = labels.zip(&background, |&l, &b| if b == 0 { l } else { objects + 1 + b });
        let touching = touching(&regions);
        Some(Self { regions, objects, count: objects as usize + holes + 2, touching })
    }

    /// Returns the label that each region ends with.
    fn owners(&self, may_be_hole: Option<&dyn Fn(usize) -> bool>) -> Vec<u32> {
        let mut open = vec![false; self.count];
        let mut adjacent = vec![0_u32; self.count];
        let mut to_do = self.regions_at_edge();
        for &region in &to_do {
            open[region as usize] = true;
        }
        if let (Some(may_be_hole), false) = (may_be_hole, self.touching.is_empty()) {
            let mut areas = vec![0_usize; self.count];
            for &region in self.regions.data() {
                areas[region as usize] += 1;
            }
            for region in 1..self.count {
                if areas[region] > 0 && !open[region] && !may_be_hole(areas[region]) {
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
        let (height, width) = self.regions.shape();
        let mut found: Vec<u32> = self.regions.row(0).to_vec();
        found.extend(self.regions.row(height - 1));
        for y in 0..height {
            found.extend([self.regions[(y, 0)], self.regions[(y, width - 1)]]);
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    fn neighbours(&self, region: u32) -> impl Iterator<Item = u32> {
        let start = self.touching.partition_point(|&(a, _)| a < region);
        self.touching[start..].iter().take_while(move |&&(a, _)| a == region).map(|&(_, b)| b)
    }
}

/// Returns the pairs of regions that share a side, both ways round, in order, each once.
fn touching(regions: &Plane<u32>) -> Vec<(u32, u32)> {
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
    for y in 0..regions.height() {
        let row = regions.row(y);
        for pair in row.windows(2) {
            meet(pair[0], pair[1]);
        }
        if y + 1 < regions.height() {
            for (&a, &b) in row.iter().zip(regions.row(y + 1)) {
                meet(a, b);
            }
        }
    }
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
