//! Writes what one run over the whole input would have written, from the parts of all shards.

mod folders;
mod records;
mod replaced;

use crate::engine::Tables;
use crate::ledger::{LedgerError, Merged, MergedState, Snapshot, Spent};
use crate::meter::Meter;
use crate::part::WrittenFile;
use crate::provenance::{ImageList, provenance};
use crate::{Job, JobFiles, Places, format_sinks};
use engine::{Experiment, RecordSink, RunError, RunFacts, Sink};
use folders::TableFolders;
pub(crate) use folders::{for_tables, no_value};
use records::Records;
pub(crate) use replaced::erase;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// Why a merge could not be done; it may be tried again.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// The ledger cannot be read or written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A table cannot be written.
    #[error(transparent)]
    Table(#[from] RunError),
    /// A part is not what its commit says.
    #[error("the part `{key}` is not what was committed: {why}")]
    Part {
        /// The part's key.
        key: String,
        /// What is wrong with it.
        why: String,
    },
    /// Another job owns the output now.
    #[error("the output belongs to another job now: nothing to merge")]
    NotOwner,
    /// Shards are open.
    #[error("{0} shards are open: nothing to merge yet")]
    Open(usize),
}

/// Merges a job whose shards have all ended, and commits the merge.
///
/// Streams the records in ImageNumber order through the writers of tables that an unsharded run uses: the same bytes,
/// however many shards, threads and attempts there were. Memory is bounded by a part.
///
/// # Errors
/// When it has to be tried again. What another try would not mend is in the commit's `problem`.
pub fn merge(places: &Places, job: &Job, snapshot: &Snapshot) -> Result<Merged, MergeError> {
    if let Some(merged) = &snapshot.merged {
        return Ok(merged.clone());
    }
    let meter = Meter::start(places);
    let open = snapshot.open().len();
    if open > 0 {
        return Err(MergeError::Open(open));
    }
    let current = job.ledger.current()?.filter(|current| current.job == *job.ledger.job());
    let current = current.ok_or(MergeError::NotOwner)?;
    let mut merged = match tables(places, job, snapshot) {
        Ok(merged) => merged,
        Err(Unmergeable::Problem(problem)) => failed(snapshot, problem),
        Err(Unmergeable::Again(error)) => return Err(error),
    };
    // One image set after the other: one processor.
    merged.spent = meter.spent(1, false);
    merged.files.sort_by(|a, b| a.path.cmp(&b.path));
    if merged.problem.is_none() {
        replaced::remove(places, job, &current.replaces, &merged.files)?;
    }
    if !job.ledger.merged(&merged)?
        && let Some(theirs) = job.ledger.read_merged(merged.round)?
    {
        merged = theirs;
    }
    job.ledger.forget(&current.replaces)?;
    Ok(merged)
}

/// Why there are no tables.
enum Unmergeable {
    /// For good.
    Problem(String),
    /// Another try may mend it.
    Again(MergeError),
}

impl<E: Into<MergeError>> From<E> for Unmergeable {
    fn from(error: E) -> Self {
        match error.into() {
            MergeError::Table(RunError::Refused(why) | RunError::Input(why)) => Self::Problem(why),
            error => Self::Again(error),
        }
    }
}

fn failed(snapshot: &Snapshot, problem: String) -> Merged {
    let (round, problem) = (snapshot.round(), Some(problem));
    let (files, spent) = (Vec::new(), Spent::default());
    Merged { round, state: MergedState::Failed, image_sets: 0, failed: 0, files, problem, spent }
}

fn tables(places: &Places, job: &Job, snapshot: &Snapshot) -> Result<Merged, Unmergeable> {
    let stored = &job.stored;
    let mut files = image_files(snapshot)?;
    let sink = JobFiles::new(places, Some(job.since));
    sink.take_touched();
    let mut images = ImageList::new(&job.ledger).map_err(MergeError::from)?;
    let failed = write_tables(job, snapshot, &sink, &mut images)?;
    let images = images.finish().map_err(MergeError::from)?;
    files.extend(sink.take_touched().files);
    let image_sets = job.plan.image_sets.len();
    let state = match failed {
        0 => MergedState::Done,
        failed if failed < image_sets => MergedState::Partial,
        _ => MergedState::Failed,
    };
    let path = stored.output.join("provenance.json");
    let text = provenance(job, snapshot, failed, &images, sink.bytes_written());
    let written = sink.write(path.as_str(), &text);
    written.map_err(|error| MergeError::Table(RunError::Write { path: path.to_string(), error }))?;
    files.extend(sink.take_touched().files);
    let (round, spent) = (snapshot.round(), Spent::default());
    Ok(Merged { round, state, image_sets, failed, files, problem: None, spent })
}

