//! Propagation of labels along the shortest way, where a step costs space and change of intensity.
//!
//! Source: `centrosome.propagate` (centrosome 1.2.3), after Jones, Carpenter and Golland, "Voronoi-based
//! segmentation of cells on image manifolds" (2005). Ways are compared without the last bit of their length,
//! then by label, row and column: an order without ties, so that any exact queue gives the same labels. Only the pixels
//! that are labelled at the start leave centrosome's heap in another order: it takes them in as they lie, row by row. That
//! shows where the first step from two labels to a pixel costs the same, and there the heap is followed ([`first_steps`]).

mod first_steps;

use crate::sliced_queue::SlicedQueue;
use pixels::Plane;

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
    let flood = Flood::new(image, labels, mask, weight, f64::INFINITY);
    let (height, width) = labels.shape();
    let mut distances = Plane::filled(height, width, -1.0);
    for y in 0..height {
        let costs = &flood.cost[(y + 1) * flood.steps.stride + 1..][..width];
        for (distance, &cost) in distances.row_mut(y).iter_mut().zip(costs) {
            if cost < f64::INFINITY {
                *distance = cost;
            }
        }
    }
    (flood.into_labels(labels), distances)
}

/// Returns the labels that [`propagate`] gives to the pixels to which the way costs `limit` at the most; 0 for others.
///
/// # Panics
/// As [`propagate`].
pub fn propagate_up_to<T: Copy + Into<f64>>(
    image: &Plane<T>,
    labels: &Plane<u32>,
    mask: &Plane<bool>,
    weight: f64,
    limit: f64,
) -> Plane<u32> {
    Flood::new(Some(image), labels, mask, weight, limit).into_labels(labels)
}

/// The spread of labels, in a frame of one pixel.
struct Flood<T> {
    steps: Steps<T>,
    /// The label of pixels that are done, 0 of those that are not.
    done: Vec<u32>,
    cost: Vec<f64>,
}

/// A pixel of the frame or outside the mask.
const OUTSIDE: u32 = u32::MAX;

impl<T: Copy + Into<f64>> Flood<T> {
    fn new(
        image: Option<&Plane<T>>,
        labels: &Plane<u32>,
        mask: &Plane<bool>,
        weight: f64,
        limit: f64,
    ) -> Self {
        let (height, width) = labels.shape();
        assert!(mask.shape() == (height, width), "planes of one shape");
        assert!(image.is_none_or(|i| i.shape() == (height, width)), "planes of one shape");
        let stride = width + 2;
        let steps = Steps {
            image: image.map(|image| frame(image, stride)),
            stride,
            added: [1.0, 2.0].map(|m| m * weight * weight),
        };
        let size = (height + 2) * stride;
        let mut flood = Self { steps, done: vec![OUTSIDE; size], cost: vec![f64::INFINITY; size] };
        let starts = flood.plant(labels, mask);
        // Where space costs nothing, steps may be free: then all ways hang on the order of the starts.
        let free = weight == 0.0;
        let ways = if free { None } else { flood.first_steps(&starts) };
        let ways = ways.unwrap_or_else(|| {
            flood.plant(labels, mask);
            flood.first_steps_as_heap(labels, mask, free)
        });
        let mut queue = Queue::new(flood.steps.greatest().min(limit), weight);
        for (label, at) in ways.into_iter().filter(|&(_, at)| flood.cost[at] <= limit) {
            queue.push(flood.cost[at], label, at);
        }
        flood.spread(&mut queue, limit);
        if free {
            let beyond = flood
                .done
                .iter_mut()
                .zip(&flood.cost)
                .filter(|(done, cost)| **done != OUTSIDE && **cost > limit);
            beyond.for_each(|(done, _)| *done = 0);
        }
        flood
    }

    fn neighbours(&self) -> [isize; 8] {
        let s = self.steps.stride as isize;
        [-s - 1, -s, -s + 1, -1, 1, s - 1, s, s + 1]
    }

