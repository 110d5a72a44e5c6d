//! What goes on beside the engine: the heartbeat, the time limit, and being stopped.

use super::Worker;
use super::collector::Collector;
use super::progress::Progress;
use crate::Class;
use crate::ledger::{Heartbeat, LedgerError, LeftOut};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant, UNIX_EPOCH};

/// How often it looks whether it is to stop.
const TICK: Duration = Duration::from_millis(50);

pub(super) struct Ticker<'a> {
    pub worker: &'a Worker<'a>,
    pub shard: usize,
    pub round: usize,
    /// Which attempt of the round this is.
    pub attempts: u64,
    pub progress: &'a Progress,
    pub collector: &'a Collector<'a>,
    /// Stops the engine.
    pub stop: &'a AtomicBool,
}

impl Ticker<'_> {
    /// Writes the heartbeat.
    pub fn beat(&self) -> Result<(), LedgerError> {
        let (done, running) = self.progress.now();
        let beat = Heartbeat {
            attempt: self.worker.attempt.clone(),
            machine: self.worker.machine.clone(),
            attempts: self.attempts,
            round: self.round,
            time: self.worker.places.now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
            done,
            running,
        };
        self.worker.job.ledger.heartbeat(self.shard, &beat)
    }

    /// Does `work`, and ticks beside it.
    pub fn beside<T>(&self, work: impl FnOnce() -> T) -> T {
        let (ended, end) = channel::<()>();
        std::thread::scope(|scope| {
            scope.spawn(move || self.tick(&end));
            let result = work();
            drop(ended);
            result
        })
    }

    fn tick(&self, end: &Receiver<()>) {
        let mut last = Instant::now();
        while end.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
            if self.worker.stop.load(Ordering::Relaxed) {
                self.stop.store(true, Ordering::Relaxed);
            }
            self.watch_time();
            if last.elapsed() >= self.worker.beat {
                last = Instant::now();
                // A heartbeat that is lost proves nothing; whether the job goes on is asked again with the next.
                let _ = self.beat();
                if matches!(self.worker.job.ledger.is_cancelled(), Ok(true)) {
                    self.stop.store(true, Ordering::Relaxed);
                }
            }
        }
    }

    /// Gives up when an image set takes too long: it is recorded, and the next attempt leaves it out.
    fn watch_time(&self) {
        let Some(give_up) = self.worker.give_up else { return };
        let Some(seconds) = self.worker.job.stored.message.image_set_timeout else { return };
        let Some(image_set) = self.progress.longer_than(Duration::from_secs(seconds)) else { return };
        let left_out = LeftOut {
            image_set,
            class: Class::Input,
            message: format!("it took longer than the {seconds} s that `image_set_timeout` allows"),
            attempt: self.worker.attempt.clone(),
        };
        let ledger = &self.worker.job.ledger;
        let recorded = ledger.leave_out(self.shard, &left_out).and_then(|()| self.collector.flush());
        // Unrecorded, the same would happen again: better to wait for the next tick.
        if recorded.is_ok() {
            give_up();
        }
    }
}
