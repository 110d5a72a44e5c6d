//! A job: its message, its plan, its shards, the ledger that says what is done, and the merge of the results.
//!
//! Everything that a worker, a status page or a merge needs is in the ledger under the job's output; executors only
//! start workers somewhere.

mod address;
mod class;
pub mod engine;
pub mod executor;
mod message;
pub mod part;
mod shards;

pub use address::{Address, AddressError};
pub use class::Class;
pub use message::{EngineChoice, Format, Message, MessageProblem, OnError, messages, schema};
pub use shards::{Shard, Unit, cut, units};
