//! Jobs as their users meet them: on a store in memory that can be made to fail.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by its panic")]

mod crashes;
mod failures;
mod model;
mod owners;
mod plate;
mod results;
mod shards;
