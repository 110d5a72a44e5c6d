//! A thousand plates in a night: the calls that planner, workers, merge and status make are counted on a small plate, and a
//! night of large ones is simulated with them. docs/SCALE.md tells what follows; `--nocapture` prints its table.

use crate::plate::Plate;
use crate::shards::assert_merged;
use job::ledger::{Ledger, MergedState};
use job::plan::{StoredPlan, plan_job};
use job::submit::submit;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::atomic::AtomicBool;
use storage::Requests;

/// Image sets of a plate: 384 wells × 9 sites.
const SETS: f64 = 3456.0;
/// Files of an image set.
const CHANNELS: f64 = 5.0;
/// Image sets of a shard: a plate of this size is cut so.
const SHARD: f64 = 64.0;
/// Processors of a worker.
const THREADS: f64 = 4.0;
/// CPU seconds of a real JUMP site, as docs/COST.md reckons.
const SITE: f64 = 3.0;
/// Seconds until a container runs its worker.
const START: f64 = 10.0;
/// Seconds that a small request to S3 takes.
const LATENCY: f64 = 0.03;
/// Dispatchers at once, as the stack has them.
const DISPATCHERS: usize = 2;
/// Plates.
const PLATES: usize = 1000;
/// A night, in seconds.
const NIGHT: f64 = 36_000.0;
/// Seconds of a Lambda's invocation.
const LAMBDA: f64 = 120.0;

/// Requests of the steps of a job of so many shards of two image sets.
struct Counted {
    dispatch: Requests,
    worker: Requests,
    look: Requests,
    merge: Requests,
}

fn since(plate: &Plate, before: Requests) -> Requests {
    let now = plate.store.requests();
    Requests { reads: now.reads - before.reads, writes: now.writes - before.writes }
}

fn counted(shards: usize) -> Counted {
    let mut plate = Plate::new(2 * shards);
    // A worker writes its part at its end, unless it is older than half a minute.
    plate.flush.image_sets = usize::MAX;
    let places = plate.places();
    let start = plate.store.requests();
    let plan = plan_job(&places, plate.request()).unwrap();
    let submitted = submit(&places, &plan).unwrap();
    let dispatch = since(&plate, start);
    let ledger = submitted.ledger;
    let start = plate.store.requests();
    for shard in 0..shards {
        let job = plate.open(&ledger).unwrap();
        plate.work(&job, 1, shard, &AtomicBool::new(false)).unwrap();
    }
    let all = since(&plate, start);
    let worker = Requests { reads: all.reads / shards as u64, writes: all.writes / shards as u64 };
    let start = plate.store.requests();
    let again = Ledger::new(&places, &plate.request().output, ledger.job()).unwrap();
    StoredPlan::read(&again).unwrap();
    again.snapshot().unwrap();
    let look = since(&plate, start);
    let start = plate.store.requests();
    assert_merged(plate.drive(&ledger), MergedState::Done);
    Counted { dispatch, worker, look, merge: since(&plate, start) }
}

/// What grows with the shards, from two sizes: a constant and a slope.
fn line(small: u64, large: u64, (from, to): (f64, f64)) -> impl Fn(f64) -> f64 {
    let slope = (large as f64 - small as f64) / (to - from);
    move |shards| small as f64 + slope * (shards - from)
}

/// What a night needs.
#[derive(Debug)]
struct Night {
    /// Seconds until the last tables are there.
    ended: f64,
    /// The most workers at once.
    workers: usize,
    /// The most jobs that are open at once.
    open: usize,
}

