//! What starts workers somewhere, behind one trait.

use crate::{Address, Class};

/// Starts the shards of a round: local processes, an array job of AWS Batch or Slurm.
///
/// It knows nothing of images. The ledger says what is done, the executor only what is placed.
pub trait Executor: Send + Sync {
    /// Returns the name, as `local`.
    fn name(&self) -> &'static str;

    /// Starts the shards of a round and returns at once.
    ///
    /// # Errors
    /// When they cannot be placed.
    fn submit(&self, round: &Placed) -> Result<(), ExecutorError>;

    /// Returns how the round's tasks stand, by their place in the round.
    ///
    /// # Errors
    /// When the executor does not answer.
    fn observe(&self, round: &Placed) -> Result<Vec<TaskState>, ExecutorError>;

    /// Stops what is placed of the round: what runs drains, what waits does not start.
    ///
    /// # Errors
    /// When the executor does not answer.
    fn cancel(&self, round: &Placed) -> Result<(), ExecutorError>;

    /// Returns what the worker of a task printed last.
    ///
    /// # Errors
    /// When there is no log.
    fn logs(&self, round: &Placed, task: usize) -> Result<String, ExecutorError>;
}

/// A round of a job that is placed, or is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The job's folder in the ledger.
    pub job: Address,
    /// The round, from 1.
    pub round: usize,
    /// How many tasks it has: their workers get `--shard 0` and so on.
    pub tasks: usize,
    /// Memory of a task in MiB, if the job says.
    pub memory: Option<u64>,
    /// Processors of a task, if the job says.
    pub vcpu: Option<u64>,
}

/// How a task stands with the executor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskState {
    /// It has not started.
    Waiting,
    /// It runs.
    Running,
    /// Its worker ended well: the ledger has the shard as done or failed.
    Ended,
    /// Its worker ended without recording anything.
    Died(Class),
}

/// Why an executor could not do what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{executor}: {message}")]
pub struct ExecutorError {
    /// The executor's name.
    pub executor: &'static str,
    /// What went wrong and what to do.
    pub message: String,
}
