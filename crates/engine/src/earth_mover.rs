//! The earth mover's distance of MeasureImageOverlap and MeasureObjectOverlap: how far pixels must be moved to make one set of
//! objects of another.

use algorithms::earth_movers_distance::earth_movers_distance;
use algorithms::representatives::{pixels_of, skeleton_points};
use cppipe::Settings;
use pixels::Plane;

const WANTED: &str = "Calculate earth mover's distance?";
const METHOD: &str = "Point selection method";

/// The feature's name.
pub const FEATURE: &str = "EarthMoversDistance";

/// How pixels are moved.
#[derive(Debug, PartialEq)]
pub struct EarthMover {
    /// Points that stand for the pixels, at the most.
    most_points: usize,
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
        if s.choice(METHOD, &[("K Means", true), ("Skeleton", false)]) {
            s.not_native(METHOD, "points chosen by K Means".into());
        }
        let farthest = s.number_within(1.., 250);
        let penalize = s.yes("Penalize missing pixels");
        Some(Self { most_points, farthest, penalize })
    }

    /// Returns what it costs to make `truth` of `test` (labels, H×W each), in pixels moved by a pixel.
    pub fn distance(&self, test: &Plane<u32>, truth: &Plane<u32>) -> i64 {
        let areas = [test, truth].map(|labels| labels.data().iter().filter(|l| **l != 0).count());
        let penalty = if self.penalize { self.farthest } else { 0 };
        let unpaired = penalty * areas[0].abs_diff(areas[1]) as i64;
        if areas.contains(&0) {
            return unpaired;
        }
        let [from, to] = [test, truth].map(|labels| {
            let points = skeleton_points(labels, self.most_points);
            let pixels = pixels_of(&points, &labels.map(|&l| l != 0));
            (points, pixels)
        });
        let cost = |i: usize, j: usize| {
            let (a, b) = (from.0[i], to.0[j]);
            let squared = a.0.abs_diff(b.0).pow(2) + a.1.abs_diff(b.1).pow(2);
            ((squared as f64).sqrt() as i64).min(self.farthest)
        };
        let moved = earth_movers_distance(&from.1, &to.1, cost);
        // The sum has 32 bits in CellProfiler, and starts anew beyond.
        i64::from((moved + unpaired) as i32)
    }
}
