use super::{Input, Plan, check_keys, json_list};
use crate::groups::{Groups, group};
use crate::load_data::{LoadData, Table, image_sets};
use crate::{InputError, PlanError};
use cppipe::Module;

/// Plans a pipeline that begins with LoadData.
pub(super) fn plan(module: &Module, groups: Option<&Module>, input: Input<'_>) -> Result<Plan, PlanError> {
    let settings = LoadData::read(module).map_err(PlanError::Settings)?;
    let groups_settings = groups.map(Groups::read).transpose().map_err(PlanError::Settings)?;
    let location = settings.location(input.data_file, input.input_folder, input.output_folder);
    let bytes = input.files.read(&location).map_err(|e| InputError::unreadable(&location, e))?;
    let mut table = Table::read(&location, &bytes, settings.rows)?;
    let base = settings.images.resolve(input.input_folder, input.output_folder, None);
    let sets = image_sets(&settings, &mut table, &base, &location)?;
    if sets.is_empty() {
        let reason = match settings.rows {
            Some((first, last)) => {
                format!(
                    "the table `{location}` has no rows from {first} to {last}: change \"Rows to process\""
                )
            }
            None => format!("the table `{location}` has no rows below its header"),
        };
        return Err(
            InputError::NoImageSets { module: module.number, name: module.name.clone(), reason }.into()
        );
    }
    let by_groups = groups_settings.map(|g| g.keys).unwrap_or_default();
    let (keys, owner, setting) = match groups {
        Some(groups) if settings.group_by.is_empty() => (by_groups, groups, "Metadata category"),
        _ => (settings.group_by, module, "Select metadata tags for grouping"),
    };
    check_keys(&keys, &sets, owner, setting)?;
    let image_sets = group(sets, &keys);
    let mut experiment = Vec::new();
    if !keys.is_empty() {
        let features: Vec<String> = keys.iter().map(|k| format!("Metadata_{k}")).collect();
        experiment.push(("Metadata_GroupingTags".into(), json_list(&features)));
    }
    Ok(Plan { image_sets, grouping: keys, experiment, ..Plan::default() })
}
