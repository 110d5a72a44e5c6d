//! A job's files, as an engine reads and writes them.

use crate::Places;
use crate::part::WrittenFile;
use engine::{LocalFiles, OpenFile, Sink, Source};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::SystemTime;
use storage::Writer;

/// Reads images from wherever they are and writes files to their final place, a put each: whole or not at all.
///
/// It remembers for each thread what was written, so that a file can be told to the image set that it is of.
pub struct JobFiles<'a> {
    places: &'a Places,
    /// Since when files are the job's own.
    since: Option<SystemTime>,
    read: AtomicU64,
    written: AtomicU64,
    threads: Mutex<HashMap<ThreadId, Touched>>,
    mounted: AtomicBool,
}

/// What a thread did since it was asked last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// The files it wrote.
    pub files: Vec<WrittenFile>,
    /// Whether a call failed for another reason than that there is no such file: the same again may succeed.
    pub interrupted: bool,
}

impl<'a> JobFiles<'a> {
    /// Returns the files of a job; what is there from before `since` is not its own, and without one nothing is. Times are the
    /// store's: the clock of this machine may be another, and may have been set.
    pub fn new(places: &'a Places, since: Option<SystemTime>) -> Self {
        let (read, written) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { places, since, read, written, threads: Mutex::default(), mounted: AtomicBool::new(false) }
    }

    /// Returns whether anything was read from a mounted file system.
    pub fn were_mounted(&self) -> bool {
        self.mounted.load(Ordering::Relaxed)
    }

    /// Returns what this thread did since the last call.
    pub fn take_touched(&self) -> Touched {
        self.threads().remove(&thread::current().id()).unwrap_or_default()
    }

    /// Returns how many bytes were read so far, by any thread.
    pub fn bytes_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Returns how many bytes are in the files that were written so far, by any thread.
    pub fn bytes_written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    fn wrote(&self, file: WrittenFile) {
        self.written.fetch_add(file.size, Ordering::Relaxed);
        self.note(|touched| touched.files.push(file));
    }

    fn threads(&self) -> MutexGuard<'_, HashMap<ThreadId, Touched>> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, note: impl FnOnce(&mut Touched)) {
        note(self.threads().entry(thread::current().id()).or_default());
    }

    /// Notes that a call failed in a way that another try may mend.
    fn failed(&self, error: io::Error) -> io::Error {
        if !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) {
            self.note(|touched| touched.interrupted = true);
        }
        error
    }
}

impl Source for JobFiles<'_> {
    fn read(&self, location: &str) -> io::Result<Vec<u8>> {
        let path = imageset::url_to_path(location);
        let read = || {
            if self.places.is_local_file(&path) {
                return LocalFiles.read(&path);
            }
            // What the mount cannot give, the bucket may.
            let copy =
                self.places.copy_of(&path).and_then(|copy| LocalFiles.read(&copy.to_string_lossy()).ok());
            if let Some(bytes) = copy {
                self.mounted.store(true, Ordering::Relaxed);
                return Ok(bytes);
            }
            let (store, key) = self.places.locate(&path)?;
            Ok(store.get(&key)?.to_vec())
        };
        let bytes = read().map_err(|error| self.failed(error))?;
        self.read.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(bytes)
    }
}

impl Sink for JobFiles<'_> {
    fn write(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let put = || -> io::Result<()> {
            let (store, key) = self.places.locate(path)?;
            Ok(store.put(&key, bytes.to_vec())?)
        };
        put().map_err(|error| self.failed(error))?;
        let (path, size) = (path.to_string(), bytes.len() as u64);
        let file = WrittenFile { path, size, sha256: hexadecimal(&Sha256::digest(bytes)) };
        self.wrote(file);
        Ok(())
    }

    fn create<'s>(&'s self, path: &str) -> io::Result<Box<dyn OpenFile + 's>> {
        let (store, key) = self.places.locate(path)?;
        let writer = store.writer(&key)?;
        Ok(Box::new(Open { files: self, path: path.to_string(), writer, size: 0, digest: Sha256::new() }))
    }

    /// Files of this job count as not there: a shard that is tried again writes them again.
    fn exists(&self, path: &str) -> bool {
        let found = self.places.locate(path).map(|(store, key)| store.find(&key));
        matches!(found, Ok(Ok(Some(meta))) if self.since.is_none_or(|since| meta.modified < since))
    }
}

/// A file that is being written, with its digest.
struct Open<'a> {
    files: &'a JobFiles<'a>,
    path: String,
    writer: Writer,
    size: u64,
    digest: Sha256,
}

impl Write for Open<'_> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let count = self.writer.write(buffer)?;
        self.digest.update(&buffer[..count]);
        self.size += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl OpenFile for Open<'_> {
    fn finish(self: Box<Self>) -> io::Result<()> {
        let Self { files, path, writer, size, digest } = *self;
        writer.finish().map_err(|error| files.failed(error.into()))?;
        let file = WrittenFile { path, size, sha256: hexadecimal(&digest.finalize()) };
        files.wrote(file);
        Ok(())
    }
}

/// Returns bytes as hexadecimal digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the SHA-256 of bytes as hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}
