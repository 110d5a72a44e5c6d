//! What was run on what and by what: `provenance.json` beside the results.

mod images;

pub(crate) use images::{ImageList, ImageListNote};

use crate::Job;
use crate::files::sha256;
use crate::ledger::{Done, Snapshot, written};
use std::collections::{BTreeMap, BTreeSet};

/// Returns what `provenance.json` says; `tables` are the bytes that the merge has written.
pub(crate) fn provenance(
    job: &Job,
    snapshot: &Snapshot,
    failed: usize,
    images: &ImageListNote,
    tables: u64,
) -> Vec<u8> {
    let stored = &job.stored;
    let done: Vec<&Done> = snapshot.shards.values().filter_map(|shard| shard.done.as_ref()).collect();
    let mut cpu_seconds: BTreeMap<&str, f64> = BTreeMap::new();
    for (module, seconds) in done.iter().flat_map(|done| &done.cpu_seconds) {
        *cpu_seconds.entry(module).or_default() += seconds;
    }
    let machines: BTreeSet<&str> = done.iter().map(|done| done.machine.as_str()).collect();
    let sum = |of: fn(&Done) -> u64| done.iter().map(|done| of(done)).sum::<u64>();
    let text = job.pipeline.to_text();
    written(&serde_json::json!({
        "job": stored.job,
        "cpb": env!("CARGO_PKG_VERSION"),
        "engine": stored.engine,
        "message": stored.message,
        "input": stored.input,
        "output": stored.output,
        "planned": stored.planned,
        "pipeline_sha256": sha256(text.as_bytes()),
        "pipeline": text,
        "image_sets": job.plan.image_sets.len(),
        "failed": failed,
        "rounds": snapshot.rounds.len(),
        "shards": snapshot.shards.len(),
        "machines": machines,
        "cpu_seconds": cpu_seconds,
        "bytes_read": sum(|done| done.bytes_read),
        "bytes_written": sum(|done| done.bytes_written) + tables,
        "retries": {
            "shards": sum(|done| done.attempts.saturating_sub(1)),
            "calls": sum(|done| done.retried_calls),
            "failed_attempts": snapshot.shards.values().map(|shard| shard.failed.len()).sum::<usize>(),
        },
        "images": images,
        "changed": snapshot.rounds.iter().flat_map(|round| &round.changed).collect::<Vec<_>>(),
    }))
}
