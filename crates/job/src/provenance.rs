use crate::Job;
use crate::files::sha256;
use crate::ledger::{Done, Snapshot, written};
use std::collections::{BTreeMap, BTreeSet};

/// Returns what was run on what and by what, as `provenance.json` beside the results says it.
pub(crate) fn provenance(job: &Job, snapshot: &Snapshot, failed: usize) -> Vec<u8> {
    let stored = &job.stored;
    let done: Vec<&Done> = snapshot.shards.values().filter_map(|shard| shard.done.as_ref()).collect();
    let mut cpu_seconds: BTreeMap<&str, f64> = BTreeMap::new();
    for (module, seconds) in done.iter().flat_map(|done| &done.cpu_seconds) {
        *cpu_seconds.entry(module).or_default() += seconds;
    }
    let machines: BTreeSet<&str> = done.iter().map(|done| done.machine.as_str()).collect();
    let bytes: u64 = job.stamps.values().map(|stamp| stamp.size).sum();
    let text = job.pipeline.to_text();
    let images: BTreeMap<&String, (u64, &str)> =
        job.stamps.iter().map(|(location, stamp)| (location, (stamp.size, stamp.tag.as_str()))).collect();
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
        "failed_attempts": snapshot.shards.values().map(|shard| shard.failed.len()).sum::<usize>(),
        "machines": machines,
        "cpu_seconds": cpu_seconds,
        "input_bytes": bytes,
        "images": images,
        "changed": snapshot.rounds.iter().flat_map(|round| &round.changed).collect::<Vec<_>>(),
    }))
}
