//! What a job has cost so far, from its ledger.

use crate::ledger::{Ledger, LedgerError, Spent};
use crate::plan::StoredPlan;
use crate::prices::{LUSTRE_GB, MONTH, Prices, SPOT};
use serde::Serialize;

/// What a job has cost, in US dollars, and what of.
///
/// Not in it, as the ledger does not know: attempts that died without a word, hosts that wait for work or boot, the
/// dispatcher (below a cent a job).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bill {
    /// With what it is reckoned.
    pub prices: Prices,
    /// Image sets that were computed, those of later rounds again.
    pub computed: usize,
    /// CPU seconds of modules.
    pub cpu_seconds: f64,
    /// Processors × wall seconds of shards and merges: what is paid for.
    pub processor_seconds: f64,
    /// Their price on demand.
    pub compute: f64,
    /// Their price on spot hosts, roughly.
    pub compute_spot: f64,
    /// Objects read.
    pub reads: u64,
    /// Objects written and pages of listings.
    pub writes: u64,
    /// Their price; none of a folder of this machine.
    pub requests: f64,
    /// Hours from the plan to the last end while images were read from Lustre.
    pub lustre_hours: f64,
    /// The file system's price in that time.
    pub lustre: f64,
    /// All of these, on demand.
    pub sum: f64,
    /// Bytes of the results, ledger parts included.
    pub stored_bytes: u64,
    /// Their price a month, as long as they are kept.
    pub stored_a_month: f64,
}

/// Reckons what a job has cost so far.
///
/// # Errors
/// When its ledger cannot be read.
pub fn bill(ledger: &Ledger, prices: Prices) -> Result<Bill, LedgerError> {
    let stored = StoredPlan::read(ledger)?;
    let snapshot = ledger.snapshot()?;
    let remote = stored.output.as_path().is_none();
    let done: Vec<_> = snapshot.shards.values().filter_map(|shard| shard.done.as_ref()).collect();
    let failed = snapshot.shards.values().flat_map(|shard| &shard.failed);
    let mut merged = Vec::new();
    for round in 1..=snapshot.round() {
        merged.extend(ledger.read_merged(round)?);
    }
    let spent: Vec<&Spent> = done
        .iter()
        .map(|d| &d.spent)
        .chain(failed.map(|f| &f.spent))
        .chain(merged.iter().map(|m| &m.spent))
        .collect();
    let processor_seconds: f64 = spent.iter().map(|s| s.seconds * s.processors as f64).sum();
    let (reads, writes) =
        spent.iter().fold((0, 0), |(reads, writes), s| (reads + s.reads, writes + s.writes));
    let planned = stored.planned as f64 / 1e6;
    let mounted = spent.iter().filter(|s| s.mounted).map(|s| (s.ended - planned) / 3600.0);
    let lustre_hours = mounted.fold(0.0, f64::max);
    let parts: u64 = done.iter().flat_map(|d| &d.parts).map(|part| part.size).sum();
    let results: u64 = merged.last().map_or(0, |m| m.files.iter().map(|file| file.size).sum());
    let compute = processor_seconds / 3600.0 * prices.processor;
    let requests = reads as f64 * prices.read + writes as f64 * prices.write;
    let lustre = lustre_hours * LUSTRE_GB * prices.lustre / MONTH;
    let stored_bytes = parts + results;
    let stored_a_month = if remote { stored_bytes as f64 / 1e9 * prices.stored } else { 0.0 };
    Ok(Bill {
        computed: done.iter().map(|d| d.computed).sum(),
        cpu_seconds: done.iter().flat_map(|d| d.cpu_seconds.values()).sum(),
        processor_seconds,
        compute,
        compute_spot: compute * SPOT,
        reads,
        writes,
        requests,
        lustre_hours,
        lustre,
        sum: compute + requests + lustre,
        stored_bytes,
        stored_a_month,
        prices,
    })
}
