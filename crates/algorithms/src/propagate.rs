//! Propagation of labels along the shortest way, where a step costs space and change of intensity.
//!
//! Source: `centrosome.propagate` (centrosome 1.2.3), after Jones, Carpenter and Golland, "Voronoi-based
//! segmentation of cells on image manifolds" (2005). Ways are compared without the last bit of their length,
//! then by label, row and column: an order without ties, so that any exact queue gives the same labels.

use pixels::Plane;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Spreads `labels` (H×W, 0 is none) over `mask` (H×W).
///
/// A step from pixel to pixel costs √(Δ² + m·`weight`²): Δ is the sum of absolute differences between their
/// 3×3 neighbourhoods in `image` (H×W, edges repeated; `None` is an image of one value), m is 1 along rows and
/// columns and 2 across corners. Labels outside the mask stay but do not spread.
///
/// Returns the labels and the cost of the way to each pixel: 0 in labels, −1 where none comes.
///
/// # Panics
/// When the shapes differ.
pub fn propagate(
    image: Option<&Plane<f64>>,
    labels: &Plane<u32>,
    mask: &Plane<bool>,
    weight: f64,
) -> (Plane<u32>, Plane<f64>) {
    let (height, width) = labels.shape();
    assert!(mask.shape() == (height, width), "planes of one shape");
    assert!(image.is_none_or(|i| i.shape() == (height, width)), "planes of one shape");
    let stride = width + 2;
    let framed = image.map(|image| frame(image, stride));
    let steps = Steps { image: framed, stride, weight };

    let size = (height + 2) * stride;
    let mut done = vec![OUTSIDE; size];
    let mut cost = vec![f64::INFINITY; size];
    let mut queue = Queue::new(steps.greatest(), weight);
    for y in 0..height {
        for x in 0..width {
            let at = (y + 1) * stride + x + 1;
            if mask[(y, x)] {
                done[at] = 0;
            }
            if labels[(y, x)] != 0 {
                cost[at] = 0.0;
                if mask[(y, x)] {
                    queue.push(0.0, labels[(y, x)], at);
                }
            }
        }
    }
    let s = stride as isize;
    let neighbours = [-s - 1, -s, -s + 1, -1, 1, s - 1, s, s + 1];
    while let Some((label, at)) = queue.pop(&cost, &done) {
        done[at] = label;
        let so_far = cost[at];
        for (i, offset) in neighbours.into_iter().enumerate() {
            let to = at.wrapping_add_signed(offset);
            // A pixel that has cost 0 cannot be reached cheaper: the step itself need not be computed.
            if done[to] != 0 || cost[to] <= so_far {
                continue;
            }
            let d = steps.cost(at, to, matches!(i, 0 | 2 | 5 | 7)) + so_far;
            if cost[to] > d {
                cost[to] = d;
                queue.push(d, label, to);
            }
        }
    }

    let mut out = labels.clone();
    let mut distances = Plane::filled(height, width, -1.0);
    for y in 0..height {
        for x in 0..width {
            let at = (y + 1) * stride + x + 1;
            if out[(y, x)] == 0 && done[at] != OUTSIDE {
                out[(y, x)] = done[at];
            }
            if cost[at] < f64::INFINITY {
                distances[(y, x)] = cost[at];
            }
        }
    }
    (out, distances)
}

/// A pixel of the frame or outside the mask.
const OUTSIDE: u32 = u32::MAX;

/// Copies an image into a frame of one pixel that repeats its edge.
fn frame(image: &Plane<f64>, stride: usize) -> Vec<f64> {
    let (height, width) = image.shape();
    let mut framed = Vec::with_capacity((height + 2) * stride);
    for y in 0..height + 2 {
        let row = image.row(y.saturating_sub(1).min(height - 1));
        framed.push(row[0]);
        framed.extend_from_slice(row);
        framed.push(row[width - 1]);
    }
    framed
}

/// The costs of steps between neighbours.
struct Steps {
    image: Option<Vec<f64>>,
    stride: usize,
    weight: f64,
}

