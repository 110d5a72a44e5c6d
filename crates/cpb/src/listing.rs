//! What lies in a folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Returns every file under `folder`, each folder's own files before those of its sub-folders, both by name.
///
/// # Errors
/// When the folder, or one in it, cannot be read.
pub fn walk(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { folders.push(path) } else { files.push(path) }
    }
    files.sort();
    folders.sort();
    for folder in folders {
        files.extend(walk(&folder)?);
    }
    Ok(files)
}
