//! The first steps from the pixels that are labelled at the start, whose order is not that of the ways.
//!
//! Source: `centrosome.propagate` and its heap (`heap.pxd`, centrosome 1.2.3). The labelled pixels are put into the heap row by
//! row without being sorted, so that they leave it in an order of their own. All cost nothing and leave before any other.

use super::{Flood, OUTSIDE, entry};
use pixels::Plane;

/// What is compared of a cost: all but its last bit.
fn key(cost: f64) -> u64 {
    cost.to_bits() >> 1
}

impl<T: Copy + Into<f64>> Flood<T> {
    /// Takes the first steps from `starts` (label and place); returns the ways that they open, each the shortest to its
    /// pixel. `None` where two labels have equal ways to a pixel, so that the order of the starts counts.
    pub(super) fn first_steps(&mut self, starts: &[(u32, usize)]) -> Option<Vec<(u32, usize)>> {
        let mut reached_by = vec![0_u32; self.done.len()];
        let mut reached = Vec::new();
        starts.iter().for_each(|&(label, at)| self.done[at] = label);
        for &(label, at) in starts {
            for (offset, across) in self.around() {
                let to = at.wrapping_add_signed(offset);
                if self.done[to] != 0 || self.cost[to] == 0.0 {
                    continue;
                }
                let (d, before) = (self.steps.cost(at, to, across), self.cost[to]);
                if key(d) == key(before) && reached_by[to] != label {
                    return None;
                }
                if before > d {
                    if before == f64::INFINITY {
                        reached.push(to);
                    }
                    self.cost[to] = d;
                    reached_by[to] = label;
                }
            }
        }
        Some(reached.into_iter().map(|at| (reached_by[at], at)).collect())
    }

    /// Takes the first steps as the heap of centrosome does, until no labelled pixel is in it, or all steps (`to_the_end`);
    /// returns the ways that are in it then.
    pub(super) fn first_steps_as_heap(
        &mut self,
        labels: &Plane<u32>,
        mask: &Plane<bool>,
        to_the_end: bool,
    ) -> Vec<(u32, usize)> {
        let height = labels.height();
        let stride = self.steps.stride;
        let mut heap = Heap(Vec::new());
        for y in 0..height {
            let first = (y + 1) * stride + 1;
            for (at, (&label, &inside)) in (first..).zip(labels.row(y).iter().zip(mask.row(y))) {
                if label != 0 && inside {
                    self.done[at] = 0;
                    heap.0.push(entry(0, label, at));
                }
            }
        }
        let is_start = |at: usize| labels[(at / stride - 1, at % stride - 1)] != 0;
        let mut starts = heap.0.len();
        while starts > 0 || to_the_end {
            let Some(way) = heap.pop() else { break };
            let (label, at) = place(way);
            starts -= usize::from(is_start(at));
            if self.done[at] != 0 {
                continue;
            }
            self.done[at] = label;
            let so_far = self.cost[at];
            for offset in self.neighbours() {
                let to = at.wrapping_add_signed(offset);
                if self.done[to] != 0 {
                    continue;
                }
                let across = usize::from(![1, stride].contains(&offset.unsigned_abs()));
                let d = self.steps.cost(at, to, across) + so_far;
                if self.cost[to] > d {
                    self.cost[to] = d;
                    heap.push(entry(key(d), label, to));
                }
            }
        }
        let current = |way: &u128| (way >> 64) as u64 == key(self.cost[place(*way).1]);
        heap.0.into_iter().filter(current).map(place).filter(|&(_, at)| self.done[at] != OUTSIDE).collect()
    }

    /// Returns the steps to the neighbours, and whether each goes across a corner (1) or not (0).
    fn around(&self) -> [(isize, usize); 8] {
        let s = self.steps.stride as isize;
        [(-s, 0), (-1, 0), (1, 0), (s, 0), (-s - 1, 1), (-s + 1, 1), (s - 1, 1), (s + 1, 1)]
    }
}

/// Returns the label and the pixel of an entry.
fn place(way: u128) -> (u32, usize) {
    ((way >> 32) as u32, way as u32 as usize)
}

/// A binary heap that may be given entries in any order: what leaves it then follows from the swaps alone.
struct Heap(Vec<u128>);

impl Heap {
    fn push(&mut self, way: u128) {
        let mut at = self.0.len();
        self.0.push(way);
        while at > 0 && self.0[at] < self.0[(at - 1) / 2] {
            self.0.swap(at, (at - 1) / 2);
            at = (at - 1) / 2;
        }
    }

    fn pop(&mut self) -> Option<u128> {
        if self.0.is_empty() {
            return None;
        }
        let top = self.0.swap_remove(0);
        let mut at = 0;
        loop {
            let children = 2 * at + 1..(2 * at + 3).min(self.0.len());
            // Of equal children the left one; none is equal to another.
            let Some(least) = children.min_by_key(|&child| self.0[child]) else { break };
            if self.0[least] >= self.0[at] {
                break;
            }
            self.0.swap(at, least);
            at = least;
        }
        Some(top)
    }
}
