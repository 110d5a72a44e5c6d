//! Worms that lie over each other, told apart by a model of their shapes.
//!
//! Source: CellProfiler 4.2.8, `UntangleWorms`, after Wählby et al., "An image analysis toolbox for high-throughput
//! C. elegans assays" (2012). Where two sets of paths cost the same, the first in CellProfiler's order is taken.

mod paths;
mod selection;
mod shape;
mod skeleton_graph;

use crate::connected_components::{Connectivity, label};
use crate::morphology::{erode, square};
use crate::skeletonize::skeletonize;
use pixels::Plane;
use shape::Sampled;
use skeleton_graph::{Breaks, SkeletonGraph};

/// Row and column of a pixel.
type Point = (i64, i64);

/// What worms look like, from a training set.
#[derive(Clone, Debug, PartialEq)]
pub struct WormModel {
    /// The least area of a worm, in pixels.
    pub min_area: f64,
    /// The area above which a piece is a cluster of worms.
    pub max_area: f64,
    /// The cost that a shape must stay under.
    pub cost_threshold: f64,
    /// How many points a worm's middle line is reduced to, ends included; 3 at least.
    pub control_points: usize,
    /// Mean of the angles at the inner control points, and of the length (`control_points` − 1 values).
    pub mean: Vec<f64>,
    /// The inverse of their covariance matrix, row by row.
    pub inverse_covariance: Vec<Vec<f64>>,
    /// How far inside a cluster a pixel lies where worms cross.
    pub max_radius: f64,
    /// The length above which a line of a cluster is cut into pieces.
    pub max_skeleton_length: f64,
    /// The least length of a worm in a cluster.
    pub min_length: f64,
    /// The greatest length of a worm.
    pub max_length: f64,
    /// The median area of a worm.
    pub median_area: f64,
    /// Half the thickness of a worm at each control point.
    pub radii: Vec<f64>,
    /// What a pixel of length that two worms share costs.
    pub overlap_weight: f64,
    /// What a pixel of length that no worm has costs.
    pub leftover_weight: f64,
}

/// A worm that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Worm {
    /// Length of the middle line.
    pub length: f64,
    /// The angle, −π to π, by which the line turns at each inner control point.
    pub angles: Vec<f64>,
    /// Row and column of each control point.
    pub control_points: Vec<(f64, f64)>,
    /// The worm's pixels, as the model's radii around the line give them.
    pub pixels: Vec<(usize, usize)>,
}

/// Finds the worms of `mask` (H×W); clusters with more than `most_segments` pieces of skeleton are left out.
///
/// Returns `None` where a line cannot be reduced to control points, which CellProfiler fails at.
pub fn untangle(mask: &Plane<bool>, model: &WormModel, most_segments: usize) -> Option<Vec<Worm>> {
    let (labels, count) = label(mask, Connectivity::Eight);
    let inner = erode_bordered(mask);
    // Points near the edge of a piece are taken away once: they make ladders with very many ways through them.
    let skeleton = skeletonize(&skeletonize(mask).zip(&inner, |&on, &inner| on && inner));
    let pieces = Piece::all(&labels, count);
    let mut lines: Vec<Vec<Point>> = Vec::new();
    for (number, piece) in (1..).zip(&pieces) {
        let [mask, skeleton] = piece.cut(&labels, &skeleton, number);
        if (piece.area as f64) < model.min_area || !skeleton.data().contains(&true) {
            continue;
        }
        if piece.area as f64 <= model.max_area {
            let graph = SkeletonGraph::new(&mask, &skeleton, piece.frame(labels.shape()), None);
            if let Some(line) = graph.longest(model.max_length)
                && line.len() >= 2
                && Sampled::new(&line, model.control_points)?.cost(model) < model.cost_threshold
            {
                lines.push(line);
            }
        } else {
            let breaks = Breaks { radius: model.max_radius, length: model.max_skeleton_length };
            let graph = SkeletonGraph::new(&mask, &skeleton, piece.frame(labels.shape()), Some(breaks));
            if graph.segments.len() <= most_segments {
                lines.extend(selection::select(&graph, piece.area, model)?);
            }
        }
    }
    lines
        .iter()
        .map(|line| Some(Sampled::new(line, model.control_points)?.worm(model, labels.shape())))
        .collect()
}

/// Erodes by 3×3 pixels, where what is outside of the image is background.
fn erode_bordered(mask: &Plane<bool>) -> Plane<bool> {
    let (height, width) = mask.shape();
    let mut eroded = erode(mask, &square(3));
    for y in 0..height {
        for x in 0..width {
            if y == 0 || x == 0 || y + 1 == height || x + 1 == width {
                eroded[(y, x)] = false;
            }
        }
    }
    eroded
}

/// Where a connected piece lies: first and last rows and columns.
#[derive(Clone, Debug)]
struct Piece {
    rows: (usize, usize),
    columns: (usize, usize),
    area: usize,
}

/// How a piece that was cut out, with a ring of background around it, lies in the image.
#[derive(Clone, Copy, Debug)]
struct Frame {
    /// The image's row and column of the first pixel; −1 where the ring is outside of the image.
    origin: Point,
    /// Height and width of the image.
    shape: (usize, usize),
}

impl Piece {
    fn all(labels: &Plane<u32>, count: usize) -> Vec<Self> {
        let none = Self { rows: (usize::MAX, 0), columns: (usize::MAX, 0), area: 0 };
        let mut pieces = vec![none; count];
        for y in 0..labels.height() {
            for (x, &label) in labels.row(y).iter().enumerate().filter(|(_, l)| **l != 0) {
                let piece = &mut pieces[label as usize - 1];
                piece.rows = (piece.rows.0.min(y), y);
                piece.columns = (piece.columns.0.min(x), piece.columns.1.max(x));
                piece.area += 1;
            }
        }
        pieces
    }

    fn frame(&self, shape: (usize, usize)) -> Frame {
        Frame { origin: (self.rows.0 as i64 - 1, self.columns.0 as i64 - 1), shape }
    }

    /// Returns the piece's mask and its part of the skeleton, in a ring of background.
    fn cut(&self, labels: &Plane<u32>, skeleton: &Plane<bool>, number: u32) -> [Plane<bool>; 2] {
        let (height, width) = (self.rows.1 - self.rows.0 + 3, self.columns.1 - self.columns.0 + 3);
        let mut cut = [Plane::filled(height, width, false), Plane::filled(height, width, false)];
        for y in self.rows.0..=self.rows.1 {
            for x in self.columns.0..=self.columns.1 {
                if labels[(y, x)] == number {
                    let at = (y + 1 - self.rows.0, x + 1 - self.columns.0);
                    cut[0][at] = true;
                    cut[1][at] = skeleton[(y, x)];
                }
            }
        }
        cut
    }
}
