//! The ledger of a job: small objects below `<output>/.cpb/`, the only truth about its results.
//!
//! Commits are created if absent; data are written under an attempt's own name and count only when a commit names them.

mod entries;
mod keys;
mod owner;
mod placed;
mod snapshot;

pub use entries::{
    Changed, Current, Done, FailedAttempt, Heartbeat, ImageSetFailed, JobIndex, LeftOut, Merged, MergedState,
    PartNote, Round, RoundReason, Running, ShardSets, Spent, Task,
};
pub use owner::{Claim, OwnerError};
pub use placed::{PartName, PlacedPart};
pub use snapshot::{ShardState, Snapshot};

use crate::{Address, Clock, JobId};
pub(crate) use keys::{Keys, Known, PartRange};
pub(crate) use snapshot::chain;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::SystemTime;
use storage::{Created, Kind, Store};

/// The format of every file of the ledger that this version writes and reads.
pub const FORMAT: u64 = 1;

/// One job's ledger.
#[derive(Clone, Debug)]
pub struct Ledger {
    /// `<output>/.cpb`.
    root: Store,
    job: JobId,
    keys: Keys,
    clock: Clock,
}

/// Why the ledger cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The store does not answer, or refuses.
    #[error(transparent)]
    Store(#[from] storage::Error),
    /// The address of the output is none of a store.
    #[error(transparent)]
    Open(#[from] storage::OpenError),
    /// A newer version wrote it.
    #[error("`{file}` has format {format}, this version of cpb reads {FORMAT}: take a newer one")]
    Format {
        /// Which file.
        file: String,
        /// Its format.
        format: u64,
    },
    /// It is not what it should be.
    #[error("`{file}` is damaged: {why}")]
    Damaged {
        /// Which file.
        file: String,
        /// What is wrong.
        why: String,
    },
    /// There is no such job.
    #[error("there is no job {0} here")]
    NoJob(JobId),
}

impl LedgerError {
    pub(crate) fn damaged(store: &Store, key: &str, why: impl ToString) -> Self {
        Self::Damaged { file: store.url(key), why: why.to_string() }
    }
}

impl Ledger {
    /// Returns the ledger of a job whose results go below `output`.
    ///
    /// # Errors
    /// When the output is no store.
    pub fn new(places: &crate::Places, output: &Address, job: &JobId) -> Result<Self, LedgerError> {
        let root = places.folder(&output.join(".cpb"))?;
        Ok(Self { root, job: job.clone(), keys: Keys::new(job), clock: places.clock().clone() })
    }

    /// Returns the ledger at a job's folder, `<output>/.cpb/<job>`, and the output.
    ///
    /// # Errors
    /// When the folder is none of a job.
    pub fn at(places: &crate::Places, folder: &Address) -> Result<(Self, Address), LedgerError> {
        let parts = folder.as_str().rsplit_once('/').and_then(|(above, job)| {
            let output = above.strip_suffix("/.cpb")?;
            Some((Address::of_folder(output).ok()?, JobId::parse(job)?))
        });
        let (output, job) = parts.ok_or_else(|| LedgerError::Damaged {
            file: folder.to_string(),
            why: "this is no job's folder, which is `OUTPUT/.cpb/JOB`".into(),
        })?;
        Ok((Self::new(places, &output, &job)?, output))
    }

    /// Returns the job.
    pub fn job(&self) -> &JobId {
        &self.job
    }

    /// Returns the store of `<output>/.cpb`.
    pub(crate) fn root(&self) -> &Store {
        &self.root
    }

    /// Returns the time.
    pub(crate) fn now(&self) -> SystemTime {
        self.clock.now()
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Reads a file of the ledger; `None` when it is not there.
    pub(crate) fn read<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, LedgerError> {
        match self.root.get(key) {
            Ok(bytes) => parse(&self.root, key, &bytes).map(Some),
            Err(error) if error.kind == Kind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes a commit if there is none; returns whether it is the caller's.
    pub(crate) fn commit<T: Serialize>(&self, key: &str, entry: &T) -> Result<bool, LedgerError> {
        Ok(matches!(self.root.create(key, written(entry))?, Created::New(_)))
    }

    /// Returns the bytes of the pipeline.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn pipeline(&self) -> Result<Vec<u8>, LedgerError> {
        Ok(self.root.get(&self.keys.pipeline())?.to_vec())
    }

    /// Returns when its store says that the job was planned.
    ///
    /// # Errors
    /// When it cannot be seen.
    pub(crate) fn planned(&self) -> Result<SystemTime, LedgerError> {
        Ok(self.root.head(&self.keys.plan())?.modified)
    }

    /// Notes how a worker is; it proves nothing.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn heartbeat(&self, shard: usize, beat: &Heartbeat) -> Result<(), LedgerError> {
        Ok(self.root.put(&self.keys.heartbeat(shard), written(beat))?)
    }

    /// Reads how a worker was last.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn last_heartbeat(&self, shard: usize) -> Result<Option<Heartbeat>, LedgerError> {
        self.read(&self.keys.heartbeat(shard))
    }

    /// Returns whether the job was cancelled.
    ///
    /// # Errors
    /// When it cannot be seen.
    pub fn is_cancelled(&self) -> Result<bool, LedgerError> {
        Ok(self.root.find(&self.keys.cancelled())?.is_some())
    }

    /// Cancels the job: no shard starts any more.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn cancel(&self) -> Result<(), LedgerError> {
        Ok(self.root.put(&self.keys.cancelled(), written(&serde_json::json!({})))?)
    }

    /// Takes a cancellation back.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn revive(&self) -> Result<(), LedgerError> {
        Ok(self.root.delete(&self.keys.cancelled())?)
    }

    /// Keeps what the worker of a task printed last.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep_log(
        &self,
        round: usize,
        index: usize,
        attempt: usize,
        log: &[u8],
    ) -> Result<(), LedgerError> {
        Ok(self.root.put(&self.keys.log(round, index, attempt), log.to_vec())?)
    }

    /// Returns what the workers of a job printed, by file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn logs(&self) -> Result<Vec<(String, Vec<u8>)>, LedgerError> {
        let folder = self.keys.logs();
        let mut logs = Vec::new();
        for meta in self.root.list(&folder) {
            let key = meta?.key;
            logs.push((
                key[folder.len()..].trim_start_matches('/').to_string(),
                self.root.get(&key)?.to_vec(),
            ));
        }
        Ok(logs)
    }

    /// Commits a shard as done; returns whether this commit is the one that counts.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn shard_done(&self, done: &Done) -> Result<bool, LedgerError> {
        self.commit(&self.keys.done(done.shard), done)
    }

    /// Reads the commit of a shard that is done.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read_done(&self, shard: usize) -> Result<Option<Done>, LedgerError> {
        self.read(&self.keys.done(shard))
    }

    /// Records that an attempt at a shard failed for good.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn shard_failed(&self, failed: &FailedAttempt) -> Result<(), LedgerError> {
        self.commit(&self.keys.failed(failed.shard, &failed.attempt), failed).map(|_| ())
    }

    /// Records that no attempt at a shard is to run an image set any more.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn leave_out(&self, shard: usize, left_out: &LeftOut) -> Result<(), LedgerError> {
        self.commit(&self.keys.left_out(shard, left_out.image_set), left_out).map(|_| ())
    }

    /// Returns the image sets of a shard that no attempt is to run any more.
    ///
    /// # Errors
    /// When they cannot be listed.
    pub fn left_out(&self, shard: usize) -> Result<BTreeSet<usize>, LedgerError> {
        let folder = self.keys.folder();
        let mut found = BTreeSet::new();
        for meta in self.root.list(&self.keys.shard(shard)) {
            if let Known::LeftOut(_, image_set) =
                Known::read(meta?.key[folder.len()..].trim_start_matches('/'))
            {
                found.insert(image_set);
            }
        }
        Ok(found)
    }

    /// Opens a round; returns whether it is the caller's.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn open_round(&self, round: &Round) -> Result<bool, LedgerError> {
        self.commit(&self.keys.round(round.round), round)
    }

    /// Reads a round.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn round(&self, round: usize) -> Result<Option<Round>, LedgerError> {
        self.read(&self.keys.round(round))
    }

    /// Commits the merge of a round; returns whether this commit is the one that counts.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn merged(&self, merged: &Merged) -> Result<bool, LedgerError> {
        self.commit(&self.keys.merged(merged.round), merged)
    }

    /// Reads the merge of a round.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read_merged(&self, round: usize) -> Result<Option<Merged>, LedgerError> {
        self.read(&self.keys.merged(round))
    }
}

/// Returns an entry as it is written: JSON with its format.
pub(crate) fn written<T: Serialize>(entry: &T) -> Vec<u8> {
    let mut value = serde_json::json!({"format": FORMAT});
    let entry = serde_json::to_value(entry).expect("entries are plain data with text keys");
    if let (Value::Object(all), Value::Object(fields)) = (&mut value, entry) {
        all.extend(fields);
    }
    let mut bytes = serde_json::to_vec_pretty(&value).expect("JSON values can be written");
    bytes.push(b'\n');
    bytes
}

/// Reads an entry, of a format that this version knows.
pub(crate) fn parse<T: DeserializeOwned>(store: &Store, key: &str, bytes: &[u8]) -> Result<T, LedgerError> {
    let value: Value = serde_json::from_slice(bytes).map_err(|e| LedgerError::damaged(store, key, e))?;
    match value.get("format").and_then(Value::as_u64) {
        Some(FORMAT) => serde_json::from_value(value).map_err(|e| LedgerError::damaged(store, key, e)),
        Some(format) => Err(LedgerError::Format { file: store.url(key), format }),
        None => Err(LedgerError::damaged(store, key, "it has no format")),
    }
}
