//! Modules on explicit arrays: images and objects come from the caller, and all that exists afterwards is written.
//!
//! It runs the same modules in the same way as a run does; the image sets of a call are one group.

mod argument;
mod array;
mod image_set;
mod measured;
mod output;

pub use argument::{ImageArgument, ObjectsArgument};
pub use measured::Measured;

use crate::{
    Analysis, Experiment, Failure, Folders, Grid, Group, Memory, Objects, RunError, RunFacts, Sink, Source,
    Upstream, Workspace, end_group, revise_group, run_image_set,
};
use cppipe::{Pipeline, Problem};
use imageset::ImageSet;
use measurements::{Column, IMAGE, Kind, Record, Value, Values};
use pixels::{Image, Labels};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::SystemTime;

/// The modules that make image sets of files: a call has its image sets already.
const INPUT_MODULES: [&str; 6] = ["Images", "Metadata", "NamesAndTypes", "Groups", "LoadData", "LoadText"];

/// What is given of one image set.
#[derive(Clone, Debug, Default)]
pub struct GivenImageSet {
    /// Images, by name.
    pub images: BTreeMap<String, Arc<Image>>,
    /// Object sets, by name.
    pub objects: BTreeMap<String, Arc<Objects>>,
    /// Grids, by name.
    pub grids: BTreeMap<String, Arc<Grid>>,
    /// What was measured before.
    pub measured: Measured,
}

/// A pipeline and the image sets to run it on.
pub struct ModuleCall<'a> {
    /// The pipeline; its input modules are passed over.
    pub pipeline: &'a Pipeline,
    /// The image sets, in order; they are one group.
    pub image_sets: &'a [GivenImageSet],
    /// Whether the group goes on after the last image set.
    pub open: bool,
    /// The default input and output folders.
    pub folders: &'a Folders,
    /// Where files come from.
    pub source: &'a dyn Source,
    /// Where files go.
    pub sink: &'a dyn Sink,
    /// The folder for what exists afterwards.
    pub out: &'a str,
}

