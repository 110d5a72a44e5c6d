//! Filling of small holes.
//!
//! Source: `skimage.morphology.remove_small_holes` 0.18, by which a hole is any 4-connected piece of background that
//! is small, at the image's edge too; and FillObjects of CellProfiler 4.2.8.

use crate::connected_components::{Connectivity, label_where};
use crate::convex_hull::{convex_hull, rows_in_hull};
use crate::regions::{Bounds, Regions};
use crate::relabel::areas;
use pixels::Plane;

/// Fills the pieces of background of `mask` (H×W) that have fewer than `size` pixels.
pub fn fill_small_holes(mask: &Plane<bool>, size: f64) -> Plane<bool> {
    let (pieces, _) = label_where(mask, Connectivity::Four, |&inside| !inside);
    let areas = areas(&pieces);
    pieces.map(|&piece| piece == 0 || (areas[piece as usize] as f64) < size)
}

/// Fills the holes of each object of `labels` (H×W), the lower numbers first, as [`fill_small_holes`] would with the
/// object alone: other objects in a hole are filled too.
pub fn fill_object_holes(labels: &Plane<u32>, size: f64) -> Plane<u32> {
    let mut filled = labels.clone();
    for (number, region) in Regions::of(labels).iter() {
        let number = number as u32;
        let window = if outside_is_large(&region.bounds, labels.shape(), size) {
            region.bounds
        } else {
            Bounds { top: 0, bottom: labels.height(), left: 0, right: labels.width() }
        };
        fill_within(&mut filled, &window, number, size);
    }
    filled
}

/// Returns whether each connected part of the image outside `bounds` has at least `size` pixels: no piece of
/// background that leaves the bounds is a hole then.
fn outside_is_large(bounds: &Bounds, (height, width): (usize, usize), size: f64) -> bool {
    let (inner_height, inner_width) = (bounds.bottom - bounds.top, bounds.right - bounds.left);
    let parts = match (inner_height == height, inner_width == width) {
        (true, true) => return true,
        (true, false) => [bounds.left * height, (width - bounds.right) * height],
        (false, true) => [bounds.top * width, (height - bounds.bottom) * width],
        (false, false) => [height * width - inner_height * inner_width, 0],
    };
    parts.iter().all(|&part| part == 0 || part as f64 >= size)
}

/// Fills the small holes of object `number` that lie in the window and do not leave it.
fn fill_within(labels: &mut Plane<u32>, window: &Bounds, number: u32, size: f64) {
    let (height, width) = labels.shape();
    let rows = window.top..window.bottom;
    let data = rows.flat_map(|y| labels.row(y)[window.left..window.right].iter().map(|&l| l == number));
    let own = Plane::from_vec(window.bottom - window.top, window.right - window.left, data.collect());
    let (pieces, _) = label_where(&own, Connectivity::Four, |&own| !own);
    let mut hole: Vec<bool> = areas(&pieces).iter().map(|&area| (area as f64) < size).collect();
    hole[0] = false;
    let (last_y, last_x) = (pieces.height() - 1, pieces.width() - 1);
    for x in 0..pieces.width() {
        hole[pieces[(0, x)] as usize] &= window.top == 0;
        hole[pieces[(last_y, x)] as usize] &= window.bottom == height;
    }
    for y in 0..pieces.height() {
        hole[pieces[(y, 0)] as usize] &= window.left == 0;
        hole[pieces[(y, last_x)] as usize] &= window.right == width;
    }
    for y in 0..pieces.height() {
        let out = &mut labels.row_mut(window.top + y)[window.left..window.right];
        for (out, &piece) in out.iter_mut().zip(pieces.row(y)) {
            if hole[piece as usize] {
                *out = number;
            }
        }
    }
}

/// Fills the convex hull of each object of `labels` (H×W), the lower numbers first.
pub fn fill_convex_hulls(labels: &Plane<u32>) -> Plane<u32> {
    let mut filled = Plane::zeros(labels.height(), labels.width());
    for (number, region) in Regions::of(labels).iter() {
        for row in rows_in_hull(&convex_hull(region)).iter().filter(|row| row.last >= row.first) {
            filled.row_mut(row.row as usize)[row.first as usize..=row.last as usize].fill(number as u32);
        }
    }
    filled
}
