//! Feature names, typed columns, tables and their writers.

mod column;
mod delimited;
#[cfg(feature = "parquet")]
mod parquet_table;
mod record;
#[cfg(feature = "sqlite")]
mod sqlite_tables;
pub mod tables;
mod typed_table;

pub use column::{Column, EXPERIMENT, IMAGE, Kind};
pub use cppipe::PythonFloat;
pub use delimited::Delimited;
#[cfg(feature = "parquet")]
pub use parquet_table::ParquetTable;
pub use record::{Record, Relationship, Value, Values};
#[cfg(feature = "sqlite")]
pub use sqlite_tables::{SqliteError, SqliteTables};
pub use typed_table::{Cell, Misfit, TypedTable};
