//! What a worker tells as it goes, for logs and metrics.

use crate::engine::{ImageSetFailure, Results};
use crate::ledger::{Done, FailedAttempt};
use engine::RunError;
use imageset::{ImageSet, Plan};
use measurements::Record;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Something that a worker tells.
#[derive(Clone, Copy, Debug)]
pub enum Told<'a> {
    /// An image set ended.
    ImageSet {
        /// The shard.
        shard: usize,
        /// The image set.
        image_set: &'a ImageSet,
        /// How many seconds it took.
        seconds: f64,
        /// Why it failed, if it did.
        failure: Option<&'a ImageSetFailure>,
    },
    /// The shard is recorded as done.
    Done(&'a Done),
    /// The shard is recorded as failed.
    Failed(&'a FailedAttempt),
}

/// Hands results on and tells of each image set.
pub(super) struct Telling<'a> {
    pub results: &'a dyn Results,
    pub plan: &'a Plan,
    pub shard: usize,
    pub tell: &'a (dyn Fn(Told<'_>) + Sync),
    begun: Mutex<HashMap<usize, Instant>>,
}

impl<'a> Telling<'a> {
    pub fn new(
        results: &'a dyn Results,
        plan: &'a Plan,
        shard: usize,
        tell: &'a (dyn Fn(Told<'_>) + Sync),
    ) -> Self {
        Self { results, plan, shard, tell, begun: Mutex::default() }
    }
}

impl Results for Telling<'_> {
    fn started(&self, image_number: usize) {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        begun.insert(image_number, Instant::now());
        drop(begun);
        self.results.started(image_number);
    }

    fn passed(&self, image_number: usize) {
        self.results.passed(image_number);
    }

    fn module_ran(&self, module: &str, cpu_seconds: f64) {
        self.results.module_ran(module, cpu_seconds);
    }

    fn ended(&self, image_number: usize, failure: Option<&ImageSetFailure>) {
        self.results.ended(image_number, failure);
        let begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner).remove(&image_number);
        let at = self.plan.image_sets.binary_search_by_key(&image_number, |set| set.number);
        if let Ok(at) = at {
            let seconds = begun.map_or(0.0, |begun| begun.elapsed().as_secs_f64());
            let image_set = &self.plan.image_sets[at];
            (self.tell)(Told::ImageSet { shard: self.shard, image_set, seconds, failure });
        }
    }

    fn record(&self, record: &Record) -> Result<(), RunError> {
        self.results.record(record)
    }
}
