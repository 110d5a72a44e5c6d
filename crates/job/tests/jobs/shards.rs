//! The results are the same whatever the number of shards, threads and rounds.

use crate::plate::Plate;
use job::drive::Driven;
use job::ledger::MergedState;
use job::status::JobState;
use job::worker::WorkerError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[track_caller]
pub fn assert_merged(driven: Result<Driven, String>, state: MergedState) {
    match driven {
        Ok(Driven::Merged(merged)) => assert_eq!((merged.state, merged.problem), (state, None)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn shards_and_threads_do_not_show_in_the_results() {
    let expected = Plate::new(14).unsharded();
    assert_eq!(expected.0.len(), 14 + 3);
    for size in [1, 2, 7, 14] {
        for threads in [1, 2] {
            let mut plate = Plate::new(14).with(|message| message.shard_size = Some(size));
            plate.threads = threads;
            plate.flush.image_sets = 1 + threads;
            assert_merged(plate.run(), MergedState::Done);
            plate.results().assert_equal(&expected, &format!("{size} image sets a shard, {threads} threads"));
        }
    }
}

#[test]
fn what_a_module_makes_of_a_group_is_right_and_groups_are_not_cut() {
    let plate = Plate::new(7).with(|message| message.pipeline = "illumination.cppipe".into());
    let expected = plate.unsharded();
    assert!(expected.0.contains_key("P1_Illum.npy") && expected.0.contains_key("P3_Illum.npy"));
    for size in [1, 4, 7] {
        let plate = Plate::new(7).with(|message| {
            message.pipeline = "illumination.cppipe".into();
            message.shard_size = Some(size);
        });
        let ledger = plate.submit().unwrap().ledger;
        let shards = ledger.round(1).unwrap().unwrap().shards;
        let lengths: Vec<usize> = shards.iter().map(|new| new.shard.image_sets.len()).collect();
        let as_groups_allow = match size {
            1 => vec![3, 3, 1],
            4 => vec![3, 4],
            _ => vec![7],
        };
        assert_eq!(lengths, as_groups_allow);
        assert_merged(plate.drive(&ledger), MergedState::Done);
        plate.results().assert_equal(&expected, &format!("{size} image sets a shard"));
    }
}

#[test]
fn the_same_message_again_computes_nothing_and_another_image_is_another_job() {
    let plate = Plate::new(3);
    let first = plate.submit().unwrap();
    assert_eq!(first.before, None);
    assert_merged(plate.drive(&first.ledger), MergedState::Done);
    let written = plate.store.list("results/.cpb").count();
    let again = plate.submit().unwrap();
    assert_eq!((again.ledger.job(), again.before), (first.ledger.job(), Some(JobState::Done)));
    assert_merged(plate.drive(&again.ledger), MergedState::Done);
    assert_eq!(plate.store.list("results/.cpb").count(), written);
    plate.spoil(2, crate::plate::image(7));
    let other = plate.submit().unwrap();
    assert_ne!(other.ledger.job(), first.ledger.job());
    assert_eq!(other.replaces.as_ref(), Some(first.ledger.job()));
}

#[test]
fn a_worker_that_is_told_to_stop_keeps_what_is_finished_and_another_goes_on() {
    let plate = Plate::new(12).with(|message| message.shard_size = Some(12));
    let ledger = plate.submit().unwrap().ledger;
    let job = plate.open(&ledger).unwrap();
    let stop = AtomicBool::new(false);
    let kept = std::thread::scope(|scope| {
        let worker = scope.spawn(|| plate.work(&job, 1, 0, &stop));
        while plate.store.list("results/.cpb").filter(|m| m.as_ref().unwrap().key.ends_with(".part")).count()
            < 3
        {
            std::thread::sleep(Duration::from_millis(1));
        }
        stop.store(true, Ordering::Relaxed);
        match worker.join().unwrap() {
            Err(WorkerError::Interrupted { kept, total: 12 }) => kept,
            // The machine was faster than the order to stop.
            Ok(_) => 12,
            Err(error) => panic!("{error}"),
        }
    });
    assert!(kept >= 3);
    assert_merged(plate.drive(&ledger), MergedState::Done);
    if let Some(done) = ledger.read_done(0).unwrap().filter(|_| kept < 12) {
        assert_eq!(done.computed, 12 - kept);
    }
    plate.results().assert_equal(&Plate::new(12).unsharded(), "stopped and gone on with");
}
