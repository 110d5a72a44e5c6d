use super::Store;
use super::requests::Paid;
use crate::{Error, Kind, Result, Upload};
use bytes::Bytes;
use std::io::{self, Write};

/// An object that is being written. Dropped before it is finished, it leaves nothing behind.
pub struct Writer {
    store: Store,
    key: String,
    url: String,
    buffer: Vec<u8>,
    /// The parts so far, once there is more than one part's worth.
    upload: Option<(Box<dyn Upload>, usize)>,
    size: u64,
    finished: bool,
}

impl Writer {
    pub(super) fn open(store: &Store, key: &str) -> Result<Self> {
        let (full, url) = (store.key("write", key)?, store.url(key));
        Ok(Self {
            store: store.clone(),
            key: full,
            url,
            buffer: Vec::new(),
            upload: None,
            size: 0,
            finished: false,
        })
    }

    /// Puts the object in its place, in place of one that is there, and returns its size in bytes.
    ///
    /// # Errors
    /// When it cannot be written; then nothing is there, unless the answer alone was lost.
    pub fn finish(mut self) -> Result<u64> {
        if self.upload.is_some() {
            self.send()?;
        }
        match &mut self.upload {
            None => {
                let bytes = Bytes::from(std::mem::take(&mut self.buffer));
                let always = crate::Condition::Always;
                self.store.tried(Paid::Write, || self.store.backend.put(&self.key, &bytes, &always))?;
            }
            Some((upload, _)) => {
                let mut unsure = false;
                let ended = self.store.tried(Paid::Write, || {
                    let ended = upload.finish();
                    unsure |= ended.as_ref().is_err_and(|error| error.kind.may_pass());
                    ended
                });
                match ended {
                    // After a lost answer the parts are gone because they are the object now.
                    Err(error) if unsure && error.kind == Kind::NotFound => {
                        let there = self.store.tried(Paid::Read, || self.store.backend.head(&self.key))?;
                        if there.size != self.size {
                            return Err(error);
                        }
                    }
                    ended => ended?,
                }
            }
        }
        self.finished = true;
        Ok(self.size)
    }

    /// Sends what is in the buffer as the next part.
    fn send(&mut self) -> Result<()> {
        let bytes = Bytes::from(std::mem::take(&mut self.buffer));
        if bytes.is_empty() {
            return Ok(());
        }
        let store = &self.store;
        if self.upload.is_none() {
            self.upload = Some((store.tried(Paid::Write, || store.backend.clone().upload(&self.key))?, 0));
        }
        let Some((upload, parts)) = &mut self.upload else {
            return Err(Error::new(Kind::Other, "write", &self.url, "no upload was begun"));
        };
        store.tried(Paid::Write, || upload.part(*parts, bytes.clone()))?;
        *parts += 1;
        Ok(())
    }
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.buffer.len() >= self.store.backend.part_size() {
            self.send()?;
        }
        let count = bytes.len().min(self.store.backend.part_size() - self.buffer.len());
        self.buffer.extend_from_slice(&bytes[..count]);
        self.size += count as u64;
        Ok(count)
    }

    /// Does nothing: parts are sent when they are full.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if let Some((upload, _)) = self.upload.as_mut().filter(|_| !self.finished) {
            // Whoever abandons an object has another error to tell; what is left of it a bucket's lifecycle removes.
            let _ = upload.abort();
        }
    }
}
