//! A job: its message, its plan, its shards, the ledger that says what is done, and the merge of the results.
//!
//! Everything that a worker, a status page or a merge needs is in the ledger under the job's output; executors only
//! start workers somewhere.

mod address;
mod anywhere;
pub mod bill;
mod cellprofiler;
mod class;
mod clock;
pub mod cost;
pub mod drive;
pub mod engine;
mod engines;
pub mod executor;
mod files;
mod formats;
mod image_sets;
pub mod input;
mod job;
mod job_id;
pub mod ledger;
pub mod local;
pub mod merge;
mod message;
mod meter;
mod native;
pub mod part;
mod places;
pub mod plan;
pub mod prices;
mod provenance;
pub mod queue;
pub mod rounds;
mod shards;
pub mod status;
mod structure;
pub mod submit;
pub mod worker;

pub use address::{Address, AddressError};
pub use anywhere::Anywhere;
pub use cellprofiler::{CellProfiler, Installation};
pub use class::Class;
pub use clock::Clock;
pub use engines::engine_of;
pub use files::{JobFiles, Touched};
pub use formats::{TableNumber, format_sinks};
pub use image_sets::ImageSets;
pub use job::{Job, OpenJobError};
pub use job_id::JobId;
pub use message::{EngineChoice, Format, Message, MessageProblem, OnError, messages, schema};
pub use native::Native;
pub use places::Places;
pub use shards::{Shard, Unit, cut, units};
