//! What modules note of the objects they make: how many, where, and whose children they are.

use crate::{Objects, RunError, Workspace};
use algorithms::centers::centers;
use algorithms::overlap::{Related, relate};
use algorithms::relabel::present;
use algorithms::volume_centers::volume_centers;
use measurements::{Column, IMAGE, Kind, Record, Relationship};
use pixels::{Array, Labels, Plane};
use std::borrow::Cow;

const CENTER_X: &str = "Location_Center_X";
const CENTER_Y: &str = "Location_Center_Y";
/// The feature of an object's place along Z.
pub const CENTER_Z: &str = "Location_Center_Z";
const NUMBER: &str = "Number_Object_Number";

/// Returns the columns that [`note_objects`] fills.
pub fn object_columns(name: &str) -> Vec<Column> {
    vec![
        Column::float(name, CENTER_X),
        Column::float(name, CENTER_Y),
        // CellProfiler notes whole zeros for flat images.
        Column::integer(name, CENTER_Z).declared(Kind::Float),
        Column::integer(name, NUMBER),
        Column::float(IMAGE, format!("Count_{name}")).declared(Kind::Integer),
    ]
}

/// Notes the centre, number and count of the objects of `labels` (H×W), as CellProfiler's segmentation modules do.
///
/// Only numbers that are there have a centre: where numbers are left out, there are fewer centres than numbers.
pub fn note_objects(record: &mut Record, name: &str, labels: &Plane<u32>) {
    let count = present(labels).len() - 1;
    let there: Vec<_> = centers(labels).into_iter().filter(|c| !c.x.is_nan()).collect();
    record.object_floats(name, CENTER_X, there.iter().map(|c| c.x).collect());
    record.object_floats(name, CENTER_Y, there.iter().map(|c| c.y).collect());
    record.object_integers(name, CENTER_Z, vec![0; there.len()]);
    note_number_and_count(record, name, count);
}

/// As [`note_objects`], of labels that may be a volume (Z×H×W): centres have a Z then.
pub fn note_labels(record: &mut Record, name: &str, labels: &Array<u32>) {
    if let Some(plane) = labels.as_plane() {
        return note_objects(record, name, plane);
    }
    let centers = volume_centers(labels);
    for (axis, feature) in [CENTER_Z, CENTER_Y, CENTER_X].into_iter().enumerate() {
        let along = centers.iter().flatten().map(|center| center[axis]).collect();
        record.object_floats(name, feature, along);
    }
    note_number_and_count(record, name, centers.len());
}

/// Returns the columns that [`note_flat_objects`] fills.
pub fn flat_object_columns(name: &str) -> Vec<Column> {
    object_columns(name).into_iter().filter(|c| c.feature != CENTER_Z).collect()
}

/// Notes the centre, number and count of the objects of `labels` (H×W), as CellProfiler's older modules do: no
/// Z, and a centre for every number, NaN for one that is not there.
pub fn note_flat_objects(record: &mut Record, name: &str, labels: &Plane<u32>) {
    let centers = centers(labels);
    record.object_floats(name, CENTER_X, centers.iter().map(|c| c.x).collect());
    record.object_floats(name, CENTER_Y, centers.iter().map(|c| c.y).collect());
    note_number_and_count(record, name, centers.len());
}

fn note_number_and_count(record: &mut Record, name: &str, count: usize) {
    record.object_integers(name, NUMBER, (1..=count as i64).collect());
    record.image_float(format!("Count_{name}"), count as f64);
}

/// Returns the columns that [`note_family`] fills.
pub fn family_columns(parent: &str, child: &str) -> Vec<Column> {
    vec![Column::integer(parent, children_feature(child)), Column::integer(child, parent_feature(parent))]
}

/// Returns the feature that holds how many of `child` an object has.
pub fn children_feature(child: &str) -> String {
    format!("Children_{child}_Count")
}

/// Returns the feature that holds which of `parent` an object belongs to.
pub fn parent_feature(parent: &str) -> String {
    format!("Parent_{parent}")
}

