use crate::Job;
use crate::structure::folder_of;
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
    /// The image sets in its tables.
    pub image_sets: Vec<ImageSet>,
}

impl TableFolders {
    /// # Errors
    /// When an image set lacks the metadata that name its folder.
    pub fn new(job: &Job) -> Result<Self, String> {
        let stored = &job.stored;
        let structure = stored.message.output_structure.as_deref().unwrap_or("");
        let mut known: HashMap<String, usize> = HashMap::new();
        let (mut all, mut places): (Vec<TableFolder>, Vec<usize>) = (Vec::new(), Vec::new());
        for set in &job.plan.image_sets {
            let folder = folder_of(structure, set).map_err(|key| no_value(&key, set))?;
            let at = *known.entry(folder.clone()).or_insert_with(|| {
                let folders = Folders {
                    input: stored.input.as_str().to_string(),
                    output: stored.output.join(&folder).as_str().to_string(),
                };
                all.push(TableFolder { folders, image_sets: Vec::new() });
                all.len() - 1
            });
            all[at].image_sets.push(set.clone());
            places.push(at);
        }
        Ok(Self { all, folder_of: places })
    }
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
