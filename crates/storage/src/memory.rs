use crate::{Backend, Condition, Entry, Error, Meta, Pages, Put, Result, Upload, Version};
use bytes::{Bytes, BytesMut};
use std::collections::BTreeMap;
use std::ops::{Bound, Range};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// How many entries a page of a listing has.
const PAGE: usize = 1000;

/// Objects in this process's memory.
#[derive(Debug, Default)]
pub struct Memory {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    objects: BTreeMap<String, Object>,
    writes: u64,
}

#[derive(Clone, Debug)]
struct Object {
    bytes: Bytes,
    version: Version,
    modified: SystemTime,
}

impl Memory {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn object(&self, doing: &'static str, key: &str) -> Result<Object> {
        self.lock().objects.get(key).cloned().ok_or_else(|| Error::not_found(doing, self.url(key)))
    }
}

impl State {
    fn write(&mut self, key: &str, bytes: Bytes) -> Version {
        self.writes += 1;
        let version = Version(self.writes.to_string());
        let object = Object { bytes, version: version.clone(), modified: SystemTime::now() };
        self.objects.insert(key.to_string(), object);
        version
    }
}

impl Backend for Memory {
    fn url(&self, key: &str) -> String {
        format!("memory:///{key}")
    }

    fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<(Bytes, Version)> {
        let Object { bytes, version, .. } = self.object("read", key)?;
        let Some(range) = range else { return Ok((bytes, version)) };
        let at = |n: u64| usize::try_from(n).unwrap_or(usize::MAX).min(bytes.len());
        Ok((bytes.slice(at(range.start)..at(range.end).max(at(range.start))), version))
    }

    fn head(&self, key: &str) -> Result<Meta> {
        self.object("see", key).map(|object| object.meta(key))
    }

    fn put(&self, key: &str, bytes: &Bytes, condition: &Condition) -> Result<Put> {
        let mut state = self.lock();
        let there = state.objects.get(key).map(|object| &object.version);
        let holds = match condition {
            Condition::Always => true,
            Condition::Absent => there.is_none(),
            Condition::Version(version) => there == Some(version),
        };
        if !holds {
            return Ok(Put::Refused);
        }
        Ok(Put::Done(state.write(key, bytes.clone())))
    }

    fn list(&self, folder: &str, deep: bool) -> Box<dyn Pages + '_> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        Box::new(MemoryPages { memory: self, after: Bound::Included(prefix.clone()), prefix, deep })
    }

    fn delete(&self, key: &str) -> Result<()> {
        self.lock().objects.remove(key);
        Ok(())
    }

    fn copy(&self, from: &str, to: &str) -> Result<()> {
        let object = self.object("copy", from)?;
        self.lock().write(to, object.bytes);
        Ok(())
    }

    fn upload(self: Arc<Self>, key: &str) -> Result<Box<dyn Upload>> {
        Ok(Box::new(MemoryUpload { memory: self, key: key.to_string(), parts: BTreeMap::new() }))
    }
}

impl Object {
    fn meta(&self, key: &str) -> Meta {
        let (size, tag) = (self.bytes.len() as u64, self.version.0.clone());
        Meta { key: key.to_string(), size, modified: self.modified, tag }
    }
}

struct MemoryPages<'a> {
    memory: &'a Memory,
    prefix: String,
    deep: bool,
    after: Bound<String>,
}

impl Pages for MemoryPages<'_> {
    fn next_page(&mut self) -> Result<Option<Vec<Entry>>> {
        let state = self.memory.lock();
        let mut page = Vec::new();
        while page.len() < PAGE {
            let next = state.objects.range((self.after.clone(), Bound::Unbounded)).next();
            let Some((key, object)) = next.filter(|(key, _)| key.starts_with(&self.prefix)) else { break };
            let sub_folder = key[self.prefix.len()..].find('/').filter(|_| !self.deep);
            if let Some(end) = sub_folder {
                let folder = &key[..self.prefix.len() + end];
                page.push(Entry::Folder(folder.to_string()));
                // `0` follows `/`: the first key that is not in the sub-folder.
                self.after = Bound::Included(format!("{folder}0"));
            } else {
                page.push(Entry::File(object.meta(key)));
                self.after = Bound::Excluded(key.clone());
            }
        }
        Ok(Some(page).filter(|page| !page.is_empty()))
    }
}

struct MemoryUpload {
    memory: Arc<Memory>,
    key: String,
    parts: BTreeMap<usize, Bytes>,
}

impl Upload for MemoryUpload {
    fn part(&mut self, index: usize, bytes: Bytes) -> Result<()> {
        self.parts.insert(index, bytes);
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        let mut whole = BytesMut::new();
        self.parts.values().for_each(|part| whole.extend_from_slice(part));
        self.memory.lock().write(&self.key, whole.freeze());
        Ok(())
    }

    fn abort(&mut self) -> Result<()> {
        self.parts.clear();
        Ok(())
    }
}
