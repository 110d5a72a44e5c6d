//! What runs a pipeline on the image sets of a shard, behind one trait.

use crate::{Class, OnError};
use engine::{Folders, RecordSink, RunError, RunFacts, Sink, Source};
use imageset::Plan;
use measurements::{Column, Record};
use std::num::NonZeroUsize;
use std::sync::atomic::AtomicBool;
use std::time::SystemTime;

/// Runs image sets of one pipeline; it is made for a job and knows its pipeline and plan.
pub trait Engine: Send + Sync {
    /// Returns the name: `native` or `cellprofiler`.
    fn name(&self) -> &'static str;

    /// Returns the version, which is part of the job's id: other versions may give other numbers.
    fn version(&self) -> String;

    /// Returns whether a shard that was interrupted goes on where it was; else it starts again.
    fn resumes(&self) -> bool {
        true
    }

    /// Runs image sets of a shard and gives each to `results` as soon as it is there.
    ///
    /// Returns notes that [`Engine::tables`] gets again, for engines that know of their tables only then.
    ///
    /// # Errors
    /// What ends the shard; image sets that fail on their own go to `results`.
    fn run(&self, task: &Task<'_>, results: &dyn Results) -> Result<serde_json::Value, EngineError>;

    /// Returns all measurements that the records hold.
    ///
    /// # Errors
    /// When the notes cannot be read.
    fn columns(&self, notes: &[serde_json::Value]) -> Result<Vec<Column>, RunError>;

    /// Returns the writers of all tables; the merge gives them every record in ImageNumber order.
    ///
    /// # Errors
    /// When a table's place cannot be written, or a table is there and may not be replaced.
    fn tables<'a>(&'a self, run: &Tables<'a>) -> Result<Vec<Box<dyn RecordSink + 'a>>, RunError>;
}

/// What an engine is to do.
#[derive(Clone, Copy)]
pub struct Task<'a> {
    /// The image sets that are wanted, by ascending number; whole units (groups) where a module must see them.
    pub plan: &'a Plan,
    /// How many image sets the job has.
    pub image_set_count: usize,
    /// The default input and output folders: paths or URLs.
    pub folders: &'a Folders,
    /// When the job was planned.
    pub planned: SystemTime,
    /// Where files come from.
    pub source: &'a dyn Source,
    /// Where files that the pipeline writes go.
    pub sink: &'a dyn Sink,
    /// How many image sets may go on at once.
    pub threads: NonZeroUsize,
    /// What becomes of the others when an image set fails.
    pub on_error: OnError,
    /// Set from outside to stop: image sets under way end, no other starts.
    pub stop: &'a AtomicBool,
}

/// Takes what an engine makes; called from any thread.
pub trait Results: Sync {
    /// An image set starts, on the thread that ends it.
    fn started(&self, image_number: usize);

    /// An image set is through its modules; what became of it comes with [`Results::ended`], later.
    fn passed(&self, image_number: usize);

    /// A module has run on an image set for so many seconds of CPU.
    fn module_ran(&self, module: &str, cpu_seconds: f64);

    /// An image set ended; its record comes with [`Results::record`]. On the thread that started it.
    fn ended(&self, image_number: usize, failure: Option<&ImageSetFailure>);

    /// Takes the record of an image set that has ended, in ImageNumber order.
    ///
    /// # Errors
    /// When it cannot be kept: the engine stops.
    fn record(&self, record: &Record) -> Result<(), RunError>;
}

/// Why an image set failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageSetFailure {
    /// What kind of failure.
    pub class: Class,
    /// The module's place in the pipeline, from 1; 0 where it is not known.
    pub module_number: usize,
    /// The module's name.
    pub module: String,
    /// What went wrong.
    pub message: String,
}

/// What ends a shard.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EngineError {
    /// What kind of failure: it decides whether the shard is tried again.
    pub class: Class,
    /// What went wrong and what to do.
    pub message: String,
}

impl From<RunError> for EngineError {
    fn from(error: RunError) -> Self {
        Self { class: Class::of(&error), message: error.to_string() }
    }
}

/// What an engine needs to lay out its tables.
#[derive(Clone, Copy)]
pub struct Tables<'a> {
    /// What is known of the run. Its columns are those of the native engine; none otherwise.
    pub facts: RunFacts<'a>,
    /// What [`Engine::run`] returned for each shard.
    pub notes: &'a [serde_json::Value],
}
