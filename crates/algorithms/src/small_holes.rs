//! Filling of small holes.
//!
//! Source: `skimage.morphology.remove_small_holes` 0.18, by which a hole is any 4-connected piece of background that
//! is small, at the image's edge too; and FillObjects of CellProfiler 4.2.8.

use crate::connected_components::{Connectivity, label_where};
use crate::convex_hull::{convex_hull, rows_in_hull};
use crate::regions::{Bounds, Regions};
use crate::relabel::areas;
use pixels::{Array, Plane};

/// Fills the pieces of background of `mask` (H×W) that have fewer than `size` pixels.
pub fn fill_small_holes(mask: &Plane<bool>, size: f64) -> Plane<bool> {
    let (pieces, _) = label_where(mask, Connectivity::Four, |&inside| !inside);
    let areas = areas(&pieces);
    pieces.map(|&piece| piece == 0 || (areas[piece as usize] as f64) < size)
}

/// Fills the pieces of background of a volume (Z×H×W) that have fewer than `size` voxels; those that share a side are
/// of one piece.
pub fn fill_small_holes_of_volume(mask: &Array<bool>, size: f64) -> Array<bool> {
    let shape = mask.shape();
    let (row, plane) = (shape.width, shape.width * shape.height);
    let mut filled = mask.clone();
    let mut seen = mask.data().to_vec();
    let mut piece = Vec::new();
    for start in 0..seen.len() {
        if std::mem::replace(&mut seen[start], true) {
            continue;
        }
        piece.clear();
        piece.push(start);
        let mut next = 0;
        while let Some(&at) = piece.get(next) {
            next += 1;
            let (z, y, x) = (at / plane, at % plane / row, at % row);
            let sides = [
                (x > 0, at.wrapping_sub(1)),
                (x + 1 < shape.width, at + 1),
                (y > 0, at.wrapping_sub(row)),
                (y + 1 < shape.height, at + row),
                (z > 0, at.wrapping_sub(plane)),
                (z + 1 < shape.depth, at + plane),
            ];
            for (_, side) in sides.into_iter().filter(|(inside, _)| *inside) {
                if !std::mem::replace(&mut seen[side], true) {
                    piece.push(side);
                }
            }
        }
        if (piece.len() as f64) < size {
            piece.iter().for_each(|&at| filled.data_mut()[at] = true);
        }
    }
    filled
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

#[cfg(test)]
mod tests {
    use super::*;
    use pixels::Shape;

    #[test]
    fn a_hollow_in_a_volume_is_filled_if_it_is_small() {
        let shape = Shape { depth: 3, height: 3, width: 3, channels: 1 };
        let hollow = Array::from_vec(shape, (0..27).map(|at| at != 13).collect());
        assert_eq!(fill_small_holes_of_volume(&hollow, 1.0), hollow);
        assert!(!fill_small_holes_of_volume(&hollow, 2.0).data().contains(&false));
    }
}
