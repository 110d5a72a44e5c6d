use crate::Result;
use bytes::Bytes;
use std::collections::{HashMap, VecDeque};
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Copies of remote objects in a folder of this machine, so that one that is read again is not fetched again. Those that were
/// not read for the longest make room. Objects are taken not to change meanwhile.
#[derive(Debug)]
pub struct Scratch {
    folder: PathBuf,
    limit: u64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    slots: HashMap<String, Arc<Slot>>,
    /// The copies that there are, with their sizes; the one that was read last is last.
    order: VecDeque<(String, PathBuf, u64)>,
    total: u64,
    written: u64,
}

/// An object's copy, if there is one. Locked while it is fetched: others that want it wait.
type Slot = Mutex<Option<PathBuf>>;

impl Scratch {
    /// Returns an empty scratch folder for copies of `limit` bytes together. The folder is the caller's to remove.
    pub fn new(folder: impl Into<PathBuf>, limit: u64) -> Self {
        Self { folder: folder.into(), limit, state: Mutex::default() }
    }

    /// Returns the object at `url`: its copy, or what `fetch` brings, of which a copy is kept.
    ///
    /// # Errors
    /// When there is no copy and it cannot be fetched.
    pub fn read(&self, url: &str, fetch: impl FnOnce() -> Result<Bytes>) -> Result<Bytes> {
        let slot = self.state().slots.entry(url.to_string()).or_default().clone();
        let mut copy = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bytes) = copy.as_ref().and_then(|path| fs::read(path).ok()) {
            self.state().touch(url);
            return Ok(bytes.into());
        }
        let bytes = fetch()?;
        let size = bytes.len() as u64;
        let path = self.folder.join(self.state().next_name());
        // A disk that is full costs the copy, not the run.
        *copy = (size <= self.limit && fs::write(&path, &bytes).is_ok()).then(|| path.clone());
        if copy.is_some() {
            let old = self.state().keep(url, &slot, path, size, self.limit);
            old.iter().for_each(|path| drop(fs::remove_file(path)));
        }
        Ok(bytes)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn next_name(&mut self) -> String {
        self.written += 1;
        self.written.to_string()
    }

    fn touch(&mut self, url: &str) {
        if let Some(at) = self.order.iter().position(|(of, ..)| of == url)
            && let Some(entry) = self.order.remove(at)
        {
            self.order.push_back(entry);
        }
    }

    /// Notes a copy and returns those that make room for it.
    fn keep(&mut self, url: &str, slot: &Arc<Slot>, path: PathBuf, size: u64, limit: u64) -> Vec<PathBuf> {
        self.slots.insert(url.to_string(), slot.clone());
        self.order.push_back((url.to_string(), path, size));
        self.total += size;
        let mut old = Vec::new();
        while self.total > limit {
            let Some((url, path, size)) = self.order.pop_front() else { break };
            self.slots.remove(&url);
            self.total -= size;
            old.push(path);
        }
        old
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[test]
    fn an_object_is_fetched_once_until_others_need_its_room() {
        let folder = tempfile::tempdir().unwrap();
        let scratch = Scratch::new(folder.path(), 100);
        let fetched = AtomicU64::new(0);
        let read = |url: &str, size: usize| {
            let bytes = scratch.read(url, || {
                fetched.fetch_add(1, Ordering::Relaxed);
                Ok(vec![7; size].into())
            });
            assert_eq!(bytes.unwrap(), vec![7; size]);
            fetched.load(Ordering::Relaxed)
        };
        assert_eq!([read("a", 40), read("a", 40), read("b", 40), read("a", 40)], [1, 1, 2, 2]);
        assert_eq!([read("c", 40), read("a", 40), read("b", 40)], [3, 3, 4]);
        assert_eq!([read("large", 101), read("large", 101)], [5, 6]);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        let error = scratch.read("none", || Err(crate::Error::not_found("read", "none"))).unwrap_err();
        assert_eq!(error.kind, crate::Kind::NotFound);
    }

    #[test]
    fn those_that_want_one_object_at_once_share_one_fetch() {
        let folder = tempfile::tempdir().unwrap();
        let scratch = Scratch::new(folder.path(), 100);
        let fetched = AtomicU64::new(0);
        let fetch = || {
            std::thread::sleep(std::time::Duration::from_millis(50));
            fetched.fetch_add(1, Ordering::Relaxed);
            Ok("bytes".into())
        };
        std::thread::scope(|scope| {
            (0..8).for_each(|_| drop(scope.spawn(|| assert_eq!(scratch.read("a", fetch).unwrap(), "bytes"))));
        });
        assert_eq!(fetched.into_inner(), 1);
    }
}
