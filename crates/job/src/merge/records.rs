use super::MergeError;
use crate::engine::ImageSetFailure;
use crate::files::sha256;
use crate::ledger::{PartNote, Snapshot};
use crate::part::{Entry, PartReader};
use crate::{Class, Job};
use imageset::ImageSet;
use measurements::Record;
use std::collections::{BTreeMap, VecDeque};

/// The entries of all image sets, in ImageNumber order, a part of each shard in memory at a time.
pub(super) struct Records<'a> {
    job: &'a Job,
    snapshot: &'a Snapshot,
    owners: BTreeMap<usize, usize>,
    open: BTreeMap<usize, OpenShard<'a>>,
}

/// A shard that is being read.
struct OpenShard<'a> {
    parts: std::slice::Iter<'a, PartNote>,
    entries: VecDeque<Entry>,
}

impl<'a> Records<'a> {
    pub fn new(job: &'a Job, snapshot: &'a Snapshot) -> Self {
        Self { job, snapshot, owners: snapshot.owners(), open: BTreeMap::new() }
    }

    /// Returns the entry of an image set; they must be asked for in ImageNumber order.
    pub fn next(&mut self, set: &ImageSet) -> Result<Entry, MergeError> {
        let owner = self.owners.get(&set.number).copied().unwrap_or_default();
        let shard = self.snapshot.shards.get(&owner);
        let Some(done) = shard.and_then(|shard| shard.done.as_ref()) else {
            return Ok(self.lost(set, owner));
        };
        let open = self.open.entry(owner);
        let open = open.or_insert_with(|| OpenShard { parts: done.parts.iter(), entries: VecDeque::new() });
        loop {
            while let Some(entry) = open.entries.pop_front() {
                if entry.record.image_number == set.number {
                    if open.entries.is_empty() && open.parts.len() == 0 {
                        self.open.remove(&owner);
                    }
                    return Ok(entry);
                }
            }
            let missing = || MergeError::Part {
                key: self.job.ledger.keys().done(owner),
                why: format!("image set {} is in none of its parts", set.number),
            };
            let part = open.parts.next().ok_or_else(missing)?;
            open.entries = read(self.job, part)?;
        }
    }

    /// Returns the row of an image set whose shard failed as a whole: what was known when it was planned.
    fn lost(&self, set: &ImageSet, owner: usize) -> Entry {
        let mut record = Record::new(set.number);
        engine::record_image_set(set, &mut record);
        let failure = self.snapshot.shards.get(&owner).and_then(|shard| shard.failure());
        let failure = ImageSetFailure {
            class: failure.map_or(Class::Internal, |f| f.class),
            module_number: 0,
            module: failure.map(|f| f.module.clone()).unwrap_or_default(),
            message: failure.map(|f| f.message.clone()).unwrap_or_default(),
        };
        Entry { record, failure: Some(failure), files: Vec::new() }
    }
}

/// Reads a part and sees that it is the one that was committed.
fn read(job: &Job, part: &PartNote) -> Result<VecDeque<Entry>, MergeError> {
    let fail = |why: String| MergeError::Part { key: part.key.clone(), why };
    let bytes = job.ledger.root().get(&part.key).map_err(crate::ledger::LedgerError::from)?;
    if sha256(&bytes) != part.sha256 {
        return Err(fail("its digest is another".into()));
    }
    let entries: Result<VecDeque<Entry>, _> = PartReader::new(&bytes).and_then(Iterator::collect);
    entries.map_err(|error| fail(error.to_string()))
}
