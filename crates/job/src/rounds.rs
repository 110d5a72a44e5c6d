//! Another round for what failed.

use crate::input::Stamps;
use crate::input::{JobInputError, stamp_files};
use crate::ledger::{Changed, LedgerError, Round, RoundReason, ShardSets, Snapshot, Task};
use crate::status::JobState;
use crate::{Class, Job, JobId, Places, Unit, cut, units};
use std::collections::BTreeSet;

/// Returns a round of all that failed in one of `classes`, if anything did.
///
/// Image sets of shards that are done come in new shards; a shard that failed as a whole comes again as it is, and what
/// it kept counts. Where memory was short, there is twice as much.
pub fn round_of_failed(
    job: &Job,
    snapshot: &Snapshot,
    classes: &[Class],
    reason: RoundReason,
) -> Option<Round> {
    let owners = snapshot.owners();
    let mut image_sets = BTreeSet::new();
    let mut tasks = Vec::new();
    let base = job.stored.message.job_memory;
    let mut short_of_memory = false;
    for (&number, shard) in &snapshot.shards {
        if let Some(failure) = shard.failure().filter(|failure| classes.contains(&failure.class)) {
            // What a later shard has done needs no other try.
            if shard.image_sets.iter().any(|set| owners.get(set) == Some(&number)) {
                let short = failure.class == Class::Memory;
                tasks.push(Task { shard: number, memory: base.filter(|_| short).map(|memory| memory * 2) });
            }
        }
        for failure in shard.done.iter().flat_map(|done| &done.failures) {
            if classes.contains(&failure.class) && owners.get(&failure.image_set) == Some(&number) {
                short_of_memory |= failure.class == Class::Memory;
                image_sets.insert(failure.image_set);
            }
        }
    }
    let wanted = job.plan.image_sets.get(&image_sets);
    let size = snapshot.shards.values().map(|shard| shard.image_sets.len()).max().unwrap_or(1);
    let unit: Unit = job.stored.unit;
    let first = snapshot.shards.keys().last().map_or(0, |last| last + 1);
    let shards = cut(units(wanted, unit), size);
    let shards: Vec<ShardSets> =
        shards.into_iter().enumerate().map(|(i, shard)| ShardSets { number: first + i, shard }).collect();
    let memory = base.filter(|_| short_of_memory).map(|memory| memory * 2);
    tasks.extend(shards.iter().map(|new| Task { shard: new.number, memory }));
    let round = Round { round: snapshot.round() + 1, reason, tasks, shards, changed: Vec::new() };
    (!round.tasks.is_empty()).then_some(round)
}

/// Why nothing can be tried again.
#[derive(Debug, thiserror::Error)]
pub enum RetryError {
    /// The ledger cannot be read or written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The input cannot be listed.
    #[error(transparent)]
    Input(#[from] JobInputError),
    /// The job goes on.
    #[error("job {0} has not ended: `cpb status {0}`")]
    Running(JobId),
    /// There is nothing to do.
    #[error("nothing of job {0} failed{1}")]
    Nothing(JobId, String),
    /// Another job owns the output now.
    #[error("the output of job {0} belongs to another job now")]
    NotOwner(JobId),
}

/// Opens a round for what failed, in one class or in any; returns how many image sets that are.
///
/// # Errors
/// When the job has not ended, or nothing failed so.
pub fn retry(places: &Places, job: &Job, class: Option<Class>) -> Result<usize, RetryError> {
    let id = || job.ledger.job().clone();
    let snapshot = job.ledger.snapshot()?;
    if !job.ledger.is_owner()? {
        return Err(RetryError::NotOwner(id()));
    }
    if !JobState::of(&snapshot, job.stored.message.on_error).is_ended() {
        return Err(RetryError::Running(id()));
    }
    let classes = match class {
        Some(class) => vec![class],
        None => vec![Class::Input, Class::Memory, Class::Interrupted, Class::Internal],
    };
    let no_tables = snapshot.merged.as_ref().is_some_and(|merged| merged.problem.is_some());
    let round = round_of_failed(job, &snapshot, &classes, RoundReason::Retry);
    // Tables that could not be written are tried again too: by a round that computes nothing.
    let merge_again = || Round {
        round: snapshot.round() + 1,
        reason: RoundReason::Retry,
        tasks: Vec::new(),
        shards: Vec::new(),
        changed: Vec::new(),
    };
    let round = round.or_else(|| no_tables.then(merge_again));
    let of_class = class.map(|class| format!(" by {class}")).unwrap_or_default();
    let mut round = round.ok_or_else(|| RetryError::Nothing(id(), of_class))?;
    note_changed_files(places, job, &snapshot, &mut round)?;
    let new: usize = round.shards.iter().map(|new| new.shard.image_sets.len()).sum();
    let old = round.tasks.iter().filter(|task| round.shards.iter().all(|new| new.number != task.shard));
    let old: usize = old.map(|task| snapshot.shards[&task.shard].image_sets.len()).sum();
    job.ledger.open_round(&round)?;
    Ok(new + old)
}

/// Notes in a round which files of its image sets are not what they were when the job was planned.
///
/// # Errors
/// When a folder cannot be listed.
pub fn note_changed_files(
    places: &Places,
    job: &Job,
    snapshot: &Snapshot,
    round: &mut Round,
) -> Result<(), JobInputError> {
    let again: BTreeSet<usize> = round.tasks.iter().map(|task| task.shard).collect();
    let old = snapshot.shards.iter().filter(|(number, _)| again.contains(number)).map(|(_, s)| &s.image_sets);
    let new = round.shards.iter().map(|new| &new.shard.image_sets);
    let numbers: BTreeSet<usize> = old.chain(new).flatten().copied().collect();
    let mut planned = Stamps::new();
    let mut now = Stamps::new();
    let sets = job.plan.image_sets.get_stamped(&numbers).map(|(set, stamps)| {
        planned.extend(stamps);
        set
    });
    stamp_files(places, sets, &mut now)?;
    let changed = now.into_iter().filter(|(location, stamp)| planned.get(location) != Some(stamp));
    round.changed =
        changed.map(|(location, stamp)| Changed { location, size: stamp.size, tag: stamp.tag }).collect();
    Ok(())
}
