//! Stores that may be asked for so much and no more: for callers with little time or memory.

use crate::{Backend, Condition, Entry, Error, Kind, Meta, Pages, Put, Result, Store, Upload, Version};
use bytes::Bytes;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What may be read through the stores around which it is; clones are the same.
///
/// ```
/// use storage::{Budget, Store};
/// use std::time::Duration;
/// let store = Store::memory();
/// store.put("a", "12345").unwrap();
/// let budget = Budget::new(Duration::from_secs(60), 10, 5);
/// let limited = budget.around(&store);
/// assert!(limited.get("a").is_ok() && !budget.is_spent());
/// assert!(limited.get("a").is_err() && budget.is_spent());
/// ```
#[derive(Clone, Debug)]
pub struct Budget(Arc<Left>);

#[derive(Debug)]
struct Left {
    until: Instant,
    entries: AtomicU64,
    bytes: AtomicU64,
    spent: AtomicBool,
}

impl Budget {
    /// Returns a budget of so much time from now on, so many entries of listings, and so many bytes that are read.
    pub fn new(time: Duration, entries: u64, bytes: u64) -> Self {
        Self(Arc::new(Left {
            until: Instant::now() + time,
            entries: entries.into(),
            bytes: bytes.into(),
            spent: AtomicBool::new(false),
        }))
    }

    /// Returns the same store, within the budget.
    pub fn around(&self, store: &Store) -> Store {
        let budget = self.clone();
        store.wrapped(|inner| Arc::new(Limited { inner, budget }))
    }

    /// Returns whether something was refused, or the time is over.
    pub fn is_spent(&self) -> bool {
        self.0.spent.load(Ordering::Relaxed) || Instant::now() > self.0.until
    }

    /// Takes something off; refuses when there is not so much left.
    fn take(&self, from: &AtomicU64, count: usize, url: impl Fn() -> String) -> Result<()> {
        let left =
            from.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(count as u64));
        if left.is_err() || Instant::now() > self.0.until {
            self.0.spent.store(true, Ordering::Relaxed);
            return Err(Error::new(Kind::Other, "read", url(), "there is more than this program may read"));
        }
        Ok(())
    }
}

struct Limited {
    inner: Arc<dyn Backend>,
    budget: Budget,
}

impl Backend for Limited {
    fn url(&self, key: &str) -> String {
        self.inner.url(key)
    }

    fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<(Bytes, Version)> {
        let (bytes, version) = self.inner.get(key, range)?;
        self.budget.take(&self.budget.0.bytes, bytes.len(), || self.url(key))?;
        Ok((bytes, version))
    }

    fn head(&self, key: &str) -> Result<Meta> {
        self.budget.take(&self.budget.0.entries, 1, || self.url(key))?;
        self.inner.head(key)
    }

    fn put(&self, key: &str, bytes: &Bytes, condition: &Condition) -> Result<Put> {
        self.inner.put(key, bytes, condition)
    }

    fn list(&self, folder: &str, deep: bool) -> Box<dyn Pages + '_> {
        Box::new(LimitedPages {
            store: self,
            folder: folder.to_string(),
            inner: self.inner.list(folder, deep),
        })
    }

    fn delete(&self, key: &str) -> Result<()> {
        self.inner.delete(key)
    }

    fn copy(&self, from: &str, to: &str) -> Result<()> {
        self.inner.copy(from, to)
    }

    fn upload(self: Arc<Self>, key: &str) -> Result<Box<dyn Upload>> {
        self.inner.clone().upload(key)
    }
}

struct LimitedPages<'a> {
    store: &'a Limited,
    folder: String,
    inner: Box<dyn Pages + 'a>,
}

impl Pages for LimitedPages<'_> {
    fn next_page(&mut self) -> Result<Option<Vec<Entry>>> {
        let page = self.inner.next_page()?;
        let budget = &self.store.budget;
        budget.take(&budget.0.entries, page.as_ref().map_or(0, Vec::len), || self.store.url(&self.folder))?;
        Ok(page)
    }
}
