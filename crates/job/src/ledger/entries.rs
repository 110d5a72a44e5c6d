//! What the ledger's files hold.

use crate::part::WrittenFile;
use crate::{Address, Class, JobId, Shard};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The job that owns an output (`current.json`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Current {
    /// The owner.
    pub job: JobId,
    /// Jobs that owned it before, whose files go when the owner's are merged.
    #[serde(default)]
    pub replaces: Vec<JobId>,
}

/// Where a job's output is (`<bucket>/.cpb/jobs/<job>.json`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobIndex {
    /// The job.
    pub job: JobId,
    /// Its output.
    pub output: Address,
    /// When it was submitted first: seconds since 1970.
    pub submitted: u64,
}

/// A round (`rounds/<r>.json`): what is to be done, by the index of an array job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Round {
    /// The round, from 1.
    pub round: usize,
    /// Why there is one.
    pub reason: RoundReason,
    /// What is to be done: the shard of each index.
    pub tasks: Vec<Task>,
    /// The shards that are new with this round.
    pub shards: Vec<ShardSets>,
    /// Files of the plan that have changed since: their new size and tag.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<Changed>,
}

/// Why there is a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoundReason {
    /// It is the first.
    First,
    /// Somebody asked for what failed to be tried again.
    Retry,
    /// What failed may pass if it is tried again.
    Again,
}

/// One index of a round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// The shard.
    pub shard: usize,
    /// Memory in MiB, where it is not the message's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
}

/// A shard and its image sets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardSets {
    /// The shard's number, from 0, of the whole job.
    pub number: usize,
    /// What it has to do.
    #[serde(flatten)]
    pub shard: Shard,
}

/// A file that has changed since it was planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// The file.
    pub location: String,
    /// Its size.
    pub size: u64,
    /// Its tag: the ETag on S3.
    pub tag: String,
}

/// A part that counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartNote {
    /// Its key below `<output>/.cpb`.
    pub key: String,
    /// The places of its image sets in the shard's list: from this one …
    pub from: usize,
    /// … up to, but not with, this one.
    pub to: usize,
    /// How many bytes.
    pub size: u64,
    /// SHA-256.
    pub sha256: String,
}

/// An image set that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageSetFailed {
    /// Its ImageNumber.
    pub image_set: usize,
    /// What kind of failure.
    pub class: Class,
    /// The module's number; 0 where it is not known.
    pub module_number: usize,
    /// The module's name.
    pub module: String,
    /// What went wrong.
    pub message: String,
}

/// What an attempt at a shard, or a merge, took of what has a price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Spent {
    /// Wall seconds.
    pub seconds: f64,
    /// Processors that were its own.
    pub processors: usize,
    /// The most memory that its process had, in bytes; 0 where the system does not say.
    pub peak_memory: u64,
    /// Requests to stores, by S3's classes: objects read.
    pub reads: u64,
    /// Objects written, and pages of listings.
    pub writes: u64,
    /// Whether images were read from a mounted file system.
    pub mounted: bool,
    /// When it ended: seconds since 1970.
    pub ended: f64,
}

/// A shard that is done (`shards/<n>/done.json`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// The shard.
    pub shard: usize,
    /// The attempt that committed it.
    pub attempt: String,
    /// The round of the attempt.
    pub round: usize,
    /// The parts, without a gap from the first to the last image set.
    pub parts: Vec<PartNote>,
    /// Every file that the pipeline wrote, with the image set it is of.
    pub files: Vec<(usize, WrittenFile)>,
    /// The image sets that failed.
    pub failures: Vec<ImageSetFailed>,
    /// How many image sets this attempt computed.
    pub computed: usize,
    /// CPU seconds of this attempt, by module.
    pub cpu_seconds: BTreeMap<String, f64>,
    /// What this attempt took.
    #[serde(default)]
    pub spent: Spent,
    /// How many attempts at the shard wrote a heartbeat in this round, this one included.
    #[serde(default)]
    pub attempts: u64,
    /// Calls to stores that this attempt made again, as they had failed in passing.
    #[serde(default)]
    pub retried_calls: u64,
    /// Bytes of images and tables that this attempt read; what CellProfiler reads from local disks by itself is not counted.
    #[serde(default)]
    pub bytes_read: u64,
    /// Bytes of files that this attempt wrote for the pipeline, and of its parts.
    #[serde(default)]
    pub bytes_written: u64,
    /// The machine.
    pub machine: String,
    /// What the engine wants to know again when it writes the tables.
    #[serde(default)]
    pub notes: serde_json::Value,
}

/// An attempt that failed for good (`shards/<n>/failed/<a>.json`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FailedAttempt {
    /// The shard.
    pub shard: usize,
    /// The attempt.
    pub attempt: String,
    /// Its round.
    pub round: usize,
    /// What kind of failure.
    pub class: Class,
    /// The image set it failed on, where one is known.
    pub image_set: Option<usize>,
    /// The module, where one is known.
    pub module: String,
    /// What went wrong.
    pub message: String,
    /// What this attempt took, where it lived to tell.
    #[serde(default)]
    pub spent: Spent,
}

/// An image set that no attempt runs any more (`shards/<n>/left_out/<image set>.json`): it took too long, or workers died of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Its ImageNumber.
    pub image_set: usize,
    /// What kind of failure.
    pub class: Class,
    /// What went wrong.
    pub message: String,
    /// The attempt that found it.
    pub attempt: String,
}

/// How a worker is (`shards/<n>/heartbeat.json`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// The attempt.
    pub attempt: String,
    /// The machine and process.
    pub machine: String,
    /// Which attempt of the round it is, from 1, as far as heartbeats tell.
    #[serde(default)]
    pub attempts: u64,
    /// The round.
    #[serde(default)]
    pub round: usize,
    /// When this was written: seconds since 1970.
    pub time: u64,
    /// Image sets that are done in this attempt.
    pub done: usize,
    /// What runs.
    pub running: Vec<Running>,
}

/// An image set that runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// Its ImageNumber.
    pub image_set: usize,
    /// For how many seconds.
    pub seconds: u64,
}

/// A merge (`merged/<round>.json`): the results are there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Merged {
    /// The last round that went into it.
    pub round: usize,
    /// Whether everything is there.
    pub state: MergedState,
    /// Image sets in the tables.
    pub image_sets: usize,
    /// Those of them that failed.
    pub failed: usize,
    /// Every file of the job's results.
    pub files: Vec<WrittenFile>,
    /// Why there are no tables, if there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// What the merge took.
    #[serde(default)]
    pub spent: Spent,
}

/// Whether a merge has everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MergedState {
    /// Every image set is done.
    Done,
    /// Some failed.
    Partial,
    /// All failed.
    Failed,
}
