mod gate;
mod listing;
mod location;
mod options;
mod reader;
mod requests;
mod retry;
mod stores;
mod writer;

pub use listing::Listing;
pub use options::{Options, S3Options};
pub use reader::Reader;
pub use requests::Requests;
pub use retry::Retry;
pub use stores::Stores;
pub use writer::Writer;

use crate::{Backend, Condition, Entry, Error, Kind, Local, Memory, Meta, OpenError, Put, Result, Version};
use bytes::Bytes;
use gate::Gate;
use location::Location;
use requests::{Counter, Paid};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A folder of objects, on a disk, in a bucket or in memory. Clones are the same store.
#[derive(Clone)]
pub struct Store {
    backend: Arc<dyn Backend>,
    /// What stands before every key, with a slash at its end, or nothing.
    prefix: String,
    retry: Retry,
    gate: Arc<Gate>,
    requests: Arc<Counter>,
    /// How many calls were made again.
    retries: Arc<AtomicU64>,
}

/// How [`Store::create`] ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    /// The object is the caller's.
    New(Version),
    /// Another was there.
    Exists,
}

/// How [`Store::replace`] ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replaced {
    /// The object was replaced and has this version now.
    Yes(Version),
    /// The object is not what it was any more, or gone.
    Changed,
}

impl Store {
    /// Opens the store at `s3://bucket/prefix`, `https://host/folder` (to read), `memory://`, `file:///folder` or a local
    /// folder, which need not be there yet. Each `memory://` is a store of its own.
    ///
    /// # Errors
    /// When the address is none of these, or the program was built without S3.
    pub fn open(address: &str, options: &Options) -> std::result::Result<Self, OpenError> {
        let location = Location::parse(address)?;
        let store = Self::over(location.backend(options)?, options);
        Ok(store.folder(location.prefix()))
    }

    /// Returns an empty store in memory.
    pub fn memory() -> Self {
        Self::over(Arc::new(Memory::default()), &Options::default())
    }

    /// Returns the store of a local folder, which need not be there yet.
    pub fn local(folder: impl Into<std::path::PathBuf>) -> Self {
        Self::over(Arc::new(Local::new(folder)), &Options::default())
    }

    /// Returns the store over a backend.
    pub fn over(backend: Arc<dyn Backend>, options: &Options) -> Self {
        let gate = Arc::new(Gate::new(options.in_flight));
        Self {
            backend,
            prefix: String::new(),
            retry: options.retry,
            gate,
            requests: Arc::default(),
            retries: Arc::default(),
        }
    }

    /// Returns the same store with another way to try again.
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// Returns the same store with each call going through what `wrap` makes of its backend.
    pub fn wrapped(&self, wrap: impl FnOnce(Arc<dyn Backend>) -> Arc<dyn Backend>) -> Self {
        Self { backend: wrap(self.backend.clone()), ..self.clone() }
    }

    /// Returns the store of a folder of this one; calls at once are limited together.
    pub fn folder(&self, key: &str) -> Self {
        let key = key.trim_matches('/');
        let prefix = if key.is_empty() { self.prefix.clone() } else { format!("{}{key}/", self.prefix) };
        Self { prefix, ..self.clone() }
    }

    /// Returns how many requests were made so far, of this store and all that are the same.
    pub fn requests(&self) -> Requests {
        self.requests.now()
    }

    /// Returns how many calls were made again so far, as they had failed in passing: by this store, its folders and its clones.
    pub fn retries(&self) -> u64 {
        self.retries.load(Ordering::Relaxed)
    }

    /// Returns an object's address; with `""` the store's own.
    pub fn url(&self, key: &str) -> String {
        self.backend.url(format!("{}{key}", self.prefix).trim_end_matches('/'))
    }

    /// Reads an object.
    ///
    /// # Errors
    /// When there is none or it cannot be read.
    pub fn get(&self, key: &str) -> Result<Bytes> {
        self.get_versioned(key).map(|(bytes, _)| bytes)
    }

    /// Reads an object and its version, for [`Store::replace`].
    ///
    /// # Errors
    /// As [`Store::get`].
    pub fn get_versioned(&self, key: &str) -> Result<(Bytes, Version)> {
        let key = self.key("read", key)?;
        self.tried(Paid::Read, || self.backend.get(&key, None))
    }

    /// Reads a range of an object; it ends where the object ends.
    ///
    /// # Errors
    /// As [`Store::get`].
    pub fn get_range(&self, key: &str, range: Range<u64>) -> Result<Bytes> {
        let key = self.key("read", key)?;
        if range.is_empty() {
            return Ok(Bytes::new());
        }
        self.tried(Paid::Read, || self.backend.get(&key, Some(range.clone()))).map(|(bytes, _)| bytes)
    }

    /// Returns what is known of an object without reading it.
    ///
    /// # Errors
    /// When there is none or it cannot be seen.
    pub fn head(&self, key: &str) -> Result<Meta> {
        let full = self.key("see", key)?;
        let meta = self.tried(Paid::Read, || self.backend.head(&full))?;
        Ok(Meta { key: key.to_string(), ..meta })
    }

