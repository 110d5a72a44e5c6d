//! The tables that CellProfiler's ExportToSpreadsheet writes, row by row.

mod experiment;
mod image;
mod objects;
mod relationships;

pub use experiment::write_experiment;
pub use image::ImageTable;
pub use objects::{ObjectColumn, ObjectTable};
pub use relationships::RelationshipTable;

use crate::{Delimited, Kind, Value};
use std::io::Write;

/// The first column of every table.
pub const IMAGE_NUMBER: &str = "ImageNumber";
/// The second column of object tables.
pub const OBJECT_NUMBER: &str = "ObjectNumber";

/// How a float that is not a number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// As `nan`.
    Nan,
    /// As an empty field.
    Null,
}

/// Writes a value in the kind its column has: CellProfiler stores a column as one type, so that a whole number among
/// floats is written as a float.
fn write_value<W: Write>(out: &mut Delimited<W>, value: &Value, kind: Kind) {
    match (value, kind) {
        (Value::Integer(v), Kind::Float) => out.float(*v as f64),
        (Value::Integer(v), _) => out.integer(*v),
        (Value::Float(v), _) => out.float(*v),
        (Value::Text(v), _) => out.text(v),
    }
}
