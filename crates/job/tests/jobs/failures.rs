//! What fails is named, the rest is done, and what was mended is computed alone.

use crate::plate::{Plate, image};
use crate::shards::assert_merged;
use job::drive::{Driven, RunTask, TaskEnd, drive};
use job::ledger::MergedState;
use job::rounds::retry;
use job::status::{JobState, failed, status};
use job::{Class, Job, OnError};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use storage::faults::{Call, Fault, Faults, When};

/// Breaks an image in one of five ways.
fn spoil(plate: &Plate, set: usize) {
    let whole = image(set);
    match set % 5 {
        0 => plate.remove(set),
        1 => plate.spoil(set, ""),
        2 => plate.spoil(set, "<html>not found</html>"),
        3 => plate.spoil(set, &whole[..whole.len() / 2]),
        _ => {
            let mut bytes = whole;
            bytes[45] ^= 0xFF;
            plate.spoil(set, bytes);
        }
    }
}

#[test]
fn of_two_thousand_image_sets_those_that_are_broken_are_named_and_retried_alone() {
    const SETS: usize = 2000;
    let mut plate = Plate::new(SETS).with(|message| message.shard_size = Some(100));
    plate.flush = job::worker::Flush::default();
    let broken: Vec<usize> = (1..=21).map(|i| i * 89).collect();
    broken.iter().for_each(|&set| spoil(&plate, set));
    let ledger = plate.submit().unwrap().ledger;
    let begun = Instant::now();
    assert_merged(plate.drive(&ledger), MergedState::Partial);
    println!("{:.2} ms an image set, all in all", begun.elapsed().as_secs_f64() * 1000.0 / SETS as f64);

    let now = status(&ledger).unwrap();
    assert_eq!((now.state, now.done, now.failed), (JobState::Partial, SETS - 21, 21));
    let job = plate.open(&ledger).unwrap();
    let rows = failed(&job.plan.image_sets, &ledger.snapshot().unwrap());
    assert_eq!(rows.iter().map(|row| row.image_set).collect::<Vec<_>>(), broken);
    for row in &rows {
        assert_eq!(row.plate, format!("P{}", (row.image_set - 1) / 3 + 1));
        assert!(
            row.class == Class::Input && row.message.contains(&format!("{:04}.png", row.image_set)),
            "{row:?}"
        );
    }
    let results = plate.results();
    assert_eq!(results.image_numbers(), (1..=SETS).collect::<Vec<_>>());
    let with_objects = results.column("Nuclei.csv", "ImageNumber");
    assert!(broken.iter().all(|set| !with_objects.contains(&set.to_string())));

    broken.iter().for_each(|&set| plate.mend(set));
    assert_eq!(retry(&plate.places(), &job, None).unwrap(), 21);
    assert_merged(plate.drive(&ledger), MergedState::Done);
    let snapshot = ledger.snapshot().unwrap();
    let computed =
        |shard: &job::ledger::ShardState| shard.done.as_ref().filter(|d| d.round == 2).map(|d| d.computed);
    assert_eq!(snapshot.shards.values().filter_map(computed).sum::<usize>(), 21);
    assert_eq!(snapshot.rounds[1].changed.len(), 21);
    plate.results().assert_equal(&Plate::new(SETS).unsharded(), "mended");
}

#[test]
fn an_image_set_that_takes_too_long_is_recorded_and_left_out_by_the_next_attempt() {
    let plate = Plate::new(4).with(|message| {
        message.shard_size = Some(4);
        message.image_set_timeout = Some(1);
    });
    let ledger = plate.submit().unwrap().ledger;
    /// What a worker reads before its images: the round, the commit that is not there, the owner, the round's shards, the last
    /// heartbeat.
    const READS: u64 = 5;
    let (store, control) = Faults::around(&plate.store);
    let slow = plate.through(&store);
    let job = slow.open(&ledger).unwrap();
    let stop = AtomicBool::new(false);
    // A worker that gives up ends its process: no call of it reaches the store any more.
    let give_up = || {
        control.add(When::Every(1), Fault::CrashBefore);
        stop.store(true, Ordering::Relaxed);
    };
    // Long enough on a busy machine, too.
    control.add_to(Call::Get, When::Only(READS + 3), Fault::Delay(Duration::from_secs(3)));
    let ended = slow.work_until(&job, 1, 0, &stop, Some(&give_up));
    assert!(control.crashed() && ended.is_err(), "{ended:?}");
    assert_merged(plate.drive(&ledger), MergedState::Partial);
    let rows = failed(&job.plan.image_sets, &ledger.snapshot().unwrap());
    assert_eq!(rows.iter().map(|row| row.image_set).collect::<Vec<_>>(), [3]);
    assert!(rows[0].message.contains("image_set_timeout"), "{:?}", rows[0]);
    let results = plate.results();
    assert_eq!(results.image_numbers(), [1, 2, 3, 4]);
    assert_eq!(results.column("Image.csv", "FileName_DNA")[2], "0003.png");
}

