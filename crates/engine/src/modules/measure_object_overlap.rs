//! MeasureObjectOverlap: how well objects agree with others that are taken for the truth.

use crate::earth_mover::{self, EarthMover};
use crate::identified::flat;
use crate::{Declaration, Kind, Module, Need, RunError, Upstream, Workspace};
use algorithms::rand_index::Contingency;
use algorithms::relabel::areas;
use cppipe::{Problem, Settings};
use measurements::{Column, IMAGE};
use pixels::Plane;

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "MeasureObjectOverlap",
    former_names: &[],
    newest_revision: 2,
    summary: "measures how well objects agree with others that are taken for the truth",
    read,
};

const TRUTH: &str =
    "Select the objects to be used as the ground truth basis for calculating the amount of overlap";
const TEST: &str = "Select the objects to be tested for overlap against the ground truth";

const FEATURES: [&str; 9] = [
    "Ffactor",
    "Precision",
    "Recall",
    "TruePosRate",
    "FalsePosRate",
    "TrueNegRate",
    "FalseNegRate",
    "RandIndex",
    "AdjustedRandIndex",
];

#[derive(Debug, PartialEq)]
struct MeasureObjectOverlap {
    truth: String,
    test: String,
    mover: Option<EarthMover>,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut s = Settings::new(module);
    let (truth, test) = (s.text(TRUTH), s.text(TEST));
    let mover = EarthMover::read(&mut s);
    Ok(Box::new(s.finish(MeasureObjectOverlap { truth, test, mover })?))
}

impl Module for MeasureObjectOverlap {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let mut columns = FEATURES.map(|feature| Column::float(IMAGE, self.feature(feature))).to_vec();
        columns.extend(self.mover.as_ref().map(|_| earth_mover::column(self.feature(earth_mover::FEATURE))));
        Declaration {
            needs: vec![Need::objects(&self.truth, TRUTH), Need::objects(&self.test, TEST)],
            columns,
            ..Declaration::default()
        }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let (truth_set, test_set) = (workspace.objects(&self.truth)?, workspace.objects(&self.test)?);
        let (truth, test) = (flat(&truth_set, &self.truth)?, flat(&test_set, &self.test)?);
        let values = agreement(truth, test);
        for (feature, value) in FEATURES.iter().zip(values) {
            workspace.record.image_float(self.feature(feature), value);
        }
        if let Some(mover) = &self.mover {
            let distance = mover.distance(test, truth)?;
            workspace.record.image_integer(self.feature(earth_mover::FEATURE), distance);
        }
        Ok(())
    }
}

impl MeasureObjectOverlap {
    fn feature(&self, feature: &str) -> String {
        format!("Overlap_{feature}_{}_{}", self.truth, self.test)
    }
}

/// Returns the values of the features.
fn agreement(truth: &Plane<u32>, test: &Plane<u32>) -> [f64; 9] {
    let (truth_areas, test_areas) = (areas(truth), areas(test));
    let mut shared = shared(truth, test, truth_areas.len() - 1, test_areas.len() - 1);
    // The true object that each test object shares most with; of several that choose one, only the one that shares
    // most with it keeps what they share.
    let chosen: Vec<Option<usize>> = shared.iter().map(|row| first_greatest(row.iter().copied())).collect();
    let missing: Vec<f64> = (0..chosen.len())
        .map(|test| match chosen[test] {
            Some(truth) => truth_areas[truth + 1] as f64 - shared[test][truth],
            None => test_areas[test + 1] as f64,
        })
        .collect();
    for truth in 0..truth_areas.len() - 1 {
        let rivals: Vec<usize> = (0..chosen.len()).filter(|&test| chosen[test] == Some(truth)).collect();
        if rivals.len() > 1 {
            let best = first_greatest(shared.iter().map(|row| row[truth]));
            for rival in rivals.into_iter().filter(|&rival| Some(rival) != best) {
                shared[rival][truth] = 0.0;
            }
        }
    }
    let (mut true_positive, mut false_negative, mut false_positive) = (0.0, 0.0, 0.0);
    for (test, choice) in chosen.iter().enumerate() {
        false_negative += missing[test];
        if let Some(truth) = *choice {
            let row = &shared[test];
            true_positive += row[truth];
            false_positive += row.iter().sum::<f64>() - row[truth];
        }
    }
    let total = truth.len() as f64;
    let true_negative = f64::max(0.0, total - true_positive - false_negative - false_positive);
    let share = |part: f64, all: f64| if all == 0.0 { f64::NAN } else { part / all };
    let in_truth = truth_areas[1..].iter().sum::<usize>() as f64;
    let recall = share(true_positive, in_truth);
    let precision = share(true_positive, true_positive + false_positive);
    let (index, adjusted) = rand_index(truth, test);
    [
        share(2.0 * (precision * recall), precision + recall),
        precision,
        recall,
        share(true_positive, false_negative + true_positive),
        share(false_positive, false_positive + true_negative),
        share(true_negative, false_positive + true_negative),
        share(false_negative, false_negative + true_positive),
        index,
        adjusted,
    ]
}

/// Counts the pixels that each test object (outer) shares with each true one (inner).
fn shared(truth: &Plane<u32>, test: &Plane<u32>, truths: usize, tests: usize) -> Vec<Vec<f64>> {
    let mut shared = vec![vec![0.0; truths]; tests];
    for y in 0..truth.height().min(test.height()) {
        for (&truth, &test) in truth.row(y).iter().zip(test.row(y)).filter(|(a, b)| **a != 0 && **b != 0) {
            shared[test as usize - 1][truth as usize - 1] += 1.0;
        }
    }
    shared
}

/// Returns the place of the greatest value, the first of equal ones; `None` where all are 0.
fn first_greatest(values: impl Iterator<Item = f64>) -> Option<usize> {
    let mut best = None;
    let mut greatest = 0.0;
    for (place, value) in values.enumerate().filter(|(_, value)| *value > 0.0) {
        if value > greatest {
            (best, greatest) = (Some(place), value);
        }
    }
    best
}

/// Returns the Rand index and the adjusted one; where one is smaller, it has background beyond.
fn rand_index(truth: &Plane<u32>, test: &Plane<u32>) -> (f64, f64) {
    let (height, width) = (truth.height().max(test.height()), truth.width().max(test.width()));
    let at = |labels: &Plane<u32>, y: usize, x: usize| {
        if y < labels.height() && x < labels.width() { labels[(y, x)] } else { 0 }
    };
    let places = (0..height).flat_map(|y| (0..width).map(move |x| (y, x)));
    Contingency::of(places.map(|(y, x)| (at(truth, y, x), at(test, y, x)))).rand_index_of_objects()
}
