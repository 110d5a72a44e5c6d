//! Numbers for objects such that neighbours have distant ones.
//!
//! Source: `centrosome.cpmorphology.distance_color_labels` (centrosome 1.2.3).

use crate::expand_labels::expand_labels;
use crate::relabel::present;
use crate::skeletonize_labels::color_labels;
use pixels::Plane;

/// Returns a number, from 1, for each label of `labels` (H×W) that is there; element 0, of the background, is 0.
///
/// Labels are grouped by colour, where those nearest to each other have different ones, and numbered group by group.
pub fn distinct_colors(labels: &Plane<u32>) -> Vec<u32> {
    let colors = color_labels(&expand_labels(labels, f64::INFINITY));
    let there = present(labels);
    let mut order: Vec<usize> = (1..there.len()).filter(|&label| there[label]).collect();
    order.sort_by_key(|&label| colors[label]);
    let mut numbers = vec![0; there.len()];
    for (number, label) in (1..).zip(order) {
        numbers[label] = number;
    }
    numbers
}