/// A machine on which workers die as long as there is an image set to run.
struct Dying<'a> {
    plate: &'a Plate,
    job: &'a Job,
}

impl RunTask for Dying<'_> {
    fn run(&self, round: usize, index: usize, _: usize) -> TaskEnd {
        let state = &self.job.ledger.snapshot().unwrap().shards[&index];
        let left_out = self.job.ledger.left_out(index).unwrap().len();
        if state.kept + left_out < state.image_sets.len() {
            return TaskEnd::Died { class: Class::Internal, message: "signal 11".into() };
        }
        self.plate.work(self.job, round, index, &AtomicBool::new(false)).unwrap();
        TaskEnd::Recorded
    }
}

#[test]
fn what_workers_die_of_is_given_up_and_what_is_kept_stays() {
    let plate = Plate::new(9).with(|message| message.shard_size = Some(9));
    let ledger = plate.submit().unwrap().ledger;
    // A first worker keeps a few image sets.
    let (store, control) = Faults::around(&plate.store);
    let job = plate.open(&ledger).unwrap();
    let dying = plate.through(&store);
    control.add_to(Call::Get, When::Only(8), Fault::CrashBefore);
    let faulty = Job { ledger: dying.open(&ledger).unwrap().ledger, ..plate.open(&ledger).unwrap() };
    let _ = dying.work(&faulty, 1, 0, &AtomicBool::new(false));
    let kept = ledger.snapshot().unwrap().shards[&0].kept;
    let stop = AtomicBool::new(false);
    let runner = Dying { plate: &plate, job: &job };
    let driven = drive(&plate.places(), &job, &runner, &stop).unwrap();
    match driven {
        Driven::Merged(merged) => assert_eq!((merged.image_sets, merged.failed), (9, 9 - kept)),
        other => panic!("{other:?}"),
    }
    let rows = failed(&job.plan.image_sets, &ledger.snapshot().unwrap());
    assert_eq!(rows.iter().map(|row| row.image_set).collect::<Vec<_>>(), (kept + 1..=9).collect::<Vec<_>>());
    assert!(rows[0].message.contains("3 attempts") && rows[0].message.contains("signal 11"), "{:?}", rows[0]);
    assert_eq!(retry(&plate.places(), &job, Some(Class::Internal)).unwrap(), 9 - kept);
    assert_merged(plate.drive(&ledger), MergedState::Done);
    plate.results().assert_equal(&Plate::new(9).unsharded(), "after the deaths");
}

#[test]
fn a_failed_member_fails_its_aggregate_group_and_the_group_is_retried_whole() {
    let plate = Plate::new(7).with(|message| message.pipeline = "illumination.cppipe".into());
    let expected = plate.unsharded();
    plate.spoil(5, "no image");
    let ledger = plate.submit().unwrap().ledger;
    assert_merged(plate.drive(&ledger), MergedState::Partial);
    let job = plate.open(&ledger).unwrap();
    let rows = failed(&job.plan.image_sets, &ledger.snapshot().unwrap());
    assert_eq!(rows.iter().map(|row| row.image_set).collect::<Vec<_>>(), [4, 5, 6]);
    assert!(rows[0].message.starts_with("image set 5 of its group failed"), "{:?}", rows[0]);
    plate.mend(5);
    assert_eq!(retry(&plate.places(), &job, None).unwrap(), 3);
    assert_merged(plate.drive(&ledger), MergedState::Done);
    plate.results().assert_equal(&expected, "a group mended");
}

