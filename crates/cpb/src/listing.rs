//! What lies in a folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Returns every file under `folder`, each folder's own files before those of its sub-folders, both by name.
///
/// As in CellProfiler, links to files count, links to folders are not followed, and folders within that cannot be
/// read are passed over.
///
/// # Errors
/// When the folder cannot be read.
pub fn walk(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            folders.push(path);
        } else if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    folders.sort();
    for folder in folders {
        files.extend(walk(&folder).unwrap_or_default());
    }
    Ok(files)
}
