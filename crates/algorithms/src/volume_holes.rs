//! Filling of small holes of the objects of a volume.
//!
//! Source: FillObjects of CellProfiler 4.2.8.

use crate::relabel::present;
use crate::small_holes::fill_small_holes_of_volume;
use pixels::Array;

/// Fills the holes of each object of `labels` (Z×H×W), the lower numbers first, as [`fill_small_holes_of_volume`] would with the
/// object alone: other objects in a hole are filled too.
pub fn fill_volume_holes(labels: &Array<u32>, size: f64) -> Array<u32> {
    let mut filled = labels.clone();
    let there = present(labels.rows());
    for number in (1..there.len() as u32).filter(|&number| there[number as usize]) {
        let own = fill_small_holes_of_volume(&filled.map(|&label| label == number), size);
        let inside = filled.data_mut().iter_mut().zip(own.data()).filter(|(_, own)| **own);
        inside.for_each(|(label, _)| *label = number);
    }
    filled
}
