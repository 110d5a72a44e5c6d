//! Places around a place of a volume; a flat array is a volume of one plane.

use crate::introsort::argsort;
use pixels::Shape;

/// An offset along z, y and x.
pub type Offset = (isize, isize, isize);

/// Returns the offsets of a cube of `side`, around its middle, which of an even side is the place after; of a flat
/// array those of a square.
pub fn cube(shape: Shape, side: usize) -> Vec<Offset> {
    let before = (side / 2) as isize;
    let reach = -before..side as isize - before;
    let depths = if shape.depth > 1 { reach.clone() } else { 0..1 };
    let rows = depths.flat_map(|z| reach.clone().map(move |y| (z, y)));
    rows.flat_map(|(z, y)| reach.clone().map(move |x| (z, y, x))).collect()
}

/// Returns the offsets of the neighbours that differ in `connectivity` axes at the most, the nearest first.
///
/// Source: `_offsets_to_raveled_neighbors` of scikit-image 0.18; those equally near come in the order of numpy's sort.
pub fn neighbors(shape: Shape, connectivity: usize) -> Vec<Offset> {
    let axes = |o: &Offset| o.0.unsigned_abs() + o.1.unsigned_abs() + o.2.unsigned_abs();
    // A cube of 3 also of a volume of one plane.
    let all: Vec<Offset> = cube(shape, 3).into_iter().filter(|o| axes(o) <= connectivity).collect();
    let distances: Vec<f64> = all.iter().map(|o| axes(o) as f64).collect();
    argsort(&distances).into_iter().map(|at| all[at as usize]).filter(|&o| o != (0, 0, 0)).collect()
}

/// Returns the places in an array, in the order z, y, x, that are at `offsets` of the place `at` and in the array.
#[inline]
pub fn around(shape: Shape, at: usize, offsets: &[Offset]) -> impl Iterator<Item = usize> {
    let (plane, row) = (shape.height * shape.width, shape.width);
    let (z, y, x) = (at / plane, at % plane / row, at % row);
    offsets.iter().filter_map(move |&(dz, dy, dx)| {
        let (z, y, x) = (z.checked_add_signed(dz)?, y.checked_add_signed(dy)?, x.checked_add_signed(dx)?);
        (z < shape.depth && y < shape.height && x < shape.width).then(|| z * plane + y * row + x)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_places_in_the_array_are_around_a_place() {
        let shape = Shape { depth: 2, height: 2, width: 3, channels: 1 };
        let places: Vec<usize> = around(shape, 5, &neighbors(shape, 1)).collect();
        assert_eq!(places, [2, 4, 11]);
    }

    #[test]
    fn a_flat_array_has_four_or_eight_neighbors() {
        let shape = Shape::grey(5, 5);
        assert_eq!(neighbors(shape, 1), [(0, -1, 0), (0, 0, -1), (0, 0, 1), (0, 1, 0)]);
        assert_eq!(neighbors(shape, 2).len(), 8);
    }
}
