//! Feature names, typed columns, tables and their writers.

mod column;
mod record;

pub use column::{Column, EXPERIMENT, IMAGE, Kind};
pub use record::{Record, Relationship, Value, Values};
