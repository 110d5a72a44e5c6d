//! The earth mover's distance of MeasureImageOverlap and MeasureObjectOverlap: how far pixels must be moved to make one set of
//! objects of another.

use crate::RunError;
use algorithms::earth_movers_distance::earth_movers_distance;
use algorithms::k_means::k_means;
use algorithms::random::RandomState;
use algorithms::representatives::{pixels_of, skeleton_points};
use cppipe::Settings;
use measurements::{Column, IMAGE, Kind};
use pixels::Plane;

const WANTED: &str = "Calculate earth mover's distance?";

/// The feature's name.
pub const FEATURE: &str = "EarthMoversDistance";

/// Returns the column of the feature under its whole name: a whole number that is declared a float.
pub fn column(feature: String) -> Column {
    Column::integer(IMAGE, feature).declared(Kind::Float)
}

/// How pixels are moved.
#[derive(Debug, PartialEq)]
pub struct EarthMover {
    /// Points that stand for the pixels, at the most.
    most_points: usize,
    /// Whether both have the same points, the centres of clusters of all pixels, or each has those of its skeletons.
    clusters: bool,
    /// No pixel costs more than if it moved that far.
    farthest: i64,
    /// Whether pixels that one has more than the other cost as much as the farthest.
    penalize: bool,
}

impl EarthMover {
    /// Takes the settings; `None` where it is not wanted.
    pub fn read(s: &mut Settings<'_>) -> Option<Self> {
        if !s.yes(WANTED) {
            return None;
        }
        let most_points = s.number_within(100.., 250);
        let clusters = s.choice("Point selection method", &[("K Means", true), ("Skeleton", false)]);
        let farthest = s.number_within(1.., 250);
        let penalize = s.yes("Penalize missing pixels");
        Some(Self { most_points, clusters, farthest, penalize })
    }

    /// Returns what it costs to make `truth` of `test` (labels, H×W each), in pixels moved by a pixel.
    ///
    /// # Errors
    /// When K Means finds a point outside of the smaller one.
    pub fn distance(&self, test: &Plane<u32>, truth: &Plane<u32>) -> Result<i64, RunError> {
        let areas = [test, truth].map(|labels| labels.data().iter().filter(|l| **l != 0).count());
        let penalty = if self.penalize { self.farthest } else { 0 };
        let unpaired = penalty * areas[0].abs_diff(areas[1]) as i64;
        if areas.contains(&0) {
            return Ok(unpaired);
        }
        let points = if self.clusters {
            let points = self.centers(test, truth)?;
            [points.clone(), points]
        } else {
            [test, truth].map(|labels| skeleton_points(labels, self.most_points))
        };
        let [from, to] = points;
        let pixels = |points, labels: &Plane<u32>| pixels_of(points, &labels.map(|&l| l != 0));
        let (sent, received) = (pixels(&from, test), pixels(&to, truth));
        let cost = |i: usize, j: usize| {
            let (a, b) = (from[i], to[j]);
            let squared = a.0.abs_diff(b.0).pow(2) + a.1.abs_diff(b.1).pow(2);
            ((squared as f64).sqrt() as i64).min(self.farthest)
        };
        let moved = earth_movers_distance(&sent, &received, cost);
        // The sum has 32 bits in CellProfiler, and starts anew beyond.
        Ok(i64::from((moved + unpaired) as i32))
    }

    /// Returns the centres of clusters of the pixels of both, or all pixels where there are not too many.
    fn centers(&self, test: &Plane<u32>, truth: &Plane<u32>) -> Result<Vec<(usize, usize)>, RunError> {
        let pixels = |labels: &Plane<u32>| {
            let width = labels.width().max(1);
            let there = labels.data().iter().enumerate().filter(|(_, label)| **label != 0);
            there.map(|(at, &label)| [(at / width) as u32, (at % width) as u32, label]).collect::<Vec<_>>()
        };
        let pixels = [pixels(test), pixels(truth)].concat();
        let centers = if pixels.len() <= self.most_points {
            pixels.iter().map(|&[y, x, _]| (y as usize, x as usize)).collect()
        } else {
            let points: Vec<_> = pixels.iter().map(|&[y, x, _]| [f64::from(y), f64::from(x)]).collect();
            let mut random = RandomState::from_key(&pixels.concat());
            let centers = k_means(&points, self.most_points, 2.0, &mut random);
            centers.into_iter().map(|[y, x]| (y as usize, x as usize)).collect::<Vec<_>>()
        };
        let inside = |&(y, x): &(usize, usize)| {
            [test, truth].into_iter().all(|labels| y < labels.height() && x < labels.width())
        };
        if centers.iter().all(inside) {
            Ok(centers)
        } else {
            Err(RunError::Refused("objects lie outside of those that they are compared with".into()))
        }
    }
}
