//! The clock of the machine may be set, forward and back: nothing is lost, done twice, or waited for.

use crate::plate::Plate;
use crate::shards::assert_merged;
use job::Clock;
use job::ledger::MergedState;
use job::status::{JobState, status};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};
use storage::faults::{Call, Fault, Faults, When};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// Returns the machine's time, so many seconds off.
fn off(seconds: i64) -> SystemTime {
    let by = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 { SystemTime::now() - by } else { SystemTime::now() + by }
}

/// Returns a clock that jumps each time it is looked at.
fn jumping() -> Clock {
    let looks = AtomicUsize::new(0);
    Clock::new(move || off([0, -HOUR, DAY, -DAY, HOUR][looks.fetch_add(1, Ordering::Relaxed) % 5]))
}

/// Returns a clock and what sets it: seconds off.
fn settable() -> (Clock, Arc<AtomicI64>) {
    let seconds = Arc::new(AtomicI64::new(0));
    let set = seconds.clone();
    (Clock::new(move || off(seconds.load(Ordering::Relaxed))), set)
}

#[test]
fn a_clock_that_jumps_at_every_look_changes_nothing() {
    let mut plate = Plate::new(9);
    let expected = plate.unsharded();
    plate.clock = jumping();
    let begun = Instant::now();
    let ledger = plate.submit().unwrap().ledger;
    assert_merged(plate.drive(&ledger), MergedState::Done);
    assert!(begun.elapsed() < Duration::from_secs(60));
    let snapshot = ledger.snapshot().unwrap();
    let computed = snapshot.shards.values().filter_map(|shard| shard.done.as_ref()).map(|done| done.computed);
    assert_eq!(computed.sum::<usize>(), 9);
    plate.results().assert_equal(&expected, "jumps");
}

#[test]
fn a_clock_that_is_set_between_the_death_of_a_process_and_the_next_one_does_no_harm() {
    let expected = Plate::new(3).unsharded();
    let (store, control) = Faults::around(&Plate::new(3).store);
    assert_merged(Plate::new(3).through(&store).run(), MergedState::Done);
    let calls = control.total();
    for seconds in [-HOUR, DAY] {
        for k in (1..=calls).step_by(3) {
            let mut plate = Plate::new(3);
            let (clock, set) = settable();
            plate.clock = clock;
            let (store, control) = Faults::around(&plate.store);
            control.add(When::Only(k), Fault::CrashAfter);
            let _ = plate.through(&store).run();
            set.store(seconds, Ordering::Relaxed);
            let begun = Instant::now();
            assert_merged(plate.run(), MergedState::Done);
            assert!(begun.elapsed() < Duration::from_secs(60));
            plate.results().assert_equal(&expected, &format!("dead at {k}, then {seconds} s"));
        }
    }
    println!("{} jumps of the clock after a death at {calls} calls", 2 * calls.div_ceil(3));
}

#[test]
fn a_dead_worker_is_named_as_stuck_whichever_way_the_clock_was_set() {
    let mut plate = Plate::new(4).with(|message| message.shard_size = Some(4));
    let (clock, set) = settable();
    plate.clock = clock;
    let ledger = plate.submit().unwrap().ledger;
    let (store, control) = Faults::around(&plate.store);
    let dying = plate.through(&store);
    let job = dying.open(&ledger).unwrap();
    control.add_to(Call::Get, When::Only(8), Fault::CrashBefore);
    let _ = dying.work(&job, 1, 0, &AtomicBool::new(false));
    assert!(control.crashed());
    let stuck = |seconds: i64| {
        set.store(seconds, Ordering::Relaxed);
        let now = status(&ledger).unwrap();
        assert_eq!(now.state, JobState::Running);
        now.stuck.iter().map(|stuck| stuck.shard).collect::<Vec<_>>()
    };
    assert_eq!(stuck(0), Vec::<usize>::new());
    assert_eq!(stuck(-HOUR), [0]);
    assert_eq!(stuck(DAY), [0]);
    assert_merged(plate.drive(&ledger), MergedState::Done);
    plate.results().assert_equal(&Plate::new(4).unsharded(), "in the end");
}
