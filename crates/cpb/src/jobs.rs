//! The verbs of jobs.

pub mod cancel;
pub mod cost;
pub mod failed;
pub mod list;
pub mod logs;
pub mod merge;
pub mod plan;
pub mod redrive;
pub mod retry;
pub mod schema;
pub mod status;
pub mod submit;
pub mod work;
pub mod worker;

mod bucket;
#[cfg(feature = "aws")]
pub use bucket::places;
mod prices;
mod queue;
mod run_job;
mod table;