/// Writes all tables; returns how many image sets failed.
fn write_tables(
    job: &Job,
    snapshot: &Snapshot,
    sink: &JobFiles<'_>,
    images: &mut ImageList,
) -> Result<usize, Unmergeable> {
    let done = snapshot.shards.values().filter_map(|shard| shard.done.as_ref());
    let notes: Vec<serde_json::Value> = done.map(|done| done.notes.clone()).collect();
    let text = job.pipeline.to_text();
    let columns = job.engine.columns(&notes).map_err(MergeError::from)?;
    let engine = format!("{} {}", job.stored.engine.name, job.stored.engine.version);
    let folders = TableFolders::new(job).map_err(Unmergeable::Problem)?;
    let mut writers: BTreeMap<usize, Vec<Box<dyn RecordSink + '_>>> = BTreeMap::new();
    let mut left: Vec<usize> = folders.all.iter().map(|folder| folder.image_sets.len()).collect();
    let mut records = Records::new(job, snapshot);
    let mut failed = 0;
    for ((set, stamps), &at) in job.plan.image_sets.stamped().zip(&folders.folder_of) {
        if let Entry::Vacant(new) = writers.entry(at) {
            let folder = &folders.all[at];
            let facts = RunFacts {
                columns: &[],
                columns_so_far: 0,
                relationships: &[],
                image_sets: &folder.image_sets,
                experiment: &job.plan.experiment,
                folders: &folder.folders,
                started: job.stored.planned(),
                source: sink,
                sink,
                pipeline: &text,
            };
            let mut tables = job.engine.tables(&Tables { facts, notes: &notes }).map_err(MergeError::from)?;
            let formats = format_sinks(&job.stored.message.formats, &columns, &engine, &folder.number, facts);
            tables.extend(formats.map_err(MergeError::from)?);
            new.insert(tables);
        }
        let entry = records.next(&set)?;
        images.add(&set, &stamps, &entry.record).map_err(MergeError::from)?;
        failed += usize::from(entry.failure.is_some());
        let open = writers.get_mut(&at).into_iter().flatten();
        open.into_iter().try_for_each(|writer| writer.record(&entry.record)).map_err(MergeError::from)?;
        left[at] -= 1;
        if left[at] == 0 {
            let mut experiment = Experiment::new();
            for writer in writers.remove(&at).unwrap_or_default() {
                writer.finish(&mut experiment).map_err(MergeError::from)?;
            }
        }
    }
    Ok(failed)
}

/// Returns the files that the pipeline wrote, each once.
///
/// Two image sets that wrote other bytes to one place have lost one of them: an error, never silence.
fn image_files(snapshot: &Snapshot) -> Result<Vec<WrittenFile>, Unmergeable> {
    let owners = snapshot.owners();
    let mut found: BTreeMap<&str, (usize, &WrittenFile)> = BTreeMap::new();
    let mut conflicts = BTreeSet::new();
    for (number, shard) in &snapshot.shards {
        for (image_set, file) in shard.done.iter().flat_map(|done| &done.files) {
            if owners.get(image_set) != Some(number) {
                continue;
            }
            match found.get(file.path.as_str()) {
                Some((other, known)) if known.sha256 != file.sha256 && other != image_set => {
                    conflicts
                        .insert(format!("image sets {other} and {image_set} both wrote `{}`", file.path));
                }
                _ => {
                    found.insert(&file.path, (*image_set, file));
                }
            }
        }
    }
    if conflicts.is_empty() {
        return Ok(found.into_values().map(|(_, file)| file.clone()).collect());
    }
    let shown: Vec<String> = conflicts.iter().take(5).cloned().collect();
    Err(Unmergeable::Problem(format!(
        "{}; {} such files in all: let the file's name in SaveImages hold what tells image sets apart, or save once a group",
        shown.join("; "),
        conflicts.len()
    )))
}
