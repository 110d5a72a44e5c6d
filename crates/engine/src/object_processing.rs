//! Modules that make objects of objects: what they note, and new numbers for objects that are kept.

use crate::identified::{family_columns, flat, note_objects, object_columns, plane_of, relate_and_note};
use crate::{Objects, RunError, Workspace};
use measurements::Column;

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
/// When one of the two is not there, or is a volume or overlaps.
pub fn note_processed(workspace: &mut Workspace<'_>, input: &str, output: &str) -> Result<(), RunError> {
    let (parents, children) = (workspace.objects(input)?, workspace.objects(output)?);
    let (parents, children) = (flat(&parents, input)?, flat(&children, output)?);
    note_objects(&mut workspace.record, output, children);
    relate_and_note(&mut workspace.record, (input, parents), (output, children));
    Ok(())
}

/// Returns `objects`, called `name`, with new numbers: label `i` becomes `numbers[i]`, a greater one than there are
/// numbers 0. What becomes 0 is taken out of the small-removed labels too; the unedited ones stay.
///
/// # Errors
/// When the small-removed labels have another size, or the objects are a volume or overlap.
pub fn numbered_anew(objects: &Objects, name: &str, numbers: &[u32]) -> Result<Objects, RunError> {
    let labels = flat(objects, name)?;
    let mut small_removed = plane_of(objects.small_removed(), name)?.clone();
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
        segmented: new.into(),
        unedited: Some(objects.unedited().clone()),
        small_removed: Some(small_removed.into()),
        parent_image: objects.parent_image.clone(),
    })
}
