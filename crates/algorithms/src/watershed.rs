//! Watershed from markers by flooding.
//!
//! Source: `skimage.segmentation.watershed` (scikit-image 0.18) after Beucher and Meyer, with eight neighbours,
//! no compactness and no lines. A pixel takes the label of the neighbour that reaches it first. Pixels leave
//! the queue by value, then by the order they came in; markers all came in "at once", so that markers of one
//! value leave as the swaps of the heap have it.

use crate::tie_heap::{Entry, TieHeap};
use pixels::Plane;

/// A pixel value to flood by.
pub trait Level: Copy + Default {
    /// Value and age in one number.
    type Order: Copy + Ord;

    /// Returns a number whose order is that of the value (−0 counts as 0), then that of `age`.
    fn order(self, age: u32) -> Self::Order;
}

impl Level for f32 {
    type Order = u64;

    #[inline]
    fn order(self, age: u32) -> u64 {
        let bits = (self + 0.0).to_bits();
        let value = if bits >> 31 == 1 { !bits } else { bits | 1 << 31 };
        u64::from(value) << 32 | u64::from(age)
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
}

/// Floods `image` (H×W, low values first) from `markers` (H×W, 0 is none) within `mask` (H×W).
///
/// Returns labels, 0 outside the mask and where no marker reaches. Markers outside the mask are ignored.
///
/// # Panics
/// When the shapes differ.
pub fn watershed<T: Level>(image: &Plane<T>, markers: &Plane<u32>, mask: &Plane<bool>) -> Plane<u32> {
    let (height, width) = image.shape();
    assert!(markers.shape() == (height, width) && mask.shape() == (height, width), "planes of one shape");
    // One row and column of frame all round: no neighbour is outside, and the frame is never free.
    let stride = width + 2;
    let mut labels = vec![OUTSIDE; (height + 2) * stride];
    let mut values = vec![T::default(); labels.len()];
    let mut pixels = 0;
    for y in 0..height {
        let start = (y + 1) * stride + 1;
        for (label, (&marker, &inside)) in
            labels[start..start + width].iter_mut().zip(markers.row(y).iter().zip(mask.row(y)))
        {
            *label = if inside { marker } else { OUTSIDE };
            pixels += usize::from(inside);
        }
        values[start..start + width].copy_from_slice(image.row(y));
    }

    let mut heap = TieHeap::with_capacity(pixels);
    for (at, &label) in labels.iter().enumerate() {
        if label != 0 && label != OUTSIDE {
            heap.push(Flood { order: values[at].order(0), at: at as u32 });
        }
    }
    // Nearer neighbours first: up, left, right, down, then the corners.
    let s = stride as isize;
    let neighbours = [-s, -1, 1, s, -s - 1, -s + 1, s - 1, s + 1];
    let mut age = 1;
    while let Some(entry) = heap.pop() {
        let label = labels[entry.at as usize];
        for offset in neighbours {
            let at = (entry.at as usize).wrapping_add_signed(offset);
            if labels[at] == 0 {
                age += 1;
                labels[at] = label;
                heap.push(Flood { order: values[at].order(age), at: at as u32 });
            }
        }
    }

    let mut out = Plane::zeros(height, width);
    for y in 0..height {
        let start = (y + 1) * stride + 1;
        for (out, &label) in out.row_mut(y).iter_mut().zip(&labels[start..start + width]) {
            *out = if label == OUTSIDE { 0 } else { label };
        }
    }
    out
}

/// No label: a pixel of the frame or outside the mask.
const OUTSIDE: u32 = u32::MAX;

#[derive(Clone, Copy)]
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