    /// Returns what is known of an object, or none when there is no such object.
    ///
    /// # Errors
    /// When it cannot be seen.
    pub fn find(&self, key: &str) -> Result<Option<Meta>> {
        match self.head(key) {
            Err(error) if error.kind == Kind::NotFound => Ok(None),
            found => found.map(Some),
        }
    }

    /// Writes an object whole, in place of one that is there.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn put(&self, key: &str, bytes: impl Into<Bytes>) -> Result<()> {
        self.write(key, &bytes.into(), &Condition::Always).map(|_| ())
    }

    /// Writes an object if there is none: of all who try, in whatever process, one is told that it is new.
    ///
    /// # Errors
    /// When it cannot be written; it may have been, when the failure was in passing.
    pub fn create(&self, key: &str, bytes: impl Into<Bytes>) -> Result<Created> {
        Ok(match self.write(key, &bytes.into(), &Condition::Absent)? {
            Put::Done(version) => Created::New(version),
            Put::Refused => Created::Exists,
        })
    }

    /// Writes an object in place of the version that was read: of all who try with one version, one succeeds.
    ///
    /// # Errors
    /// As [`Store::create`].
    pub fn replace(&self, key: &str, bytes: impl Into<Bytes>, version: &Version) -> Result<Replaced> {
        Ok(match self.write(key, &bytes.into(), &Condition::Version(version.clone()))? {
            Put::Done(version) => Replaced::Yes(version),
            Put::Refused => Replaced::Changed,
        })
    }

    /// Lists all objects in a folder at any depth (`""`: the whole store), in the order of their keys. A folder that is not
    /// there is empty. Folders are no objects.
    pub fn list(&self, folder: &str) -> Listing<'_> {
        self.listing(folder, true)
    }

    /// Lists a folder's own objects and sub-folders, in the order of their keys, where a folder's ends in a slash.
    pub fn list_folder(&self, folder: &str) -> Listing<'_, Entry> {
        self.listing(folder, false)
    }

    /// Removes an object; one that is not there is removed already.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn delete(&self, key: &str) -> Result<()> {
        let key = self.key("remove", key)?;
        self.tried(Paid::Free, || self.backend.delete(&key))
    }

    /// Copies an object within the store.
    ///
    /// # Errors
    /// When there is none or the copy cannot be written.
    pub fn copy(&self, from: &str, to: &str) -> Result<()> {
        if from == to {
            // S3 refuses to copy an object onto itself.
            return self.head(from).map(|_| ());
        }
        let (from, to) = (self.key("copy", from)?, self.key("write", to)?);
        self.tried(Paid::Write, || self.backend.copy(&from, &to))
    }

    /// Opens an object to be read from front to back or from place to place, a few megabytes a call.
    ///
    /// # Errors
    /// When there is none or it cannot be seen.
    pub fn reader(&self, key: &str) -> Result<Reader> {
        Reader::open(self, key)
    }

    /// Opens an object to be written bit by bit; nothing is there before [`Writer::finish`].
    ///
    /// # Errors
    /// When the key is none.
    pub fn writer(&self, key: &str) -> Result<Writer> {
        Writer::open(self, key)
    }

    fn write(&self, key: &str, bytes: &Bytes, condition: &Condition) -> Result<Put> {
        let key = self.key("write", key)?;
        let mut unsure = false;
        let put = self.tried(Paid::Write, || {
            let put = self.backend.put(&key, bytes, condition);
            unsure |= put.is_err();
            put
        })?;
        // Refused after a lost answer: perhaps by our own object.
        if put == Put::Refused && unsure {
            let held = self.tried(Paid::Read, || self.backend.get(&key, None));
            return match held {
                Ok((held, version)) if held == bytes => Ok(Put::Done(version)),
                Ok(_) => Ok(Put::Refused),
                Err(error) if error.kind == Kind::NotFound => Ok(Put::Refused),
                Err(error) => Err(error),
            };
        }
        Ok(put)
    }

    /// Makes a call, again if it failed in passing.
    fn tried<T>(&self, paid: Paid, mut call: impl FnMut() -> Result<T>) -> Result<T> {
        let mut made = 0;
        let ended = self.retry.run(|| {
            made += 1;
            let _pass = self.gate.pass();
            self.requests.add(paid);
            call()
        });
        self.retries.fetch_add(made - 1, Ordering::Relaxed);
        ended
    }

    /// Returns the backend's key.
    fn key(&self, doing: &'static str, key: &str) -> Result<String> {
        let full = format!("{}{key}", self.prefix);
        let whole = |part: &str| !matches!(part, "" | "." | "..") && !part.contains('\0');
        if full.split('/').all(whole) {
            return Ok(full);
        }
        let why = "a key's parts between slashes must be names, not empty nor dots";
        Err(Error::new(Kind::Other, doing, self.backend.url(&full), why))
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Store({})", self.url(""))
    }
}
