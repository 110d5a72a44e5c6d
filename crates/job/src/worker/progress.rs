use crate::ledger::Running;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Which image sets run, and how many ended.
#[derive(Debug, Default)]
pub(super) struct Progress(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    done: usize,
    running: BTreeMap<usize, Instant>,
}

impl Progress {
    pub fn started(&self, image_set: usize) {
        self.state().running.insert(image_set, Instant::now());
    }

    pub fn ended(&self, image_set: usize) {
        let mut state = self.state();
        state.done += usize::from(state.running.remove(&image_set).is_some());
    }

    /// Returns how many ended, and what runs.
    pub fn now(&self) -> (usize, Vec<Running>) {
        let state = self.state();
        let running = state.running.iter();
        let running =
            running.map(|(&image_set, begun)| Running { image_set, seconds: begun.elapsed().as_secs() });
        (state.done, running.collect())
    }

    /// Returns an image set that has run for longer than `limit`.
    pub fn longer_than(&self, limit: Duration) -> Option<usize> {
        let state = self.state();
        state.running.iter().find(|(_, begun)| begun.elapsed() > limit).map(|(&image_set, _)| image_set)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
