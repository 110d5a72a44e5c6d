use imageset::{Cell, CellKind, ImageSet, Plan, Role};
use measurements::{Column, IMAGE, Record};

/// What a plan says of the image sets of a run: the input modules declare this once the image sets are known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Planned {
    /// Name, type and file of each channel, those of the first image set.
    pub channels: Vec<PlannedChannel>,
    /// The measurements that image sets have before their images are loaded.
    pub columns: Vec<Column>,
    /// Whether the pipeline works on volumes.
    pub volumetric: bool,
}

/// A channel of the image sets of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedChannel {
    /// The name that modules call it by.
    pub name: String,
    /// What it is to be.
    pub role: Role,
    /// Whether it is in arrays (`.npy`, `.mat`), whose scale CellProfiler notes as a float.
    pub array: bool,
}

impl From<&Plan> for Planned {
    fn from(plan: &Plan) -> Self {
        let channels =
            plan.image_sets.first().into_iter().flat_map(|set| &set.channels).map(|channel| PlannedChannel {
                name: channel.name.clone(),
                role: channel.role,
                array: is_array(&channel.location),
            });
        let column = |(name, kind): &(String, CellKind)| match kind {
            CellKind::Integer => Column::integer(IMAGE, name),
            CellKind::Float => Column::float(IMAGE, name),
            CellKind::Text => Column::text(IMAGE, name),
        };
        let first = plan.image_sets.first();
        Self {
            channels: channels.collect(),
            columns: plan.columns.iter().map(column).collect(),
            volumetric: first.is_some_and(|set| set.channels.iter().any(|c| c.spacing.is_some())),
        }
    }
}

/// Notes what the plan knows of an image set: what its row says before its images are loaded.
pub fn record_image_set(set: &ImageSet, record: &mut Record) {
    for (name, cell) in &set.columns {
        match cell {
            Cell::Integer(value) => record.image_integer(name, *value),
            Cell::Float(value) => record.image_float(name, *value),
            Cell::Text(value) => record.image_text(name, value),
        }
    }
    let group = [("Index", set.group_index), ("Length", set.group_length), ("Number", set.group_number)];
    for (what, value) in group {
        record.image_integer(format!("Group_{what}"), value as i64);
    }
}

/// Returns whether a file is an array by its name, as CellProfiler tells.
pub(crate) fn is_array(location: &str) -> bool {
    let extension = location.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map(|(_, e)| e);
    extension.is_some_and(|e| e.eq_ignore_ascii_case("npy") || e.eq_ignore_ascii_case("mat"))
}
