//! What a job will take, from a small table of measured costs.
//!
//! Nanoseconds a pixel of one image and a use of the module, release build, one core of a 2-core virtual machine of 2026, from the
//! `ExecutionTime_` columns of ExampleHuman (0.26 Mpixel, 289 cells), ExampleVitra (1.4 Mpixel, 743 cells) and the JUMP analysis of
//! a synthetic plate (1.2 Mpixel, 103 cells, 8 channels). Between these a module's cost differs by up to a factor of three (small
//! images with many objects cost more a pixel): so may the estimate.

use crate::Places;
use crate::input::header;
use crate::plan::JobPlan;
use crate::prices::Prices;
use engine::Scope;
use serde::Serialize;

/// The estimate may be too low or too high by this factor.
const UNCERTAIN_BY: f64 = 3.0;

/// Nanoseconds a pixel, by module.
const COSTS: [(&str, f64); 26] = [
    ("CalculateMath", 0.0),
    ("CorrectIlluminationApply", 10.0),
    ("CorrectIlluminationCalculate", 48.0),
    ("ExportToSpreadsheet", 1.0),
    ("FilterObjects", 12.0),
    ("FlagImage", 0.0),
    ("Groups", 0.0),
    ("IdentifyPrimaryObjects", 110.0),
    ("IdentifySecondaryObjects", 80.0),
    ("IdentifyTertiaryObjects", 15.0),
    ("Images", 0.0),
    ("MaskImage", 2.0),
    ("MeasureColocalization", 93.0),
    ("MeasureGranularity", 331.0),
    ("MeasureImageIntensity", 206.0),
    ("MeasureImageQuality", 170.0),
    ("MeasureObjectIntensity", 50.0),
    ("MeasureObjectIntensityDistribution", 110.0),
    ("MeasureObjectNeighbors", 8.0),
    ("MeasureObjectSizeShape", 60.0),
    ("MeasureTexture", 188.0),
    ("Metadata", 0.0),
    ("OverlayOutlines", 10.0),
    ("RelateObjects", 2.0),
    ("Resize", 10.0),
    ("SaveImages", 15.0),
];

/// A module that was not measured.
const OTHER: f64 = 60.0;

/// Loading an image: nanoseconds a pixel.
const LOAD: f64 = 10.0;

/// What a job will take.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// CPU seconds of all image sets.
    pub cpu_seconds: f64,
    /// Memory of a worker that runs one image set at a time, in MiB.
    pub memory_mib: u64,
    /// The factor by which all of this may be wrong.
    pub uncertain_by: f64,
    /// Pixels of an image.
    pub pixels: usize,
    /// Files to be read by workers.
    pub reads: usize,
    /// Objects to be written by workers and merge, at the least.
    pub writes: usize,
}

impl Estimate {
    /// Returns what this costs at these prices: processors and requests.
    pub fn cost(&self, prices: &Prices) -> f64 {
        self.cpu_seconds / 3600.0 * prices.processor
            + self.reads as f64 * prices.read
            + self.writes as f64 * prices.write
    }
}

/// Estimates what a job will take; reads the header of one image.
///
/// Returns `None` when no image can be looked at.
pub fn estimate(places: &Places, plan: &JobPlan) -> Option<Estimate> {
    let image = plan.plan.image_sets.iter().flat_map(|set| &set.channels).find_map(|channel| {
        let headers = header(places, &channel.url).or_else(|| header(places, &channel.location))?;
        headers.images.first().cloned()
    })?;
    let pixels = image.width * image.height * image.depth.max(1);
    let sets = plan.plan.image_sets.len();
    let channels = plan.plan.image_sets.first().map_or(0, |set| set.channels.len());
    let cost = |name: &str| COSTS.iter().find(|(known, _)| *known == name).map_or(OTHER, |(_, cost)| *cost);
    let modules = plan.pipeline.modules.iter().filter(|module| module.enabled);
    let loads = |name: &str| matches!(name, "NamesAndTypes" | "LoadData");
    let of_modules: f64 = modules.clone().filter(|m| !loads(&m.name)).map(|m| cost(&m.name)).sum();
    let nanoseconds = pixels as f64 * (of_modules + LOAD * channels as f64);
    // Each image and object set is kept till the image set ends: 8 bytes a pixel, and as much again while modules work.
    let kept = channels + modules.count();
    let memory_mib = 64 + (pixels * 16 * kept) as u64 / (1 << 20);
    let whole = plan.unit != crate::Unit::from(Scope::ImageSet);
    Some(Estimate {
        cpu_seconds: nanoseconds * 1e-9 * sets as f64,
        memory_mib: if whole { memory_mib * 2 } else { memory_mib },
        uncertain_by: UNCERTAIN_BY,
        pixels,
        reads: sets * channels,
        writes: 3 * plan.shards.len() + 8,
    })
}
