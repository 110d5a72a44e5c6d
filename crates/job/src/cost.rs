//! What a job will take, from a small table of measured costs: module × pixels, and module × objects.
//!
//! Release build, one core of a 2-core virtual machine of 2026, CPU seconds of each module as `provenance.json` has them, of
//! ExampleHuman (0.26 Mpixel, 289 cells), ExampleVitra (1.4 Mpixel, 770 cells), the JUMP analysis and quality control of a synthetic plate
//! (1.2 Mpixel, 100 cells, 8 channels). What a module costs depends on its settings, too, which count here only as far as Resize makes images
//! smaller: `docs/ARCHITECTURE.md` has estimates beside what was measured.

use crate::Places;
use crate::input::header;
use crate::plan::JobPlan;
use crate::prices::Prices;
use cppipe::Pipeline;
use engine::{Need, Scope, Upstream};
use serde::Serialize;
use std::collections::HashMap;

/// The estimate may be too low or too high by this factor where somebody has said how many objects there are.
const UNCERTAIN_BY: f64 = 2.5;

/// The same where nobody has.
const UNCERTAIN_OF_OBJECTS: f64 = 3.0;

/// How many objects of a kind a million pixels have where nobody has said: cells at 20×.
const OBJECTS: f64 = 200.0;

/// Nanoseconds a pixel, and microseconds an object of each kind, by module.
const COSTS: [(&str, f64, f64); 35] = [
    ("CalculateMath", 0.0, 0.0),
    ("CorrectIlluminationApply", 15.0, 0.0),
    ("CorrectIlluminationCalculate", 52.0, 0.0),
    ("EnhanceOrSuppressFeatures", 22.0, 0.0),
    ("ExportToSpreadsheet", 1.0, 2.0),
    ("FilterObjects", 12.0, 2.0),
    ("FlagImage", 0.0, 0.0),
    ("GrayToColor", 47.0, 0.0),
    ("Groups", 0.0, 0.0),
    ("IdentifyPrimaryObjects", 57.0, 90.0),
    ("IdentifySecondaryObjects", 45.0, 60.0),
    ("IdentifyTertiaryObjects", 8.0, 3.0),
    ("ImageMath", 5.0, 0.0),
    ("Images", 0.0, 0.0),
    ("MaskImage", 4.0, 0.0),
    ("MeasureColocalization", 93.0, 100.0),
    ("MeasureGranularity", 331.0, 100.0),
    ("MeasureImageIntensity", 90.0, 0.0),
    ("MeasureImageQuality", 120.0, 0.0),
    ("MeasureObjectIntensity", 30.0, 110.0),
    ("MeasureObjectIntensityDistribution", 80.0, 200.0),
    ("MeasureObjectNeighbors", 8.0, 10.0),
    ("MeasureObjectSizeShape", 7.0, 105.0),
    ("MeasureObjectSkeleton", 70.0, 30.0),
    ("MeasureTexture", 140.0, 300.0),
    ("Metadata", 0.0, 0.0),
    ("MorphologicalSkeleton", 16.0, 0.0),
    ("OverlayOutlines", 12.0, 0.0),
    ("OverlayObjects", 12.0, 0.0),
    ("RelateObjects", 2.0, 2.0),
    ("RescaleIntensity", 9.0, 0.0),
    ("Resize", 3.0, 0.0),
    ("SaveImages", 20.0, 0.0),
    ("Smooth", 30.0, 0.0),
    ("Threshold", 30.0, 0.0),
];

/// A module that was not measured.
const OTHER: (f64, f64) = (50.0, 50.0);

/// Loading an image: nanoseconds a pixel.
const LOAD: f64 = 14.0;

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
    /// Objects of each kind in an image set.
    pub objects: f64,
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

/// Estimates what a job will take; reads the header of one image. `objects` are those of each kind in an image set, where that is
/// known.
///
/// Returns `None` when no image can be looked at.
pub fn estimate(places: &Places, plan: &JobPlan, objects: Option<f64>) -> Option<Estimate> {
    let image = plan.plan.image_sets.iter().flat_map(|set| set.channels).find_map(|channel| {
        let headers = header(places, &channel.url).or_else(|| header(places, &channel.location))?;
        headers.images.first().cloned()
    })?;
    let pixels = image.width * image.height * image.depth.max(1);
    let sets = plan.plan.image_sets.len();
    let channels = plan.plan.image_sets.first().map_or(0, |set| set.channels.len());
    let uncertain_by = if objects.is_some() { UNCERTAIN_BY } else { UNCERTAIN_OF_OBJECTS };
    let objects = objects.unwrap_or(OBJECTS * pixels as f64 * 1e-6);
    let loading = LOAD * pixels as f64 * channels as f64;
    let nanoseconds = loading + of_modules(&plan.pipeline, pixels as f64, objects);
    let modules = plan.pipeline.modules.iter().filter(|module| module.enabled);
    // Each image and object set is kept till the image set ends: 8 bytes a pixel, and as much again while modules work.
    let kept = channels + modules.count();
    let memory_mib = 64 + (pixels * 16 * kept) as u64 / (1 << 20);
    let whole = plan.unit != crate::Unit::from(Scope::ImageSet);
    Some(Estimate {
        cpu_seconds: nanoseconds * 1e-9 * sets as f64,
        memory_mib: if whole { memory_mib * 2 } else { memory_mib },
        uncertain_by,
        pixels,
        objects,
        reads: sets * channels,
        writes: 3 * plan.shards.len() + 8,
    })
}

