//! How a job stands, from its ledger alone.

use crate::ledger::{Heartbeat, Ledger, LedgerError, MergedState, Snapshot};
use crate::plan::{StoredPlan, place};
use crate::{Class, ImageSets, JobId, OnError};
use imageset::ImageSet;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::UNIX_EPOCH;

/// After so many seconds without a heartbeat a shard counts as stuck.
const STUCK: u64 = 180;

/// How a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Planned; no worker was at it.
    Waiting,
    /// Workers are or were at it.
    Running,
    /// Every shard has ended; the tables are to be written.
    Merging,
    /// Everything is done.
    Done,
    /// Some image sets failed, the others are done.
    Partial,
    /// Nothing is done, or nothing more can be.
    Failed,
    /// Somebody cancelled it.
    Cancelled,
}

impl JobState {
    /// Returns whether nothing more happens by itself.
    pub fn is_ended(self) -> bool {
        !matches!(self, Self::Waiting | Self::Running | Self::Merging)
    }

    /// Returns the state that a snapshot shows.
    pub fn of(snapshot: &Snapshot, on_error: OnError) -> Self {
        if let Some(merged) = &snapshot.merged {
            return match merged.state {
                MergedState::Done => Self::Done,
                MergedState::Partial => Self::Partial,
                MergedState::Failed => Self::Failed,
            };
        }
        if snapshot.cancelled {
            return Self::Cancelled;
        }
        if on_error == OnError::Stop && snapshot.shards.values().any(|shard| shard.failure().is_some()) {
            return Self::Failed;
        }
        match snapshot.shards.values().any(|shard| shard.is_open()) {
            _ if snapshot.rounds.is_empty() => Self::Waiting,
            false => Self::Merging,
            true if snapshot.shards.values().any(|shard| shard.touched || !shard.is_open()) => Self::Running,
            true => Self::Waiting,
        }
    }
}

/// How a job stands, in numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Status {
    /// The job.
    pub job: JobId,
    /// How it stands.
    pub state: JobState,
    /// The engine.
    pub engine: String,
    /// Image sets of the job.
    pub image_sets: usize,
    /// Those that are done.
    pub done: usize,
    /// Those that failed.
    pub failed: usize,
    /// Shards of the job.
    pub shards: usize,
    /// Those that are done or failed.
    pub shards_ended: usize,
    /// Rounds so far.
    pub rounds: usize,
    /// CPU seconds so far.
    pub cpu_seconds: f64,
    /// Where the results are.
    pub output: String,
    /// Why there are no tables, if that is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Shards whose worker has not been heard of.
    pub stuck: Vec<StuckShard>,
}

/// A shard whose worker has not been heard of.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StuckShard {
    /// The shard.
    pub shard: usize,
    /// For how many seconds.
    pub silent_seconds: u64,
    /// What it said last.
    pub last: Heartbeat,
}

/// What failed, in the words of the field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FailedRow {
    /// ImageNumber; none for a shard that failed as a whole before its image sets.
    pub image_set: usize,
    /// Plate.
    pub plate: String,
    /// Well.
    pub well: String,
    /// Site.
    pub site: String,
    /// All of its metadata.
    pub place: String,
    /// What kind of failure.
    pub class: Class,
    /// The module.
    pub module: String,
    /// What went wrong.
    pub message: String,
    /// The shard.
    pub shard: usize,
    /// Where the logs begin that have more, as `cpb logs` names them; empty where no task is known.
    pub log: String,
}

/// Returns how a job stands.
///
/// # Errors
/// When the ledger cannot be read.
pub fn status(ledger: &Ledger) -> Result<Status, LedgerError> {
    let stored = StoredPlan::read(ledger)?;
    let snapshot = ledger.snapshot()?;
    let mut status = status_of(&stored, &snapshot);
    if !status.state.is_ended() {
        status.stuck = stuck(ledger, &snapshot)?;
    }
    Ok(status)
}

