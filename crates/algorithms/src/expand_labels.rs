//! Growth of labelled objects into the background around them.
//!
//! Source: `expand` of CellProfiler 4.2.8's object processing: the nearest object pixel by
//! `scipy.ndimage.distance_transform_edt`, its choice among equally near ones included.

use crate::distance_transform::each_nearest;
use pixels::Plane;

/// Gives each background pixel of `labels` (H×W) at most `distance` pixels from an object to the nearest one.
pub fn expand_labels(labels: &Plane<u32>, distance: f64) -> Plane<u32> {
    let mut out = labels.clone();
    each_nearest(&labels.map(|&l| l == 0), distance, |y, x, row, column| {
        let (dy, dx) = (f64::from(row) - y as f64, f64::from(column) - x as f64);
        if row >= 0 && (dy * dy + dx * dx).sqrt() <= distance {
            out[(y, x)] = labels[(row as usize, column as usize)];
        }
    });
    out
}

/// Takes out the pixels of `labels` (H×W) that touch another object (8-connected), unless that would break an object
/// up: those that one round of shrinking leaves there are taken, as CellProfiler does.
///
/// Source: `add_dividing_lines` of CellProfiler 4.2.8.
pub fn add_dividing_lines(labels: &Plane<u32>) -> Plane<u32> {
    let shrunk = crate::binary_shrink::shrink_labels(labels, Some(1));
    let mut out = labels.clone();
    for y in 0..labels.height() {
        for x in 0..labels.width() {
            if labels[(y, x)] != 0 && shrunk[(y, x)] == 0 && touches_another(labels, y, x) {
                out[(y, x)] = 0;
            }
        }
    }
    out
}

/// Returns whether one of the eight neighbours belongs to another object.
fn touches_another(labels: &Plane<u32>, y: usize, x: usize) -> bool {
    let own = labels[(y, x)];
    (y.saturating_sub(1)..(y + 2).min(labels.height())).any(|y| {
        let around = &labels.row(y)[x.saturating_sub(1)..(x + 2).min(labels.width())];
        around.iter().any(|&l| l != 0 && l != own)
    })
}
