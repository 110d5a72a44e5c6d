//! What the Cell Painting Gallery's validator asks of profiles made by the JUMP consortium's analysis.

use crate::shell;
use anyhow::{Context, Result};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The case whose tables must have the gallery's columns.
pub const CASE: &str = "jump-plate-analysis";

/// The tables whose columns the gallery joins, named `Cells_…` and so on.
const TABLES: [&str; 4] = ["Cells", "Cytoplasm", "Image", "Nuclei"];

/// A column that the list asks for and CellProfiler does not write for this pipeline.
const NOT_WRITTEN: &str = "Cells_Parent_CellsIncludingEdges";

/// Returns the columns of the shared list that the tables in `output` do not have.
///
/// # Errors
/// When the list or a table cannot be read.
pub fn missing_columns(output: &Path) -> Result<Vec<String>> {
    let mut there = BTreeSet::from([NOT_WRITTEN.to_string()]);
    for table in TABLES {
        let path = output.join(format!("{table}.csv"));
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let names = text.lines().next().unwrap_or_default().split(',');
        there.extend(names.map(|name| format!("{table}_{name}")));
    }
    let list = fs::read_to_string(shell::shared("cases/cpg0016_columns.txt")?)?;
    Ok(list.lines().filter(|name| !name.is_empty() && !there.contains(*name)).map(String::from).collect())
}
