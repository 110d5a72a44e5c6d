//! SplitOrMergeObjects: makes pieces of an object objects of their own, or objects near each other or of one parent
//! one object.

mod guided;

use crate::grey::Grey;
use crate::identified::{
    family_columns, flat, flat_object_columns, note_flat_objects, parent_feature, plane_of, refuse_older,
    relate_and_note,
};
use crate::{Declaration, Kind, Module, Need, Objects, RunError, Upstream, Workspace};
use algorithms::connected_components::{Connectivity, label, label_where};
use algorithms::convex_hull::{convex_hull, rows_in_hull_of_centers};
use algorithms::distance_transform::distances;
use algorithms::regions::Regions;
use algorithms::relabel::{areas, present};
use cppipe::{Problem, Settings};
use guided::{Along, Guide, merge_by_image};
use measurements::Values;
use pixels::{Labels, Plane};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "SplitOrMergeObjects",
    former_names: &["ReassignObjectNumbers", "SplitIntoContiguousObjects"],
    newest_revision: 6,
    summary: "splits objects into their pieces, or merges those near each other or of one parent",
    read,
};

const OBJECTS: &str = "Select the input objects";
const PARENT: &str = "Select the parent object";
const GUIDE: &str = "Select the grayscale image to guide merging";

#[derive(Debug, PartialEq)]
struct SplitOrMergeObjects {
    objects: String,
    output: String,
    operation: Operation,
}

#[derive(Clone, Debug, PartialEq)]
enum Operation {
    Split,
    /// Objects nearer than this, in pixels, become one, where the image between them is bright enough.
    MergeNear {
        distance: i64,
        guide: Option<(String, Guide)>,
    },
    /// Objects of one parent become one, or its convex hull.
    MergeByParent {
        parent: String,
        hull: bool,
    },
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    refuse_older(module, 3)?;
    let mut values: Vec<String> = module.settings.iter().map(|s| s.value.clone()).collect();
    if module.revision <= 3 {
        values.push("Disconnected".into());
    }
    if module.revision <= 4 && values.len() >= 10 {
        // Whether outlines are kept, and what they are called.
        values.drain(8..10);
    }
    if module.revision <= 5
        && let Some(merge) = values.get_mut(2).filter(|v| *v == "Unify")
    {
        *merge = "Merge".into();
    }
    let mut s = Settings::upgraded(module, values);
    let (objects, output) = (s.text(OBJECTS), s.text("Name the new objects"));
    let merge = s.choice("Operation", &[("Merge", true), ("Split", false)]);
    let distance = s.number_within(0.., 0);
    let guided = s.yes("Merge using a grayscale image?");
    let image = s.text(GUIDE);
    let fraction = s.number_within(0.0..=1.0, 0.9);
    let along = s.choice(
        "Method to find object intensity",
        &[("Closest point", Along::ClosestPoint), ("Centroids", Along::Centroids)],
    );
    let by_parent = s.choice("Merging method", &[("Distance", false), ("Per-parent", true)]);
    let parent = s.text(PARENT);
    let hull = s.choice("Output object type", &[("Disconnected", false), ("Convex hull", true)]);
    let operation = match (merge, by_parent) {
        (false, _) => Operation::Split,
        (true, false) => {
            Operation::MergeNear { distance, guide: guided.then_some((image, Guide { fraction, along })) }
        }
        (true, true) => Operation::MergeByParent { parent, hull },
    };
    Ok(Box::new(s.finish(SplitOrMergeObjects { objects, output, operation })?))
}

