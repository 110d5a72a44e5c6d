//! From a pipeline and its input to image sets.

mod files;
mod table;

use crate::load_data::LoadData;
use crate::{Cell, Files, ImageSet, InputError, PlanError};
use cppipe::{Module, Pipeline, Problem};
use serde::{Deserialize, Serialize};

/// What a pipeline is run on.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// The files, as [`crate::file_list`] gives them; a pipeline that begins with LoadData needs none.
    pub urls: &'a [String],
    /// The table for LoadData that is used in place of the one its settings name (`--data-file`).
    pub data_file: Option<&'a str>,
    /// Default Input Folder.
    pub input_folder: &'a str,
    /// Default Output Folder.
    pub output_folder: &'a str,
    /// How tables and headers are read.
    pub files: &'a dyn Files,
}

/// The image sets of a pipeline on an input, in whatever form they are kept, and what is the same for all of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan<S = Vec<ImageSet>> {
    /// The image sets in ImageNumber order, grouped.
    pub image_sets: S,
    /// The columns of [`ImageSet::columns`], in order, with what they hold.
    pub columns: Vec<(String, CellKind)>,
    /// The metadata keys that image sets are grouped by, without `Metadata_`.
    pub grouping: Vec<String>,
    /// Measurements of the run that the input modules write, as `ChannelType_DNA`.
    pub experiment: Vec<(String, String)>,
    /// What was left out, a line each.
    pub warnings: Vec<String>,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CellKind {
    /// Whole numbers.
    Integer,
    /// Floats.
    Float,
    /// Text.
    Text,
}

impl<S> Plan<S> {
    /// Returns the plan with its image sets in another form.
    pub fn with<T>(self, image_sets: T) -> Plan<T> {
        let Self { columns, grouping, experiment, warnings, .. } = self;
        Plan { image_sets, columns, grouping, experiment, warnings }
    }
}

/// Makes the image sets that CellProfiler would make of a pipeline and an input.
///
/// # Errors
/// When settings of the input modules are wrong, or the input does not fit them.
pub fn plan(pipeline: &Pipeline, input: Input<'_>) -> Result<Plan, PlanError> {
    let mut image_sets = Vec::new();
    let plan = plan_each(pipeline, input, &mut |set| image_sets.push(set))?;
    Ok(plan.with(image_sets))
}

/// Makes image sets as [`plan`] does and hands on each, in ImageNumber order: who keeps them short has memory for a million.
///
/// # Errors
/// As [`plan`]. Image sets that were handed on before do not count then.
pub fn plan_each(
    pipeline: &Pipeline,
    input: Input<'_>,
    each: &mut dyn FnMut(ImageSet),
) -> Result<Plan<()>, PlanError> {
    let mut columns = Vec::new();
    let mut each = |set: ImageSet| {
        note_kinds(&mut columns, &set);
        each(set);
    };
    let of = |name: &str| -> Vec<&Module> {
        pipeline.modules.iter().filter(|m| m.enabled && m.name == name).collect()
    };
    let tables = of("LoadData");
    let names = of("NamesAndTypes");
    let plan = match (tables.as_slice(), names.as_slice()) {
        ([module], []) => table::plan(module, of("Groups").first().copied(), input, &mut each),
        ([], [module]) => {
            let [images, metadata, groups] =
                ["Images", "Metadata", "Groups"].map(|name| of(name).first().copied());
            files::plan(images, metadata, module, groups, input, &mut each)
        }
        ([], []) => Err(problem(
            pipeline.modules.first(),
            "the pipeline has no module that loads images: it begins with Images, Metadata, NamesAndTypes and Groups, \
             or with LoadData",
            false,
        )),
        ([_, second, ..], _) | ([second], [_, ..]) => {
            Err(problem(Some(second), "a second module that loads images is not native yet", true))
        }
        ([], [_, second, ..]) => Err(problem(Some(second), "a second NamesAndTypes module", true)),
    }?;
    Ok(Plan { columns, ..plan })
}

fn problem(module: Option<&Module>, message: &str, not_native: bool) -> PlanError {
    PlanError::Settings(vec![Problem {
        module_number: module.map_or(1, |m| m.number),
        module: module.map_or_else(String::new, |m| m.name.clone()),
        setting: None,
        message: message.into(),
        nearest: None,
        not_native,
    }])
}

/// Notes what each column of an image set holds.
fn note_kinds(columns: &mut Vec<(String, CellKind)>, set: &ImageSet) {
    for (i, (name, cell)) in set.columns.iter().enumerate() {
        let kind = match cell {
            Cell::Integer(_) => CellKind::Integer,
            Cell::Float(_) => CellKind::Float,
            Cell::Text(_) => CellKind::Text,
        };
        match columns.get_mut(i) {
            None => columns.push((name.clone(), kind)),
            Some((_, known)) if *known == kind => {}
            Some((_, known)) => *known = CellKind::Text,
        }
    }
}

/// Tells that image sets are grouped by a key that none has; `known` are those that there are.
fn check_keys(
    keys: &[String],
    mut known: Vec<&str>,
    module: &Module,
    setting: &'static str,
) -> Result<(), InputError> {
    known.sort_unstable();
    match keys.iter().find(|key| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => Err(InputError::GroupKey {
            module: module.number,
            name: module.name.clone(),
            setting,
            key: key.clone(),
            near: cppipe::nearest(key, known.iter().copied()),
            known: if known.is_empty() { "none".into() } else { known.join(", ") },
        }),
    }
}

/// Returns what an image set is grouped by: the value's text, `None` where there is none.
fn group_value(cell: Option<&Cell>) -> String {
    cell.map_or_else(|| "None".to_string(), ToString::to_string)
}

/// The setting of a pipeline as JSON lists it: `["Metadata_Plate"]`.
fn json_list(items: &[String]) -> String {
    let quoted: Vec<String> =
        items.iter().map(|i| format!("\"{}\"", i.replace('\\', "\\\\").replace('"', "\\\""))).collect();
    format!("[{}]", quoted.join(", "))
}

/// Returns the table that a pipeline's LoadData reads, if it has one.
///
/// # Errors
/// When its settings are wrong.
pub fn table_location(pipeline: &Pipeline, input: Input<'_>) -> Result<Option<String>, Vec<Problem>> {
    let module = pipeline.modules.iter().find(|m| m.enabled && m.name == "LoadData");
    let Some(module) = module else { return Ok(None) };
    let settings = LoadData::read(module)?;
    Ok(Some(settings.location(input.data_file, input.input_folder, input.output_folder)))
}
