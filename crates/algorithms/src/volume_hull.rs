//! The convex hulls of the objects of a volume, in whole numbers.

use crate::voxel_cubes::boxes;
use pixels::{Array, Shape};
use std::collections::HashSet;
use std::ops::Range;

type Point = [i64; 3];

/// A triangle of the hull, seen counter-clockwise from outside, in the plane `normal` · p = `level`.
struct Facet {
    corners: [usize; 3],
    normal: Point,
    level: i64,
}

impl Facet {
    fn new(points: &[Point], corners: [usize; 3]) -> Self {
        let [a, b, c] = corners.map(|corner| points[corner]);
        let normal = cross(minus(b, a), minus(c, a));
        Self { corners, normal, level: dot(normal, a) }
    }

    /// Returns how far the point is outside, in lengths of the normal.
    fn height(&self, point: Point) -> i64 {
        dot(self.normal, point) - self.level
    }
}

/// Returns the number of voxels of the convex hull of the voxels of `labels` (Z×H×W) that are not 0; `None` where it has none.
pub fn convex_volume(labels: &Array<u32>) -> Option<usize> {
    Some(rows_in_hull(labels)?.into_iter().map(|row| row.len()).sum())
}

/// Fills the convex hull of each object of `labels` (Z×H×W), the lower numbers first.
///
/// # Errors
/// The number of an object that lies in one plane and has no hull.
pub fn fill_volume_hulls(labels: &Array<u32>) -> Result<Array<u32>, u32> {
    let shape = labels.shape();
    let mut filled = labels.map(|_| 0);
    for (number, bounds) in (1..).zip(boxes(labels)).filter_map(|(number, bounds)| Some((number, bounds?))) {
        let [(z0, z1), (y0, y1), (x0, x1)] = bounds;
        let rows: Vec<usize> =
            (z0..z1).flat_map(|z| (y0..y1).map(move |y| (z * shape.height + y) * shape.width + x0)).collect();
        let own = rows.iter().flat_map(|&row| &labels.data()[row..][..x1 - x0]);
        let own = own.map(|&label| u32::from(label == number)).collect();
        let own =
            Array::from_vec(Shape { depth: z1 - z0, height: y1 - y0, width: x1 - x0, channels: 1 }, own);
        for (row, inside) in rows.into_iter().zip(rows_in_hull(&own).ok_or(number)?) {
            filled.data_mut()[row + inside.start..row + inside.end].fill(number);
        }
    }
    Ok(filled)
}

/// Returns the columns of each row whose voxels' centres lie in the convex hull of the voxels of `labels` (Z×H×W) that are
/// not 0, each half a voxel wide along each axis; `None` where all lie in one plane.
///
/// Source: `skimage.morphology.convex_hull_image` of 0.18.3, whose Qhull gives up on voxels in one plane.
fn rows_in_hull(labels: &Array<u32>) -> Option<Vec<Range<usize>>> {
    let shape = labels.shape();
    let mut ends: Vec<Point> = Vec::new();
    for (row, values) in labels.data().chunks(shape.width.max(1)).enumerate() {
        let first = values.iter().position(|&v| v != 0);
        let last = values.iter().rposition(|&v| v != 0);
        let place = |x: usize| [row / shape.height, row % shape.height, x].map(|at| 2 * at as i64);
        ends.extend([first, last].into_iter().flatten().map(place));
    }
    let corners = corners(&ends)?;
    let around = |p: Point| {
        (0..6).map(move |side| {
            let mut moved = p;
            moved[side / 2] += if side % 2 == 0 { -1 } else { 1 };
            moved
        })
    };
    let wide: Vec<Point> = corners.into_iter().flat_map(around).collect();
    let facets = hull(&wide)?;
    let rows = (0..shape.depth).flat_map(|z| (0..shape.height).map(move |y| (z, y)));
    Some(rows.map(|(z, y)| inside(&facets, 2 * z as i64, 2 * y as i64, shape.width)).collect())
}

/// Returns which of the voxels of a row are within all facets.
fn inside(facets: &[Facet], z: i64, y: i64, width: usize) -> Range<usize> {
    let (mut from, mut to) = (0, width as i64 - 1);
    for facet in facets {
        let [nz, ny, nx] = facet.normal;
        let left = facet.level - nz * z - ny * y;
        // 2·x·nx ≤ left
        match nx.signum() {
            1 => to = to.min(left.div_euclid(2 * nx)),
            -1 => from = from.max(-left.div_euclid(-2 * nx)),
            _ if left < 0 => return 0..0,
            _ => {}
        }
    }
    if from <= to { from as usize..to as usize + 1 } else { 0..0 }
}

