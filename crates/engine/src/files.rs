use std::io;

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

    /// Returns whether there is a file at `path`.
    fn exists(&self, path: &str) -> bool;
}

/// CellProfiler's default folders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folders {
    /// Default Input Folder, absolute.
    pub input: String,
    /// Default Output Folder, absolute.
    pub output: String,
}