/// Notes how many children each parent has and which parent each child has.
pub fn note_family(record: &mut Record, parent: &str, child: &str, related: &Related) {
    let wide = |values: &[u32]| values.iter().map(|&v| i64::from(v)).collect();
    record.object_integers(parent, children_feature(child), wide(&related.children));
    record.object_integers(child, parent_feature(parent), wide(&related.parents));
}

/// Notes pairs of objects of this image set that belong together.
pub fn note_relationship(
    workspace: &mut Workspace<'_>,
    relationship: &str,
    first: &str,
    second: &str,
    pairs: impl IntoIterator<Item = (u32, u32)>,
) {
    let image = workspace.record.image_number as u32;
    let pairs = pairs.into_iter().map(|(a, b)| [image, a, image, b]).collect();
    workspace.record.relationships.push(Relationship {
        module: workspace.module_number,
        relationship: relationship.into(),
        first: first.into(),
        second: second.into(),
        pairs,
    });
}

/// Returns (parent, child) of each child that has a parent.
pub fn pairs_of(parents: &[u32]) -> impl Iterator<Item = (u32, u32)> {
    (1..).zip(parents).filter(|(_, parent)| **parent > 0).map(|(child, &parent)| (parent, child))
}

/// Refuses settings older than `oldest`, the first revision that CellProfiler 4 reads.
///
/// # Errors
/// The problem that the settings are older.
pub fn refuse_older(module: &cppipe::Module, oldest: u32) -> Result<(), Vec<cppipe::Problem>> {
    let mut settings = cppipe::Settings::new(module);
    if module.revision < oldest {
        let message =
            format!("revision `{}` is older than {oldest}, the first that is read", module.revision);
        settings.problem("variable_revision_number", message, None);
    }
    settings.finish(())
}

/// Returns the labels of objects that do not overlap, called `name`; they may be a volume.
///
/// # Errors
/// That overlapping objects are not native.
pub fn dense<'o>(objects: &'o Objects, name: &str) -> Result<Cow<'o, Array<u32>>, RunError> {
    dense_labels(&objects.segmented, name)
}

/// Returns a set of labels of the objects called `name`, that do not overlap; they may be a volume.
///
/// # Errors
/// As [`dense`].
pub fn dense_labels<'o>(labels: &'o Labels, name: &str) -> Result<Cow<'o, Array<u32>>, RunError> {
    match labels {
        Labels::Dense(labels) => Ok(Cow::Borrowed(labels)),
        Labels::Overlapping(planes) if planes.len() == 1 => Ok(Cow::Owned(planes[0].clone().into())),
        Labels::Overlapping(_) => Err(RunError::NotNative(format!("the overlapping objects of `{name}`"))),
    }
}

/// Returns the labels of flat objects that do not overlap, called `name`.
///
/// # Errors
/// That volumes or overlapping objects are not native.
pub fn flat<'o>(objects: &'o Objects, name: &str) -> Result<&'o Plane<u32>, RunError> {
    plane_of(&objects.segmented, name)
}

/// Returns a set of labels of the objects called `name` as one plane.
///
/// # Errors
/// As [`flat`].
pub fn plane_of<'o>(labels: &'o Labels, name: &str) -> Result<&'o Plane<u32>, RunError> {
    labels
        .as_plane()
        .ok_or_else(|| RunError::NotNative(format!("the volume or overlapping objects of `{name}`")))
}

/// Finds for each child the parent that it shares most pixels with, in volumes as on planes.
///
/// # Errors
/// That volumes of different sizes are not native.
pub fn relate_labels(parents: &Array<u32>, children: &Array<u32>) -> Result<Related, RunError> {
    let (of_parents, of_children) = (parents.shape(), children.shape());
    let volume = of_parents.depth > 1 || of_children.depth > 1;
    if volume && of_parents != of_children {
        return Err(RunError::NotNative("relating objects of volumes of different sizes".into()));
    }
    Ok(relate(parents.rows(), children.rows()))
}

/// Relates children to parents and notes both sides.
pub fn relate_and_note(
    record: &mut Record,
    (parent, parents): (&str, &Plane<u32>),
    (child, children): (&str, &Plane<u32>),
) -> Related {
    let related = relate(parents, children);
    note_family(record, parent, child, &related);
    related
}
