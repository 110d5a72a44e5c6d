//! IdentifyTertiaryObjects: takes smaller objects, such as nuclei, out of larger ones, such as cells.

use crate::identified::{
    family_columns, flat, flat_object_columns, note_family, note_flat_objects, note_relationship, pairs_of,
};
use crate::{Declaration, Kind, Module, Need, Objects, RunError, Upstream, Workspace};
use algorithms::outline::outline;
use algorithms::overlap::{Related, relate};
use cppipe::{Problem, Settings};
use pixels::Plane;

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "IdentifyTertiaryObjects",
    former_names: &[],
    newest_revision: 3,
    summary: "takes smaller objects, such as nuclei, out of larger ones, such as cells",
    read,
};

#[derive(Debug, PartialEq)]
struct IdentifyTertiaryObjects {
    larger: String,
    smaller: String,
    objects: String,
    shrink: bool,
}

const LARGER: &str = "Select the larger identified objects";
const SMALLER: &str = "Select the smaller identified objects";
const SHRINK: &str = "Shrink smaller object prior to subtraction?";

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut s = Settings::new(module);
    let larger = s.text(LARGER);
    let smaller = s.text(SMALLER);
    let objects = s.text("Name the tertiary objects to be identified");
    if module.revision < 3 {
        // The name of an outline image, and whether to keep it.
        s.skip(2);
    }
    let shrink = if module.revision == 1 { true } else { s.yes(SHRINK) };
    Ok(Box::new(s.finish(IdentifyTertiaryObjects { larger, smaller, objects, shrink })?))
}

impl Module for IdentifyTertiaryObjects {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let mut columns = flat_object_columns(&self.objects);
        columns.extend(family_columns(&self.smaller, &self.objects));
        columns.extend(family_columns(&self.larger, &self.objects));
        Declaration {
            needs: vec![Need::objects(&self.larger, LARGER), Need::objects(&self.smaller, SMALLER)],
            objects: vec![self.objects.clone()],
            columns,
            ..Declaration::default()
        }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let (larger_set, smaller_set) = (workspace.objects(&self.larger)?, workspace.objects(&self.smaller)?);
        let (larger, smaller) = (flat(&larger_set, &self.larger)?, flat(&smaller_set, &self.smaller)?);
        if larger.shape() != smaller.shape() {
            return Err(RunError::NotNative(format!(
                "taking objects of one size ({:?}, `{}`) out of objects of another ({:?}, `{}`)",
                smaller.shape(),
                self.smaller,
                larger.shape(),
                self.larger
            )));
        }
        let rest = self.subtract(larger, smaller);
        let of_larger = relate(larger, &rest);
        let of_smaller =
            if self.shrink { relate(smaller, &rest) } else { through(&relate(larger, smaller), &of_larger) };
        let record = &mut workspace.record;
        note_family(record, &self.smaller, &self.objects, &of_smaller);
        note_family(record, &self.larger, &self.objects, &of_larger);
        note_flat_objects(record, &self.objects, &rest);
        for (relationship, parent, related) in
            [("Removed", &self.smaller, &of_smaller), ("Parent", &self.larger, &of_larger)]
        {
            note_relationship(workspace, relationship, parent, &self.objects, pairs_of(&related.parents));
        }
        let parent_image = larger_set.parent_image.clone().or_else(|| smaller_set.parent_image.clone());
        workspace.add_objects(&self.objects, Objects { parent_image, ..Objects::new(rest) });
        Ok(())
    }
}

impl IdentifyTertiaryObjects {
    fn subtract(&self, larger: &Plane<u32>, smaller: &Plane<u32>) -> Plane<u32> {
        if !self.shrink {
            return larger.zip(smaller, |&l, &s| if s == 0 { l } else { 0 });
        }
        let rim = outline(smaller);
        let mut rest = larger.clone();
        for ((rest, &small), &rim) in rest.data_mut().iter_mut().zip(smaller.data()).zip(rim.data()) {
            if small != 0 && rim == 0 {
                *rest = 0;
            }
        }
        rest
    }
}

/// Relates smaller objects to what is left of the larger ones where the two do not overlap: through the larger
/// object that holds both. Where it holds several smaller objects, the last is the parent.
fn through(smaller_in_larger: &Related, rest_of_larger: &Related) -> Related {
    let mut smaller_of = vec![0; rest_of_larger.children.len() + 1];
    for (number, &holder) in (1..).zip(&smaller_in_larger.parents) {
        smaller_of[holder as usize] = number;
    }
    smaller_of[0] = 0;
    let children = smaller_in_larger.parents.iter().map(|&holder| match holder {
        0 => 0,
        holder => rest_of_larger.children[holder as usize - 1],
    });
    Related {
        children: children.collect(),
        parents: rest_of_larger.parents.iter().map(|&holder| smaller_of[holder as usize]).collect(),
    }
}
