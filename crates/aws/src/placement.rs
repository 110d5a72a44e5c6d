//! Which of several array jobs for the same round may compute.
//!
//! SubmitJob has no token: a dispatcher that dies between submitting and recording leaves an array that nobody knows, and
//! the next one submits another. The record that is created if absent decides; children of the other array leave.

use job::ledger::{Ledger, LedgerError, PartName, PlacedPart};

/// Whether a worker may compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Its array is the one that counts.
    Ours,
    /// Another array has the same work.
    Anothers,
}

/// Says whether the worker of a Batch job (`id`, or `id:index`) may compute; the first to ask records its own array.
///
/// # Errors
/// When the ledger cannot be read or written.
pub fn turn_of(
    ledger: &Ledger,
    batch_job: &str,
    name: PartName,
    first: usize,
    tasks: usize,
) -> Result<Turn, LedgerError> {
    let id = batch_job.split(':').next().unwrap_or(batch_job).to_string();
    let ours = PlacedPart { id, first, tasks };
    let placed = match ledger.placed(name)? {
        Some(placed) => placed,
        None if ledger.place(name, &ours)? => ours.clone(),
        None => ledger.placed(name)?.unwrap_or_else(|| ours.clone()),
    };
    Ok(if placed.id == ours.id { Turn::Ours } else { Turn::Anothers })
}
