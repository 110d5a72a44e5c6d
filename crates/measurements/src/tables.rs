//! The tables that CellProfiler's ExportToSpreadsheet writes, row by row.

mod experiment;
mod image;
mod objects;
mod relationships;

pub use experiment::write_experiment;
pub use image::ImageTable;
pub use objects::{ObjectColumn, ObjectTable};
pub use relationships::RelationshipTable;

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
