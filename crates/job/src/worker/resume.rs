//! What earlier attempts at a shard have left.

use super::collector::Kept;
use crate::engine::ImageSetFailure;
use crate::files::sha256;
use crate::ledger::{Known, LedgerError, PartNote, chain};
use crate::part::{Entry, PartReader};
use crate::{Class, Job, Unit, units};
use measurements::Record;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Where an attempt goes on.
pub(super) struct Resumed {
    /// What is kept already.
    pub kept: Kept,
    /// The image sets to run, ascending.
    pub wanted: Vec<usize>,
    /// Those that no engine runs, with what becomes of them.
    pub left_out: BTreeMap<usize, Entry>,
}

/// Reads what earlier attempts at the shard have kept: the parts that follow each other from its first image set on.
pub(super) fn resume(job: &Job, shard: usize, image_sets: &[usize]) -> Result<Resumed, LedgerError> {
    let (root, keys) = (job.ledger.root(), job.ledger.keys());
    let folder = keys.folder();
    let mut parts: HashMap<(usize, usize), String> = HashMap::new();
    let mut timed_out = BTreeSet::new();
    for meta in root.list(&keys.shard(shard)) {
        let meta = meta?;
        match Known::read(meta.key[folder.len()..].trim_start_matches('/')) {
            Known::Part { from, to, .. } => {
                parts.insert((from, to), meta.key);
            }
            Known::TimedOut(_, image_set) => {
                timed_out.insert(image_set);
            }
            _ => {}
        }
    }
    let mut kept = Kept::default();
    let ranges: Vec<(usize, usize)> = parts.keys().copied().collect();
    let chained = if job.engine.resumes() { chain(&ranges) } else { Vec::new() };
    for (from, to) in chained {
        let key = parts[&(from, to)].clone();
        let bytes = root.get(&key)?;
        let entries: Result<Vec<Entry>, _> = PartReader::new(&bytes).and_then(Iterator::collect);
        let expected = image_sets.get(from..to).unwrap_or_default();
        match entries {
            Ok(entries) if entries.iter().map(|e| e.record.image_number).eq(expected.iter().copied()) => {
                entries.iter().for_each(|entry| kept.add(entry));
                kept.parts.push(PartNote { key, from, to, size: bytes.len() as u64, sha256: sha256(&bytes) });
            }
            // What cannot be read is computed again.
            _ => break,
        }
    }
    let rest = image_sets.get(kept.count()..).unwrap_or_default();
    let left_out = left_out(job, rest, &timed_out);
    let wanted = rest.iter().copied().filter(|number| !left_out.contains_key(number)).collect();
    Ok(Resumed { kept, wanted, left_out })
}

/// Returns the entries of image sets that took too long once, with those that must stay together with them.
fn left_out(job: &Job, rest: &[usize], timed_out: &BTreeSet<usize>) -> BTreeMap<usize, Entry> {
    let mut left_out = BTreeMap::new();
    if timed_out.is_empty() {
        return left_out;
    }
    let unit: Unit = job.stored.unit;
    let sets: HashMap<usize, _> = job.plan.image_sets.iter().map(|set| (set.number, set)).collect();
    let of_rest = rest.iter().filter_map(|number| sets.get(number).copied());
    for unit in units(of_rest, unit) {
        if !unit.iter().any(|number| timed_out.contains(number)) {
            continue;
        }
        for number in unit {
            let mut record = Record::new(number);
            engine::record_image_set(sets[&number], &mut record);
            let failure = timed_out.contains(&number).then(|| ImageSetFailure {
                class: Class::Input,
                module_number: 0,
                module: String::new(),
                message: format!(
                    "it took longer than the {} s that `image_set_timeout` allows",
                    job.stored.message.image_set_timeout.unwrap_or_default()
                ),
            });
            left_out.insert(number, Entry { record, failure, files: Vec::new() });
        }
    }
    left_out
}
