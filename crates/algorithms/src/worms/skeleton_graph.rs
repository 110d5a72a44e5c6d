//! A skeleton as a graph: areas where it branches, and the segments of line between them.

use super::{Frame, Point};
use crate::connected_components::{Connectivity, label};
use crate::morphology::{dilate, disk, erode, square};
use crate::neighbourhood::Rule;
use crate::propagate::propagate;
use pixels::Plane;

/// Where else than at branchpoints the lines of a cluster are cut.
#[derive(Clone, Copy, Debug)]
pub struct Breaks {
    /// Pixels farther than this inside of the cluster are branch areas, where at least two branchpoints hold them.
    pub radius: f64,
    /// Lines are cut into pieces that are no longer, in pixels.
    pub length: f64,
}

/// The graph of a skeleton.
#[derive(Clone, Debug)]
pub struct SkeletonGraph {
    /// Rows and columns, in the image, of the pixels of each segment, in order.
    pub segments: Vec<Vec<Point>>,
    /// For each branch area, whether each segment starts at it.
    pub starts: Vec<Vec<bool>>,
    /// The segments that start or end at each branch area.
    pub segments_of: Vec<Vec<usize>>,
    /// The branch areas at which each segment starts or ends.
    pub areas_of: Vec<Vec<usize>>,
}

impl SkeletonGraph {
    /// Makes the graph of the `skeleton` of a piece, `mask` (both H×W, cut out with a ring of background).
    pub fn new(mask: &Plane<bool>, skeleton: &Plane<bool>, frame: Frame, breaks: Option<Breaks>) -> Self {
        let mut areas = Rule::Branchpoints.apply(skeleton, Some(1));
        if let Some(breaks) = breaks {
            let thick = thick(mask, &areas, breaks.radius);
            areas = areas.zip(&thick, |&a, &b| a || b);
        }
        let mut areas = frame.dilate(&areas);
        let mut lines = skeleton.zip(&areas, |&on, &area| on && !area);
        if let Some(breaks) = breaks {
            let added = frame.dilate(&cuts(&lines, breaks.length));
            areas = areas.zip(&added, |&a, &b| a || b);
            lines = lines.zip(&added, |&on, &area| on && !area);
        }
        let (labels, count) = label(&areas, Connectivity::Eight);
        let traced = trace(&lines);
        let mut starts = vec![vec![false; traced.len()]; count];
        let mut touch = starts.clone();
        for (number, segment) in traced.iter().enumerate() {
            for (at, is_start) in
                segment.first().map(|p| (p, true)).into_iter().chain(segment.last().map(|p| (p, false)))
            {
                for area in around(&labels, *at).filter(|l| *l != 0) {
                    touch[area as usize - 1][number] = true;
                    starts[area as usize - 1][number] |= is_start;
                }
            }
        }
        let segments_of = touch.iter().map(|of| (0..traced.len()).filter(|&s| of[s]).collect()).collect();
        let areas_of = (0..traced.len()).map(|s| (0..count).filter(|&a| touch[a][s]).collect()).collect();
        let placed = |(y, x): &(usize, usize)| (*y as i64 + frame.origin.0, *x as i64 + frame.origin.1);
        let segments = traced.iter().map(|segment| segment.iter().map(placed).collect()).collect();
        Self { segments, starts, segments_of, areas_of }
    }
}

impl Frame {
    /// Dilates by 3×3 pixels, within the image.
    fn dilate(self, mask: &Plane<bool>) -> Plane<bool> {
        let mut dilated = dilate(mask, &square(3));
        let inside = |at: i64, size: usize| (0..size as i64).contains(&at);
        for y in 0..dilated.height() {
            let row_inside = inside(y as i64 + self.origin.0, self.shape.0);
            for (x, on) in dilated.row_mut(y).iter_mut().enumerate() {
                *on &= row_inside && inside(x as i64 + self.origin.1, self.shape.1);
            }
        }
        dilated
    }
}

/// Returns the pixels deep inside of `mask`, in pieces that two branchpoints or more lie in.
fn thick(mask: &Plane<bool>, branchpoints: &Plane<bool>, radius: f64) -> Plane<bool> {
    let far = erode(mask, &disk(radius));
    let opened = dilate(&erode(&far, &square(3)), &square(3));
    let (labels, count) = label(&opened, Connectivity::Four);
    let mut hits = vec![0_usize; count + 1];
    for (&label, _) in labels.data().iter().zip(branchpoints.data()).filter(|(_, on)| **on) {
        hits[label as usize] += 1;
    }
    labels.map(|&label| label != 0 && hits[label as usize] >= 2)
}

/// Returns the points at which `lines` longer than `most` are cut into pieces of one length.
fn cuts(lines: &Plane<bool>, most: f64) -> Plane<bool> {
    let most = (most as usize).max(2);
    let mut cuts = Plane::filled(lines.height(), lines.width(), false);
    for segment in trace(lines) {
        let last = segment.len() - 1;
        if last >= most {
            let count = last.div_ceil(most);
            let length = (last + 1) / count.max(1);
            for at in (length - 1..last).step_by(length) {
                cuts[segment[at]] = true;
            }
        }
    }
    cuts
}

/// Returns the pixels of each 8-connected segment of `lines`, from one end to the other.
///
/// The end is the first in raster order. A loop starts at its first pixel, and the last pixel beside that ends it.
fn trace(lines: &Plane<bool>) -> Vec<Vec<(usize, usize)>> {
    let (labels, count) = label(lines, Connectivity::Eight);
    let ends = Rule::Endpoints.apply(lines, Some(1));
    let mut pixels: Vec<Vec<(usize, usize)>> = vec![Vec::new(); count];
    for y in 0..lines.height() {
        for (x, &label) in labels.row(y).iter().enumerate().filter(|(_, l)| **l != 0) {
            pixels[label as usize - 1].push((y, x));
        }
    }
    let mut seeds = Plane::zeros(lines.height(), lines.width());
    let mut open = lines.clone();
    let mut closing = Vec::new();
    for (number, pixels) in (1..).zip(&pixels) {
        let end = pixels.iter().find(|at| ends[**at]);
        let start = *end.unwrap_or(&pixels[0]);
        seeds[start] = number;
        if end.is_none() {
            let beside = |at: &&(usize, usize)| at.0.abs_diff(start.0) <= 1 && at.1.abs_diff(start.1) <= 1;
            let last = *pixels.iter().rev().find(beside).unwrap_or(&start);
            open[last] = false;
            closing.push(last);
        }
    }
    let (_, mut distance) = propagate(None, &seeds, &open, 1.0);
    for at in closing {
        distance[at] = f64::INFINITY;
    }
    for segment in &mut pixels {
        segment.sort_by(|a, b| distance[*a].total_cmp(&distance[*b]));
    }
    pixels
}

/// Returns the labels of the eight pixels around one that is not at the edge of the plane.
fn around(labels: &Plane<u32>, (y, x): (usize, usize)) -> impl Iterator<Item = u32> {
    let square = (y - 1..=y + 1).flat_map(move |v| (x - 1..=x + 1).map(move |u| (v, u)));
    square.filter(move |at| *at != (y, x)).map(|at| labels[at])
}
