//! Failures on purpose, between a store's retries and its backend, for the tests of those who use a store.
//!
//! ```
//! use storage::{Store, faults::{Faults, Fault, When}};
//! let (store, faults) = Faults::around(&Store::memory());
//! faults.add(When::Every(2), Fault::Throttle);
//! store.put("a", "1").unwrap();
//! store.put("b", "2").unwrap();
//! assert_eq!(faults.count(storage::faults::Call::Put), 3); // the second was made twice
//! ```

use crate::{
    Backend, Condition, Entry, Error, Kind, Meta, Pages, Put, Result, Retry, Store, Upload, Version,
};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What a call to a backend is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Call {
    /// An object or a range of it is read.
    Get,
    /// An object is looked at.
    Head,
    /// An object is written whole.
    Put,
    /// A page of a listing is asked for.
    List,
    /// An object is removed.
    Delete,
    /// An object is copied.
    Copy,
    /// An object in parts is started, gets a part, is finished or given up.
    Upload,
}

impl Call {
    /// Returns whether it changes what is stored.
    pub fn writes(self) -> bool {
        matches!(self, Self::Put | Self::Delete | Self::Copy | Self::Upload)
    }
}

/// Which calls a rule is for, counted from 1 over all calls since the rule was added.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum When {
    /// Every k-th.
    Every(u64),
    /// The k-th alone.
    Only(u64),
    /// The k-th and all that follow.
    From(u64),
    /// Each with this probability.
    Chance(f64),
}

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is not done; the connection broke, it says.
    Fail,
    /// It is not done; 503, it says.
    Throttle,
    /// It is done, but the connection breaks before the answer comes.
    LoseAnswer,
    /// It hangs for as long as the client has patience, which then gives it up. A write that was given up so arrives all the
    /// same: late, when the next call has been made.
    TimeOut(Duration),
    /// It is not done if it writes: no room is left.
    Full,
    /// It is done after a while.
    Delay(Duration),
    /// It is not done, nor is any call after it: the process is dead, as far as the store knows.
    CrashBefore,
    /// It is done, then the process is dead.
    CrashAfter,
}

/// The rules of a faulty store and the count of its calls. Clones are the same.
#[derive(Clone)]
pub struct Faults(Arc<Mutex<State>>);

struct State {
    rules: Vec<Rule>,
    calls: Vec<(Call, String)>,
    crashed: bool,
    random: u64,
    /// Writes that were given up and are under way.
    late: Vec<Late>,
}

/// A write that comes late, and to whom nobody listens.
type Late = Box<dyn FnOnce() + Send>;

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Faults({} calls)", self.total())
    }
}

#[derive(Debug)]
struct Rule {
    when: When,
    only: Option<Call>,
    fault: Fault,
    seen: u64,
}

impl Faults {
    /// Returns the same store with calls that can be made to fail, and what makes them. Calls are retried at once.
    pub fn around(store: &Store) -> (Store, Self) {
        let state =
            State { rules: Vec::new(), calls: Vec::new(), crashed: false, random: 1, late: Vec::new() };
        let faults = Self(Arc::new(Mutex::new(state)));
        let control = faults.clone();
        let faulty = store.wrapped(|inner| Arc::new(Faulty { inner, faults: control }));
        (faulty.with_retry(Retry::AT_ONCE), faults)
    }

    /// Lets something happen to calls from now on.
    pub fn add(&self, when: When, fault: Fault) {
        self.lock().rules.push(Rule { when, only: None, fault, seen: 0 });
    }

    /// Lets something happen to calls of one kind from now on; others do not count.
    pub fn add_to(&self, call: Call, when: When, fault: Fault) {
        self.lock().rules.push(Rule { when, only: Some(call), fault, seen: 0 });
    }

    /// Sets where the sequence of chances starts.
    pub fn seed(&self, seed: u64) {
        self.lock().random = seed;
    }

    /// Takes all rules back and lets a crashed store live again; the counts stay.
    pub fn heal(&self) {
        let mut state = self.lock();
        state.rules.clear();
        state.crashed = false;
    }

    /// Returns whether a crash has happened.
    pub fn crashed(&self) -> bool {
        self.lock().crashed
    }

    /// Returns how many calls of a kind were made, failed ones included.
    pub fn count(&self, call: Call) -> u64 {
        self.lock().calls.iter().filter(|(made, _)| *made == call).count() as u64
    }

    /// Returns how many calls were made, failed ones included.
    pub fn total(&self) -> u64 {
        self.lock().calls.len() as u64
    }

    /// Returns how many calls of each kind were made.
    pub fn counts(&self) -> BTreeMap<Call, u64> {
        let mut counts = BTreeMap::new();
        self.lock().calls.iter().for_each(|(call, _)| *counts.entry(*call).or_default() += 1);
        counts
    }