impl Steps {
    #[inline]
    fn cost(&self, from: usize, to: usize, across: bool) -> f64 {
        let manhattan = if across { 2.0 } else { 1.0 };
        let change = match &self.image {
            None => 0.0,
            Some(image) => {
                let mut sum = 0.0;
                for row in [0, self.stride, 2 * self.stride] {
                    let base = row.wrapping_sub(self.stride + 1);
                    let a = &image[from.wrapping_add(base)..][..3];
                    let b = &image[to.wrapping_add(base)..][..3];
                    for i in 0..3 {
                        sum += (a[i] - b[i]).abs();
                    }
                }
                sum
            }
        };
        (change * change + manhattan * self.weight * self.weight).sqrt()
    }

    /// Returns a cost that no step exceeds.
    fn greatest(&self) -> f64 {
        let range = self.image.as_ref().map_or(0.0, |image| {
            let (low, high) = image
                .iter()
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &v| (low.min(v), high.max(v)));
            9.0 * (high - low)
        });
        (range * range + 2.0 * self.weight * self.weight).sqrt()
    }
}

/// The ways to be tried, in slices of equal length so that only the slice in hand is ever sorted.
struct Queue {
    slices: Vec<Vec<u128>>,
    per_cost: f64,
    in_hand: usize,
    sorted: Vec<u128>,
    late: BinaryHeap<Reverse<u128>>,
    waiting: usize,
}

impl Queue {
    /// Slices no longer than the shortest step are sorted once; a ring of them spans the longest step.
    fn new(greatest: f64, shortest: f64) -> Self {
        let count = (greatest / shortest).clamp(1.0, 4096.0);
        let count = if count.is_finite() { count.ceil() } else { 1.0 };
        let per_cost = if greatest > 0.0 && greatest.is_finite() { count / greatest } else { 0.0 };
        Self {
            slices: vec![Vec::new(); count as usize + 3],
            per_cost,
            in_hand: 0,
            sorted: Vec::new(),
            late: BinaryHeap::new(),
            waiting: 0,
        }
    }

    #[inline]
    fn push(&mut self, cost: f64, label: u32, at: usize) {
        let key = cost.to_bits() >> 1;
        let slice = (f64::from_bits(key << 1) * self.per_cost) as usize;
        let entry = u128::from(key) << 64 | u128::from(label) << 32 | at as u128;
        self.waiting += 1;
        if slice <= self.in_hand {
            self.late.push(Reverse(entry));
        } else {
            let n = self.slices.len();
            self.slices[slice % n].push(entry);
        }
    }

    /// Takes the next way to a pixel that is not done; returns its label and the pixel.
    #[inline]
    fn pop(&mut self, cost: &[f64], done: &[u32]) -> Option<(u32, usize)> {
        loop {
            let entry = match (self.sorted.last(), self.late.peek()) {
                (Some(&s), Some(&Reverse(l))) if l < s => self.late.pop().map(|r| r.0),
                (Some(_), _) => self.sorted.pop(),
                (None, Some(_)) => self.late.pop().map(|r| r.0),
                (None, None) => {
                    if self.waiting == 0 {
                        return None;
                    }
                    self.next_slice(cost);
                    continue;
                }
            };
            let entry = entry?;
            self.waiting -= 1;
            let at = entry as u32 as usize;
            if done[at] == 0 {
                return Some(((entry >> 32) as u32, at));
            }
        }
    }

    fn next_slice(&mut self, cost: &[f64]) {
        self.in_hand += 1;
        let n = self.slices.len();
        let slice = &mut self.slices[self.in_hand % n];
        let before = slice.len();
        slice.retain(|&e| (e >> 64) as u64 <= cost[e as u32 as usize].to_bits() >> 1);
        self.waiting -= before - slice.len();
        std::mem::swap(&mut self.sorted, slice);
        self.sorted.sort_unstable_by(|a, b| b.cmp(a));
    }
}