/// Returns how a job stands, from a snapshot that was read before; says nothing of stuck shards.
pub fn status_of(stored: &StoredPlan, snapshot: &Snapshot) -> Status {
    let (mut done, mut failed, mut cpu_seconds) = (0, 0, 0.0);
    let owners = snapshot.owners();
    for (number, shard) in &snapshot.shards {
        let owned = |set: &usize| owners.get(set) == Some(number);
        if let Some(commit) = &shard.done {
            cpu_seconds += commit.cpu_seconds.values().sum::<f64>();
            let bad = commit.failures.iter().filter(|failure| owned(&failure.image_set)).count();
            done += shard.image_sets.iter().filter(|set| owned(set)).count() - bad;
            failed += bad;
        } else if shard.failure().is_some() {
            failed += shard.image_sets.iter().filter(|set| owned(set)).count();
        } else if shard.image_sets.first().is_some_and(owned) {
            done += shard.kept - shard.kept_failed;
            failed += shard.kept_failed;
        }
    }
    Status {
        job: stored.job.clone(),
        state: JobState::of(snapshot, stored.message.on_error),
        engine: stored.engine.name.clone(),
        image_sets: stored.image_sets,
        done,
        failed,
        shards: snapshot.shards.len(),
        shards_ended: snapshot.shards.values().filter(|shard| !shard.is_open()).count(),
        rounds: snapshot.rounds.len(),
        cpu_seconds,
        output: stored.output.to_string(),
        problem: snapshot.merged.as_ref().and_then(|merged| merged.problem.clone()),
        stuck: Vec::new(),
    }
}

fn stuck(ledger: &Ledger, snapshot: &Snapshot) -> Result<Vec<StuckShard>, LedgerError> {
    let now = ledger.now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let mut stuck = Vec::new();
    for (&shard, state) in snapshot.shards.iter().filter(|(_, s)| s.is_open() && s.touched) {
        let Some(last) = ledger.last_heartbeat(shard)? else { continue };
        // A heartbeat from the future is as old as the clock was set back.
        let silent_seconds = now.abs_diff(last.time);
        if silent_seconds > STUCK && state.is_open() {
            stuck.push(StuckShard { shard, silent_seconds, last });
        }
    }
    Ok(stuck)
}

/// Returns where the logs of a shard's task of a round begin.
fn log_of(snapshot: &Snapshot, round: usize, shard: usize) -> String {
    let tasks = snapshot.rounds.iter().find(|known| known.round == round).map(|round| &round.tasks);
    let index = tasks.and_then(|tasks| tasks.iter().position(|task| task.shard == shard));
    index.map_or_else(String::new, |index| format!("round-{round}/task-{index}/"))
}

/// Returns what failed, by ImageNumber.
pub fn failed(image_sets: &ImageSets, snapshot: &Snapshot) -> Vec<FailedRow> {
    let owners = snapshot.owners();
    let failing = snapshot.shards.values().flat_map(|shard| -> Vec<usize> {
        match (&shard.done, shard.failure()) {
            (Some(done), _) => done.failures.iter().map(|failure| failure.image_set).collect(),
            (None, Some(_)) => shard.image_sets.clone(),
            (None, None) => Vec::new(),
        }
    });
    let sets = image_sets.get(&failing.collect());
    let sets: BTreeMap<usize, &ImageSet> = sets.iter().map(|set| (set.number, set)).collect();
    let mut rows = Vec::new();
    for (&shard, state) in &snapshot.shards {
        let round = state.done.as_ref().map(|done| done.round).or(state.failure().map(|f| f.round));
        let log = round.map_or_else(String::new, |round| log_of(snapshot, round, shard));
        let mut add = |image_set: usize, class: Class, module: &str, message: &str| {
            let set = sets.get(&image_set).copied().filter(|_| owners.get(&image_set) == Some(&shard));
            let Some(set) = set else { return };
            let of = |key: &str| set.metadata.get(key).cloned().unwrap_or_default();
            let (module, message) = (module.to_string(), message.to_string());
            let (plate, well, site, place) = (of("Plate"), of("Well"), of("Site"), place(set));
            rows.push(FailedRow {
                image_set,
                plate,
                well,
                site,
                place,
                class,
                module,
                message,
                shard,
                log: log.clone(),
            });
        };
        if let Some(done) = &state.done {
            for failure in &done.failures {
                add(failure.image_set, failure.class, &failure.module, &failure.message);
            }
        } else if let Some(failure) = state.failure() {
            for &image_set in &state.image_sets {
                add(image_set, failure.class, &failure.module, &failure.message);
            }
        }
    }
    rows.sort_by_key(|row| row.image_set);
    rows
}
