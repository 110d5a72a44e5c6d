use crate::Result;
use bytes::Bytes;
use std::ops::Range;
use std::sync::Arc;
use std::time::SystemTime;

/// A store's calls, each made once: no retry, no limit.
///
/// Keys are checked by [`crate::Store`]: parts between `/` that are neither empty nor `.` nor `..`.
pub trait Backend: Send + Sync {
    /// Returns an object's address, to name it in messages and tables.
    fn url(&self, key: &str) -> String;

    /// Returns an object's bytes, or a range of them, which ends where the object ends, and its version.
    ///
    /// # Errors
    /// When there is no such object or it cannot be read.
    fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<(Bytes, Version)>;

    /// Returns what is known of an object.
    ///
    /// # Errors
    /// When there is no such object or it cannot be seen.
    fn head(&self, key: &str) -> Result<Meta>;

    /// Writes an object whole if the condition holds.
    ///
    /// # Errors
    /// When it cannot be written.
    fn put(&self, key: &str, bytes: &Bytes, condition: &Condition) -> Result<Put>;

    /// Starts to list what is in a folder (`""` is the store), in the order of keys: all objects at any depth, or the
    /// folder's own objects and its sub-folders.
    fn list(&self, folder: &str, deep: bool) -> Box<dyn Pages + '_>;

    /// Removes an object; one that is not there is removed already.
    ///
    /// # Errors
    /// When it cannot be removed.
    fn delete(&self, key: &str) -> Result<()>;

    /// Copies an object within the store.
    ///
    /// # Errors
    /// When there is no such object or the copy cannot be written.
    fn copy(&self, from: &str, to: &str) -> Result<()>;

    /// Returns how large the parts of an object are: S3 takes up to 10,000 of 5 MiB or more.
    fn part_size(&self) -> usize {
        16 << 20
    }

    /// Starts an object that is written in parts; nothing is there before [`Upload::finish`].
    ///
    /// # Errors
    /// When it cannot be started.
    fn upload(self: Arc<Self>, key: &str) -> Result<Box<dyn Upload>>;
}

/// When an object is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Always.
    Always,
    /// If there is none.
    Absent,
    /// If it still has this version.
    Version(Version),
}

/// How a conditional write ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Put {
    /// Written; this is the new version.
    Done(Version),
    /// The condition did not hold; nothing was written.
    Refused,
}

/// Which contents an object has: equal versions of one object mean equal bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Version(pub(crate) String);

/// What is known of an object without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// Its name in the store.
    pub key: String,
    /// Bytes.
    pub size: u64,
    /// When it was written last.
    pub modified: SystemTime,
    /// Changes whenever the object does: the ETag on S3, time and size of a local file.
    pub tag: String,
}

/// Something in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// An object.
    File(Meta),
    /// A folder's key, without a slash at its end.
    Folder(String),
}

impl Entry {
    /// Returns the bytes that listings are in the order of: what is in a folder follows its name and a slash.
    pub(crate) fn order(&self) -> impl Iterator<Item = u8> {
        let (key, end) = match self {
            Self::File(meta) => (&meta.key, None),
            Self::Folder(key) => (key, Some(b'/')),
        };
        key.bytes().chain(end)
    }
}

/// A listing under way.
pub trait Pages {
    /// Returns the next entries, or none when all have been seen. A page that failed may be asked for again.
    ///
    /// # Errors
    /// When the folder cannot be listed.
    fn next_page(&mut self) -> Result<Option<Vec<Entry>>>;
}

/// An object that is being written in parts.
pub trait Upload: Send {
    /// Writes part `index`, from 0 on without gaps; a part that failed may be written again.
    ///
    /// # Errors
    /// When it cannot be written.
    fn part(&mut self, index: usize, bytes: Bytes) -> Result<()>;

    /// Makes an object of the parts.
    ///
    /// # Errors
    /// When it cannot be made; it may be tried again.
    fn finish(&mut self) -> Result<()>;

    /// Throws the parts away.
    ///
    /// # Errors
    /// When they may be left behind.
    fn abort(&mut self) -> Result<()>;
}
