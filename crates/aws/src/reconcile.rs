//! Brings ledger and Batch together: what died is recorded and tried again, what is done is merged, whatever event was lost.

use crate::batch::PlaceError;
use crate::{Batch, BatchExecutor};
use job::executor::{Executor, ExecutorError, Placed, TaskState};
use job::ledger::{FailedAttempt, Ledger, LedgerError, Round, RoundReason, Snapshot, Spent};
use job::plan::StoredPlan;
use job::rounds::round_of_failed;
use job::status::JobState;
use job::{Address, Class, Job, OnError, OpenJobError};

/// How often what failed by chance gets a round of its own.
const ROUNDS_AGAIN: usize = 2;

/// How often a merge is placed that ends without a result.
const MERGES: usize = 5;

/// How a job was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// It goes on by itself.
    GoesOn,
    /// It has ended, and is so.
    Ended(JobState),
    /// Its output belongs to another job.
    Replaced,
}

/// Why a job could not be looked after; the next tick tries again.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// The ledger cannot be read or written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The job cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenJobError),
    /// Batch refuses or does not answer.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// As [`Self::Place`].
    #[error(transparent)]
    Executor(#[from] ExecutorError),
    /// The merge dies each time.
    #[error("the merge of job {0} was placed {MERGES} times and left no result: `cpb logs {0}`")]
    Merge(job::JobId),
}

/// Looks after a job: places what is not placed, records what died, sees that a merge follows.
///
/// It may be called at any time, by any number of dispatchers.
///
/// # Errors
/// When it has to be called again.
pub fn reconcile(batch: &Batch, ledger: &Ledger) -> Result<Found, ReconcileError> {
    let stored = StoredPlan::read(ledger)?;
    let executor = batch.executor(ledger, &stored.message, &stored.engine.name);
    if !ledger.is_owner()? {
        return Ok(Found::Replaced);
    }
    // Each turn records something; the rounds are bounded, and so are the turns.
    for _ in 0..2 * (ROUNDS_AGAIN + 2) {
        let snapshot = ledger.snapshot()?;
        let state = JobState::of(&snapshot, stored.message.on_error);
        if state.is_ended() {
            if matches!(state, JobState::Cancelled | JobState::Failed) && snapshot.merged.is_none() {
                for round in &snapshot.rounds {
                    executor.cancel(&placed(&stored, round, batch))?;
                }
            }
            return Ok(Found::Ended(state));
        }
        let Some(round) = snapshot.rounds.last() else { return Ok(Found::GoesOn) };
        let at = placed(&stored, round, batch);
        let placements = executor.placements(round.round)?;
        if !snapshot.open().is_empty() {
            if placements == 0 {
                executor.place(&at, 0)?;
                return Ok(Found::GoesOn);
            }
            // A dispatcher may have died between the parts.
            executor.place(&at, 0)?;
            if record_the_dead(&executor, ledger, &stored, &snapshot, &at)? {
                continue;
            }
            return Ok(Found::GoesOn);
        }
        if let Some(next) = next_round(ledger, &snapshot)? {
            ledger.open_round(&next)?;
            continue;
        }
        return see_to_the_merge(batch, &executor, ledger, &at, placements);
    }
    Ok(Found::GoesOn)
}

/// Returns a round as the executor sees it: each round after a death has twice the memory.
pub fn placed(stored: &StoredPlan, round: &Round, batch: &Batch) -> Placed {
    let usual = stored.message.job_memory.unwrap_or(batch.settings.memory);
    let doublings = if round.reason == RoundReason::Again { (round.round - 1).min(4) } else { 0 };
    let grown = (doublings > 0).then(|| usual << doublings);
    let asked = round.tasks.iter().filter_map(|task| task.memory).max();
    let memory = grown.max(asked).or(stored.message.job_memory);
    Placed {
        job: stored.output.join(".cpb").join(stored.job.as_str()),
        round: round.round,
        tasks: round.tasks.len(),
        memory,
        vcpu: stored.message.job_vcpu,
    }
}

