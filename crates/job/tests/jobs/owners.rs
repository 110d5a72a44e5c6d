//! One output, one owner; one shard, one result.

use crate::plate::Plate;
use crate::shards::assert_merged;
use job::ledger::MergedState;
use job::status::{JobState, status};
use job::submit::jobs;
use job::worker::Recorded;
use std::sync::atomic::AtomicBool;

#[test]
fn two_workers_on_one_shard_leave_one_result() {
    let plate = Plate::new(6).with(|message| message.shard_size = Some(6));
    let ledger = plate.submit().unwrap().ledger;
    let job = plate.open(&ledger).unwrap();
    let stop = AtomicBool::new(false);
    let recorded: Vec<Recorded> = std::thread::scope(|scope| {
        let workers: Vec<_> =
            (0..4).map(|_| scope.spawn(|| plate.work(&job, 1, 0, &stop).unwrap())).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    assert_eq!(recorded.iter().filter(|r| **r == Recorded::Done).count(), 1, "{recorded:?}");
    assert_eq!(recorded.iter().filter(|r| **r == Recorded::Already).count(), 3);
    assert_merged(plate.drive(&ledger), MergedState::Done);
    plate.results().assert_equal(&Plate::new(6).unsharded(), "four workers");
}

#[test]
fn a_running_owner_keeps_its_output_and_an_ended_one_is_replaced_with_its_files() {
    let first = Plate::new(4);
    let other = first.with(|message| message.pipeline = "illumination.cppipe".into());
    let owner = first.submit().unwrap().ledger;
    let refused = other.submit().unwrap_err();
    assert!(refused.contains(&format!("belongs to job {}", owner.job())), "{refused}");
    assert_merged(first.drive(&owner), MergedState::Done);
    assert!(first.results().0.contains_key("0001_saved.png"));

    let taken = other.submit().unwrap();
    assert_eq!(taken.replaces.as_ref(), Some(owner.job()));
    // Until the new results are there the old ones stay.
    assert!(first.results().0.contains_key("0001_saved.png"));
    assert_merged(other.drive(&taken.ledger), MergedState::Done);
    other.results().assert_equal(&other.unsharded(), "only the new job's files");
    assert!(status(&owner).is_err());

    let back = first.submit().unwrap();
    assert_eq!((back.ledger.job(), back.before), (owner.job(), None));
    assert_merged(first.drive(&back.ledger), MergedState::Done);
    first.results().assert_equal(&first.unsharded(), "the first job once more");
}

#[test]
fn somebodys_own_file_in_the_output_stays() {
    let first = Plate::new(2);
    first.store.put("results/notes.txt", "mine").unwrap();
    assert_merged(first.run(), MergedState::Done);
    first.store.put("results/0001_saved.png", "edited").unwrap();
    let other = first.with(|message| message.pipeline = "illumination.cppipe".into());
    assert_merged(other.run(), MergedState::Done);
    let names: Vec<String> = other.results().0.into_keys().collect();
    assert!(
        names.contains(&"notes.txt".to_string()) && names.contains(&"0001_saved.png".to_string()),
        "{names:?}"
    );
    assert!(!names.contains(&"0002_saved.png".to_string()), "{names:?}");
}

#[test]
fn a_cancelled_job_does_not_go_on_until_it_is_asked_for_again() {
    let plate = Plate::new(4);
    let ledger = plate.submit().unwrap().ledger;
    ledger.cancel().unwrap();
    assert_eq!(plate.drive(&ledger), Ok(job::drive::Driven::Cancelled));
    assert_eq!(status(&ledger).unwrap().state, JobState::Cancelled);
    let other = plate.with(|message| message.pipeline = "illumination.cppipe".into());
    let again = plate.submit().unwrap();
    assert_eq!(again.before, Some(JobState::Cancelled));
    assert!(other.submit().is_err());
    assert_merged(plate.drive(&again.ledger), MergedState::Done);
    let listed = jobs(&plate.places(), &crate::plate::bucket()).unwrap();
    assert_eq!(listed.iter().map(|index| &index.job).collect::<Vec<_>>(), [ledger.job()]);
}

#[test]
fn without_resume_all_is_computed_anew() {
    let plate = Plate::new(2).with(|message| message.shard_size = Some(2));
    assert_merged(plate.run(), MergedState::Done);
    let anew = plate.with(|message| message.resume = false);
    let submitted = anew.submit().unwrap();
    assert_eq!(submitted.before, None);
    assert_merged(anew.drive(&submitted.ledger), MergedState::Done);
    assert_eq!(submitted.ledger.read_done(0).unwrap().unwrap().computed, 2);
}
