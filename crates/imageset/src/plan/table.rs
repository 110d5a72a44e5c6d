use super::{Input, Plan, check_keys, group_value, json_list};
use crate::groups::{Groups, group};
use crate::load_data::{ImageSets, LoadData, Table};
use crate::{ImageSet, InputError, PlanError};
use cppipe::Module;

/// Plans a pipeline that begins with LoadData.
pub(super) fn plan(
    module: &Module,
    groups: Option<&Module>,
    input: Input<'_>,
    each: &mut dyn FnMut(ImageSet),
) -> Result<Plan<()>, PlanError> {
    let settings = LoadData::read(module).map_err(PlanError::Settings)?;
    let groups_settings = groups.map(Groups::read).transpose().map_err(PlanError::Settings)?;
    let location = settings.location(input.data_file, input.input_folder, input.output_folder);
    let bytes = input.files.read(&location).map_err(|e| InputError::unreadable(&location, e))?;
    let mut table = Table::read(&location, &bytes, settings.rows)?;
    let base = settings.images.resolve(input.input_folder, input.output_folder, None);
    let sets = ImageSets::new(&settings, &mut table, &base, &location)?;
    if sets.count() == 0 {
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
        _ => (settings.group_by.clone(), module, "Select metadata tags for grouping"),
    };
    check_keys(&keys, sets.metadata_keys().collect(), owner, setting)?;
    let values = |row| keys.iter().map(|key| group_value(sets.metadata(row, key).as_ref())).collect();
    for place in group((0..sets.count()).map(values)) {
        each(place.number(sets.image_set(place.before)));
    }
    let mut experiment = Vec::new();
    if !keys.is_empty() {
        let features: Vec<String> = keys.iter().map(|k| format!("Metadata_{k}")).collect();
        experiment.push(("Metadata_GroupingTags".into(), json_list(&features)));
    }
    Ok(Plan { grouping: keys, experiment, ..Plan::default() })
}
