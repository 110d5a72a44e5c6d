//! Metadata: what names, tables and headers say of images. The planner does its work.

use crate::{Declaration, Kind, Module, RunError, Upstream, Workspace};
use cppipe::Problem;
use imageset::{DataType, Source};
use measurements::{Column, IMAGE};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "Metadata",
    former_names: &[],
    newest_revision: imageset::Metadata::REVISION,
    summary: "takes metadata from file and folder names, tables and headers",
    read,
};

#[derive(Debug)]
struct Metadata(imageset::Metadata);

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    Ok(Box::new(Metadata(imageset::Metadata::read(module)?)))
}

impl Module for Metadata {
    /// Names what settings tell of; the columns of tables are known once there is a plan, and NamesAndTypes names all.
    fn declare(&self, upstream: &Upstream) -> Declaration {
        if upstream.planned.is_some() || !self.0.wanted {
            return Declaration::default();
        }
        let mut keys: Vec<&str> = vec!["FileLocation", "Frame", "Series"];
        for method in &self.0.methods {
            match &method.source {
                Source::FileName(pattern) | Source::FolderName(pattern) => keys.extend(pattern.names()),
                Source::Headers => keys.extend(["SizeX", "SizeY", "SizeC", "SizeT", "SizeZ", "C", "T", "Z"]),
                Source::Table { .. } => {}
            }
        }
        keys.sort_unstable();
        keys.dedup();
        let column = |key: &str| match self.0.data_type(key) {
            DataType::Integer if self.0.types.is_some() => Column::integer(IMAGE, format!("Metadata_{key}")),
            DataType::Float => Column::float(IMAGE, format!("Metadata_{key}")),
            _ => Column::text(IMAGE, format!("Metadata_{key}")),
        };
        Declaration { columns: keys.into_iter().map(column).collect(), ..Declaration::default() }
    }

    fn run(&self, _workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        Ok(())
    }
}
