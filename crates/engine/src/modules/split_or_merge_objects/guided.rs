//! Merging of objects where the image between them is bright.
//!
//! Source: `filter_using_image` of CellProfiler 4.2.8, `get_line_pts` and `all_connected_components` of centrosome 1.2.3.

use algorithms::centers::{Center, centers};
use algorithms::distance_transform::nearest_background;
use algorithms::numpy::Real;
use algorithms::skeletonize_labels::neighbours;
use pixels::Plane;

/// How bright the image must be between two objects.
#[derive(Clone, Debug, PartialEq)]
pub struct Guide {
    /// The fraction of the objects' own brightness.
    pub fraction: f64,
    pub along: Along,
}

/// Where the image is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Along {
    /// From each pixel between the objects to the nearest pixel of an object.
    ClosestPoint,
    /// On the line between their centres.
    Centroids,
}

/// Returns new numbers for the objects of `labels` (H×W): those that touch, grown within `mask`, and whose image is
/// bright enough between them, have one.
pub fn merge_by_image<T: Real>(
    labels: &Plane<u32>,
    mask: &Plane<bool>,
    image: &Plane<T>,
    guide: &Guide,
) -> Plane<u32> {
    let nearest = nearest_background(&labels.map(|&l| l == 0));
    let places = nearest.rows.data().iter().zip(nearest.columns.data());
    let fraction = T::of(guide.fraction);
    let grown = places.enumerate().map(|(at, (&row, &column))| {
        let Ok(row) = usize::try_from(row) else { return 0 };
        let from = (row, column as usize);
        let dark = guide.along == Along::ClosestPoint && image[from] * fraction > image.data()[at];
        if mask.data()[at] && !dark { labels[from] } else { 0 }
    });
    let grown = Plane::from_vec(labels.height(), labels.width(), grown.collect());
    let neighbours = neighbours(&grown);
    if neighbours.iter().all(Vec::is_empty) {
        return labels.clone();
    }
    let centers = centers(labels);
    let greatest = labels.data().iter().copied().max().unwrap_or(0);
    let mut joined: Vec<u32> = (0..=greatest).collect();
    for (a, others) in (0..).zip(&neighbours) {
        for &b in others {
            let joins = guide.along == Along::ClosestPoint
                || bright_between(image, &centers[a as usize - 1], &centers[b as usize - 1], guide.fraction);
            if joins {
                join(&mut joined, a, b);
            }
        }
    }
    number(labels, &joined)
}

/// Returns whether the image on the line between two centres is nowhere darker than the fraction of its darker end.
fn bright_between<T: Real>(image: &Plane<T>, from: &Center, to: &Center, fraction: f64) -> bool {
    let pixel = |center: &Center| (center.y as i64, center.x as i64);
    let (from, to) = (pixel(from), pixel(to));
    let value = |(y, x): (i64, i64)| image[(y as usize, x as usize)];
    let (start, end) = (value(from), value(to));
    let darker = if end < start { end } else { start };
    let limit = darker * T::of(fraction);
    line(from, to).into_iter().all(|at| limit <= value(at))
}

/// Returns the pixels on the line between two pixels, both included (Bresenham 1965).
fn line(from: (i64, i64), to: (i64, i64)) -> Vec<(i64, i64)> {
    let (rows, columns) = ((to.0 - from.0).abs(), (to.1 - from.1).abs());
    let step = |from: i64, to: i64| if to > from { 1 } else { -1 };
    let (down, right) = (step(from.0, to.0), step(from.1, to.1));
    let (long, short) = (rows.max(columns), rows.min(columns));
    let steep = rows >= columns;
    let mut remainder = 2 * short - long;
    let mut at = from;
    let mut points = vec![at];
    for _ in 0..long {
        if remainder >= 0 {
            *(if steep { &mut at.1 } else { &mut at.0 }) += if steep { right } else { down };
            remainder -= 2 * long;
        }
        *(if steep { &mut at.0 } else { &mut at.1 }) += if steep { down } else { right };
        remainder += 2 * short;
        points.push(at);
    }
    points
}

fn root(joined: &[u32], mut number: u32) -> u32 {
    while joined[number as usize] != number {
        number = joined[number as usize];
    }
    number
}

fn join(joined: &mut [u32], a: u32, b: u32) {
    let (a, b) = (root(joined, a), root(joined, b));
    joined[a.max(b) as usize] = a.min(b);
}

/// Numbers what belongs together in the order of the least number; one that is not there counts too.
fn number(labels: &Plane<u32>, joined: &[u32]) -> Plane<u32> {
    let mut numbers = vec![0; joined.len()];
    let mut next = 0;
    for label in 0..joined.len() {
        let root = root(joined, label as u32) as usize;
        if root == label {
            numbers[label] = next;
            next += 1;
        } else {
            numbers[label] = numbers[root];
        }
    }
    labels.map(|&label| numbers[label as usize])
}
