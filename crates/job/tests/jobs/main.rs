//! Jobs as their users meet them: on a store in memory that can be made to fail.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by its panic")]

mod bill;
mod clocks;
mod crashes;
mod database;
mod failures;
mod model;
mod night;
mod owners;
mod plate;
mod results;
mod shards;