    /// Puts the labels in their places; returns those from which a way leads on, row by row.
    fn plant(&mut self, labels: &Plane<u32>, mask: &Plane<bool>) -> Vec<(u32, usize)> {
        let (height, width) = labels.shape();
        for y in 0..height {
            let row = (y + 1) * self.steps.stride + 1..(y + 1) * self.steps.stride + 1 + width;
            let pixels = self.done[row.clone()].iter_mut().zip(&mut self.cost[row]);
            for ((done, cost), (&label, &inside)) in pixels.zip(labels.row(y).iter().zip(mask.row(y))) {
                *done = if inside { 0 } else { OUTSIDE };
                *cost = if label != 0 { 0.0 } else { f64::INFINITY };
            }
        }
        let neighbours = self.neighbours();
        let mut starts = Vec::new();
        for y in 0..height {
            let first = (y + 1) * self.steps.stride + 1;
            for (at, (&label, _)) in
                (first..).zip(labels.row(y).iter().zip(mask.row(y))).filter(|(_, (l, m))| **l != 0 && **m)
            {
                let open = neighbours.iter().any(|&offset| {
                    let to = at.wrapping_add_signed(offset);
                    self.cost[to] > 0.0 && self.done[to] != OUTSIDE
                });
                if open {
                    starts.push((label, at));
                } else {
                    self.done[at] = label;
                }
            }
        }
        starts
    }

    fn spread(&mut self, queue: &mut Queue, limit: f64) {
        let Self { steps, done, cost } = self;
        let s = steps.stride as isize;
        // Across corners first, then along rows and columns: the order does not matter, for there are no ties.
        let neighbours = [[-s, -1, 1, s], [-s - 1, -s + 1, s - 1, s + 1]];
        let least = steps.added.map(f64::sqrt);
        while let Some((label, at)) = queue.pop(cost, done) {
            done[at] = label;
            let so_far = cost[at];
            for across in 0..2 {
                for offset in neighbours[across] {
                    let to = at.wrapping_add_signed(offset);
                    // No step costs less than that over equal neighbourhoods: most need not be computed.
                    if done[to] != 0 || cost[to] <= so_far + least[across] {
                        continue;
                    }
                    let d = steps.cost(at, to, across) + so_far;
                    if cost[to] > d && d <= limit {
                        cost[to] = d;
                        queue.push(d, label, to);
                    }
                }
            }
        }
    }

    /// Returns the labels without the frame; where there were some before, those.
    fn into_labels(self, before: &Plane<u32>) -> Plane<u32> {
        let (height, width) = before.shape();
        let mut labels = self.done;
        for y in 0..height {
            let from = (y + 1) * self.steps.stride + 1;
            labels.copy_within(from..from + width, y * width);
            for (label, &before) in labels[y * width..][..width].iter_mut().zip(before.row(y)) {
                let spread = if *label == OUTSIDE { 0 } else { *label };
                *label = if before == 0 { spread } else { before };
            }
        }
        labels.truncate(height * width);
        Plane::from_vec(height, width, labels)
    }
}

/// Copies an image into a frame of one pixel that repeats its edge.
fn frame<T: Copy>(image: &Plane<T>, stride: usize) -> Vec<T> {
    let (height, width) = image.shape();
    let mut framed = Vec::with_capacity((height + 2) * stride);
    if image.is_empty() {
        return framed;
    }
    for y in 0..height + 2 {
        let row = image.row(y.saturating_sub(1).min(height - 1));
        framed.push(row[0]);
        framed.extend_from_slice(row);
        framed.push(row[width - 1]);
    }
    framed
}

/// The costs of steps between neighbours.
struct Steps<T> {
    image: Option<Vec<T>>,
    stride: usize,
    /// What is added to Δ² along rows and columns, and across corners.
    added: [f64; 2],
}

