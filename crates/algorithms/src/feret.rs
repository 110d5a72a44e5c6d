//! The least and greatest caliper diameter of a convex hull.

use crate::convex_hull::Point;
use std::collections::BTreeSet;

/// Returns the least and greatest Feret diameter of a hull, between pixel centres.
///
/// Source: `centrosome.cpmorphology.feret_diameter` 1.2.3, a walk over antipodal pairs (Alsuwaiyel 2003). The walk
/// passes over some pairs, in a square for one, so the least diameter is not always the least there is; it is 0 for
/// hulls of less than three corners, and where no two pairs follow each other.
pub fn feret_diameters(hull: &[Point]) -> (f64, f64) {
    let pairs = match hull.len() {
        0 | 1 => return (0.0, 0.0),
        2 => vec![(0, 1)],
        _ => antipodal_pairs(hull),
    };
    let greatest = pairs.iter().map(|&(a, b)| distance_squared(hull[a], hull[b])).max().unwrap_or(0);
    (least_width(hull, &pairs).sqrt(), (greatest as f64).sqrt())
}

fn distance_squared(a: Point, b: Point) -> i64 {
    let (dy, dx) = (i64::from(a.0 - b.0), i64::from(a.1 - b.1));
    dy * dy + dx * dx
}

/// Returns the squared distance of a point from the line through two others.
fn distance_to_line(point: Point, a: Point, b: Point) -> f64 {
    let cross =
        i64::from(a.0 - b.0) * i64::from(a.1 - point.1) - i64::from(a.0 - point.0) * i64::from(a.1 - b.1);
    let cross = cross as f64;
    cross * cross / distance_squared(a, b) as f64
}

fn antipodal_pairs(hull: &[Point]) -> Vec<(usize, usize)> {
    let count = hull.len();
    let mut antipode = 1;
    let far = |at: usize| distance_to_line(hull[at], hull[count - 1], hull[0]);
    for at in 2..count - 1 {
        if far(at) > far(antipode) {
            antipode = at;
        }
    }
    let mut pairs = Vec::new();
    let mut vertex = 0;
    while antipode < count && vertex != antipode {
        pairs.push((vertex, antipode));
        let line = (hull[vertex], hull[vertex + 1]);
        let here = distance_to_line(hull[antipode], line.0, line.1);
        let next = distance_to_line(hull[(antipode + 1) % count], line.0, line.1);
        if here <= next {
            antipode += 1;
        } else {
            vertex += 1;
        }
    }
    pairs
}

/// Returns the least squared distance of a corner from a side whose two ends are both antipodal to it, or 0.
fn least_width(hull: &[Point], pairs: &[(usize, usize)]) -> f64 {
    let count = hull.len();
    let pairs: BTreeSet<(usize, usize)> = pairs.iter().flat_map(|&(a, b)| [(a, b), (b, a)]).collect();
    let widths = pairs
        .iter()
        .filter(|&&(vertex, end)| pairs.contains(&(vertex, (end + 1) % count)))
        .map(|&(vertex, end)| distance_to_line(hull[vertex], hull[end], hull[(end + 1) % count]));
    widths.reduce(f64::min).unwrap_or(0.0)
}
