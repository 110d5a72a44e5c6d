//! What must stay together when CellProfiler runs a pipeline.

use crate::{Native, Unit};
use cppipe::Pipeline;
use imageset::Plan;

/// Modules that keep something from one image set of a group for the next.
const OF_GROUP: [&str; 10] = [
    "CorrectIlluminationCalculate",
    "Crop",
    "DefineGrid",
    "MakeProjection",
    "RescaleIntensity",
    "SaveImages",
    "Tile",
    "TrackObjects",
    "UntangleWorms",
    "StraightenWorms",
];

/// Modules that look at all image sets of a run.
const OF_RUN: [&str; 3] = ["CalculateStatistics", "CreateBatchFiles", "ExportToDatabase"];

/// Returns what must stay together: what the native modules declare, and for the others what their kind allows. A plug-in may
/// need its whole group.
pub(crate) fn unit(pipeline: &Pipeline, plan: &Plan) -> Unit {
    let mut widest = Unit::ImageSet;
    let mut native = pipeline.clone();
    for module in native.modules.iter_mut().filter(|module| module.enabled) {
        if exports_elsewhere(module) {
            widest = Unit::Run;
        }
        if engine::read_module(module).is_ok() {
            continue;
        }
        module.enabled = false;
        widest = widest.max(match engine::cellprofiler_modules::find(&module.name) {
            Some(name) if OF_RUN.contains(&name) => Unit::Run,
            Some(name) if !OF_GROUP.contains(&name) => Unit::ImageSet,
            _ => Unit::Group,
        });
    }
    widest.max(Native::new(&native, plan).map_or(Unit::Run, |native| native.analysis().scope().into()))
}

/// Returns whether a module writes tables outside the output: each call would replace those of the call before.
fn exports_elsewhere(module: &cppipe::Module) -> bool {
    let folder = module.settings.iter().find(|setting| setting.label == "Output file location");
    module.name.starts_with("ExportTo")
        && folder.is_some_and(|folder| !folder.value.starts_with("Default Output Folder"))
}
