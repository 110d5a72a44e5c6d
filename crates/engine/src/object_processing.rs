//! Modules that make objects of objects: what they note, and new numbers for objects that are kept.

use crate::identified::{
    dense, family_columns, note_family, note_labels, object_columns, plane_of, relate_labels,
};
use crate::{Declaration, Need, Objects, RunError, Workspace};
use cppipe::Settings;
use measurements::Column;
use pixels::{Array, Labels};

const OBJECTS: &str = "Select the input object";

/// Reads the first two settings of CellProfiler's `ObjectProcessing` modules: the objects that go in, and what those
/// that come out are called.
pub fn read_names(settings: &mut Settings<'_>) -> (String, String) {
    (settings.text(OBJECTS), settings.text("Name the output object"))
}

/// Returns what a module declares that makes the objects `output` of those called `input`, and nothing else.
pub fn processing_declaration(input: &str, output: &str) -> Declaration {
    Declaration {
        needs: vec![Need::objects(input, OBJECTS)],
        objects: vec![output.to_string()],
        columns: processed_columns(input, output),
        ..Declaration::default()
    }
}

/// Returns the columns that [`note_processed`] fills.
pub fn processed_columns(input: &str, output: &str) -> Vec<Column> {
    let mut columns = object_columns(output);
    columns.extend(family_columns(input, output));
    columns
}

/// Notes centres, numbers and count of the objects `output`, and how they belong to those called `input`, which they
/// were made of.
///
/// # Errors
/// When one of the two is not there, or overlaps.
pub fn note_processed(workspace: &mut Workspace<'_>, input: &str, output: &str) -> Result<(), RunError> {
    let (parents, children) = (workspace.objects(input)?, workspace.objects(output)?);
    let (parents, children) = (dense(&parents, input)?, dense(&children, output)?);
    note_labels(&mut workspace.record, output, &children);
    note_family(&mut workspace.record, input, output, &relate_labels(&parents, &children)?);
    Ok(())
}

/// Makes the objects `output` of the labels that `make` makes of those of `input`, which may be a volume, and notes them.
///
/// # Errors
/// As [`note_processed`], or those of `make`.
pub fn process(
    workspace: &mut Workspace<'_>,
    input: &str,
    output: &str,
    make: impl FnOnce(&Array<u32>) -> Result<Array<u32>, RunError>,
) -> Result<(), RunError> {
    let objects = workspace.objects(input)?;
    let labels = dense(&objects, input)?;
    let made = Labels::Dense(make(&labels)?);
    let made = Objects { parent_image: objects.parent_image.clone(), ..Objects::new(made) };
    workspace.add_objects(output, made);
    note_processed(workspace, input, output)
}

/// Returns `objects`, called `name`, with new numbers: label `i` becomes `numbers[i]`, a greater one than there are
/// numbers 0. What becomes 0 is taken out of the small-removed labels too; the unedited ones stay.
///
/// # Errors
/// When the small-removed labels have another size, or the objects are a volume or overlap.
pub fn numbered_anew(objects: &Objects, name: &str, numbers: &[u32]) -> Result<Objects, RunError> {
    if matches!(&objects.segmented, Labels::Overlapping(planes) if planes.len() > 1) {
        return Err(RunError::Refused(format!("objects `{name}` overlap: they must not here")));
    }
    let labels = dense(objects, name)?;
    let mut small_removed = match objects.small_removed() {
        Labels::Dense(labels) => labels.clone(),
        other => plane_of(other, name)?.clone().into(),
    };
    if small_removed.shape() != labels.shape() {
        return Err(RunError::Refused(format!(
            "the labels of `{name}` with small objects removed are not of the size of `{name}`"
        )));
    }
    let new = labels
        .map(|&label| numbers.get(label as usize).or_else(|| numbers.first()).copied().unwrap_or_default());
    for ((small, &new), &old) in small_removed.data_mut().iter_mut().zip(new.data()).zip(labels.data()) {
        if new == 0 && old != 0 {
            *small = 0;
        }
    }
    Ok(Objects {
        segmented: Labels::Dense(new),
        unedited: Some(objects.unedited().clone()),
        small_removed: Some(Labels::Dense(small_removed)),
        parent_image: objects.parent_image.clone(),
    })
}
