//! Feature names, typed columns, tables and their writers.

mod column;
mod delimited;
mod python_number;
mod record;
pub mod tables;

pub use column::{Column, EXPERIMENT, IMAGE, Kind};
pub use delimited::Delimited;
pub use python_number::PythonFloat;
pub use record::{Record, Relationship, Value, Values};