/// Why a call came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The pipeline cannot be run as it is.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Problems(Vec<Problem>),
    /// A module failed.
    #[error(transparent)]
    Failed(#[from] Failure),
    /// What belongs to the group or the run failed, or a result could not be written.
    #[error(transparent)]
    Run(#[from] RunError),
}

impl CallError {
    /// Returns whether only the native engine cannot do this.
    pub fn is_not_native(&self) -> bool {
        match self {
            Self::Problems(problems) => problems.iter().any(|p| p.not_native),
            Self::Failed(Failure { error, .. }) | Self::Run(error) => matches!(error, RunError::NotNative(_)),
        }
    }

    /// Returns whether this is a fault of ours.
    pub fn is_internal(&self) -> bool {
        match self {
            Self::Problems(_) => false,
            Self::Failed(Failure { error, .. }) | Self::Run(error) => matches!(error, RunError::Internal(_)),
        }
    }
}

impl ModuleCall<'_> {
    /// Runs every enabled module on every image set and writes what exists afterwards.
    ///
    /// # Errors
    /// When the pipeline cannot be run, a module fails, or a result cannot be written.
    pub fn run(&self) -> Result<(), CallError> {
        let analysis = self.analysis().map_err(CallError::Problems)?;
        let sets: Vec<ImageSet> =
            self.image_sets.iter().enumerate().map(|(i, _)| self.image_set(i)).collect();
        let mut memories = self.start_group(&analysis, &sets)?;
        let mut records = Vec::new();
        for (i, set) in sets.iter().enumerate() {
            let mut workspace = self.workspace(i, set);
            run_image_set(&analysis, &mut memories, &mut workspace, &())?;
            if i + 1 == sets.len() && !self.open {
                end_group(&analysis, &mut memories, &mut workspace)?;
            }
            self.write_workspace(i, &workspace)?;
            records.push(workspace.record);
        }
        let mut experiment = Experiment::new();
        if !self.open {
            revise_group(&analysis, &mut records)?;
            experiment = self.end_run(&analysis, &sets, &records)?;
        }
        one_kind_a_feature(&mut records);
        for (i, mut record) in records.into_iter().enumerate() {
            self.forget_times(i, &analysis, &mut record);
            note_missing(&analysis, &mut record);
            let mut all = self.image_sets[i].measured.experiment.clone();
            all.extend(experiment.clone());
            let json = measured::to_json(&record, &all);
            self.write(i, "measurements.json", format!("{json:#}\n").as_bytes())?;
        }
        Ok(())
    }

    /// Reads the settings of every module but the input modules.
    fn analysis(&self) -> Result<Analysis, Vec<Problem>> {
        let kept = self.pipeline.modules.iter().filter(|m| !INPUT_MODULES.contains(&m.name.as_str()));
        Analysis::read_after(&Pipeline::new(kept.cloned().collect()), self.upstream())
    }

    /// Returns what is given to every image set.
    fn upstream(&self) -> Upstream {
        let Some(given) = self.image_sets.first() else { return Upstream::default() };
        let image = given.measured.image.iter().map(|(feature, value)| match value {
            Value::Integer(_) => Column::integer(IMAGE, feature),
            Value::Float(_) => Column::float(IMAGE, feature),
            Value::Text(_) => Column::text(IMAGE, feature),
        });
        let objects = given.measured.objects.iter().flat_map(|(name, features)| {
            features.iter().map(move |(feature, values)| match values {
                Values::Integers(_) => Column::integer(name, feature),
                Values::Floats(_) => Column::float(name, feature),
                Values::Texts(_) => Column::text(name, feature),
            })
        });
        Upstream {
            images: given.images.keys().cloned().collect(),
            drawn: Vec::new(),
            objects: given.objects.keys().cloned().collect(),
            columns: image.chain(objects).collect(),
            planned: None,
        }
    }

    fn start_group(&self, analysis: &Analysis, sets: &[ImageSet]) -> Result<Vec<Memory>, RunError> {
        let load = |place: usize, name: &str| {
            let given = self.image_sets.get(place).and_then(|set| set.images.get(name));
            let image = given.cloned().ok_or_else(|| {
                RunError::Refused(format!("image `{name}` is not given to image set {}", place + 1))
            })?;
            if image.volumetric || image.mask.is_some() {
                return Ok(image);
            }
            // A group's start has no objects at hand: the image brings the mask that they make.
            let workspace = self.workspace(place, &sets[place]);
            let mask = workspace.mask_of(&image)?.map(|mask| mask.into_owned());
            Ok(match mask {
                Some(mask) => Arc::new(Image { mask: Some(mask.into()), ..(*image).clone() }),
                None => image,
            })
        };
        let group = Group { image_sets: sets, load: &load };
        analysis.steps().iter().map(|step| step.module.start_group(&group)).collect()
    }

    fn workspace<'w>(&'w self, index: usize, set: &'w ImageSet) -> Workspace<'w> {
        let given = &self.image_sets[index];
        let mut record = Record::new(set.number);
        record.image = given.measured.image.clone();
        record.objects = given.measured.objects.clone();
        if index == 0 {
            record.relationships = given.measured.relationships.clone();
        }
        Workspace {
            images: given.images.clone(),
            objects: given.objects.clone(),
            grids: given.grids.clone(),
            record,
            volumetric: self.is_volumetric(),
            keeps_images: true,
            ..Workspace::new(set, self.image_sets.len(), self.folders, self.source, self.sink)
        }
    }

    /// Returns whether any image, or any labels that do not overlap, is a volume.
    fn is_volumetric(&self) -> bool {
        let volume = |labels: &Labels| matches!(labels, Labels::Dense(a) if a.shape().depth > 1);
        self.image_sets.iter().any(|set| {
            set.images.values().any(|i| i.volumetric) || set.objects.values().any(|o| volume(&o.segmented))
        })
    }

    /// Writes the tables of modules that export, and returns what is measured of the run as a whole.
    fn end_run(
        &self,
        analysis: &Analysis,
        sets: &[ImageSet],
        records: &[Record],
    ) -> Result<Experiment, RunError> {
        let text = self.pipeline.to_text();
        let facts = RunFacts {
            started: SystemTime::now(),
            columns: analysis.columns(),
            columns_so_far: 0,
            relationships: analysis.relationships(),
            image_sets: sets,
            experiment: &[],
            folders: self.folders,
            source: self.source,
            sink: self.sink,
            pipeline: &text,
        };
        let mut experiment = Experiment::new();
        for step in analysis.steps() {
            if let Some(mut sink) = step.record_sink(facts)? {
                records.iter().try_for_each(|record| sink.record(record))?;
                sink.finish(&mut experiment)?;
            }
        }
        Ok(experiment)
    }

    /// Takes out the times and errors of modules, which a run records and a call does not.
    fn forget_times(&self, index: usize, analysis: &Analysis, record: &mut Record) {
        let given = &self.image_sets[index].measured.image;
        for step in analysis.steps() {
            for kind in ["ModuleError", "ExecutionTime"] {
                let feature = format!("{kind}_{}", step.feature_suffix());
                if !given.contains_key(&feature) {
                    record.image.remove(&feature);
                }
            }
        }
    }
}

/// Makes text without a letter NaN where a module announces floats: what CellProfiler measures as `None` is an empty field of
/// tables, but no text.
fn note_missing(analysis: &Analysis, record: &mut Record) {
    let columns = analysis.steps().iter().flat_map(|step| &step.declaration.columns);
    for column in columns.filter(|column| column.object == IMAGE && column.kind == Kind::Float) {
        if let Some(value) = record.image.get_mut(&column.feature)
            && *value == Value::Text(String::new())
        {
            *value = Value::Float(f64::NAN);
        }
    }
}

/// Makes whole numbers floats where another image set has a float: CellProfiler's columns are of one kind.
fn one_kind_a_feature(records: &mut [Record]) {
    let is_float = |value: &Value| matches!(value, Value::Float(_));
    let floats: BTreeSet<String> = records
        .iter()
        .flat_map(|r| r.image.iter().filter(|(_, value)| is_float(value)).map(|(feature, _)| feature.clone()))
        .collect();
    for (feature, value) in records.iter_mut().flat_map(|r| &mut r.image) {
        if let Value::Integer(whole) = value
            && floats.contains(feature)
        {
            *value = Value::Float(*whole as f64);
        }
    }
}
