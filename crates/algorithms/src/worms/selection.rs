//! The choice of paths through a cluster that are its worms.

use super::paths::Path;
use super::shape::Sampled;
use super::skeleton_graph::SkeletonGraph;
use super::{Point, WormModel};
use crate::numpy::sum;

/// How many paths are chosen among, those of the least cost.
const MOST_PATHS: usize = 400;
/// How many paths the sets that are looked at together may hold.
const MOST_CONSIDERED: usize = 50_000;

/// Returns the lines of the worms of a cluster of `area` pixels: those that cost the least together.
///
/// A set of paths costs what its shapes cost, the length that it covers more than once and the length that it leaves
/// over. Returns `None` where a line cannot be reduced to control points.
pub fn select(graph: &SkeletonGraph, area: usize, model: &WormModel) -> Option<Vec<Vec<Point>>> {
    let limits = model.min_length..=model.max_length;
    let mut candidates: Option<Vec<(f64, Path)>> = Some(Vec::new());
    graph.visit_paths(model.min_length, model.max_length, &mut |path| {
        let Some(found) = &mut candidates else { return };
        match Sampled::new(&graph.line(path), model.control_points) {
            Some(sampled) => {
                let cost = sampled.cost(model);
                if limits.contains(&sampled.length()) && cost < model.cost_threshold {
                    found.push((cost, path.clone()));
                }
            }
            None => candidates = None,
        }
    });
    let mut candidates = candidates?;
    candidates.sort_by(|a, b| a.0.total_cmp(&b.0));
    candidates.truncate(MOST_PATHS);
    let lengths = graph.lengths();
    let most_worms = (area as f64 / model.median_area).ceil() as usize;
    let search = Search { candidates: &candidates, lengths: &lengths, model };
    let best = search.best(most_worms);
    Some(best.into_iter().map(|chosen| graph.line(&candidates[chosen].1)).collect())
}

/// A set of paths, and how often it covers each segment.
#[derive(Clone, Debug)]
struct Subset {
    paths: Vec<usize>,
    covered: Vec<u16>,
}

struct Search<'a> {
    /// The paths by their cost.
    candidates: &'a [(f64, Path)],
    /// Length of each segment.
    lengths: &'a [f64],
    model: &'a WormModel,
}

impl Search<'_> {
    /// Returns the set of paths, `most_worms` of them at the most, that costs the least: none, if nothing is better.
    fn best(&self, most_worms: usize) -> Vec<usize> {
        let mut best = Vec::new();
        let mut least = sum(self.lengths) * self.model.leftover_weight;
        let mut sets: Vec<Subset> = (0..self.candidates.len()).map(|path| self.with(None, path)).collect();
        for _ in 0..most_worms.min(self.candidates.len()) {
            let costs: Vec<(f64, f64)> = sets.iter().map(|set| self.cost(set)).collect();
            let mut order: Vec<usize> = (0..sets.len()).collect();
            order.sort_by(|&a, &b| costs[a].1.total_cmp(&costs[b].1));
            let Some(&first) = order.first() else { break };
            if costs[first].1 < least {
                least = costs[first].1;
                best.clone_from(&sets[first].paths);
            }
            // Only shapes and overlaps cost more with each path: what costs too much by them is given up.
            order.retain(|&set| costs[set].0 < least);
            if order.len() * self.candidates.len() > MOST_CONSIDERED {
                order.truncate(1 + MOST_CONSIDERED / self.candidates.len());
            }
            // Each set grows by paths before its first.
            sets = (0..self.candidates.len())
                .flat_map(|path| order.iter().map(move |&set| (path, set)))
                .filter(|&(path, set)| path < sets[set].paths[0])
                .map(|(path, set)| self.with(Some(&sets[set]), path))
                .collect();
        }
        best
    }

    /// Returns a set with one path more, which comes before the others.
    fn with(&self, set: Option<&Subset>, path: usize) -> Subset {
        let mut covered = set.map_or_else(|| vec![0; self.lengths.len()], |set| set.covered.clone());
        for &segment in &self.candidates[path].1.segments {
            covered[segment] += 1;
        }
        let others = set.map_or(&[][..], |set| &set.paths);
        Subset { paths: [&[path], others].concat(), covered }
    }

    /// Returns what a set costs without and with what it leaves over.
    fn cost(&self, set: &Subset) -> (f64, f64) {
        let shapes: f64 = set.paths.iter().map(|&path| self.candidates[path].0).sum();
        let (mut twice, mut left) = (0.0, 0.0);
        for (&count, &length) in set.covered.iter().zip(self.lengths) {
            twice += f64::from(count.saturating_sub(1)) * length;
            left += if count == 0 { length } else { 0.0 };
        }
        let partial = shapes + twice * self.model.overlap_weight;
        (partial, partial + left * self.model.leftover_weight)
    }
}
