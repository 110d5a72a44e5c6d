//! Runs one shard: computes, keeps parts, commits. The same in every executor.

mod collector;
mod progress;
mod resume;
mod ticker;
mod told;

pub use collector::Flush;
pub use told::Told;

use crate::engine::{EngineError, Task};
use crate::image_sets::head;
use crate::ledger::{Done, FailedAttempt, LedgerError, LeftOut, Spent};
use crate::meter::Meter;
use crate::{Class, Job, JobFiles, OnError, Places};
use collector::{Collector, Kept, unit_ends};
use engine::Folders;
use imageset::Plan;
use progress::Progress;
use resume::Resumed;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use ticker::Ticker;
use told::Telling;

/// Runs shards of a job.
pub struct Worker<'a> {
    /// Where addresses lead.
    pub places: &'a Places,
    /// The job.
    pub job: &'a Job,
    /// How many image sets run at once.
    pub threads: NonZeroUsize,
    /// The attempt's name: no other has it.
    pub attempt: String,
    /// The machine and process, for people.
    pub machine: String,
    /// When parts are written.
    pub flush: Flush,
    /// How often the heartbeat is written.
    pub beat: Duration,
    /// Set from outside to stop: image sets under way end and are kept.
    pub stop: &'a AtomicBool,
    /// Ends the process when an image set took too long and that is recorded: threads cannot be stopped.
    pub give_up: Option<&'a (dyn Fn() + Sync)>,
    /// Hears of each image set that ends, and of the shard.
    pub tell: &'a (dyn Fn(Told<'_>) + Sync),
}

/// How a shard was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It is done.
    Done,
    /// It failed for good.
    Failed,
    /// It was done before.
    Already,
}

/// Why nothing was recorded: the shard is to be tried again, unless the job is over.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The ledger cannot be read or written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The round has no such task.
    #[error("job {job} has no task {index} in round {round}")]
    NoTask {
        /// The job.
        job: String,
        /// The round.
        round: usize,
        /// The index.
        index: usize,
    },
    /// Another job owns the output now.
    #[error("the output belongs to another job now: nothing to do")]
    NotOwner,
    /// The job was cancelled.
    #[error("the job was cancelled: nothing to do")]
    Cancelled,
    /// Stopped from outside; what was finished is kept.
    #[error("stopped; {kept} of {total} image sets of the shard are kept")]
    Interrupted {
        /// Image sets that are kept.
        kept: usize,
        /// Image sets of the shard.
        total: usize,
    },
    /// The engine failed in a way that another try may mend.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl WorkerError {
    /// Returns what kind of failure it is.
    pub fn class(&self) -> Class {
        match self {
            Self::Engine(error) => error.class,
            Self::NoTask { .. } => Class::Input,
            _ => Class::Interrupted,
        }
    }
}

/// What an attempt took.
struct Taken {
    spent: Spent,
    attempts: u64,
    retried_calls: u64,
    bytes_read: u64,
    bytes_written: u64,
}

