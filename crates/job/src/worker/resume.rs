//! What earlier attempts at a shard have left.

use super::collector::Kept;
use crate::engine::ImageSetFailure;
use crate::files::sha256;
use crate::ledger::{Known, LedgerError, LeftOut, PartNote, PartRange, chain};
use crate::part::{Entry, PartReader};
use crate::{Job, Unit, units};
use imageset::ImageSet;
use measurements::Record;
use std::collections::{BTreeMap, HashMap};

/// Where an attempt goes on.
pub(super) struct Resumed {
    /// What is kept already.
    pub kept: Kept,
    /// The image sets to run, ascending.
    pub wanted: Vec<usize>,
    /// Those that no engine runs, with what becomes of them.
    pub left_out: BTreeMap<usize, Entry>,
}

/// Reads what earlier attempts at the shard, whose image sets are `sets`, have kept: the parts that follow each other from its first image set on.
pub(super) fn resume(
    job: &Job,
    shard: usize,
    image_sets: &[usize],
    sets: &[ImageSet],
) -> Result<Resumed, LedgerError> {
    let (root, keys) = (job.ledger.root(), job.ledger.keys());
    let folder = keys.folder();
    let mut parts: HashMap<PartRange, String> = HashMap::new();
    let mut given_up: BTreeMap<usize, LeftOut> = BTreeMap::new();
    for meta in root.list(&keys.shard(shard)) {
        let meta = meta?;
        match Known::read(meta.key[folder.len()..].trim_start_matches('/')) {
            Known::Part(_, range) => {
                parts.insert(range, meta.key);
            }
            Known::LeftOut(_, image_set) => {
                given_up.extend(job.ledger.read::<LeftOut>(&meta.key)?.map(|left_out| (image_set, left_out)));
            }
            _ => {}
        }
    }
    let mut kept = Kept::default();
    let ranges: Vec<PartRange> = parts.keys().copied().collect();
    let chained = if job.engine.resumes() { chain(&ranges) } else { Vec::new() };
    for range in chained {
        let PartRange { from, to, .. } = range;
        let key = parts[&range].clone();
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
    let left_out = left_out(job, rest, sets, &given_up);
    let wanted = rest.iter().copied().filter(|number| !left_out.contains_key(number)).collect();
    Ok(Resumed { kept, wanted, left_out })
}

/// Returns the entries of image sets that were given up, with those that must stay together with them.
fn left_out(
    job: &Job,
    rest: &[usize],
    sets: &[ImageSet],
    given_up: &BTreeMap<usize, LeftOut>,
) -> BTreeMap<usize, Entry> {
    let mut left_out = BTreeMap::new();
    if given_up.is_empty() {
        return left_out;
    }
    let unit: Unit = job.stored.unit;
    let sets: HashMap<usize, _> = sets.iter().map(|set| (set.number, set)).collect();
    let of_rest = rest.iter().filter_map(|number| sets.get(number).copied());
    for unit in units(of_rest, unit) {
        if !unit.iter().any(|number| given_up.contains_key(number)) {
            continue;
        }
        for number in unit {
            let mut record = Record::new(number);
            engine::record_image_set(sets[&number], &mut record);
            let failure = given_up.get(&number).map(|given_up| ImageSetFailure {
                class: given_up.class,
                module_number: 0,
                module: String::new(),
                message: given_up.message.clone(),
            });
            left_out.insert(number, Entry { record, failure, files: Vec::new() });
        }
    }
    left_out
}
