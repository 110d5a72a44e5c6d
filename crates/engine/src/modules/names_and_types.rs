//! NamesAndTypes: loads the images of an image set and gives them their names.

use crate::identified::{CENTER_Z, note_flat_objects, note_labels};
use crate::loader::{ArrayCache, load_objects};
use crate::planned::{Planned, PlannedChannel, record_image_set};
use crate::{Declaration, Kind, Module, Objects, RunError, Upstream, Workspace};
use cppipe::Problem;
use imageset::{Channel, Role};
use measurements::{Column, IMAGE, Kind as ColumnKind, Record};
use pixels::{Array, Labels, Shape};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "NamesAndTypes",
    former_names: &[],
    newest_revision: imageset::NamesAndTypes::REVISION,
    summary: "loads images from files chosen by rules, and names them",
    read,
};

#[derive(Debug)]
struct NamesAndTypes {
    settings: imageset::NamesAndTypes,
    arrays: ArrayCache,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let settings = imageset::NamesAndTypes::read(module)?;
    Ok(Box::new(NamesAndTypes { settings, arrays: ArrayCache::default() }))
}

impl Module for NamesAndTypes {
    fn declare(&self, upstream: &Upstream) -> Declaration {
        let mut declaration = Declaration::default();
        let from_settings = || Planned {
            channels: self
                .settings
                .channels()
                .into_iter()
                .map(|c| PlannedChannel { name: c.name.clone(), role: c.role, array: false })
                .collect(),
            columns: self
                .settings
                .channels()
                .into_iter()
                .flat_map(|c| place_columns(&c.name, c.role))
                .collect(),
            volumetric: self.settings.volume.is_some(),
        };
        let planned = upstream.planned.clone().unwrap_or_else(from_settings);
        declaration.columns = planned.columns.into_iter().map(as_announced).collect();
        let matched = self.settings.matched_features();
        declaration.columns.extend(matched.into_iter().map(|feature| Column::text(IMAGE, feature)));
        declaration.columns.extend(group_columns());
        for channel in &planned.channels {
            let name = &channel.name;
            let sized = ["Height", "Width"].map(|what| Column::integer(IMAGE, format!("{what}_{name}")));
            declaration.columns.extend(sized);
            declaration.columns.push(Column::text(IMAGE, format!("MD5Digest_{name}")));
            if channel.role == Role::Objects {
                declaration.objects.push(name.clone());
                declaration.columns.extend(object_columns(name));
                if self.settings.volume.is_some() {
                    declaration.columns.push(Column::float(name, CENTER_Z));
                }
            } else {
                declaration.images.push(name.clone());
                declaration.columns.push(scaling_column(channel));
            }
        }
        declaration
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let set = workspace.image_set;
        record_image_set(set, &mut workspace.record);
        for channel in &set.channels {
            if channel.role == Role::Objects {
                let loaded = load_objects(channel, workspace.source)?;
                record_file(&mut workspace.record, channel, &loaded.md5, loaded.labels.shape());
                add_objects(workspace, channel, loaded.labels);
            } else {
                add_image(workspace, channel, &self.arrays)?;
            }
        }
        Ok(())
    }
}

/// The columns that say where a channel's files are.
fn place_columns(name: &str, role: Role) -> Vec<Column> {
    let prefix = if role == Role::Objects { "Objects" } else { "" };
    let text =
        ["URL", "PathName", "FileName"].map(|what| Column::text(IMAGE, format!("{prefix}{what}_{name}")));
    let number =
        ["Series", "Frame", "Channel"].map(|what| Column::integer(IMAGE, format!("{prefix}{what}_{name}")));
    text.into_iter().chain(number).collect()
}

/// CellProfiler notes which image sets and channels were read without announcing it.
fn as_announced(column: Column) -> Column {
    let silent = ["Channel_", "ObjectsChannel_", "ImageSet_"];
    if silent.iter().any(|prefix| column.feature.starts_with(prefix)) { column.unannounced() } else { column }
}

/// The columns that say which group an image set is of.
pub(super) fn group_columns() -> [Column; 3] {
    ["Group_Index", "Group_Length", "Group_Number"].map(|name| Column::integer(IMAGE, name))
}

/// The columns of objects that come from a file.
pub(super) fn object_columns(name: &str) -> [Column; 4] {
    [
        Column::float(IMAGE, format!("Count_{name}")).declared(ColumnKind::Integer),
        Column::float(name, "Location_Center_X"),
        Column::float(name, "Location_Center_Y"),
        Column::integer(name, "Number_Object_Number"),
    ]
}

/// The column of the full scale, which CellProfiler writes as a float for arrays and as a whole number for images.
pub(super) fn scaling_column(channel: &PlannedChannel) -> Column {
    let feature = format!("Scaling_{}", channel.name);
    let column = if channel.array { Column::float(IMAGE, feature) } else { Column::integer(IMAGE, feature) };
    column.declared(ColumnKind::Float)
}

/// Loads a channel's image and notes what its file is.
pub(super) fn add_image(
    workspace: &mut Workspace<'_>,
    channel: &Channel,
    arrays: &ArrayCache,
) -> Result<(), RunError> {
    let loaded = arrays.load(channel, workspace.source)?;
    record_file(&mut workspace.record, channel, &loaded.md5, loaded.image.shape());
    workspace.record.image.insert(format!("Scaling_{}", channel.name), loaded.scale.clone());
    workspace.deferred.remove(&channel.name);
    workspace.images.insert(channel.name.clone(), loaded.image.clone());
    Ok(())
}

fn record_file(record: &mut Record, channel: &Channel, md5: &str, shape: Shape) {
    let name = &channel.name;
    // CellProfiler takes the first two axes for these, which are planes and rows of a volume.
    let (height, width) =
        if shape.depth > 1 { (shape.depth, shape.height) } else { (shape.height, shape.width) };
    record.image_text(format!("MD5Digest_{name}"), md5);
    record.image_integer(format!("Height_{name}"), height as i64);
    record.image_integer(format!("Width_{name}"), width as i64);
}

/// Adds a channel's objects, their number and their places.
pub(super) fn add_objects(workspace: &mut Workspace<'_>, channel: &Channel, labels: Array<u32>) {
    let record = &mut workspace.record;
    match labels.as_plane() {
        Some(plane) => note_flat_objects(record, &channel.name, plane),
        None => note_labels(record, &channel.name, &labels),
    }
    workspace.add_objects(&channel.name, Objects::new(Labels::Dense(labels)));
}
