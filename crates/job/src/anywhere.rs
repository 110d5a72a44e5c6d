use engine::{LocalFiles, OpenFile, Sink, Source};
use imageset::{Files, Headers};
use std::io::{self, Write};
use storage::{Scratch, Store, Stores};

/// Files by path on this machine, or by URL (`s3://`, `https://`) in stores: what `cpb run` reads and writes.
///
/// Remote files are kept in the scratch folder while there is room, as one of many planes is read for each of them.
#[derive(Debug)]
pub struct Anywhere {
    stores: Stores,
    scratch: Scratch,
}

impl Anywhere {
    /// Returns the files that these stores lead to.
    pub fn new(stores: Stores, scratch: Scratch) -> Self {
        Self { stores, scratch }
    }

    /// Returns whether a location is a URL of a store, not a path.
    pub fn is_remote(location: &str) -> bool {
        location.contains("://") && !location.starts_with("file:")
    }

    /// Lists the files below a remote folder as URLs, in the order of keys.
    ///
    /// # Errors
    /// When it cannot be listed.
    pub fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        let (store, key) = self.stores.locate(folder)?;
        store.list(&key).map(|meta| Ok(store.url(&meta?.key))).collect()
    }

    fn locate(&self, location: &str) -> io::Result<(Store, String)> {
        Ok(self.stores.locate(location)?)
    }
}

impl Source for Anywhere {
    fn read(&self, location: &str) -> io::Result<Vec<u8>> {
        if !Self::is_remote(location) {
            return LocalFiles.read(location);
        }
        let (store, key) = self.locate(location)?;
        Ok(self.scratch.read(location, || store.get(&key))?.into())
    }
}

impl Files for Anywhere {
    fn read(&self, location: &str) -> io::Result<Vec<u8>> {
        Source::read(self, location)
    }

    fn headers(&self, url: &str) -> io::Result<Headers> {
        let bytes = Source::read(self, &imageset::url_to_path(url))?;
        let info = pixels::codecs::probe(&bytes);
        info.map(|i| engine::headers(&i)).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))
    }
}

impl Sink for Anywhere {
    fn write(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        if !Self::is_remote(path) {
            return LocalFiles.write(path, bytes);
        }
        let (store, key) = self.locate(path)?;
        Ok(store.put(&key, bytes.to_vec())?)
    }

    fn create<'a>(&'a self, path: &str) -> io::Result<Box<dyn OpenFile + 'a>> {
        if !Self::is_remote(path) {
            return LocalFiles.create(path);
        }
        let (store, key) = self.locate(path)?;
        Ok(Box::new(RemoteFile(store.writer(&key)?)))
    }

    fn exists(&self, path: &str) -> bool {
        if !Self::is_remote(path) {
            return LocalFiles.exists(path);
        }
        self.locate(path).is_ok_and(|(store, key)| matches!(store.find(&key), Ok(Some(_))))
    }
}

struct RemoteFile(storage::Writer);

impl Write for RemoteFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl OpenFile for RemoteFile {
    fn finish(self: Box<Self>) -> io::Result<()> {
        self.0.finish()?;
        Ok(())
    }
}