/// Returns the points that are corners of their hull; `None` where all lie in one plane.
fn corners(points: &[Point]) -> Option<Vec<Point>> {
    let facets = hull(points)?;
    let mut used: Vec<usize> = facets.iter().flat_map(|facet| facet.corners).collect();
    used.sort_unstable();
    used.dedup();
    Some(used.into_iter().map(|at| points[at]).collect())
}

/// Returns the facets of the hull, point by point: those that see a point give way to new ones from the edge of what it
/// sees. `None` where all points lie in one plane.
fn hull(points: &[Point]) -> Option<Vec<Facet>> {
    let [a, b, c, d] = tetrahedron(points)?;
    let mut facets: Vec<Facet> =
        [[a, b, c], [a, c, d], [a, d, b], [b, d, c]].map(|corners| Facet::new(points, corners)).into();
    for (at, &point) in points.iter().enumerate() {
        let (seen, mut kept): (Vec<_>, Vec<_>) =
            facets.into_iter().partition(|facet| facet.height(point) > 0);
        let edges = |facet: &Facet| {
            let [a, b, c] = facet.corners;
            [(a, b), (b, c), (c, a)]
        };
        let all: HashSet<(usize, usize)> = seen.iter().flat_map(edges).collect();
        let rim = seen.iter().flat_map(edges).filter(|&(from, to)| !all.contains(&(to, from)));
        kept.extend(rim.map(|(from, to)| Facet::new(points, [from, to, at])));
        facets = kept;
    }
    Some(facets)
}

/// Returns four points that do not lie in one plane, the last behind the triangle of the others.
fn tetrahedron(points: &[Point]) -> Option<[usize; 4]> {
    let first = *points.first()?;
    let b = points.iter().position(|&p| p != first)?;
    let along = minus(points[b], first);
    let c = points.iter().position(|&p| cross(along, minus(p, first)) != [0; 3])?;
    let base = Facet::new(points, [0, b, c]);
    let d = points.iter().position(|&p| base.height(p) != 0)?;
    Some(if base.height(points[d]) < 0 { [0, b, c, d] } else { [0, c, b, d] })
}

fn minus(a: Point, b: Point) -> Point {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

fn dot(a: Point, b: Point) -> i64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn cross(a: Point, b: Point) -> Point {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn convex_volume_of(inside: impl Fn(usize, usize, usize) -> bool) -> Option<usize> {
        let shape = Shape { depth: 5, height: 5, width: 5, channels: 1 };
        let at = |i: usize| inside(i / 25, i / 5 % 5, i % 5);
        convex_volume(&Array::from_vec(shape, (0..125).map(|i| u32::from(at(i))).collect()))
    }

    #[test]
    fn a_frame_is_filled_and_a_sheet_has_no_hull() {
        let rim = |v: usize| v == 0 || v == 4;
        assert_eq!(
            convex_volume_of(|z, y, x| [z, y, x].into_iter().filter(|&v| rim(v)).count() > 1),
            Some(125)
        );
        assert_eq!(convex_volume_of(|z, _, _| z == 2), None);
        assert_eq!(convex_volume_of(|z, y, x| (z, y, x) == (1, 1, 1)), None);
        // Corner and its three neighbours: nothing more is in their hull.
        assert_eq!(convex_volume_of(|z, y, x| z + y + x < 2), Some(4));
    }

    #[test]
    fn hulls_of_greater_numbers_cover_those_of_lesser_ones() {
        let mut labels = Array::from_vec(Shape { depth: 3, height: 4, width: 5, channels: 1 }, vec![0; 60]);
        for (number, voxels) in [(1, [0, 2 * 20 + 3 * 5, 3 * 5 + 4, 2 * 20 + 4]), (2, [26, 46, 31, 27])] {
            voxels.into_iter().for_each(|at| labels.data_mut()[at] = number);
        }
        // fill_convex_hulls of CellProfiler 4.2.8's FillObjects.
        let expected = [
            [1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 1],
            [0, 1, 1, 1, 0, 1, 2, 2, 1, 1, 1, 2, 1, 1, 1, 0, 1, 1, 1, 0],
            [0, 0, 0, 1, 1, 0, 2, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0],
        ];
        assert_eq!(fill_volume_hulls(&labels).unwrap().data(), expected.concat());
        labels.data_mut()[46] = 0;
        assert_eq!(fill_volume_hulls(&labels), Err(2));
    }
}