/// Records shards whose workers Batch has given up; returns whether there were any.
fn record_the_dead(
    executor: &BatchExecutor<'_>,
    ledger: &Ledger,
    stored: &StoredPlan,
    snapshot: &Snapshot,
    at: &Placed,
) -> Result<bool, ReconcileError> {
    let Some(round) = snapshot.rounds.last() else { return Ok(false) };
    let mut recorded = false;
    for (index, (state, why)) in executor.tasks(at, 0)?.into_iter().enumerate() {
        let shard = round.tasks[index].shard;
        let open = snapshot.shards.get(&shard).is_some_and(job::ledger::ShardState::is_open);
        let class = match state {
            TaskState::Died(class) if open => class,
            // It was recorded since, or its worker left as the job was cancelled for a while.
            TaskState::Ended if open && ledger.read_done(shard)?.is_none() => Class::Interrupted,
            _ => continue,
        };
        if ledger.read_done(shard)?.is_some() {
            recorded = true;
            continue;
        }
        ledger.shard_failed(&FailedAttempt {
            shard,
            attempt: format!("r{}-batch", at.round),
            round: at.round,
            class,
            image_set: None,
            module: String::new(),
            message: format!("AWS Batch gave its worker up: {why}"),
            spent: Spent::default(),
        })?;
        recorded = true;
        if stored.message.on_error == OnError::Stop {
            break;
        }
    }
    Ok(recorded)
}

/// Returns the round of what failed by chance, if there is to be one.
fn next_round(ledger: &Ledger, snapshot: &Snapshot) -> Result<Option<Round>, ReconcileError> {
    let again = snapshot.rounds.iter().filter(|round| round.reason == RoundReason::Again).count();
    if again >= ROUNDS_AGAIN {
        return Ok(None);
    }
    let by_chance = |class: Class| matches!(class, Class::Memory | Class::Interrupted);
    let mut failures = snapshot.shards.values().flat_map(|shard| {
        let sets = shard.done.iter().flat_map(|done| &done.failures).map(|failure| failure.class);
        shard.failure().map(|failure| failure.class).into_iter().chain(sets)
    });
    if !failures.any(by_chance) {
        return Ok(None);
    }
    let job = Job::open(ledger.clone())?;
    Ok(round_of_failed(&job, snapshot, &[Class::Memory, Class::Interrupted], RoundReason::Again))
}

fn see_to_the_merge(
    batch: &Batch,
    executor: &BatchExecutor<'_>,
    ledger: &Ledger,
    at: &Placed,
    placements: usize,
) -> Result<Found, ReconcileError> {
    for placement in (0..placements).rev() {
        let Some(merge) = executor.parts(at.round, placement)?.1 else { continue };
        let known = batch.describe(std::slice::from_ref(&merge.id)).map_err(PlaceError::from)?;
        let status = known.get(&merge.id).and_then(|job| job["status"].as_str());
        if !matches!(status, None | Some("FAILED" | "SUCCEEDED")) {
            return Ok(Found::GoesOn);
        }
        // It may have ended between the snapshot and the question.
        if ledger.read_merged(at.round)?.is_some() {
            return reconcile(batch, ledger);
        }
        break;
    }
    if placements >= MERGES {
        return Err(ReconcileError::Merge(ledger.job().clone()));
    }
    executor.place_merge(at, placements)?;
    Ok(Found::GoesOn)
}

/// Returns the job of an event that Batch sent, by the environment that its container got.
pub fn job_of_event(event: &serde_json::Value) -> Option<Address> {
    Address::of_folder(variable(event, "CPB_JOB")?).ok()
}

/// Returns the key of the mark of an event that tells the end of a planning job.
pub fn planning_of_event(event: &serde_json::Value) -> Option<String> {
    let (_, name) = variable(event, "CPB_PLAN")?.rsplit_once("/.cpb/planning/")?;
    Some(format!(".cpb/planning/{name}"))
}

fn variable<'a>(event: &'a serde_json::Value, name: &str) -> Option<&'a str> {
    let environment = event["detail"]["container"]["environment"].as_array()?;
    environment.iter().find(|pair| pair["name"] == name)?["value"].as_str()
}