impl Module for SplitOrMergeObjects {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let mut needs = vec![Need::objects(&self.objects, OBJECTS)];
        match &self.operation {
            Operation::MergeNear { guide: Some((image, _)), .. } => needs.push(Need::image(image, GUIDE)),
            Operation::MergeByParent { parent, .. } => {
                needs.push(Need::measurement(&self.objects, &parent_feature(parent), PARENT));
            }
            _ => {}
        }
        let mut columns = flat_object_columns(&self.output);
        columns.extend(family_columns(&self.objects, &self.output));
        Declaration { needs, objects: vec![self.output.clone()], columns, ..Declaration::default() }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let set = workspace.objects(&self.objects)?;
        let labels = flat(&set, &self.objects)?;
        let new = match &self.operation {
            Operation::Split => label_where(labels, Connectivity::Eight, |&l| l != 0).0,
            Operation::MergeNear { distance, guide } => {
                self.merge_near(workspace, labels, *distance, guide)?
            }
            Operation::MergeByParent { parent, hull } => {
                self.merge_by_parent(workspace, labels, parent, *hull)?
            }
        };
        // CellProfiler has as many old numbers as there are new ones, background among them, and looks them up by number.
        let areas = areas(&new);
        if areas.len() - 1 > areas.iter().filter(|&&area| area > 0).count() {
            return Err(RunError::Refused(format!("the numbers of `{}` have gaps", self.objects)));
        }
        let also = |old: &Labels| -> Result<Option<Labels>, RunError> {
            let old = plane_of(old, &self.objects)?;
            if old.shape() != new.shape() {
                return Err(RunError::Refused(format!(
                    "the unedited labels of `{}` are not of its size",
                    self.objects
                )));
            }
            Ok(Some(with_least(old, &new).into()))
        };
        let (unedited, small_removed) = (also(set.unedited())?, also(set.small_removed())?);
        let record = &mut workspace.record;
        note_flat_objects(record, &self.output, &new);
        relate_and_note(record, (&self.objects, labels), (&self.output, &new));
        let parent_image = set.parent_image.clone();
        let objects = Objects { segmented: new.into(), unedited, small_removed, parent_image };
        workspace.add_objects(&self.output, objects);
        Ok(())
    }
}

impl SplitOrMergeObjects {
    fn merge_near(
        &self,
        workspace: &Workspace<'_>,
        labels: &Plane<u32>,
        distance: i64,
        guide: &Option<(String, Guide)>,
    ) -> Result<Plane<u32>, RunError> {
        let mask = if distance > 0 {
            let reach = distance as f64 / 2.0 + 1.0;
            distances(&labels.map(|&l| l == 0)).map(|&d| d < reach)
        } else {
            labels.map(|&l| l != 0)
        };
        let Some((name, guide)) = guide else {
            let joined = label(&mask, Connectivity::Eight).0;
            return Ok(labels.zip(&joined, |&l, &joined| if l == 0 { 0 } else { joined }));
        };
        let image = workspace.image(name)?;
        let grey = Grey::of(&image, name)?;
        if grey.shape() != labels.shape() {
            return Err(RunError::NotNative(format!(
                "merging objects by `{name}`, an image of another size than `{}`,",
                self.objects
            )));
        }
        Ok(match &grey {
            Grey::F32(plane) => merge_by_image(labels, &mask, plane, guide),
            Grey::F64(plane) => merge_by_image(labels, &mask, plane, guide),
        })
    }

    fn merge_by_parent(
        &self,
        workspace: &Workspace<'_>,
        labels: &Plane<u32>,
        parent: &str,
        hull: bool,
    ) -> Result<Plane<u32>, RunError> {
        let feature = parent_feature(parent);
        let parents = workspace.record.object(&self.objects, &feature).map(Values::to_floats);
        let parents = parents.ok_or_else(|| {
            RunError::Refused(format!("`{feature}` of `{}` was not measured", self.objects))
        })?;
        let greatest = labels.data().iter().copied().max().unwrap_or(0) as usize;
        if greatest > parents.len() {
            return Err(RunError::Refused(format!(
                "`{feature}` has {} values for {greatest} objects of `{}`",
                parents.len(),
                self.objects
            )));
        }
        let mut merged = labels.map(|&l| if l == 0 { 0 } else { parents[l as usize - 1] as u32 });
        if hull {
            for (number, region) in Regions::of(&merged.clone()).iter() {
                for row in rows_in_hull_of_centers(&convex_hull(region)) {
                    merged.row_mut(row.row as usize)[row.first as usize..=row.last as usize]
                        .fill(number as u32);
                }
            }
        }
        // The first number that is there is taken for background, as CellProfiler does, even where it is none.
        let mut there = present(&merged);
        there[0] = merged.data().contains(&0);
        let mut numbers = vec![0; there.len()];
        let found = there.iter().enumerate().filter(|(_, there)| **there).map(|(number, _)| number);
        for (new, old) in (0..).zip(found) {
            numbers[old] = new;
        }
        Ok(merged.map(|&l| numbers[l as usize]))
    }
}

/// Returns `old` with, where a new object is, the least old number of it.
fn with_least(old: &Plane<u32>, new: &Plane<u32>) -> Plane<u32> {
    let greatest = new.data().iter().copied().max().unwrap_or(0) as usize;
    let mut least = vec![u32::MAX; greatest + 1];
    for (&old, &new) in old.data().iter().zip(new.data()) {
        least[new as usize] = least[new as usize].min(old);
    }
    old.zip(new, |&old, &new| if new == 0 { old } else { least[new as usize] })
}
