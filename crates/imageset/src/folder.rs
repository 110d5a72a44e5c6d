use crate::{ImageSet, metadata_tags, substitute_metadata};
use std::path::{Component, Path, PathBuf};

/// A folder as a module's setting names it: `Default Output Folder sub-folder|\g<Plate>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// Where the path starts.
    pub base: FolderBase,
    /// The path from there; it may hold metadata tags.
    pub path: String,
}

/// Where a folder's path starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FolderBase {
    /// `Elsewhere...`: anywhere; a relative path starts at the folder that the program was started in.
    Elsewhere,
    /// `Default Input Folder`; the path is ignored.
    Input,
    /// `Default Output Folder`; the path is ignored.
    Output,
    /// `Default Input Folder sub-folder`.
    InputSubfolder,
    /// `Default Output Folder sub-folder`.
    OutputSubfolder,
    /// `URL`: the path is one.
    Url,
    /// `None`: no folder.
    None,
}

/// The names of the bases, those that CellProfiler writes first, then those that earlier versions wrote.
const BASES: [(&str, FolderBase); 10] = [
    ("Elsewhere...", FolderBase::Elsewhere),
    ("Default Input Folder", FolderBase::Input),
    ("Default Output Folder", FolderBase::Output),
    ("Default Input Folder sub-folder", FolderBase::InputSubfolder),
    ("Default Output Folder sub-folder", FolderBase::OutputSubfolder),
    ("URL", FolderBase::Url),
    ("None", FolderBase::None),
    ("Absolute path elsewhere", FolderBase::Elsewhere),
    ("Default input directory sub-folder", FolderBase::InputSubfolder),
    ("Default output directory sub-folder", FolderBase::OutputSubfolder),
];

impl Folder {
    /// The names of the bases that CellProfiler 4 writes.
    pub fn base_names() -> impl Iterator<Item = &'static str> {
        BASES.iter().take(7).map(|(name, _)| *name)
    }

    /// Reads a setting's answer: a base, a bar and a path. The path is `.` where there is none.
    ///
    /// Returns `None` when the base is unknown.
    pub fn parse(answer: &str) -> Option<Self> {
        let (name, path) = answer.split_once('|').unwrap_or((answer, "."));
        let known = BASES.iter().find(|(known, _)| *known == name).map(|(_, base)| *base);
        let starts = |prefixes: &[&str]| prefixes.iter().any(|p| name.starts_with(p));
        let base = match known {
            Some(base) => base,
            None if starts(&["Default Image", "Default image", "Default input"]) => FolderBase::Input,
            None if starts(&["Default output"]) => FolderBase::Output,
            None => return None,
        };
        Some(Self { base, path: path.to_string() })
    }

    /// Returns whether the path counts.
    pub fn has_path(&self) -> bool {
        !matches!(self.base, FolderBase::Input | FolderBase::Output | FolderBase::None)
    }

    /// Returns the metadata tags that the folder depends on.
    pub fn tags(&self) -> Vec<&str> {
        if self.has_path() { metadata_tags(&self.path) } else { Vec::new() }
    }

    /// Returns the absolute path of the folder (or its URL) for an image set, whose metadata replace the tags.
    ///
    /// Without an image set the path ends before its first tag. `input` and `output` are the default folders.
    pub fn resolve(&self, input: &str, output: &str, image_set: Option<&ImageSet>) -> String {
        let root = match self.base {
            FolderBase::Input => return input.to_string(),
            FolderBase::Output => return output.to_string(),
            FolderBase::None => return String::new(),
            FolderBase::InputSubfolder => input,
            FolderBase::OutputSubfolder => output,
            FolderBase::Elsewhere | FolderBase::Url => "",
        };
        let path = match image_set {
            Some(image_set) => substitute_metadata(&self.path, image_set),
            None => self.path_before_tags(),
        };
        if self.base == FolderBase::Url { path } else { join(root, &path) }
    }

    fn path_before_tags(&self) -> String {
        match self.path.find("\\g<") {
            Some(start) => {
                let before = self.path[..start].replace("\\\\", "\\");
                before.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_string())
            }
            None => self.path.replace("\\\\", "\\"),
        }
    }
}

/// Joins `path` to `root` unless it is absolute, and takes out `.` and `..` by the letter.
fn join(root: &str, path: &str) -> String {
    if let Some((scheme, rest)) = root.split_once("://") {
        let place = normal(Path::new(&format!("/{rest}/{path}")));
        return format!("{scheme}:/{}", place.display());
    }
    let joined = Path::new(root).join(path);
    // Where there is no current folder (it was removed), the path stays relative and fails where it is used.
    let absolute =
        if joined.is_absolute() { joined } else { std::env::current_dir().unwrap_or_default().join(joined) };
    normal(&absolute).display().to_string()
}

fn normal(path: &Path) -> PathBuf {
    let mut result = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                result.pop();
            }
            _ => result.push(part),
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(answer: &str) -> String {
        let metadata = [("Plate".to_string(), "P1".to_string())].into();
        let image_set = ImageSet { metadata, ..ImageSet::default() };
        Folder::parse(answer).expect("a folder").resolve("/in", "/out", Some(&image_set))
    }

    #[test]
    fn a_folder_starts_at_its_base_and_takes_the_metadata() {
        assert_eq!(resolve("Default Output Folder|ignored"), "/out");
        assert_eq!(resolve(r"Default Output Folder sub-folder|a/\g<Plate>"), "/out/a/P1");
        assert_eq!(resolve("Default Input Folder sub-folder|../x/./y"), "/x/y");
        assert_eq!(resolve("Default output directory sub-folder|."), "/out");
        assert_eq!(resolve("Elsewhere...|/data"), "/data");
        assert_eq!(resolve("Default Output Folder sub-folder|/data"), "/data");
        assert_eq!(Folder::parse("Somewhere|x"), None);
    }

    #[test]
    fn a_folder_of_a_store_keeps_its_scheme() {
        let folder = Folder::parse("Default Output Folder sub-folder|a").expect("a folder");
        assert_eq!(folder.resolve("", "s3://bucket/out", Some(&ImageSet::default())), "s3://bucket/out/a");
    }

    #[test]
    fn without_an_image_set_the_path_ends_before_its_tags() {
        let folder = Folder::parse(r"Default Output Folder sub-folder|a/b\g<Plate>/c").expect("a folder");
        assert_eq!(folder.resolve("/in", "/out", None), "/out/a");
    }
}
