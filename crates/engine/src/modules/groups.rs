//! Groups: which image sets belong together. The planner does its work.

use crate::{Declaration, Kind, Module, Need, RunError, Upstream, Workspace};
use cppipe::Problem;
use measurements::{Column, IMAGE};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "Groups",
    former_names: &[],
    newest_revision: imageset::Groups::REVISION,
    summary: "groups image sets by their metadata",
    read,
};

#[derive(Debug)]
struct Groups(imageset::Groups);

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    Ok(Box::new(Groups(imageset::Groups::read(module)?)))
}

impl Module for Groups {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let need = |key: &String| Need::measurement(IMAGE, &format!("Metadata_{key}"), "Metadata category");
        // CellProfiler declares the keys once more, and object tables that take metadata have them twice.
        let again = |key: &String| Column::text(IMAGE, format!("Metadata_{key}"));
        let keys = &self.0.keys;
        Declaration {
            needs: keys.iter().map(need).collect(),
            columns: keys.iter().map(again).collect(),
            ..Declaration::default()
        }
    }

    fn run(&self, _workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        Ok(())
    }
}