impl Worker<'_> {
    /// Runs the shard at an index of a round.
    ///
    /// # Errors
    /// When the shard is not recorded.
    pub fn run_task(&self, round: usize, index: usize) -> Result<Recorded, WorkerError> {
        let ledger = &self.job.ledger;
        let no_task = || WorkerError::NoTask { job: ledger.job().to_string(), round, index };
        let found = ledger.round(round)?.ok_or_else(no_task)?;
        let shard = found.tasks.get(index).ok_or_else(no_task)?.shard;
        if ledger.read_done(shard)?.is_some() {
            return Ok(Recorded::Already);
        }
        if !ledger.is_owner()? {
            return Err(WorkerError::NotOwner);
        }
        if ledger.is_cancelled()? {
            return Err(WorkerError::Cancelled);
        }
        let image_sets = self.image_sets(round, shard)?.ok_or_else(no_task)?;
        self.run_shard(round, shard, &image_sets)
    }

    /// Returns the shard's image sets: the round that made it names them.
    fn image_sets(&self, round: usize, shard: usize) -> Result<Option<Vec<usize>>, LedgerError> {
        for round in (1..=round).rev() {
            let Some(round) = self.job.ledger.round(round)? else { continue };
            if let Some(new) = round.shards.into_iter().find(|new| new.number == shard) {
                return Ok(Some(new.shard.image_sets));
            }
        }
        Ok(None)
    }

    /// Returns which attempt of the round this one is, as far as heartbeats tell; they prove nothing, and may fail.
    fn attempts(&self, round: usize, shard: usize) -> u64 {
        match self.job.ledger.last_heartbeat(shard) {
            Ok(Some(last)) if last.round == round => last.attempts + u64::from(last.attempt != self.attempt),
            _ => 1,
        }
    }

    fn run_shard(&self, round: usize, shard: usize, image_sets: &[usize]) -> Result<Recorded, WorkerError> {
        let meter = Meter::start(self.places);
        let Job { ledger, stored, since, plan: whole, engine, .. } = self.job;
        let retried = self.places.retries();
        let attempts = self.attempts(round, shard);
        let files = JobFiles::new(self.places, Some(*since));
        let mut sets = whole.image_sets.get(&image_sets.iter().copied().collect());
        let Resumed { kept, wanted, left_out } = resume::resume(self.job, shard, image_sets, &sets)?;
        let groups: Vec<(usize, usize)> = sets.iter().map(|set| (set.number, set.group_number)).collect();
        sets.retain(|set| wanted.binary_search(&set.number).is_ok());
        let plan = Plan { image_sets: sets, ..head(whole) };
        let progress = Progress::default();
        let stop = AtomicBool::new(false);
        let collector = Collector::new(
            ledger,
            &files,
            &progress,
            (shard, &self.attempt),
            self.flush,
            unit_ends(&groups, stored.unit),
            (kept, left_out),
        );
        let folders =
            Folders { input: stored.input.as_str().to_string(), output: stored.output.as_str().to_string() };
        let ticker = Ticker {
            worker: self,
            shard,
            round,
            attempts,
            progress: &progress,
            collector: &collector,
            stop: &stop,
        };
        ticker.beat()?;
        let ran = ticker.beside(|| {
            let task = Task {
                plan: &plan,
                image_set_count: whole.image_sets.len(),
                folders: &folders,
                planned: stored.planned(),
                source: &files,
                sink: &files,
                threads: self.threads,
                on_error: stored.message.on_error,
                stop: &stop,
            };
            let results = Telling::new(&collector, &plan, shard, self.tell);
            if wanted.is_empty() { Ok(serde_json::Value::Null) } else { engine.run(&task, &results) }
        });
        let stopped = stop.load(Ordering::Relaxed);
        let kept = collector.finish(ran.is_ok() && !stopped)?;
        let spent = meter.spent(self.threads.get(), files.were_mounted());
        let notes = match ran {
            Ok(notes) => notes,
            Err(error)
                if error.class == Class::Input
                    && (stored.message.on_error == OnError::Stop || !engine.resumes()) =>
            {
                return self.fail((round, shard), spent, error.class, None, &error.message);
            }
            Err(error) if error.class == Class::Input => {
                // The same again would fail again: what is not kept fails with it, and the shard is recorded.
                for &image_set in &image_sets[kept.count()..] {
                    let (class, message, attempt) =
                        (error.class, error.message.clone(), self.attempt.clone());
                    ledger.leave_out(shard, &LeftOut { image_set, class, message, attempt })?;
                }
                return self.run_shard(round, shard, image_sets);
            }
            Err(error) => return Err(error.into()),
        };
        if kept.count() == image_sets.len() {
            let written = kept.written + files.bytes_written();
            let taken = Taken {
                spent,
                attempts,
                retried_calls: self.places.retries() - retried,
                bytes_read: files.bytes_read(),
                bytes_written: written,
            };
            return self.commit(round, shard, kept, notes, &taken);
        }
        match &kept.first_failure {
            Some(first) if stored.message.on_error == OnError::Stop && !stopped => {
                self.fail((round, shard), spent, first.class, Some(first.clone()), &first.message)
            }
            _ if stopped => Err(WorkerError::Interrupted { kept: kept.count(), total: image_sets.len() }),
            _ => {
                let message = format!("the engine left {} image sets out", image_sets.len() - kept.count());
                Err(EngineError { class: Class::Internal, message }.into())
            }
        }
    }

    fn commit(
        &self,
        round: usize,
        shard: usize,
        kept: Kept,
        notes: serde_json::Value,
        taken: &Taken,
    ) -> Result<Recorded, WorkerError> {
        let Kept { parts, failures, files, cpu_seconds, computed, .. } = kept;
        let Taken { spent, attempts, retried_calls, bytes_read, bytes_written } = *taken;
        let (attempt, machine) = (self.attempt.clone(), self.machine.clone());
        let done = Done {
            shard,
            attempt,
            round,
            parts,
            files,
            failures,
            computed,
            cpu_seconds,
            spent,
            attempts,
            retried_calls,
            bytes_read,
            bytes_written,
            machine,
            notes,
        };
        let ours = self.job.ledger.shard_done(&done)?;
        if ours {
            (self.tell)(Told::Done(&done));
        }
        Ok(if ours { Recorded::Done } else { Recorded::Already })
    }

    fn fail(
        &self,
        (round, shard): (usize, usize),
        spent: Spent,
        class: Class,
        image_set: Option<crate::ledger::ImageSetFailed>,
        message: &str,
    ) -> Result<Recorded, WorkerError> {
        let failed = FailedAttempt {
            shard,
            attempt: self.attempt.clone(),
            round,
            class,
            image_set: image_set.as_ref().map(|f| f.image_set),
            module: image_set.map(|f| f.module).unwrap_or_default(),
            message: message.to_string(),
            spent,
        };
        self.job.ledger.shard_failed(&failed)?;
        (self.tell)(Told::Failed(&failed));
        Ok(Recorded::Failed)
    }
}
