//! CombineObjects: makes one set of objects of two.

use crate::identified::{flat, flat_object_columns, note_flat_objects};
use crate::{Declaration, Kind, Module, Need, Objects, RunError, Upstream, Workspace};
use algorithms::combine_labels::{Overlapping, combine};
use algorithms::connected_components::{Connectivity, label_equal};
use cppipe::{Problem, Settings};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "CombineObjects",
    former_names: &[],
    newest_revision: 1,
    summary: "makes one set of objects of two",
    read,
};

const FIRST: &str = "Select initial object set";
const SECOND: &str = "Select object set to combine";

#[derive(Debug, PartialEq)]
struct CombineObjects {
    first: String,
    second: String,
    overlapping: Overlapping,
    output: String,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut s = Settings::new(module);
    let (first, second) = (s.text(FIRST), s.text(SECOND));
    let overlapping = s.choice(
        "Select how to handle overlapping objects",
        &[
            ("Merge", Overlapping::Merge),
            ("Preserve", Overlapping::Preserve),
            ("Discard", Overlapping::Discard),
            ("Segment", Overlapping::Segment),
        ],
    );
    let output = s.text("Name the combined object set");
    Ok(Box::new(s.finish(CombineObjects { first, second, overlapping, output })?))
}

impl Module for CombineObjects {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        Declaration {
            needs: vec![Need::objects(&self.first, FIRST), Need::objects(&self.second, SECOND)],
            objects: vec![self.output.clone()],
            columns: flat_object_columns(&self.output),
            ..Declaration::default()
        }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let (first_set, second_set) = (workspace.objects(&self.first)?, workspace.objects(&self.second)?);
        let (first, second) = (flat(&first_set, &self.first)?, flat(&second_set, &self.second)?);
        let refused =
            |what: &str| RunError::Refused(format!("`{}` and `{}`: {what}", self.first, self.second));
        if first.shape() != second.shape() {
            return Err(refused("object sets must have the same dimensions"));
        }
        let combined = combine(first, second, self.overlapping)
            .ok_or_else(|| refused("an object of the first is covered whole by several of the second"))?;
        let labels = label_equal(&combined, Connectivity::Eight, 0).0;
        note_flat_objects(&mut workspace.record, &self.output, &labels);
        workspace.add_objects(&self.output, Objects::new(labels));
        Ok(())
    }
}
