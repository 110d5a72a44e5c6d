//! Where an image's file goes.

use super::settings::{FileName, Place, SaveImages};
use crate::{RunError, Workspace};
use imageset::substitute_metadata;
use measurements::Value;
use std::path::{Component, Path, PathBuf};

impl SaveImages {
    /// Returns the path of the file for the workspace's image set.
    ///
    /// # Errors
    /// When the image that names the file has no file name or folder.
    pub(super) fn path(&self, workspace: &Workspace<'_>) -> Result<String, RunError> {
        let name = format!("{}.{}", self.stem(workspace)?, self.format.extension());
        let mut folder = match &self.place {
            Place::WithImage(image) => measured(workspace, "PathName", image)?,
            Place::Folder(folder) => {
                let (input, output) = (&workspace.folders.input, &workspace.folders.output);
                folder.resolve(input, output, Some(workspace.image_set))
            }
        };
        if let Some(base) = &self.subfolders_of {
            let base = base.resolve(&workspace.folders.input, &workspace.folders.output, None);
            let subfolder = relative(&self.source_folder(workspace)?, &base);
            folder = Path::new(&folder).join(subfolder).to_string_lossy().into_owned();
        }
        Ok(Path::new(&folder).join(name).to_string_lossy().into_owned())
    }

    /// Returns the file's name without its ending.
    fn stem(&self, workspace: &Workspace<'_>) -> Result<String, RunError> {
        Ok(match &self.file_name {
            FileName::Single(name) => substitute_metadata(name, workspace.image_set),
            FileName::Numbered { prefix, digits } => {
                let all = (workspace.image_set_count as f64 + 1.0).log10().ceil() as usize;
                let width = all.max(*digits);
                let prefix = substitute_metadata(prefix, workspace.image_set);
                format!("{prefix}{:0width$}", workspace.image_set.number)
            }
            FileName::OfImage { image, suffix } => {
                let name = measured(workspace, "FileName", image)?;
                let suffix = suffix.as_ref().map(|s| substitute_metadata(s, workspace.image_set));
                without_ending(&name).to_string() + &suffix.unwrap_or_default()
            }
        })
    }

    /// Returns the folder that the image, or the first of those it was made from, came from.
    fn source_folder(&self, workspace: &Workspace<'_>) -> Result<String, RunError> {
        if let FileName::OfImage { image, .. } = &self.file_name {
            return measured(workspace, "PathName", image);
        }
        let mut image = workspace.image(&self.image)?;
        loop {
            if let Some(source) = &image.source {
                return Ok(source.path.clone());
            }
            let parent = image.parent.as_ref().ok_or_else(|| {
                RunError::Refused(format!(
                    "image `{}` comes from no file, so it has no sub-folder",
                    self.image
                ))
            })?;
            image = workspace.image(parent)?;
        }
    }
}

pub(crate) fn measured(workspace: &Workspace<'_>, feature: &str, image: &str) -> Result<String, RunError> {
    match workspace.record.image.get(&format!("{feature}_{image}")) {
        Some(Value::Text(text)) => Ok(text.clone()),
        _ => {
            Err(RunError::Refused(format!("image `{image}` has no {feature}: it was not loaded from a file")))
        }
    }
}

/// Returns a file's name up to its last dot, as Python's `os.path.splitext`: leading dots do not count.
pub(crate) fn without_ending(name: &str) -> &str {
    match name.rfind('.') {
        Some(dot) if name[..dot].chars().any(|c| c != '.') => &name[..dot],
        _ => name,
    }
}

/// Returns the way from `base` to `folder`, both absolute, by the letter.
fn relative(folder: &str, base: &str) -> PathBuf {
    let parts = |path: &str| -> Vec<String> {
        let normal = Path::new(path).components().filter(|c| matches!(c, Component::Normal(_)));
        normal.map(|c| c.as_os_str().to_string_lossy().into_owned()).collect()
    };
    let (folder, base) = (parts(folder), parts(base));
    let common = folder.iter().zip(&base).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..", base.len() - common).map(String::from);
    up.chain(folder[common..].iter().cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ending_is_what_python_takes_for_one() {
        assert_eq!(without_ending("a.b.tif"), "a.b");
        assert_eq!(without_ending(".hidden"), ".hidden");
        assert_eq!(without_ending("none"), "none");
    }

    #[test]
    fn the_way_between_folders_goes_up_and_down() {
        assert_eq!(relative("/data/p1/w1", "/data"), Path::new("p1/w1"));
        assert_eq!(relative("/data/p1", "/data/p2/x"), Path::new("../../p1"));
    }
}
