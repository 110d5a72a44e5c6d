use super::keys::{Known, PartRange};
use super::{Done, FailedAttempt, Ledger, LedgerError, Merged, Round};
use std::collections::{BTreeMap, BTreeSet};

/// What the ledger says of a job at one time: one listing, and the files that count.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// The rounds so far.
    pub rounds: Vec<Round>,
    /// The shards, by number.
    pub shards: BTreeMap<usize, ShardState>,
    /// Whether the job was cancelled.
    pub cancelled: bool,
    /// The merge of the last round, once there is one.
    pub merged: Option<Merged>,
}

/// What the ledger says of a shard.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShardState {
    /// Its image sets.
    pub image_sets: Vec<usize>,
    /// The last round that asks for it.
    pub round: usize,
    /// Its commit, once it is done.
    pub done: Option<Done>,
    /// Attempts that failed for good.
    pub failed: Vec<FailedAttempt>,
    /// How many of its image sets are kept in parts, from the first on.
    pub kept: usize,
    /// How many of these failed.
    pub kept_failed: usize,
    /// Whether a worker was at it.
    pub touched: bool,
}

impl ShardState {
    /// Returns the attempt that ended the shard without it being done, if that is how it stands.
    pub fn failure(&self) -> Option<&FailedAttempt> {
        if self.done.is_some() {
            return None;
        }
        self.failed.iter().filter(|f| f.round >= self.round).max_by_key(|f| f.round)
    }

    /// Returns whether it is neither done nor failed.
    pub fn is_open(&self) -> bool {
        self.done.is_none() && self.failure().is_none()
    }
}

impl Snapshot {
    /// Returns the number of the last round; 0 before the first.
    pub fn round(&self) -> usize {
        self.rounds.last().map_or(0, |round| round.round)
    }

    /// Returns the numbers of the shards that are open.
    pub fn open(&self) -> Vec<usize> {
        self.shards.iter().filter(|(_, shard)| shard.is_open()).map(|(number, _)| *number).collect()
    }

    /// Returns the shard that says what became of each image set: of those that are done the newest, else the newest.
    pub fn owners(&self) -> BTreeMap<usize, usize> {
        let mut owners: BTreeMap<usize, usize> = BTreeMap::new();
        for (&number, shard) in &self.shards {
            for &set in &shard.image_sets {
                match owners.get(&set) {
                    Some(owner) if shard.done.is_none() && self.shards[owner].done.is_some() => {}
                    _ => {
                        owners.insert(set, number);
                    }
                }
            }
        }
        owners
    }
}

impl Ledger {
    /// Reads what there is of the job.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn snapshot(&self) -> Result<Snapshot, LedgerError> {
        let mut snapshot = Snapshot::default();
        let folder = self.keys().folder();
        let (mut rounds, mut merged) = (BTreeSet::new(), BTreeSet::new());
        let (mut done, mut failed) = (Vec::new(), Vec::new());
        let mut parts: BTreeMap<usize, Vec<PartRange>> = BTreeMap::new();
        let mut touched = BTreeSet::new();
        for meta in self.root().list(&folder) {
            let meta = meta?;
            match Known::read(meta.key[folder.len()..].trim_start_matches('/')) {
                Known::Round(round) => {
                    rounds.insert(round);
                }
                Known::Merged(round) => {
                    merged.insert(round);
                }
                Known::Cancelled => snapshot.cancelled = true,
                Known::Done(shard) => done.push(shard),
                Known::Failed(_) => failed.push(meta.key),
                Known::Part(shard, range) => parts.entry(shard).or_default().push(range),
                Known::Heartbeat(shard) => {
                    touched.insert(shard);
                }
                Known::LeftOut(..) | Known::Plan | Known::Other => {}
            }
        }
        for round in rounds {
            snapshot.rounds.extend(self.round(round)?);
        }
        for round in &snapshot.rounds {
            for new in &round.shards {
                let state = ShardState { image_sets: new.shard.image_sets.clone(), ..ShardState::default() };
                snapshot.shards.insert(new.number, state);
            }
            for task in &round.tasks {
                if let Some(shard) = snapshot.shards.get_mut(&task.shard) {
                    shard.round = round.round;
                }
            }
        }
        for number in done {
            if let Some(shard) = snapshot.shards.get_mut(&number) {
                shard.done = self.read_done(number)?;
            }
        }
        for key in failed {
            let Some(attempt) = self.read::<FailedAttempt>(&key)? else { continue };
            if let Some(shard) = snapshot.shards.get_mut(&attempt.shard) {
                shard.failed.push(attempt);
            }
        }
        for (number, shard) in &mut snapshot.shards {
            let chain = chain(parts.get(number).map_or(&[], Vec::as_slice));
            shard.kept = chain.last().map_or(0, |range| range.to);
            shard.kept_failed = chain.iter().map(|range| range.failed).sum();
            shard.touched = touched.contains(number) || shard.kept > 0;
        }
        if merged.contains(&snapshot.round()) {
            snapshot.merged = self.read_merged(snapshot.round())?;
        }
        Ok(snapshot)
    }
}

/// Returns the ranges that follow each other without a gap from 0 on, the longest at each place.
pub fn chain(ranges: &[PartRange]) -> Vec<PartRange> {
    let mut chain: Vec<PartRange> = Vec::new();
    loop {
        let from = chain.last().map_or(0, |range| range.to);
        match ranges.iter().filter(|range| range.from == from && range.to > from).max() {
            Some(range) => chain.push(*range),
            None => return chain,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_has_no_gap_and_no_overlap() {
        let chained = |ranges: &[(usize, usize)]| -> Vec<(usize, usize)> {
            let range = |&(from, to): &(usize, usize)| PartRange { from, to, failed: 0 };
            chain(&ranges.iter().map(range).collect::<Vec<_>>()).iter().map(|r| (r.from, r.to)).collect()
        };
        assert_eq!(chained(&[]), []);
        assert_eq!(chained(&[(0, 2), (0, 4), (2, 6), (4, 5), (7, 9)]), [(0, 4), (4, 5)]);
        assert_eq!(chained(&[(1, 2)]), []);
    }

    #[test]
    fn the_newest_shard_that_is_done_says_what_became_of_an_image_set() {
        let shard = |sets: &[usize], done: bool| {
            ShardState {
            image_sets: sets.to_vec(),
            done: done.then(|| {
                let done = serde_json::json!({
                    "shard": 0, "attempt": "a", "round": 1, "parts": [], "files": [], "failures": [], "computed": 0,
                    "cpu_seconds": {}, "machine": ""
                });
                serde_json::from_value(done).expect("a commit")
            }),
            ..ShardState::default()
        }
        };
        let shards = [
            (0, shard(&[1, 2], true)),
            (1, shard(&[3], false)),
            (2, shard(&[2], true)),
            (3, shard(&[1], false)),
        ];
        let snapshot = Snapshot { shards: shards.into(), ..Snapshot::default() };
        assert_eq!(snapshot.owners(), [(1, 0), (2, 2), (3, 1)].into());
    }
}
