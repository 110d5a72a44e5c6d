//! The process dies at every call to the store, one after the other; answers get lost; stores throttle.

use crate::plate::Plate;
use crate::results::Results;
use crate::shards::assert_merged;
use job::ledger::{Ledger, MergedState};
use std::time::Duration;
use storage::faults::{Fault, Faults, When};

/// Nothing is called done that is not: what commits name is there.
fn assert_true(plate: &Plate) {
    let ledgers = plate.store.list("results/.cpb").map(|meta| meta.unwrap().key);
    let job = ledgers.filter_map(|key| job::JobId::parse(key.split('/').nth(2)?)).next();
    let Some(job) = job else { return };
    let ledger = Ledger::new(&plate.places(), &plate.request().output, &job).unwrap();
    let snapshot = ledger.snapshot().unwrap();
    for done in snapshot.shards.values().filter_map(|shard| shard.done.as_ref()) {
        let covered: usize = done.parts.iter().map(|part| part.to - part.from).sum();
        assert_eq!(covered, snapshot.shards[&done.shard].image_sets.len());
        for part in &done.parts {
            assert_eq!(plate.store.head(&format!("results/.cpb/{}", part.key)).unwrap().size, part.size);
        }
        for (_, file) in &done.files {
            assert_eq!(plate.store.head(&file.path["/bucket/".len()..]).unwrap().size, file.size);
        }
    }
    for file in snapshot.merged.iter().flat_map(|merged| &merged.files) {
        assert_eq!(plate.store.head(&file.path["/bucket/".len()..]).unwrap().size, file.size);
    }
}

/// Runs the plate through a store with `faults`, then as a fresh process on the healed store.
#[track_caller]
fn assert_survives(plate: &Plate, expected: &Results, faults: &[(When, Fault)], what: &str) {
    let (store, control) = Faults::around(&plate.store);
    faults.iter().for_each(|(when, fault)| control.add(*when, *fault));
    let _ = plate.through(&store).run();
    assert_true(plate);
    assert_merged(plate.run(), MergedState::Done);
    assert_true(plate);
    let results = plate.results();
    assert_eq!(results.image_numbers(), (1..=plate.sets).collect::<Vec<_>>(), "{what}");
    results.assert_equal(expected, what);
}

/// Returns how many calls an undisturbed run makes.
fn calls(plate: &Plate) -> u64 {
    let (store, control) = Faults::around(&plate.store);
    assert_merged(plate.through(&store).run(), MergedState::Done);
    control.total()
}

#[test]
fn a_process_may_die_before_and_after_every_call() {
    let plate = || Plate::new(3);
    let expected = plate().unsharded();
    let calls = calls(&plate());
    for k in 1..=calls {
        for fault in [Fault::CrashBefore, Fault::CrashAfter] {
            assert_survives(&plate(), &expected, &[(When::Only(k), fault)], &format!("{fault:?} {k}"));
        }
    }
    println!("{} crashes at {calls} calls", 2 * calls);
    assert!(calls > 40);
}

#[test]
fn a_second_process_may_die_too() {
    let expected = Plate::new(3).unsharded();
    let calls = calls(&Plate::new(3));
    for k in (1..=calls).step_by(5) {
        let plate = Plate::new(3);
        let (store, control) = Faults::around(&plate.store);
        control.add(When::Only(k), Fault::CrashAfter);
        let _ = plate.through(&store).run();
        assert_survives(&plate, &expected, &[(When::Only(20), Fault::CrashAfter)], &format!("{k}, then 20"));
    }
}

/// Where the random moments start from: the same moments each time.
const SEED: u64 = 4;

/// How many moments of a larger job a process dies at.
const MOMENTS: usize = 200;

/// Returns `count` numbers from 1 to `most`, each other than the others, in random order.
fn moments(count: usize, most: u64) -> Vec<u64> {
    let mut random = SEED;
    let mut all: Vec<u64> = (1..=most).collect();
    for i in 0..count {
        // Source: Knuth's MMIX generator, and the shuffle of Fisher and Yates.
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let other = i + (random >> 33) as usize % (all.len() - i);
        all.swap(i, other);
    }
    all.truncate(count);
    all
}

#[test]
fn a_larger_job_may_die_at_any_moment() {
    let plate = || {
        let mut plate = Plate::new(30).with(|message| message.shard_size = Some(5));
        plate.threads = 2;
        plate
    };
    let expected = plate().unsharded();
    let calls = calls(&plate());
    assert!(calls >= MOMENTS as u64, "{calls} calls are not {MOMENTS} moments");
    let moments = moments(MOMENTS, calls);
    for (i, &k) in moments.iter().enumerate() {
        let fault = if i % 2 == 0 { Fault::CrashAfter } else { Fault::CrashBefore };
        assert_survives(&plate(), &expected, &[(When::Only(k), fault)], &format!("{fault:?} {k}"));
    }
    let distinct = moments.iter().collect::<std::collections::BTreeSet<_>>().len();
    assert_eq!(distinct, MOMENTS);
    println!("{MOMENTS} crashes at {distinct} of {calls} calls, seed {SEED}");
}

#[test]
fn a_store_that_does_not_answer_in_time_does_no_harm_even_when_its_writes_come_late() {
    const PATIENCE: Duration = Duration::from_millis(1);
    let expected = Plate::new(3).unsharded();
    let calls = calls(&Plate::new(3));
    for k in 1..=calls {
        let faults = [(When::Only(k), Fault::TimeOut(PATIENCE))];
        assert_survives(&Plate::new(3), &expected, &faults, &format!("no answer to {k}"));
        // The process does not live to try again: its write comes when the next one works.
        let faults = [(When::Only(k), Fault::TimeOut(PATIENCE)), (When::Only(k + 1), Fault::CrashBefore)];
        assert_survives(&Plate::new(3), &expected, &faults, &format!("no answer to {k}, then dead"));
    }
    let expected = Plate::new(6).unsharded();
    for chance in [0.1, 0.6] {
        let faults = [(When::Chance(chance), Fault::TimeOut(PATIENCE))];
        assert_survives(&Plate::new(6), &expected, &faults, &format!("no answer, {chance}"));
    }
    println!("{} time-outs at {calls} calls, half of them before a crash; and by chance", 2 * calls);
}

#[test]
fn lost_answers_throttling_and_broken_connections_do_no_harm() {
    let plate = || Plate::new(6);
    let expected = plate().unsharded();
    for fault in [Fault::LoseAnswer, Fault::Throttle, Fault::Fail] {
        for chance in [0.1, 0.6] {
            assert_survives(
                &plate(),
                &expected,
                &[(When::Chance(chance), fault)],
                &format!("{fault:?} {chance}"),
            );
        }
    }
    for k in 1..=calls(&Plate::new(2)) {
        let expected = Plate::new(2).unsharded();
        assert_survives(
            &Plate::new(2),
            &expected,
            &[(When::Only(k), Fault::LoseAnswer)],
            &format!("answer {k}"),
        );
    }
}

#[test]
fn a_full_disk_ends_the_job_and_not_its_records() {
    let expected = Plate::new(4).unsharded();
    for k in [5, 20, 40, 60] {
        assert_survives(&Plate::new(4), &expected, &[(When::From(k), Fault::Full)], &format!("full at {k}"));
    }
}
