//! LoadData: loads the images and objects that a row of a table names.

use super::names_and_types::{add_image, add_objects, group_columns, object_columns, scaling_column};
use crate::loader::{ArrayCache, load_objects_from_intensities};
use crate::{Declaration, Kind, Module, RunError, Upstream, Workspace, record_image_set};
use cppipe::Problem;
use imageset::Role;
use measurements::{Column, IMAGE};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "LoadData",
    former_names: &[],
    newest_revision: imageset::LoadData::REVISION,
    summary: "loads images that a table names, with its metadata",
    read,
};

#[derive(Debug)]
struct LoadData {
    arrays: ArrayCache,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    imageset::LoadData::read(module)?;
    Ok(Box::new(LoadData { arrays: ArrayCache::default() }))
}

impl Module for LoadData {
    /// Names what the plan found in the table; without a plan nothing is known but the groups.
    fn declare(&self, upstream: &Upstream) -> Declaration {
        let mut declaration = Declaration { columns: group_columns().into(), ..Declaration::default() };
        let Some(planned) = &upstream.planned else { return declaration };
        declaration.columns.extend(planned.columns.iter().cloned());
        for channel in &planned.channels {
            let name = &channel.name;
            if channel.role == Role::Objects {
                declaration.objects.push(name.clone());
                declaration.columns.extend(object_columns(name));
            } else {
                declaration.images.push(name.clone());
                let sized = ["Height", "Width"].map(|what| Column::integer(IMAGE, format!("{what}_{name}")));
                declaration.columns.extend(sized);
                declaration.columns.push(Column::text(IMAGE, format!("MD5Digest_{name}")));
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
                let loaded = load_objects_from_intensities(channel, workspace.source)?;
                add_objects(workspace, channel, loaded.labels);
            } else {
                add_image(workspace, channel, &self.arrays)?;
            }
        }
        Ok(())
    }
}