    /// Returns the calls that were made, with their keys, in order.
    pub fn calls(&self) -> Vec<(Call, String)> {
        self.lock().calls.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a call, or fails in its place; then those arrive that are late.
    fn around_call<T>(
        &self,
        call: Call,
        doing: &'static str,
        place: (&str, String),
        late: impl FnOnce() -> Option<Late>,
        make: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        let before = std::mem::take(&mut self.lock().late);
        let made = self.make_or_fail(call, doing, place, late, make);
        before.into_iter().for_each(|late| late());
        made
    }

    fn make_or_fail<T>(
        &self,
        call: Call,
        doing: &'static str,
        (key, url): (&str, String),
        late: impl FnOnce() -> Option<Late>,
        make: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        let fail = |kind, why: &str| Err(Error::new(kind, doing, &url, why));
        // Not to hold the lock while a call waits.
        let due = self.lock().next(call, key);
        for fault in due {
            match fault {
                Fault::Delay(time) => std::thread::sleep(time),
                Fault::Fail => return fail(Kind::Transient, "the connection broke, on purpose"),
                Fault::TimeOut(patience) => {
                    std::thread::sleep(patience);
                    self.lock().late.extend(late());
                    return fail(Kind::Transient, "no answer in time, on purpose");
                }
                Fault::Throttle => return fail(Kind::Throttled, "503 SlowDown, on purpose"),
                Fault::Full if call.writes() => return fail(Kind::Full, "no room is left, on purpose"),
                Fault::Full => {}
                Fault::CrashBefore => return fail(Kind::Other, "crashed, on purpose"),
                Fault::CrashAfter => {
                    // Whatever came of it, nobody is there to see.
                    let _ = make();
                    return fail(Kind::Other, "crashed, on purpose");
                }
                Fault::LoseAnswer => {
                    let _ = make();
                    return fail(Kind::Transient, "the answer was lost, on purpose");
                }
            }
        }
        make()
    }
}

impl State {
    /// Notes a call and returns what happens to it.
    fn next(&mut self, call: Call, key: &str) -> Vec<Fault> {
        self.calls.push((call, key.to_string()));
        if self.crashed {
            return vec![Fault::CrashBefore];
        }
        let random = &mut self.random;
        let mut faults = Vec::new();
        for rule in self.rules.iter_mut().filter(|rule| rule.only.is_none_or(|only| only == call)) {
            rule.seen += 1;
            let hit = match rule.when {
                When::Every(k) => rule.seen % k == 0,
                When::Only(k) => rule.seen == k,
                When::From(k) => rule.seen >= k,
                When::Chance(p) => chance(random) < p,
            };
            if hit {
                faults.push(rule.fault);
            }
        }
        self.crashed = faults.iter().any(|fault| matches!(fault, Fault::CrashBefore | Fault::CrashAfter));
        faults
    }
}

/// Returns the next number of a sequence, in [0, 1). Source: splitmix64.
fn chance(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

struct Faulty {
    inner: Arc<dyn Backend>,
    faults: Faults,
}

impl Faulty {
    fn call<T>(
        &self,
        call: Call,
        doing: &'static str,
        key: &str,
        make: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        self.faults.around_call(call, doing, (key, self.inner.url(key)), || None, make)
    }
}

impl Backend for Faulty {
    fn url(&self, key: &str) -> String {
        self.inner.url(key)
    }

    fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<(Bytes, Version)> {
        self.call(Call::Get, "read", key, || self.inner.get(key, range))
    }

    fn head(&self, key: &str) -> Result<Meta> {
        self.call(Call::Head, "see", key, || self.inner.head(key))
    }

    fn put(&self, key: &str, bytes: &Bytes, condition: &Condition) -> Result<Put> {
        let late = || -> Option<Late> {
            let (inner, key) = (self.inner.clone(), key.to_string());
            let (bytes, condition) = (bytes.clone(), condition.clone());
            Some(Box::new(move || drop(inner.put(&key, &bytes, &condition))))
        };
        let place = (key, self.inner.url(key));
        self.faults.around_call(Call::Put, "write", place, late, || self.inner.put(key, bytes, condition))
    }

    fn part_size(&self) -> usize {
        self.inner.part_size()
    }

    fn list(&self, folder: &str, deep: bool) -> Box<dyn Pages + '_> {
        Box::new(FaultyPages {
            store: self,
            folder: folder.to_string(),
            inner: self.inner.list(folder, deep),
        })
    }

    fn delete(&self, key: &str) -> Result<()> {
        let late = || -> Option<Late> {
            let (inner, key) = (self.inner.clone(), key.to_string());
            Some(Box::new(move || drop(inner.delete(&key))))
        };
        let place = (key, self.inner.url(key));
        self.faults.around_call(Call::Delete, "remove", place, late, || self.inner.delete(key))
    }

    fn copy(&self, from: &str, to: &str) -> Result<()> {
        self.call(Call::Copy, "copy", to, || self.inner.copy(from, to))
    }

    fn upload(self: Arc<Self>, key: &str) -> Result<Box<dyn Upload>> {
        let inner = self.call(Call::Upload, "write", key, || self.inner.clone().upload(key))?;
        Ok(Box::new(FaultyUpload { store: self, key: key.to_string(), inner }))
    }
}

struct FaultyPages<'a> {
    store: &'a Faulty,
    folder: String,
    inner: Box<dyn Pages + 'a>,
}

impl Pages for FaultyPages<'_> {
    fn next_page(&mut self) -> Result<Option<Vec<Entry>>> {
        // A page whose answer is lost would be gone: it is not asked for.
        self.store.call(Call::List, "list", &self.folder, || Ok(()))?;
        self.inner.next_page()
    }
}

struct FaultyUpload {
    store: Arc<Faulty>,
    key: String,
    inner: Box<dyn Upload>,
}

impl Upload for FaultyUpload {
    fn part(&mut self, index: usize, bytes: Bytes) -> Result<()> {
        let inner = &mut self.inner;
        self.store.call(Call::Upload, "write", &self.key, || inner.part(index, bytes))
    }

    fn finish(&mut self) -> Result<()> {
        let inner = &mut self.inner;
        self.store.call(Call::Upload, "write", &self.key, || inner.finish())
    }

    fn abort(&mut self) -> Result<()> {
        let inner = &mut self.inner;
        self.store.call(Call::Upload, "write", &self.key, || inner.abort())
    }
}
