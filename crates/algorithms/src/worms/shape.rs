//! The shape of a worm: control points along its middle line, and the pixels around it.

use super::paths::steps;
use super::{Point, Worm, WormModel};
use crate::line::line;
use crate::numpy::linspace;
use std::f64::consts::PI;

/// A line reduced to control points.
#[derive(Clone, Debug)]
pub struct Sampled {
    length: f64,
    points: Vec<(f64, f64)>,
}

impl Sampled {
    /// Reduces `line` to `count` points, equally far apart along it; the ends are the first and the last.
    ///
    /// Returns `None` for a line of one point.
    pub fn new(line: &[Point], count: usize) -> Option<Self> {
        let mut along = vec![0.0];
        let mut length = 0.0;
        for step in steps(line) {
            length += step;
            along.push(length);
        }
        let first = length / (count - 1) as f64;
        let place = |p: Point| (p.0 as f64, p.1 as f64);
        let mut points = vec![place(*line.first()?)];
        for at in linspace(first, length - first, count - 2) {
            let index = index_along(&along, at);
            let whole = index as usize;
            let fraction = index - whole as f64;
            let (a, b) = (place(*line.get(whole)?), place(*line.get(whole + 1)?));
            let between = |a: f64, b: f64| a * (1.0 - fraction) + b * fraction;
            points.push((between(a.0, b.0), between(a.1, b.1)));
        }
        points.push(place(*line.last()?));
        Some(Self { length, points })
    }

    /// Returns the length of the line.
    pub fn length(&self) -> f64 {
        self.length
    }

    /// Returns how unlike the model's worms the line is: the square of its Mahalanobis distance.
    pub fn cost(&self, model: &WormModel) -> f64 {
        let features = self.angles().into_iter().chain([self.length]);
        let off: Vec<f64> = features.zip(&model.mean).map(|(value, mean)| value - mean).collect();
        let dot = |row: &[f64]| row.iter().zip(&off).map(|(a, b)| a * b).sum::<f64>();
        model.inverse_covariance.iter().zip(&off).map(|(row, off)| dot(row) * off).sum()
    }

    /// Returns the angles, −π to π, by which the line turns at the inner points.
    fn angles(&self) -> Vec<f64> {
        let bearing = |pair: &[(f64, f64)]| (pair[1].0 - pair[0].0).atan2(pair[1].1 - pair[0].1);
        let bearings: Vec<f64> = self.points.windows(2).map(bearing).collect();
        let within = |angle: f64| match angle {
            a if a > PI => a - 2.0 * PI,
            a if a < -PI => a + 2.0 * PI,
            a => a,
        };
        bearings.windows(2).map(|pair| within(pair[1] - pair[0])).collect()
    }

    /// Returns the worm with the model's radii around the line, in an image of `shape`.
    pub fn worm(&self, model: &WormModel, shape: (usize, usize)) -> Worm {
        Worm {
            length: self.length,
            angles: self.angles(),
            control_points: self.points.clone(),
            pixels: self.pixels(&model.radii, shape),
        }
    }

    /// Returns the pixels around the line, column by column.
    fn pixels(&self, radii: &[f64], (height, width): (usize, usize)) -> Vec<(usize, usize)> {
        let whole = |p: (f64, f64)| (p.0 as i32, p.1 as i32);
        let strokes = self.points.windows(2).map(|pair| line(whole(pair[0]), whole(pair[1])).collect());
        // Strokes of one pixel belong to those beside them; the radii are counted by the strokes that remain.
        let strokes: Vec<Vec<_>> = strokes.filter(|stroke: &Vec<_>| stroke.len() > 1).collect();
        let mut pixels = Vec::new();
        for (number, stroke) in strokes.iter().enumerate() {
            let steps = stroke.len() - 1;
            let is_last = number + 1 == strokes.len();
            for (order, &(y, x)) in stroke[..steps + usize::from(is_last)].iter().enumerate() {
                let fraction = order as f64 / steps as f64;
                let radius = radii[number] * (1.0 - fraction) + radii[number + 1] * fraction;
                let reach = radius.ceil() as i32;
                for (dy, dx) in (-reach..=reach).flat_map(|dy| (-reach..=reach).map(move |dx| (dy, dx))) {
                    let inside = radius >= ((dy * dy + dx * dx) as f64).sqrt();
                    let at = (usize::try_from(y + dy), usize::try_from(x + dx));
                    if let (true, (Ok(y), Ok(x))) = (inside, at)
                        && y < height
                        && x < width
                    {
                        pixels.push((x, y));
                    }
                }
            }
        }
        pixels.sort_unstable();
        pixels.dedup();
        pixels.into_iter().map(|(x, y)| (y, x)).collect()
    }
}

/// Returns where, counted in points, a way of `at` along a line ends; `along` are the ways to its points.
///
/// Source: `numpy.interp`.
fn index_along(along: &[f64], at: f64) -> f64 {
    let before = along.partition_point(|&way| way <= at).saturating_sub(1);
    match along.get(before + 1) {
        Some(after) if along[before] != at => {
            let slope = 1.0 / (after - along[before]);
            slope * (at - along[before]) + before as f64
        }
        _ => before as f64,
    }
}
