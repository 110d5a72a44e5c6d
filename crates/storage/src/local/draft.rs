use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A file under a name of its own beside the place it is meant for; removed unless it got there.
pub struct Draft {
    path: PathBuf,
    file: File,
}

impl Draft {
    /// Opens an empty draft beside `place`, making its folders.
    ///
    /// # Errors
    /// When the place cannot be written.
    pub fn beside(place: &Path) -> io::Result<Self> {
        let folder = place.parent().unwrap_or(Path::new(""));
        make_folder(folder)?;
        loop {
            // Random, because processes of several machines may share the folder.
            let path = folder.join(format!(".cpb-{:016x}.part", RandomState::new().hash_one(place)));
            match File::create_new(&path) {
                Ok(file) => return Ok(Self { path, file }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Writes from `start` on, in place of what was there.
    ///
    /// # Errors
    /// When the disk is full or cannot be written.
    pub fn write_at(&mut self, start: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.set_len(start)?;
        self.file.seek(SeekFrom::Start(start))?;
        self.file.write_all(bytes)
    }

    /// Puts the draft in its place, in place of a file that is there.
    ///
    /// # Errors
    /// When it cannot be flushed to the disk or renamed.
    pub fn rename(&self, place: &Path) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.path, place)?;
        flush_folder(place)
    }

    /// Puts the draft in its place and returns true, or returns false when something is there.
    ///
    /// # Errors
    /// When it cannot be flushed to the disk or linked.
    pub fn link(&self, place: &Path) -> io::Result<bool> {
        self.file.sync_all()?;
        match fs::hard_link(&self.path, place) {
            Ok(()) => {}
            // NFS answers so when its first answer was lost: the link itself tells.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if self.file.metadata()?.nlink() < 2 {
                    return Ok(false);
                }
            }
            Err(error) => return Err(error),
        }
        flush_folder(place)?;
        Ok(true)
    }
}

impl Write for Draft {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.file.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Gone already when it was renamed; whoever abandons a draft has another error to tell.
        let _ = fs::remove_file(&self.path);
    }
}

/// Flushes the folder that holds `place`, so that the file's name survives a crash.
///
/// # Errors
/// When the disk does not take it.
pub fn flush_folder(place: &Path) -> io::Result<()> {
    let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty());
    match File::open(folder.unwrap_or(Path::new(".")))?.sync_all() {
        // Some network file systems do not flush folders; their server does.
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {
            Ok(())
        }
        ended => ended,
    }
}

/// Makes a folder and those above it, so that their names survive a crash.
fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    make_folder(folder.parent().unwrap_or(Path::new("")))?;
    match fs::create_dir(folder) {
        Ok(()) => flush_folder(folder),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        Err(error) => Err(error),
    }
}
