//! Keeps what an engine makes: a part every few image sets or seconds.

use super::progress::Progress;
use crate::engine::{ImageSetFailure, Results};
use crate::files::{JobFiles, sha256};
use crate::ledger::{ImageSetFailed, Ledger, LedgerError, PartNote, PartRange};
use crate::part::{Entry, PartWriter, WrittenFile};
use crate::{Class, Unit};
use engine::RunError;
use measurements::Record;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// When a part is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flush {
    /// After so many image sets.
    pub image_sets: usize,
    /// After so many bytes.
    pub bytes: usize,
    /// After so long.
    pub after: Duration,
}

impl Default for Flush {
    /// Every half minute, or 4 MiB.
    fn default() -> Self {
        Self { image_sets: usize::MAX, bytes: 4 << 20, after: Duration::from_secs(30) }
    }
}

/// What an engine has made so far of a shard.
pub(super) struct Collector<'a> {
    pub ledger: &'a Ledger,
    pub files: &'a JobFiles<'a>,
    pub progress: &'a Progress,
    pub shard: usize,
    pub attempt: &'a str,
    pub flush: Flush,
    /// What must stay together, by ImageNumber: the last of each unit.
    pub unit_ends: HashMap<usize, usize>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    kept: Kept,
    /// Image sets that ended and whose record has not come yet.
    ended: HashMap<usize, (Option<ImageSetFailure>, Vec<WrittenFile>)>,
    /// Entries of image sets that no engine runs, by ImageNumber: they take their place in the order.
    left_out: BTreeMap<usize, Entry>,
    /// Entries of a unit that has not ended.
    unit: Vec<Entry>,
    part: PartWriter,
    part_failed: usize,
    part_begun: Option<Instant>,
}

/// What is kept of a shard.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    /// The parts.
    pub parts: Vec<PartNote>,
    /// The image sets that failed.
    pub failures: Vec<ImageSetFailed>,
    /// The files that were written.
    pub files: Vec<(usize, WrittenFile)>,
    /// CPU seconds by module.
    pub cpu_seconds: BTreeMap<String, f64>,
    /// What failed first where nothing may fail.
    pub first_failure: Option<ImageSetFailed>,
    /// Image sets that this attempt computed.
    pub computed: usize,
    /// Bytes of the parts that this attempt wrote.
    pub written: u64,
}

impl Kept {
    /// Takes up what an entry says.
    pub fn add(&mut self, entry: &Entry) {
        let image_set = entry.record.image_number;
        self.files.extend(entry.files.iter().map(|file| (image_set, file.clone())));
        self.failures.extend(entry.failure.as_ref().map(|failure| failed(image_set, failure)));
    }

    /// Returns how many image sets are in parts.
    pub fn count(&self) -> usize {
        self.parts.last().map_or(0, |part| part.to)
    }
}

pub(super) fn failed(image_set: usize, failure: &ImageSetFailure) -> ImageSetFailed {
    let ImageSetFailure { class, module_number, module, message } = failure.clone();
    ImageSetFailed { image_set, class, module_number, module, message }
}

/// Returns the last image set of the unit that each is of.
pub(super) fn unit_ends(image_sets: &[(usize, usize)], unit: Unit) -> HashMap<usize, usize> {
    let key = |group: usize, number: usize| match unit {
        Unit::ImageSet => number,
        Unit::Group => group,
        Unit::Run => 0,
    };
    let mut ends: HashMap<usize, usize> = HashMap::new();
    for &(number, group) in image_sets {
        let end = ends.entry(key(group, number)).or_insert(number);
        *end = number.max(*end);
    }
    image_sets.iter().map(|&(number, group)| (number, ends[&key(group, number)])).collect()
}