/// Returns the nanoseconds of the modules on an image set.
fn of_modules(pipeline: &Pipeline, pixels: f64, objects: f64) -> f64 {
    // How many pixels images have, as a part of those of a file: Resize makes them fewer.
    let mut scales: HashMap<String, f64> = HashMap::new();
    let mut nanoseconds = 0.0;
    let loads = |name: &str| matches!(name, "NamesAndTypes" | "LoadData");
    for module in pipeline.modules.iter().filter(|module| module.enabled && !loads(&module.name)) {
        let declared = engine::read_module(module).map(|read| read.declare(&Upstream::default()));
        let declared = declared.unwrap_or_default();
        let images = declared.needs.iter().filter_map(|need| match need {
            Need::Image { name, .. } => Some(scales.get(name).copied().unwrap_or(1.0)),
            _ => None,
        });
        let scale = images.reduce(f64::max).unwrap_or(1.0);
        let known = COSTS.iter().find(|(name, ..)| *name == module.name);
        let (a_pixel, an_object) = known.map_or(OTHER, |&(_, a_pixel, an_object)| (a_pixel, an_object));
        nanoseconds += a_pixel * pixels * scale + 1000.0 * an_object * objects;
        let made = scale * shrinks(module);
        scales.extend(declared.images.into_iter().map(|name| (name, made)));
    }
    nanoseconds
}

/// Returns by how much a module makes images smaller: Resize, by its factors.
fn shrinks(module: &cppipe::Module) -> f64 {
    let value =
        |label: &str| module.settings.iter().find(|setting| setting.label == label)?.value.parse().ok();
    let by_factor = module
        .settings
        .iter()
        .any(|setting| setting.value == "Resize by a fraction or multiple of the original size");
    if module.name != "Resize" || !by_factor {
        return 1.0;
    }
    let both: Option<f64> = value("Resizing factor");
    let [x, y] = ["X Resizing factor", "Y Resizing factor"].map(|label| value(label).or(both).unwrap_or(1.0));
    x * y
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_count_and_what_is_made_smaller_counts_less() {
        let nuclei = Pipeline::parse(include_bytes!("../tests/jobs/nuclei.cppipe")).expect("a pipeline");
        let few = of_modules(&nuclei, 1e6, 0.0);
        let many = of_modules(&nuclei, 1e6, 1000.0);
        // IdentifyPrimaryObjects, MeasureObjectIntensity, ExportToSpreadsheet.
        assert!((many - few - 1e6 * (90.0 + 110.0 + 2.0)).abs() < 1.0, "{few} {many}");
        let header = "CellProfiler Pipeline: http://www.cellprofiler.org\nVersion:5\nDateRevision:428\nGitHash:\nModuleCount:2\n\
                      HasImagePlaneDetails:False\n\n";
        let resized = |factor: &str| {
            let text = format!(
                "{header}Resize:[module_num:1|svn_version:'Unknown'|variable_revision_number:5|show_window:False|notes:[]|\
                 batch_state:array([], dtype=uint8)|enabled:True|wants_pause:False]\n    Select the input image:DNA\n    Name \
                 the output image:Small\n    Resizing method:Resize by a fraction or multiple of the original size\n    X \
                 Resizing factor:{factor}\n    Y Resizing factor:{factor}\n    Z Resizing factor:1\n    Width (x) of the final \
                 image:100\n    Height (y) of the final image:100\n    # of planes (z) in the final image:10\n    Interpolation \
                 method:Nearest Neighbor\n    Method to specify the dimensions:Manual\n    Select the image with the desired \
                 dimensions:None\n    Additional image count:0\n\n\
                 MeasureImageIntensity:[module_num:2|svn_version:'Unknown'|variable_revision_number:4|show_window:False|notes:[]|\
                 batch_state:array([], dtype=uint8)|enabled:True|wants_pause:False]\n    Select images to measure:Small\n    \
                 Measure the intensity only from areas enclosed by objects?:No\n    Select input object sets:\n    Calculate custom \
                 percentiles:No\n    Specify percentiles to measure:10,90\n"
            );
            of_modules(&Pipeline::parse(text.as_bytes()).expect("a pipeline"), 1e6, 0.0)
        };
        assert!((resized("0.1") - 1e6 * (3.0 + 90.0 * 0.01)).abs() < 1.0, "{}", resized("0.1"));
        assert!((resized("1") - 1e6 * (3.0 + 90.0)).abs() < 1.0);
    }
}
