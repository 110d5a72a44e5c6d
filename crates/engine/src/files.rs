use std::io::{self, Write};

/// Where files come from.
pub trait Source: Send + Sync {
    /// Returns the bytes of the file at `location`: a path or URL.
    ///
    /// # Errors
    /// When there is no such file or it cannot be read.
    fn read(&self, location: &str) -> io::Result<Vec<u8>>;
}

/// Where files go.
pub trait Sink: Send + Sync {
    /// Writes a file whole at `path`, making its folders; a file that is there is replaced.
    ///
    /// # Errors
    /// When the place cannot be written or is full.
    fn write(&self, path: &str, bytes: &[u8]) -> io::Result<()>;

    /// Opens a file at `path` to be written bit by bit; nothing is there before [`OpenFile::finish`].
    ///
    /// # Errors
    /// When the place cannot be written.
    fn create<'a>(&'a self, path: &str) -> io::Result<Box<dyn OpenFile + 'a>>;

    /// Returns whether there is a file at `path`.
    fn exists(&self, path: &str) -> bool;
}

/// A file that is being written. Dropped before it is finished, it leaves nothing behind.
pub trait OpenFile: Write + Send {
    /// Puts the file in its place, in place of one that is there.
    ///
    /// # Errors
    /// When the place cannot be written or is full.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// CellProfiler's default folders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folders {
    /// Default Input Folder, absolute.
    pub input: String,
    /// Default Output Folder, absolute.
    pub output: String,
}