impl<T: Copy + Into<f64>> Steps<T> {
    #[inline]
    fn cost(&self, from: usize, to: usize, across: usize) -> f64 {
        let change: f64 = match &self.image {
            None => 0.0,
            Some(image) => {
                let around = |at: usize| &image[at - self.stride - 1..][..2 * self.stride + 3];
                let (a, b) = (around(from), around(to));
                let mut sum = 0.0;
                for row in [0, self.stride, 2 * self.stride] {
                    let (a, b) = (&a[row..][..3], &b[row..][..3]);
                    for i in 0..3 {
                        let (a, b): (f64, f64) = (a[i].into(), b[i].into());
                        sum += (a - b).abs();
                    }
                }
                sum
            }
        };
        (change * change + self.added[across]).sqrt()
    }

    /// Returns a cost that no step exceeds.
    fn greatest(&self) -> f64 {
        let range = self.image.as_ref().map_or(0.0, |image| {
            let (mut low, mut high) = ([f64::INFINITY; 8], [f64::NEG_INFINITY; 8]);
            let (eights, rest) = image.as_chunks::<8>();
            let mut see = |lane: usize, v: T| {
                let v = v.into();
                low[lane] = if v < low[lane] { v } else { low[lane] };
                high[lane] = if v > high[lane] { v } else { high[lane] };
            };
            eights.iter().for_each(|eight| (0..8).for_each(|lane| see(lane, eight[lane])));
            rest.iter().for_each(|&v| see(0, v));
            9.0 * (high.into_iter().fold(f64::NEG_INFINITY, f64::max)
                - low.into_iter().fold(f64::INFINITY, f64::min))
        });
        (range * range + self.added[1]).sqrt()
    }
}

/// Returns what is sorted by: the cost without its last bit, the label and the pixel.
#[inline]
fn entry(cost: u64, label: u32, at: usize) -> u128 {
    u128::from(cost) << 64 | u128::from(label) << 32 | at as u128
}

/// The ways to be tried.
struct Queue {
    ways: SlicedQueue<u128>,
    per_cost: f64,
}

impl Queue {
    /// Slices no longer than the shortest step are sorted once; a ring of them spans the longest step.
    fn new(greatest: f64, shortest: f64) -> Self {
        let count = (greatest / shortest).clamp(1.0, 4096.0);
        let count = if count.is_finite() { count.ceil() } else { 1.0 };
        let per_cost = if greatest > 0.0 && greatest.is_finite() { count / greatest } else { 0.0 };
        Self { ways: SlicedQueue::new(count as usize + 3, Vec::new()), per_cost }
    }

    #[inline]
    fn push(&mut self, cost: f64, label: u32, at: usize) {
        let key = cost.to_bits() >> 1;
        self.ways.push((f64::from_bits(key << 1) * self.per_cost) as usize, entry(key, label, at));
    }

    /// Takes the next way to a pixel that is not done; returns its label and the pixel.
    #[inline]
    fn pop(&mut self, cost: &[f64], done: &[u32]) -> Option<(u32, usize)> {
        // A way to a pixel that is reached for less by now is none any more.
        let least = |way: u128| (way >> 64) as u64 <= cost[way as u32 as usize].to_bits() >> 1;
        loop {
            let way = self.ways.pop(least)?;
            let at = way as u32 as usize;
            if done[at] == 0 {
                return Some(((way >> 32) as u32, at));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_equal_ways_that_wins_which_leaves_the_unsorted_heap_first() {
        let mut labels = Plane::zeros(4, 7);
        for (at, label) in [((0, 0), 3), ((1, 0), 3), ((1, 6), 1), ((2, 6), 1), ((3, 5), 2)] {
            labels[at] = label;
        }
        // centrosome.propagate.propagate(zeros, labels, ones, weight); by label alone, (2, 5) and (3, 6) would be of 1.
        let expected = [3, 3, 3, 3, 1, 1, 1, 3, 3, 3, 2, 1, 1, 1, 3, 3, 3, 2, 2, 2, 1, 3, 3, 3, 2, 2, 2, 2];
        let everywhere = Plane::filled(4, 7, true);
        assert_eq!(propagate(None, &labels, &everywhere, 1.0).0.data(), expected);
        let flat = Plane::<f64>::zeros(4, 7);
        assert_eq!(propagate_up_to(&flat, &labels, &everywhere, 1.0, 9.0).data(), expected);
    }
}
