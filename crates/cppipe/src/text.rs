//! Format versions 1 to 5: text, a line a setting.
//!
//! CellProfiler 4.2 reads all five by the same rules (source: `Pipeline.parse_pipeline`), whatever the version
//! says: escapes are undone where there is a `\x`, and what is left of UTF-16 is dropped.

pub(crate) mod escape;
mod head;
mod notes;
mod read;
mod write;

pub(crate) use read::read;
pub(crate) use write::write;

use crate::Module;

/// All of a file that modules do not hold, so that it can be written back as it was.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Layout {
    pub(crate) version: u32,
    pub(crate) date_revision: Option<u64>,
    pub(crate) has_file_list: bool,
    pub(crate) file_list: Vec<String>,
    bom: bool,
    head: String,
    entries: Vec<Entry>,
    tail: String,
}

/// A module as it was read, and its lines.
#[derive(Clone, Debug, PartialEq)]
struct Entry {
    module: Module,
    head: String,
    settings: Vec<String>,
    after: String,
}
