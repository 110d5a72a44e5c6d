use crate::structure::folder_of;
use crate::{Job, TableNumber};
use engine::Folders;
use imageset::ImageSet;
use std::collections::HashMap;

/// The folders that tables go to: the output, or one for each value of `output_structure`.
pub(super) struct TableFolders {
    pub all: Vec<TableFolder>,
    /// The folder of each image set, by its place in the plan.
    pub folder_of: Vec<usize>,
}

/// A folder with tables.
pub(super) struct TableFolder {
    pub folders: Folders,
    /// The image sets in its tables, as [`for_tables`] has them.
    pub image_sets: Vec<ImageSet>,
    /// Their number.
    pub number: TableNumber,
}

impl TableFolders {
    /// # Errors
    /// When an image set lacks the metadata that name its folder.
    pub fn new(job: &Job) -> Result<Self, String> {
        let stored = &job.stored;
        let structure = stored.message.output_structure.as_deref().unwrap_or("");
        let mut known: HashMap<String, usize> = HashMap::new();
        let (mut all, mut places): (Vec<TableFolder>, Vec<usize>) = (Vec::new(), Vec::new());
        for set in job.plan.image_sets.iter() {
            let folder = folder_of(structure, &set).map_err(|key| no_value(&key, &set))?;
            let at = *known.entry(folder.clone()).or_insert_with(|| {
                let folders = Folders {
                    input: stored.input.as_str().to_string(),
                    output: stored.output.join(&folder).as_str().to_string(),
                };
                all.push(TableFolder { folders, image_sets: Vec::new(), number: TableNumber::default() });
                all.len() - 1
            });
            all[at].number.add(&set);
            let first = all[at].image_sets.is_empty();
            all[at].image_sets.push(for_table(set, first));
            places.push(at);
        }
        Ok(Self { all, folder_of: places })
    }
}

/// Returns image sets as the writers of tables ask for them.
pub(crate) fn for_tables(image_sets: impl Iterator<Item = ImageSet>) -> Vec<ImageSet> {
    image_sets.enumerate().map(|(i, set)| for_table(set, i == 0)).collect()
}

/// Returns what the writers of tables ask of an image set: numbers, metadata, and the greatest frame and series (which names of
/// files may hold). What channels and columns there are they ask of the first. Of all that thousands of image sets have this is
/// the small part, and they are in memory together.
fn for_table(mut set: ImageSet, first: bool) -> ImageSet {
    if first {
        return set;
    }
    set.columns = Vec::new();
    if set.channels.iter().all(|channel| channel.series.unwrap_or(0) == 0 && channel.frame.unwrap_or(0) == 0)
    {
        set.channels = Vec::new();
    }
    set
}

/// Says that an image set lacks the metadata that name its folder.
pub(crate) fn no_value(key: &str, set: &ImageSet) -> String {
    let known: Vec<&str> = set.metadata.keys().map(String::as_str).collect();
    let near = cppipe::nearest(key, known.iter().copied());
    let near = near.map(|near| format!("; did you mean `Metadata_{near}`?")).unwrap_or_default();
    format!(
        "`output_structure` asks for `Metadata_{key}`, which image set {} does not have: it has {}{near}",
        set.number,
        known.join(", ")
    )
}
