//! Watershed from markers with all that scikit-image's has: volumes, compact basins, lines between them.
//!
//! Source: `skimage.segmentation.watershed` (scikit-image 0.18); Neubert and Protzel, "Compact Watershed" (2014).
//! [`crate::watershed`] does the plain one of flat images, faster.

use crate::surroundings::{around, neighbors};
use crate::tie_heap::{Entry, TieHeap};
use pixels::{Array, Shape};

/// How to flood.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flooding {
    /// In how many axes neighbours differ at the most.
    pub connectivity: usize,
    /// How much the distance from the marker counts beside the value; 0 is not at all.
    pub compactness: f64,
    /// Whether pixels where basins meet belong to none.
    pub lines: bool,
}

/// Floods `values` (Z×H×W, low values first) from `markers` (0 is none) within `mask`.
///
/// Returns labels, 0 outside the mask, on lines and where no marker reaches. Markers outside the mask are ignored.
///
/// # Panics
/// When the shapes differ.
pub fn watershed_with(
    values: &Array<f64>,
    markers: &Array<u32>,
    mask: &Array<bool>,
    how: Flooding,
) -> Array<u32> {
    let shape = values.shape();
    assert!(markers.shape() == shape && mask.shape() == shape, "arrays of one shape");
    let near = neighbors(shape, how.connectivity);
    let (values, inside) = (values.data(), mask.data());
    let mut labels: Vec<u32> = markers.data().iter().zip(inside).map(|(&m, &i)| m * u32::from(i)).collect();
    let mut heap = TieHeap::with_capacity(labels.len());
    for at in (0..labels.len()).filter(|&at| labels[at] != 0) {
        heap.push(Flood { value: values[at], age: 0, at, source: at });
    }
    let late = how.compactness > 0.0 || how.lines;
    let mut age = 0;
    while let Some(flood) = heap.pop() {
        if late {
            if labels[flood.at] != 0 && flood.at != flood.source {
                continue;
            }
            let neighbors = around(shape, flood.at, &near).filter(|&near| inside[near]);
            if how.lines && differ(neighbors.map(|near| labels[near])) {
                continue;
            }
            labels[flood.at] = labels[flood.source];
        }
        for reached in around(shape, flood.at, &near) {
            if !inside[reached] || labels[reached] != 0 {
                continue;
            }
            age += 1;
            let mut value = values[reached];
            if how.compactness > 0.0 {
                value += how.compactness * distance(shape, reached, flood.source);
            } else if !how.lines {
                labels[reached] = labels[flood.at];
            }
            heap.push(Flood { value, age, at: reached, source: flood.source });
        }
    }
    Array::from_vec(shape, labels)
}

/// Returns whether there are two labels.
fn differ(labels: impl Iterator<Item = u32>) -> bool {
    let mut there = labels.filter(|&label| label != 0);
    there.next().is_some_and(|first| there.any(|label| label != first))
}

/// Returns how far two places are apart, in pixels.
fn distance(shape: Shape, a: usize, b: usize) -> f64 {
    let (plane, row) = (shape.height * shape.width, shape.width);
    let square = |a: usize, b: usize| (a.abs_diff(b) * a.abs_diff(b)) as f64;
    (square(a / plane, b / plane) + square(a % plane / row, b % plane / row) + square(a % row, b % row))
        .sqrt()
}

/// A pixel that was reached, and the marker it was reached from.
#[derive(Clone, Copy)]
struct Flood {
    value: f64,
    age: u64,
    at: usize,
    source: usize,
}

impl Entry for Flood {
    fn before(self, other: Self) -> bool {
        if self.value == other.value { self.age < other.age } else { self.value < other.value }
    }
}
