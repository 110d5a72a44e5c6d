//! Files of this machine, or of a file system that several machines share.
//!
//! Own code rather than `object_store`'s local store, which percent-encodes names that hold `#`, `%`, `~` or brackets, so that it
//! does not see files which others named so, and which has no compare-and-swap.

mod draft;
mod listing;

use crate::{Backend, Condition, Error, Kind, Meta, Pages, Put, Result, Upload, Version};
use bytes::Bytes;
use draft::Draft;
use md5::{Digest, Md5};
use std::fs::{self, File, Metadata};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// The file that serialises compare-and-swap in its folder; it stays.
const LOCK: &str = ".cpb-lock";

/// A folder whose files are objects; a key's parts are the names of folders and file as they are.
///
/// A file is written under a name of its own beside its place, flushed to the disk and then linked or renamed, and its
/// folder flushed. A file that is meant for [`crate::Store::replace`] must be written by `create` and `replace` only: these agree by a
/// lock file in its folder.
#[derive(Clone, Debug)]
pub struct Local {
    root: PathBuf,
}

impl Local {
    /// Returns the store of a folder; it need not be there yet.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    fn path(&self, key: &str) -> PathBuf {
        if key.is_empty() { self.root.clone() } else { self.root.join(key) }
    }

    fn fail(&self, doing: &'static str, key: &str) -> impl Fn(io::Error) -> Error + use<> {
        let url = self.url(key);
        move |error| match error.kind() {
            // A folder, or a file where a folder is named, is no object: S3 would not know it either.
            io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory if doing != "write" => {
                Error::not_found(doing, &url)
            }
            _ => Error::from_io(doing, &url, &error),
        }
    }

    fn meta(&self, doing: &'static str, key: &str) -> Result<Metadata> {
        let meta = fs::metadata(self.path(key)).map_err(self.fail(doing, key))?;
        if meta.is_file() { Ok(meta) } else { Err(Error::not_found(doing, self.url(key))) }
    }

    /// Puts a draft in its place if there is nothing.
    fn link(&self, draft: Draft, place: &Path) -> io::Result<bool> {
        match draft.link(place) {
            Err(error)
                if matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied) =>
            {
                // A file system without hard links: the lock makes two steps one among ourselves.
                let _lock = lock(place)?;
                if place.try_exists()? {
                    return Ok(false);
                }
                draft.rename(place).map(|()| true)
            }
            ended => ended,
        }
    }

    /// Puts a draft in the place of a file that still has the version.
    fn swap(&self, draft: Draft, place: &Path, version: &Version) -> io::Result<bool> {
        let _lock = lock(place)?;
        match fs::read(place) {
            Ok(bytes) if version_of(&bytes) == *version => draft.rename(place).map(|()| true),
            Ok(_) => Ok(false),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Takes the lock of a file's folder; it is let go when the handle is dropped, or its process dies.
fn lock(place: &Path) -> io::Result<File> {
    let path = place.with_file_name(LOCK);
    let file = File::options().create(true).truncate(false).write(true).open(path)?;
    file.lock()?;
    Ok(file)
}

/// Contents, not time: a time may not move between two writes.
fn version_of(bytes: &[u8]) -> Version {
    Version(Md5::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect())
}

fn meta_of(key: &str, meta: &Metadata) -> Meta {
    let modified = meta.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    let nanoseconds = modified.duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos());
    let (key, size) = (key.to_string(), meta.len());
    Meta { key, size, modified, tag: format!("{nanoseconds:x}-{size:x}") }
}

impl Backend for Local {
    fn url(&self, key: &str) -> String {
        self.path(key).to_string_lossy().into_owned()
    }

    fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<(Bytes, Version)> {
        let fail = self.fail("read", key);
        let mut bytes = Vec::new();
        let mut file = File::open(self.path(key)).map_err(&fail)?;
        let Some(range) = range else {
            file.read_to_end(&mut bytes).map_err(&fail)?;
            let version = version_of(&bytes);
            return Ok((bytes.into(), version));
        };
        let meta = file.metadata().map_err(&fail)?;
        file.seek(SeekFrom::Start(range.start)).map_err(&fail)?;
        file.take(range.end.saturating_sub(range.start)).read_to_end(&mut bytes).map_err(&fail)?;
        // Not to read the whole file for a part of it, a range has the file's tag for its version.
        Ok((bytes.into(), Version(meta_of(key, &meta).tag)))
    }

    fn head(&self, key: &str) -> Result<Meta> {
        self.meta("see", key).map(|meta| meta_of(key, &meta))
    }

    fn put(&self, key: &str, bytes: &Bytes, condition: &Condition) -> Result<Put> {
        let (place, fail) = (self.path(key), self.fail("write", key));
        if *condition == Condition::Absent && place.symlink_metadata().is_ok() {
            return Ok(Put::Refused);
        }
        let written = Draft::beside(&place).and_then(|mut draft| {
            draft.write_all(bytes)?;
            match condition {
                Condition::Always => draft.rename(&place).map(|()| true),
                Condition::Absent => self.link(draft, &place),
                Condition::Version(version) => self.swap(draft, &place, version),
            }
        });
        let written = written.map_err(fail)?;
        Ok(if written { Put::Done(version_of(bytes)) } else { Put::Refused })
    }

    fn list(&self, folder: &str, deep: bool) -> Box<dyn Pages + '_> {
        Box::new(listing::Walk::new(self, folder, deep))
    }

    fn delete(&self, key: &str) -> Result<()> {
        let place = self.path(key);
        match fs::remove_file(&place) {
            Ok(()) => draft::flush_folder(&place).map_err(self.fail("remove", key)),
            Err(error) => Err(self.fail("remove", key)(error)),
        }
        .or_else(|error| if error.kind == Kind::NotFound { Ok(()) } else { Err(error) })
    }

    fn copy(&self, from: &str, to: &str) -> Result<()> {
        self.meta("copy", from)?;
        let mut source = File::open(self.path(from)).map_err(self.fail("copy", from))?;
        let place = self.path(to);
        let copied = Draft::beside(&place).and_then(|mut draft| {
            io::copy(&mut source, &mut draft)?;
            draft.rename(&place)
        });
        copied.map_err(self.fail("write", to))
    }

    /// A file is written on: no reason to hold much of it.
    fn part_size(&self) -> usize {
        1 << 20
    }

    fn upload(self: Arc<Self>, key: &str) -> Result<Box<dyn Upload>> {
        let place = self.path(key);
        let draft = Draft::beside(&place).map_err(self.fail("write", key))?;
        Ok(Box::new(LocalUpload { local: self, key: key.to_string(), draft, finished: false, ends: vec![0] }))
    }
}

struct LocalUpload {
    local: Arc<Local>,
    key: String,
    draft: Draft,
    finished: bool,
    /// Where each part ends, and first the file's start: a part that is written again begins there.
    ends: Vec<u64>,
}

impl Upload for LocalUpload {
    fn part(&mut self, index: usize, bytes: Bytes) -> Result<()> {
        self.ends.truncate(index + 1);
        let start = self.ends.last().copied().unwrap_or(0);
        self.draft.write_at(start, &bytes).map_err(self.local.fail("write", &self.key))?;
        self.ends.push(start + bytes.len() as u64);
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        if !self.finished {
            let place = self.local.path(&self.key);
            self.draft.rename(&place).map_err(self.local.fail("write", &self.key))?;
            self.finished = true;
        }
        Ok(())
    }

    fn abort(&mut self) -> Result<()> {
        // The draft goes with the upload.
        Ok(())
    }
}
