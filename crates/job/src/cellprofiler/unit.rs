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

/// Modules that look at all image sets of a run, or write a file of it: each call would write another. Natively their files are made
/// by the merge, so what they declare there does not count here.
const OF_RUN: [&str; 3] = ["CalculateStatistics", "CreateBatchFiles", "ExportToDatabase"];

/// Returns what must stay together: what the native modules declare, and for the others what their kind allows. A plug-in may
/// need its whole group.
pub(crate) fn unit(pipeline: &Pipeline, plan: &Plan) -> Unit {
    let mut widest = Unit::ImageSet;
    let mut native = pipeline.clone();
    for module in native.modules.iter_mut().filter(|module| module.enabled) {
        if exports_elsewhere(module) || OF_RUN.contains(&module.name.as_str()) || writes_graphs(module) {
            widest = Unit::Run;
        }
        if engine::read_module(module).is_ok() {
            continue;
        }
        module.enabled = false;
        widest = widest.max(match engine::cellprofiler_modules::find(&module.name) {
            Some(name) if !OF_GROUP.contains(&name) => Unit::ImageSet,
            _ => Unit::Group,
        });
    }
    widest.max(Native::new(&native, plan).map_or(Unit::Run, |native| native.analysis().scope().into()))
}

/// Returns whether a module writes vertices and edges of a run to one file each.
fn writes_graphs(module: &cppipe::Module) -> bool {
    let native = (module.name == "MeasureObjectSkeleton").then(|| engine::read_module(module).ok()).flatten();
    native.is_some_and(|module| !module.declare(&engine::Upstream::default()).files.is_empty())
}

/// Returns whether a module writes tables outside the output: each call would replace those of the call before.
fn exports_elsewhere(module: &cppipe::Module) -> bool {
    let folder = module.settings.iter().find(|setting| setting.label == "Output file location");
    module.name.starts_with("ExportTo")
        && folder.is_some_and(|folder| !folder.value.starts_with("Default Output Folder"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use imageset::{Channel, ImageSet, Rescale, Role};

    fn plan() -> Plan {
        let channel = Channel {
            name: "DNA".into(),
            role: Role::Grayscale,
            location: "/a.png".into(),
            file_name: "a.png".into(),
            path_name: "/".into(),
            url: "file:/a.png".into(),
            series: None,
            frame: None,
            colour_channel: None,
            planes: Vec::new(),
            spacing: None,
            rescale: Rescale::Metadata,
        };
        let set = ImageSet { number: 1, channels: vec![channel], ..ImageSet::default() };
        Plan { image_sets: vec![set], ..Plan::default() }
    }

    #[test]
    fn what_writes_one_file_a_run_is_not_cut_though_it_is_native() {
        let pipeline = Pipeline::parse(include_bytes!("../../tests/jobs/nuclei.cppipe")).expect("a pipeline");
        assert_eq!(unit(&pipeline, &plan()), Unit::ImageSet);
        let golden = include_bytes!("../../../conformance/golden/database/pipeline.cppipe");
        let golden = Pipeline::parse(golden).expect("a pipeline");
        let exports = golden.modules.into_iter().rfind(|module| module.name == "ExportToDatabase");
        let mut with = pipeline;
        with.modules.extend(exports);
        assert_eq!(unit(&with, &plan()), Unit::Run);
    }
}