impl<'a> Collector<'a> {
    pub fn new(
        ledger: &'a Ledger,
        files: &'a JobFiles<'a>,
        progress: &'a Progress,
        (shard, attempt): (usize, &'a str),
        flush: Flush,
        unit_ends: HashMap<usize, usize>,
        (kept, left_out): (Kept, BTreeMap<usize, Entry>),
    ) -> Self {
        let state = Mutex::new(State { kept, left_out, ..State::default() });
        Self { ledger, files, progress, shard, attempt, flush, unit_ends, state }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what there is to a part.
    pub fn flush(&self) -> Result<(), LedgerError> {
        self.write_part(&mut self.state())
    }

    /// Writes what is left to a part, and returns all that is kept. `whole` says that every image set ended.
    pub fn finish(self, whole: bool) -> Result<Kept, LedgerError> {
        let mut state = self.state();
        if whole {
            self.take_left_out(&mut state, usize::MAX)?;
        }
        self.write_part(&mut state)?;
        drop(state);
        Ok(self.state.into_inner().unwrap_or_else(PoisonError::into_inner).kept)
    }

    /// Takes the entries of image sets that no engine runs and that come before `number`.
    fn take_left_out(&self, state: &mut State, number: usize) -> Result<(), LedgerError> {
        while let Some(entry) = state.left_out.first_entry().filter(|first| *first.key() < number) {
            let entry = entry.remove();
            self.take(state, entry)?;
        }
        Ok(())
    }

    /// Takes an entry: its unit goes on once it is whole; a failed member fails it.
    fn take(&self, state: &mut State, entry: Entry) -> Result<(), LedgerError> {
        let number = entry.record.image_number;
        state.unit.push(entry);
        if self.unit_ends.get(&number).is_some_and(|&end| end != number) {
            return Ok(());
        }
        let mut unit = std::mem::take(&mut state.unit);
        let first = unit.iter().find_map(|e| Some((e.record.image_number, e.failure.clone()?)));
        if let Some((culprit, failure)) = first {
            for entry in &mut unit {
                entry.failure.get_or_insert_with(|| ImageSetFailure {
                    message: format!("image set {culprit} of its group failed: {}", failure.message),
                    ..failure.clone()
                });
                // The row stays; objects of an image set that failed are no result.
                entry.record.objects.clear();
                entry.record.relationships.clear();
            }
        }
        for entry in &unit {
            state.kept.add(entry);
            state.part.add(entry);
            state.part_failed += usize::from(entry.failure.is_some());
            state.part_begun.get_or_insert_with(Instant::now);
        }
        let old = state.part_begun.is_some_and(|begun| begun.elapsed() >= self.flush.after);
        if old || state.part.count() >= self.flush.image_sets || state.part.size() >= self.flush.bytes {
            self.write_part(state)?;
        }
        Ok(())
    }

    fn write_part(&self, state: &mut State) -> Result<(), LedgerError> {
        if state.part.count() == 0 {
            return Ok(());
        }
        let part = std::mem::take(&mut state.part);
        state.part_begun = None;
        let from = state.kept.count();
        let to = from + part.count();
        let failed = std::mem::take(&mut state.part_failed);
        let key = self.ledger.keys().part(self.shard, self.attempt, PartRange { from, to, failed });
        let bytes = part.into_bytes();
        let note = PartNote { key, from, to, size: bytes.len() as u64, sha256: sha256(&bytes) };
        self.ledger.root().put(&note.key, bytes)?;
        state.kept.written += note.size;
        state.kept.parts.push(note);
        Ok(())
    }
}

impl Results for Collector<'_> {
    fn started(&self, image_number: usize) {
        self.progress.started(image_number);
        self.files.take_touched();
    }

    fn passed(&self, image_number: usize) {
        self.progress.ended(image_number);
    }

    fn module_ran(&self, module: &str, cpu_seconds: f64) {
        let mut state = self.state();
        match state.kept.cpu_seconds.get_mut(module) {
            Some(sum) => *sum += cpu_seconds,
            None => {
                state.kept.cpu_seconds.insert(module.to_string(), cpu_seconds);
            }
        }
    }

    fn ended(&self, image_number: usize, failure: Option<&ImageSetFailure>) {
        self.progress.ended(image_number);
        let touched = self.files.take_touched();
        let failure = failure.cloned().map(|mut failure| {
            if touched.interrupted && failure.class == Class::Input {
                failure.class = Class::Interrupted;
            }
            failure
        });
        let mut state = self.state();
        state.kept.computed += 1;
        if let Some(failure) = &failure {
            state.kept.first_failure.get_or_insert_with(|| failed(image_number, failure));
        }
        state.ended.insert(image_number, (failure, touched.files));
    }

    fn record(&self, record: &Record) -> Result<(), RunError> {
        let mut state = self.state();
        let (failure, files) = state.ended.remove(&record.image_number).unwrap_or_default();
        let entry = Entry { record: record.clone(), failure, files };
        let taken =
            self.take_left_out(&mut state, record.image_number).and_then(|()| self.take(&mut state, entry));
        taken.map_err(|error| RunError::Write {
            path: self.ledger.root().url(&self.ledger.keys().shard(self.shard)),
            error: std::io::Error::other(error),
        })
    }
}