#[test]
fn where_nothing_may_fail_the_job_stops_and_a_retry_goes_on() {
    let plate = Plate::new(6).with(|message| message.on_error = OnError::Stop);
    plate.spoil(3, "no image");
    let ledger = plate.submit().unwrap().ledger;
    match plate.drive(&ledger) {
        Ok(Driven::Stopped(failure)) => {
            assert_eq!((failure.image_set, failure.class), (Some(3), Class::Input));
            assert!(failure.message.contains("0003.png"), "{failure:?}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(status(&ledger).unwrap().state, JobState::Failed);
    assert!(!plate.results().0.contains_key("Image.csv"));
    plate.mend(3);
    retry(&plate.places(), &plate.open(&ledger).unwrap(), None).unwrap();
    assert_merged(plate.drive(&ledger), MergedState::Done);
    plate.results().assert_equal(&Plate::new(6).unsharded(), "gone on with");
}

#[test]
fn two_image_sets_that_write_one_file_are_an_error_and_not_a_loss() {
    let plate = Plate::new(3);
    let text = String::from_utf8(plate.store.get("nuclei.cppipe").unwrap().to_vec()).unwrap();
    let single = text.replace("file names:From image filename", "file names:Single name");
    let single = single.replace("files without warning?:No", "files without warning?:Yes");
    plate.store.put("nuclei.cppipe", single).unwrap();
    match plate.run() {
        Ok(Driven::Merged(merged)) => {
            let problem = merged.problem.unwrap();
            assert!(merged.state == MergedState::Failed && problem.contains("x.png"), "{problem}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn tables_may_have_a_folder_for_each_plate() {
    let plate = Plate::new(7).with(|message| message.output_structure = Some("by/Metadata_Plate".into()));
    assert_merged(plate.run(), MergedState::Done);
    let results = plate.results();
    let names: Vec<&String> = results.0.keys().filter(|name| name.ends_with("Nuclei.csv")).collect();
    assert_eq!(names, ["by/P1/Nuclei.csv", "by/P2/Nuclei.csv", "by/P3/Nuclei.csv"]);
    assert_eq!(results.column("by/P2/Image.csv", "ImageNumber"), ["4", "5", "6"]);
    let other = plate.with(|message| message.output_structure = Some("Metadata_Pate".into()));
    let refused = other.submit().unwrap_err();
    assert!(refused.contains("did you mean `Metadata_Plate`?"), "{refused}");
}

#[test]
fn a_table_that_may_not_be_replaced_is_told_before_anything_is_computed() {
    let plate = Plate::new(2);
    let text = String::from_utf8(plate.store.get("nuclei.cppipe").unwrap().to_vec()).unwrap();
    let careful = text.replace("files without warning?:Yes", "files without warning?:No");
    plate.store.put("nuclei.cppipe", careful).unwrap();
    assert_merged(plate.run(), MergedState::Done);
    // The same job again, and what was mended of it, may stand on its own files.
    assert_merged(plate.run(), MergedState::Done);
    plate.spoil(1, image(5));
    let refused = plate.submit().unwrap_err();
    assert!(
        refused.contains("may not replace") && refused.contains("/bucket/results/Image.csv"),
        "{refused}"
    );
}

#[test]
fn a_plan_names_missing_files_and_lists_each_folder_once() {
    let plate = Plate::new(40);
    plate.remove(7);
    let (store, control) = Faults::around(&plate.store);
    let plate = plate.through(&store);
    let plan = job::plan::plan_job(&plate.places(), plate.request()).unwrap();
    let missing: Vec<String> = plan.missing.iter().map(ToString::to_string).collect();
    assert_eq!(
        missing,
        ["image set 7 (Plate=P3 Well=A07 Site=1), DNA: there is no file `/bucket/images/0007.png`"]
    );
    // The pipeline, the table, the folder of images (a page, and that there is no other), and who owns the output.
    assert_eq!(control.total(), 5, "{:?}", control.calls());
    let strict = plate.with(|message| message.on_error = OnError::Stop);
    let error = job::plan::plan_job(&strict.places(), strict.request()).err().unwrap().to_string();
    assert!(error.contains("0007.png"), "{error}");
}
