use super::Store;
use super::requests::Paid;
use crate::{Error, Kind, Version};
use bytes::{Buf, Bytes};
use std::io::{self, Read, Seek, SeekFrom};

/// How much is fetched in one call.
const CHUNK: u64 = 8 << 20;

/// An object that is being read.
pub struct Reader {
    store: Store,
    key: String,
    size: u64,
    position: u64,
    /// What was fetched from the position on.
    chunk: Bytes,
    version: Option<Version>,
}

impl Reader {
    pub(super) fn open(store: &Store, key: &str) -> crate::Result<Self> {
        let size = store.head(key)?.size;
        let (store, key) = (store.clone(), key.to_string());
        Ok(Self { store, key, size, position: 0, chunk: Bytes::new(), version: None })
    }

    /// Returns the object's size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    fn fetch(&mut self) -> crate::Result<()> {
        let key = self.store.key("read", &self.key)?;
        let range = self.position..self.size.min(self.position + CHUNK);
        let asked = range.end - range.start;
        let (bytes, version) =
            self.store.tried(Paid::Read, || self.store.backend.get(&key, Some(range.clone())))?;
        let same = self.version.as_ref().is_none_or(|before| *before == version);
        if !same || bytes.len() as u64 != asked {
            let url = self.store.url(&self.key);
            return Err(Error::new(Kind::Other, "read", url, "it was changed while it was being read"));
        }
        (self.version, self.chunk) = (Some(version), bytes);
        Ok(())
    }
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.chunk.is_empty() && self.position < self.size && !buffer.is_empty() {
            self.fetch()?;
        }
        let count = buffer.len().min(self.chunk.len());
        self.chunk.copy_to_slice(&mut buffer[..count]);
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for Reader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let (from, by) = match to {
            SeekFrom::Start(place) => (0, i64::try_from(place).unwrap_or(i64::MAX)),
            SeekFrom::End(by) => (self.size, by),
            SeekFrom::Current(by) => (self.position, by),
        };
        let place = from.checked_add_signed(by).ok_or(io::ErrorKind::InvalidInput)?;
        match usize::try_from(place.wrapping_sub(self.position)) {
            Ok(ahead) if ahead <= self.chunk.len() => self.chunk.advance(ahead),
            _ => self.chunk.clear(),
        }
        self.position = place;
        Ok(place)
    }
}
