//! Watershed from markers by flooding.
//!
//! Source: `skimage.segmentation.watershed` (scikit-image 0.18) after Beucher and Meyer, without compactness and
//! lines. A pixel takes the label of the neighbour that reaches it first. Pixels leave
//! the queue by value, then by the order they came in; markers all came in "at once", so that markers of one
//! value leave as the swaps of the heap have it.

use crate::connected_components::Connectivity;
use crate::sliced_queue::SlicedQueue;
use crate::tie_heap::{Entry, TieHeap};
use pixels::Plane;

/// A pixel value to flood by.
pub trait Level: Copy + Default {
    /// Value and age in one number.
    type Order: Copy + Ord;

    /// Returns a number whose order is that of the value (−0 counts as 0), then that of `age`.
    fn order(self, age: u32) -> Self::Order;

    /// Returns a number whose order is that of the value alone.
    fn rank(order: Self::Order) -> u64;
}

impl Level for f32 {
    type Order = u64;

    #[inline]
    fn order(self, age: u32) -> u64 {
        let bits = (self + 0.0).to_bits();
        let value = if bits >> 31 == 1 { !bits } else { bits | 1 << 31 };
        u64::from(value) << 32 | u64::from(age)
    }

    #[inline]
    fn rank(order: u64) -> u64 {
        order >> 32
    }
}

impl Level for f64 {
    type Order = u128;

    #[inline]
    fn order(self, age: u32) -> u128 {
        let bits = (self + 0.0).to_bits();
        let value = if bits >> 63 == 1 { !bits } else { bits | 1 << 63 };
        u128::from(value) << 32 | u128::from(age)
    }

    #[inline]
    fn rank(order: u128) -> u64 {
        (order >> 32) as u64
    }
}

/// Floods `image` (H×W, low values first) from `markers` (H×W, 0 is none) within `mask` (H×W), to eight neighbours.
///
/// Returns labels, 0 outside the mask and where no marker reaches. Markers outside the mask are ignored.
///
/// # Panics
/// When the shapes differ.
pub fn watershed<T: Level>(image: &Plane<T>, markers: &Plane<u32>, mask: &Plane<bool>) -> Plane<u32> {
    watershed_to(image, markers, mask, Connectivity::Eight)
}

/// As [`watershed`], to four neighbours or to eight.
///
/// # Panics
/// When the shapes differ.
pub fn watershed_to<T: Level>(
    image: &Plane<T>,
    markers: &Plane<u32>,
    mask: &Plane<bool>,
    connectivity: Connectivity,
) -> Plane<u32> {
    let (height, width) = image.shape();
    assert!(markers.shape() == (height, width) && mask.shape() == (height, width), "planes of one shape");
    // One row and column of frame all round: no neighbour is outside, and the frame is never free.
    let stride = width + 2;
    let mut labels = vec![OUTSIDE; (height + 2) * stride];
    let mut values = vec![T::default(); labels.len()];
    let mut seeds = Vec::new();
    let (mut lowest, mut highest) = (u64::MAX, 0);
    for y in 0..height {
        let start = (y + 1) * stride + 1;
        values[start..start + width].copy_from_slice(image.row(y));
        for (x, (&marker, &inside)) in markers.row(y).iter().zip(mask.row(y)).enumerate() {
            if inside {
                let at = start + x;
                labels[at] = marker;
                let order = values[at].order(0);
                (lowest, highest) = (lowest.min(T::rank(order)), highest.max(T::rank(order)));
                if marker != 0 {
                    seeds.push(Flood { order, at: at as u32 });
                }
            }
        }
    }
    let neighbours = if connectivity == Connectivity::Four { 4 } else { 8 };
    let mut basin = Basin { labels, values, stride, neighbours, age: 1 };
    let mut heap = TieHeap::with_capacity(seeds.len());
    seeds.iter().for_each(|&seed| heap.push(seed));
    // Only seeds can tie: once no two of them are left that do, any queue has the same order, and a faster one goes on.
    seeds.sort_unstable_by_key(|seed| seed.order);
    let tie = seeds.windows(2).rev().find(|pair| pair[0].order == pair[1].order).map(|pair| pair[0].order);
    while let Some(entry) = heap.peek().filter(|entry| tie.is_some_and(|tie| entry.order <= tie)) {
        heap.pop();
        basin.flood(entry.at, |flood| heap.push(flood));
    }
    let step = highest.saturating_sub(lowest).div_ceil(SLICES as u64).max(1).next_power_of_two().ilog2();
    let slice = |flood: &Flood<T::Order>| (T::rank(flood.order).saturating_sub(lowest) >> step) as usize;
    let mut queue = SlicedQueue::new(SLICES + 1, Vec::new());
    heap.into_entries().into_iter().for_each(|flood| queue.push(slice(&flood), flood));
    while let Some(entry) = queue.pop(|_| true) {
        basin.flood(entry.at, |flood| queue.push(slice(&flood), flood));
    }

    let mut labels = basin.labels;
    for y in 0..height {
        let start = (y + 1) * stride + 1;
        labels.copy_within(start..start + width, y * width);
    }
    labels.truncate(height * width);
    labels.iter_mut().filter(|label| **label == OUTSIDE).for_each(|label| *label = 0);
    Plane::from_vec(height, width, labels)
}

/// Slices of the range of values that are sorted one after the other.
const SLICES: usize = 4096;

/// No label: a pixel of the frame or outside the mask.
const OUTSIDE: u32 = u32::MAX;

/// What is flooded, in its frame.
struct Basin<T> {
    labels: Vec<u32>,
    values: Vec<T>,
    stride: usize,
    /// 4 or 8.
    neighbours: usize,
    age: u32,
}

impl<T: Level> Basin<T> {
    /// Gives the label of a pixel to its free neighbours, nearer ones first: up, left, right, down, then the corners.
    #[inline]
    fn flood(&mut self, from: u32, mut reached: impl FnMut(Flood<T::Order>)) {
        let label = self.labels[from as usize];
        let s = self.stride as isize;
        for &offset in &[-s, -1, 1, s, -s - 1, -s + 1, s - 1, s + 1][..self.neighbours] {
            let at = (from as usize).wrapping_add_signed(offset);
            if self.labels[at] == 0 {
                self.age += 1;
                self.labels[at] = label;
                reached(Flood { order: self.values[at].order(self.age), at: at as u32 });
            }
        }
    }
}

/// A pixel that was reached and has neighbours to reach.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Flood<O> {
    order: O,
    at: u32,
}

impl<O: Copy + Ord> Entry for Flood<O> {
    #[inline]
    fn before(self, other: Self) -> bool {
        self.order < other.order
    }
}
