use super::MergeError;
use crate::ledger::{Ledger, LedgerError};
use crate::part::WrittenFile;
use crate::{Address, Job, JobId, Places};
use std::collections::HashSet;

/// Removes the files of jobs that owned the output before, but for those that this job has written, and their ledgers.
///
/// A file that is not as it was written is somebody else's by now and stays; so does what is outside the output.
pub(super) fn remove(
    places: &Places,
    job: &Job,
    replaced: &[JobId],
    written: &[WrittenFile],
) -> Result<(), MergeError> {
    let ours: HashSet<&str> = written.iter().map(|file| file.path.as_str()).collect();
    for old in replaced {
        let ledger = job.ledger.of_job(old);
        remove_files(places, &ledger, |file| {
            !ours.contains(file.path.as_str()) && job.stored.output.holds(&file.path)
        })?;
        forget(&ledger)?;
    }
    Ok(())
}

/// Removes a job's results and its ledger, as if it had never been.
///
/// # Errors
/// When they cannot be removed.
pub(crate) fn erase(places: &Places, output: &Address, ledger: &Ledger) -> Result<(), LedgerError> {
    remove_files(places, ledger, |file| output.holds(&file.path))?;
    forget(ledger)
}

/// Removes those files of a job that `goes` says.
fn remove_files(
    places: &Places,
    ledger: &Ledger,
    goes: impl Fn(&WrittenFile) -> bool,
) -> Result<(), LedgerError> {
    let snapshot = ledger.snapshot()?;
    let of_shards = snapshot.shards.values().filter_map(|shard| shard.done.as_ref());
    let of_shards = of_shards.flat_map(|done| done.files.iter().map(|(_, file)| file));
    let of_merge = snapshot.rounds.iter().map(|round| ledger.read_merged(round.round));
    let of_merge: Vec<_> = of_merge.collect::<Result<_, _>>()?;
    let of_merge = of_merge.iter().flatten().flat_map(|merged| &merged.files);
    let unique: HashSet<&WrittenFile> = of_shards.chain(of_merge).filter(|file| goes(file)).collect();
    for file in unique {
        let (store, key) = places.locate(&file.path)?;
        if store.find(&key)?.is_some_and(|meta| meta.size == file.size) {
            store.delete(&key)?;
        }
    }
    Ok(())
}

/// Removes a job's ledger.
fn forget(ledger: &Ledger) -> Result<(), LedgerError> {
    let keys: Vec<String> = {
        let listed = ledger.root().list(&ledger.keys().folder());
        listed.map(|meta| meta.map(|m| m.key)).collect::<Result<_, _>>()?
    };
    // Commits go before the parts that they name.
    let (parts, commits): (Vec<String>, Vec<String>) =
        keys.into_iter().partition(|key| key.ends_with(".part"));
    for key in commits.iter().chain(&parts) {
        ledger.root().delete(key)?;
    }
    Ok(())
}
