//! The smallest circle around an object.

use crate::convex_hull::Point;
use crate::object_extrema::minimum_positions;
use std::f64::consts::{FRAC_PI_2, PI};

/// A circle; NaN centre and radius 0 for an object without pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Circle {
    /// Centre, row and column.
    pub center: (f64, f64),
    /// Radius, in pixels.
    pub radius: f64,
}

/// Returns the smallest circle around each of the hulls of an object set, to the last bit as
/// `centrosome.cpmorphology.minimum_enclosing_circle` 1.2.3 finds it (Chrystal 1884).
///
/// Whether a pixel on the circle counts for the Zernike moments hangs on those bits. All objects take their steps
/// together, because the choice between equal angles depends on the angles of all of them.
pub fn enclosing_circles(hulls: &[Vec<Point>]) -> Vec<Circle> {
    let mut circles = vec![Circle { center: (f64::NAN, f64::NAN), radius: 0.0 }; hulls.len()];
    let mut searches = Vec::new();
    for (object, hull) in hulls.iter().enumerate() {
        match hull[..] {
            [] => {}
            [only] => circles[object].center = place(only),
            [a, b] => circles[object] = around_two(a, b),
            _ => searches.push(Search::new(object, hull)),
        }
    }
    while !searches.is_empty() {
        let mut angles = Vec::new();
        let mut labels = Vec::new();
        for (search, label) in searches.iter_mut().zip(1..) {
            search.first = angles.len();
            search.look(&mut angles);
            labels.resize(angles.len(), label);
        }
        let narrowest = minimum_positions(&angles, &labels, searches.len());
        let mut at = 0;
        searches.retain_mut(|search| {
            let found = search.step(narrowest[at] as usize - search.first);
            at += 1;
            if let Some(circle) = found {
                circles[search.object] = circle;
            }
            found.is_none()
        });
    }
    circles
}

/// The search for one object's circle: a side S0–S1, and the other corners that could replace one of its ends.
struct Search<'a> {
    object: usize,
    hull: &'a [Point],
    ends: [usize; 2],
    /// Whether a corner is looked at in the next step: all but S0 and S1 are.
    open: Vec<bool>,
    /// Where this object's angles start among those of all objects.
    first: usize,
    corners: Vec<Corner>,
}

/// A corner and the angles of its triangle with S0 and S1.
struct Corner {
    index: usize,
    at_s0: f64,
    at_s1: f64,
    at_corner: f64,
}

impl<'a> Search<'a> {
    fn new(object: usize, hull: &'a [Point]) -> Self {
        let mut open = vec![true; hull.len()];
        open[..2].fill(false);
        Self { object, hull, ends: [0, 1], open, first: 0, corners: Vec::new() }
    }

    /// Computes the angles of all open corners and adds those under which they see S0–S1 to `angles`.
    fn look(&mut self, angles: &mut Vec<f64>) {
        let [s0, s1] = self.ends.map(|e| place(self.hull[e]));
        let side = minus(s0, s1);
        let back = (-side.0, -side.1);
        let length = dot(side, side);
        self.corners.clear();
        for index in (0..self.hull.len()).filter(|&i| self.open[i]) {
            let v = place(self.hull[index]);
            let (to_s0, to_s1) = (minus(v, s0), minus(v, s1));
            let at_s1 = (dot(side, to_s1) / (length * dot(to_s1, to_s1)).sqrt()).acos().abs();
            let at_s0 = (dot(back, to_s0) / (length * dot(to_s0, to_s0)).sqrt()).acos().abs();
            let at_corner = PI - at_s1 - at_s0;
            self.corners.push(Corner { index, at_s0, at_s1, at_corner });
            angles.push(at_corner);
        }
    }

    /// Decides on the corner with the least angle: returns the circle, or takes the corner in for S0 or S1.
    fn step(&mut self, narrowest: usize) -> Option<Circle> {
        let Corner { index, at_s0, at_s1, at_corner } = self.corners[narrowest];
        let [s0, s1] = self.ends.map(|e| self.hull[e]);
        if at_corner >= FRAC_PI_2 {
            return Some(around_side(place(s0), place(s1)));
        }
        if at_s1 <= FRAC_PI_2 && at_s0 <= FRAC_PI_2 && at_corner <= FRAC_PI_2 {
            return Some(around_three(place(s0), place(s1), place(self.hull[index])));
        }
        // The end that is left stays open: it takes the corner's place among the candidates.
        let replaced = usize::from(at_s0 <= FRAC_PI_2);
        self.open[self.ends[replaced]] = true;
        self.open[index] = false;
        self.ends[replaced] = index;
        None
    }
}

fn place(point: Point) -> (f64, f64) {
    (f64::from(point.0), f64::from(point.1))
}

fn minus(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    (a.0 - b.0, a.1 - b.1)
}

fn dot(a: (f64, f64), b: (f64, f64)) -> f64 {
    a.0 * b.0 + a.1 * b.1
}

/// Returns the circle of a straight object.
fn around_two(a: Point, b: Point) -> Circle {
    let (a, b) = (place(a), place(b));
    let center = ((a.0 + b.0) / 2.0, (a.1 + b.1) / 2.0);
    let spoke = minus(center, a);
    Circle { center, radius: dot(spoke, spoke).sqrt() }
}

/// Returns the circle that has a side of the hull as diameter.
fn around_side(a: (f64, f64), b: (f64, f64)) -> Circle {
    let side = minus(a, b);
    Circle { center: ((a.0 + b.0) / 2.0, (a.1 + b.1) / 2.0), radius: dot(side, side).sqrt() / 2.0 }
}

/// Returns the circle through three points.
fn around_three(a: (f64, f64), b: (f64, f64), c: (f64, f64)) -> Circle {
    let twice = 2.0 * (a.1 * (b.0 - c.0) + b.1 * (c.0 - a.0) + c.1 * (a.0 - b.0));
    let x = (dot(a, a) * (b.0 - c.0) + dot(b, b) * (c.0 - a.0) + dot(c, c) * (a.0 - b.0)) / twice;
    let y = (dot(a, a) * (c.1 - b.1) + dot(b, b) * (a.1 - c.1) + dot(c, c) * (b.1 - a.1)) / twice;
    let spoke = minus(a, (y, x));
    Circle { center: (y, x), radius: dot(spoke, spoke).sqrt() }
}