/// Runs all plates' shards and merges on so many workers, first come first served.
fn night(workers: usize, dispatch: f64, worker: f64, merge: f64) -> Night {
    let shards = (SETS / SHARD).ceil() as usize;
    let mut free: BinaryHeap<Reverse<u64>> = (0..workers).map(|_| Reverse(0)).collect();
    let milliseconds = |seconds: f64| (seconds * 1000.0) as u64;
    let mut run = |ready: u64, takes: f64| {
        let Reverse(at) = free.pop().unwrap();
        let end = at.max(ready) + milliseconds(takes);
        free.push(Reverse(end));
        end
    };
    let mut spans = Vec::new();
    for plate in 0..PLATES {
        let ready = milliseconds(dispatch * (plate / DISPATCHERS + 1) as f64);
        let last = (0..shards).map(|_| run(ready, worker)).max().unwrap();
        spans.push((ready, last));
    }
    let ends: Vec<u64> = spans.iter().map(|&(_, last)| run(last, merge)).collect();
    let open_at = |time: u64| {
        spans.iter().zip(&ends).filter(|((ready, _), end)| *ready <= time && time < **end).count()
    };
    let open = spans.iter().map(|&(ready, _)| open_at(ready)).max().unwrap();
    Night { ended: *ends.iter().max().unwrap() as f64 / 1000.0, workers: workers.min(PLATES * shards), open }
}

#[test]
fn a_night_of_a_thousand_plates_is_within_the_limits() {
    let (few, many) = (4, 24);
    let (small, large) = (counted(few), counted(many));
    let sizes = (few as f64, many as f64);
    let shards = (SETS / SHARD).ceil();
    let of = |get: fn(&Counted) -> u64| line(get(&small), get(&large), sizes)(shards);
    // A listing gives a thousand files a page; here all were on one.
    let pages = (SETS * CHANNELS / 1000.0).ceil();
    let dispatch = (of(|c| c.dispatch.reads), of(|c| c.dispatch.writes) + pages);
    let images = SHARD * CHANNELS - 2.0;
    let parts = (SHARD * SITE / THREADS / 30.0).floor();
    let worker = (large.worker.reads as f64 + images, large.worker.writes as f64 + parts);
    let look = (of(|c| c.look.reads), of(|c| c.look.writes));
    let merge = (of(|c| c.merge.reads) + parts * shards, of(|c| c.merge.writes));
    println!("requests        reads  writes\n  dispatch   {:>8.0} {:>7.0}", dispatch.0, dispatch.1);
    println!(
        "  a worker   {:>8.0} {:>7.0}\n  a look     {:>8.0} {:>7.0}",
        worker.0, worker.1, look.0, look.1
    );
    println!("  merge      {:>8.0} {:>7.0}", merge.0, merge.1);
    let seconds = |requests: (f64, f64)| (requests.0 + requests.1) * LATENCY;
    let worker_seconds = START + SHARD * SITE / THREADS;
    let merge_seconds = START + seconds(merge) + 60.0;
    let mut last = f64::INFINITY;
    for processors in [256, 400, 500, 1000, 4000] {
        let workers = processors / THREADS as usize;
        let night = night(workers, seconds(dispatch) + 5.0, worker_seconds, merge_seconds);
        let rate = |requests: f64| night.workers as f64 * requests / worker_seconds;
        println!(
            "{processors:>5} processors: {:>5.1} h, {} workers, {} jobs open at most, S3 {:.0} reads and {:.1} writes a second; a tick \
             of {:.0} s",
            night.ended / 3600.0,
            night.workers,
            night.open,
            rate(worker.0),
            rate(worker.1),
            night.open as f64 * seconds(look),
        );
        assert!(night.ended <= last, "more processors took longer");
        last = night.ended;
        assert_eq!(night.ended < NIGHT, processors >= 400, "{processors} processors: {night:?}");
        // S3 takes 5,500 reads and 3,500 writes a second on one prefix: a bucket that it has not divided yet holds so far.
        assert_eq!(rate(worker.0) < 5500.0, processors <= 1000, "{processors} processors");
        assert!(rate(worker.1) < 3500.0);
    }
    // Each plate is a prefix of its own, and all its workers at once are far from the limit.
    let plate_reads = shards * worker.0 / worker_seconds;
    println!("a plate's workers read {plate_reads:.0} a second");
    assert!(plate_reads < 5500.0);
    // One message is planned within a Lambda, ten of a batch too.
    assert!(10.0 * (seconds(dispatch) + 5.0) < LAMBDA, "{dispatch:?}");
    // The tick is what breaks first: this many open jobs and no more are looked at in one.
    let looked = LAMBDA / seconds(look);
    println!("a tick looks after {looked:.0} jobs of this size");
    assert!((30.0..PLATES as f64).contains(&looked), "{looked}");
}
