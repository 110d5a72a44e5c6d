//! Brings a job to its end on this machine: round by round, then the merge.

use crate::input::JobInputError;
use crate::ledger::{FailedAttempt, LedgerError, LeftOut, Merged, RoundReason, Snapshot, Spent};
use crate::merge::{MergeError, merge};
use crate::rounds::round_of_failed;
use crate::status::JobState;
use crate::{Class, Job, OnError, Places};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

/// How often a shard is tried whose workers die, before the image set that they die of is given up.
const ATTEMPTS: usize = 3;

/// How many image sets of a shard are given up so, before all that are left are.
const GIVEN_UP: usize = 4;

/// How often what failed by chance gets a round of its own.
const ROUNDS_AGAIN: usize = 2;

/// Runs one task somewhere.
pub trait RunTask {
    /// Runs the task at an index of a round and waits for its end; `attempt` counts the tries, from 1.
    fn run(&self, round: usize, index: usize, attempt: usize) -> TaskEnd;
}

/// How a task ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskEnd {
    /// The ledger has its shard as done or failed.
    Recorded,
    /// Nothing was recorded.
    Died {
        /// Why, as far as it is known.
        class: Class,
        /// Why, in words.
        message: String,
    },
}

/// How a job was left.
#[derive(Clone, Debug, PartialEq)]
pub enum Driven {
    /// The results are there.
    Merged(Merged),
    /// A shard failed, and no image set may fail.
    Stopped(FailedAttempt),
    /// Somebody cancelled it.
    Cancelled,
    /// Stopped from outside; what is done is kept.
    Interrupted,
}

/// Why a job could not be brought to its end; it may be tried again.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    /// The ledger cannot be read or written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The tables cannot be written.
    #[error(transparent)]
    Merge(#[from] MergeError),
    /// The input cannot be listed.
    #[error(transparent)]
    Input(#[from] JobInputError),
}

/// Brings a job to its end.
///
/// # Errors
/// When the ledger or the results cannot be written.
pub fn drive(
    places: &Places,
    job: &Job,
    runner: &dyn RunTask,
    stop: &AtomicBool,
) -> Result<Driven, DriveError> {
    let mut attempts: HashMap<usize, usize> = HashMap::new();
    let mut given_up: HashMap<usize, usize> = HashMap::new();
    loop {
        let snapshot = job.ledger.snapshot()?;
        if let Some(end) = ended(job, &snapshot) {
            return Ok(end);
        }
        if snapshot.open().is_empty() {
            let again = snapshot.rounds.iter().filter(|round| round.reason == RoundReason::Again).count();
            let classes = [Class::Memory, Class::Interrupted];
            let next = round_of_failed(job, &snapshot, &classes, RoundReason::Again);
            match next.filter(|_| again < ROUNDS_AGAIN) {
                Some(round) => {
                    job.ledger.open_round(&round)?;
                }
                None => return Ok(Driven::Merged(merge(places, job, &snapshot)?)),
            }
            continue;
        }
        for shard in snapshot.open() {
            if stop.load(Ordering::Relaxed) {
                return Ok(Driven::Interrupted);
            }
            let Some((round, index)) = task_of(&snapshot, shard) else { continue };
            let tries = attempts.entry(shard).or_default();
            *tries += 1;
            if let TaskEnd::Died { class, message } = runner.run(round, index, *tries) {
                if stop.load(Ordering::Relaxed) {
                    return Ok(Driven::Interrupted);
                }
                if *tries >= ATTEMPTS {
                    *tries = 0;
                    let given_up = given_up.entry(shard).or_default();
                    *given_up += 1;
                    give_up(job, (round, shard), class, &message, *given_up)?;
                }
            }
            if job.stored.message.on_error == OnError::Stop || job.ledger.is_cancelled()? {
                break;
            }
        }
    }
}

/// Returns the end that a job has come to, if it has.
fn ended(job: &Job, snapshot: &Snapshot) -> Option<Driven> {
    match JobState::of(snapshot, job.stored.message.on_error) {
        JobState::Cancelled => Some(Driven::Cancelled),
        JobState::Failed if snapshot.merged.is_none() => {
            let failure = snapshot.shards.values().find_map(|shard| shard.failure());
            failure.cloned().map(Driven::Stopped)
        }
        _ => snapshot.merged.clone().map(Driven::Merged),
    }
}

/// Returns the last round that asks for a shard, and the index there.
fn task_of(snapshot: &Snapshot, shard: usize) -> Option<(usize, usize)> {
    snapshot.rounds.iter().rev().find_map(|round| {
        let index = round.tasks.iter().position(|task| task.shard == shard)?;
        Some((round.round, index))
    })
}

/// Gives up what workers die of: the first image set that is not kept, since it is the one at which they come no further.
/// After some of these, all that are left.
fn give_up(
    job: &Job,
    (round, shard): (usize, usize),
    class: Class,
    why: &str,
    given_up: usize,
) -> Result<(), LedgerError> {
    let message = format!("{ATTEMPTS} attempts ended without a result; the last: {why}");
    let attempt = format!("r{round}-gave-up-{given_up}");
    if job.stored.message.on_error == OnError::Stop || !job.engine.resumes() {
        let (image_set, module) = (None, String::new());
        return job.ledger.shard_failed(&FailedAttempt {
            shard,
            attempt,
            round,
            class,
            image_set,
            module,
            message,
            spent: Spent::default(),
        });
    }
    let snapshot = job.ledger.snapshot()?;
    let Some(state) = snapshot.shards.get(&shard) else { return Ok(()) };
    let left = job.ledger.left_out(shard)?;
    let open = state.image_sets.iter().skip(state.kept).filter(|set| !left.contains(set));
    let count = if given_up < GIVEN_UP { 1 } else { usize::MAX };
    for &image_set in open.take(count) {
        let (message, attempt) = (message.clone(), attempt.clone());
        job.ledger.leave_out(shard, &LeftOut { image_set, class, message, attempt })?;
    }
    Ok(())
}
