//! MeasureImageOverlap: how well a binary image agrees with another that is taken for the truth.

use crate::earth_mover::{self, EarthMover};
use crate::grey::stacked;
use crate::{Declaration, Kind, Module, Need, RunError, Upstream, Workspace};
use algorithms::connected_components::{Connectivity, label};
use algorithms::rand_index::Contingency;
use cppipe::{Problem, Settings};
use measurements::{Column, IMAGE};
use pixels::{Image, Pixels, Plane};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "MeasureImageOverlap",
    former_names: &["CalculateImageOverlap"],
    newest_revision: 5,
    summary: "measures how well a binary image agrees with another that is taken for the truth",
    read,
};

const TRUTH: &str =
    "Select the image to be used as the ground truth basis for calculating the amount of overlap";
const TEST: &str = "Select the image to be used to test for overlap";

const FEATURES: [&str; 9] = [
    "Ffactor",
    "Precision",
    "Recall",
    "TruePosRate",
    "TrueNegRate",
    "FalsePosRate",
    "FalseNegRate",
    "RandIndex",
    "AdjustedRandIndex",
];

#[derive(Debug, PartialEq)]
struct MeasureImageOverlap {
    truth: String,
    test: String,
    mover: Option<EarthMover>,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut s = Settings::new(module);
    if (2..=4).contains(&module.revision) {
        let kind = s.text("Compare segmented objects, or foreground/background?");
        if kind == "Segmented objects" {
            let message = "MeasureImageOverlap does not compare objects any more: use MeasureObjectOverlap";
            s.problem("Compare segmented objects, or foreground/background?", message.into(), None);
        }
    }
    let (truth, test) = (s.text(TRUTH), s.text(TEST));
    // In older revisions other settings follow, none of which CellProfiler takes for a Yes.
    let mover = if module.revision >= 5 { EarthMover::read(&mut s) } else { None };
    Ok(Box::new(s.finish(MeasureImageOverlap { truth, test, mover })?))
}

impl Module for MeasureImageOverlap {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let mut columns = FEATURES.map(|feature| Column::float(IMAGE, self.feature(feature))).to_vec();
        columns.extend(self.mover.as_ref().map(|_| earth_mover::column(self.feature(earth_mover::FEATURE))));
        Declaration {
            needs: vec![Need::image(&self.truth, TRUTH), Need::image(&self.test, TEST)],
            columns,
            ..Declaration::default()
        }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let (truth_image, test_image) = (workspace.image(&self.truth)?, workspace.image(&self.test)?);
        let (truth, test) = (binary(&truth_image, &self.truth)?, binary(&test_image, &self.test)?);
        if truth_image.shape() != test_image.shape() {
            return Err(RunError::NotNative(format!(
                "comparing `{}` and `{}`, which are of different sizes,",
                self.truth, self.test
            )));
        }
        let masks = [workspace.mask_array_of(&truth_image)?, workspace.mask_array_of(&test_image)?];
        let counts = |at: usize| masks.iter().flatten().all(|mask| mask.data()[at]);
        let counted: Vec<bool> = (0..truth.len()).map(counts).collect();
        let mut pixels = [[0_u64; 2]; 2];
        for ((&truth, &test), _) in truth.data().iter().zip(test.data()).zip(&counted).filter(|(_, c)| **c) {
            pixels[usize::from(truth)][usize::from(test)] += 1;
        }
        // Planes of a volume lie below each other, and what touches across is one piece, as in CellProfiler.
        let pieces = |plane: &Plane<bool>| {
            let data = plane.data().iter().zip(&counted).map(|(&v, &c)| v && c);
            label(&Plane::from_vec(plane.height(), plane.width(), data.collect()), Connectivity::Eight).0
        };
        let (of_truth, of_test) = (pieces(&truth), pieces(&test));
        let pairs = of_truth.data().iter().zip(of_test.data()).zip(&counted).filter(|(_, c)| **c);
        let index = Contingency::of(pairs.map(|((&a, &b), _)| (a, b))).rand_index_of_images();
        for (feature, value) in FEATURES.iter().zip(rates(pixels, index)) {
            workspace.record.image_float(self.feature(feature), value);
        }
        if let Some(mover) = &self.mover {
            let distance = mover.distance(&of_test, &of_truth)?;
            workspace.record.image_integer(self.feature(earth_mover::FEATURE), distance);
        }
        Ok(())
    }
}

impl MeasureImageOverlap {
    fn feature(&self, feature: &str) -> String {
        format!("Overlap_{feature}_{}", self.test)
    }
}

/// Returns the values of the features, of the numbers of pixels: by truth, then by test.
fn rates(pixels: [[u64; 2]; 2], (index, adjusted): (f64, f64)) -> [f64; 9] {
    let [[true_negative, false_positive], [false_negative, true_positive]] = pixels;
    let share = |part: u64, all: u64, empty: f64| if all == 0 { empty } else { part as f64 / all as f64 };
    let positive = true_positive + false_negative;
    let negative = false_positive + true_negative;
    let precision = share(true_positive, true_positive + false_positive, 1.0);
    let recall = share(true_positive, positive, 1.0);
    let sum = precision + recall;
    let f_factor = if sum == 0.0 { 0.0 } else { 2.0 * precision * recall / sum };
    [
        f_factor,
        precision,
        recall,
        recall,
        share(true_negative, negative, 1.0),
        share(false_positive, negative, 0.0),
        share(false_negative, positive, 0.0),
        index,
        adjusted,
    ]
}

/// Returns a binary image as rows, the planes of a volume below each other.
fn binary(image: &Image, name: &str) -> Result<Plane<bool>, RunError> {
    let shape = image.shape();
    match &image.pixels {
        Pixels::Bool(array) if shape.channels == 1 => Ok(stacked(array)),
        _ => Err(RunError::Refused(format!("image `{name}` must be binary"))),
    }
}
