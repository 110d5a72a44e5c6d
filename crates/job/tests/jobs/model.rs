//! The ledger against a model of a few lines, under any order of workers, crashes, breakages and retries.

use crate::plate::Plate;
use crate::shards::assert_merged;
use job::drive::Driven;
use job::ledger::MergedState;
use job::rounds::retry;
use job::status::{JobState, status};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;
use storage::faults::{Fault, Faults, When};

const SETS: usize = 4;

/// Something that happens.
#[derive(Clone, Debug)]
enum Event {
    /// The job is submitted; the process dies at its k-th call.
    Submit(u64),
    /// A worker takes a task of the last round; it dies at its k-th call.
    Work(usize, u64),
    /// A driver brings the job to its end; it dies at its k-th call.
    Drive(u64),
    /// An image breaks; it does so before it is looked at first.
    Retry(u64),
    /// An image is mended.
    Mend(usize),
}

fn event() -> impl Strategy<Value = Event> {
    let k = 1u64..60;
    prop_oneof![
        k.clone().prop_map(Event::Submit),
        (0usize..3, k.clone()).prop_map(|(task, k)| Event::Work(task, k)),
        k.clone().prop_map(Event::Drive),
        k.prop_map(Event::Retry),
        (1..=SETS).prop_map(Event::Mend),
    ]
}

/// What the ledger must never contradict.
struct Model {
    /// Images that are broken now.
    broken: BTreeSet<usize>,
    /// The most that was done so far: it never becomes less.
    done: usize,
}

impl Model {
    fn check(&mut self, plate: &Plate, ledger: &job::ledger::Ledger) {
        let Ok(now) = status(ledger) else { return };
        assert!(now.done + now.failed <= SETS, "{now:?}");
        assert!(now.done >= self.done, "{} were done, now {now:?}", self.done);
        self.done = now.done;
        // Who is broken was never done before it broke: all break before the first submit.
        assert!(now.done <= SETS - self.broken.len(), "{now:?}");
        match now.state {
            JobState::Done => assert_eq!((now.done, now.failed), (SETS, 0)),
            JobState::Partial => assert_eq!(now.done + now.failed, SETS),
            _ => {}
        }
        if now.state.is_ended() {
            let numbers = plate.results().image_numbers();
            assert_eq!(numbers, (1..=SETS).collect::<Vec<_>>());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_nothing_is_lost_and_nothing_is_called_done_that_is_not(
        broken in prop::collection::btree_set(1..=SETS, 0..3),
        events in prop::collection::vec(event(), 1..12),
    ) {
        let plate = Plate::new(SETS);
        let expected = plate.unsharded();
        // Broken to another length: what is mended is told from what was.
        broken.iter().for_each(|&set| plate.spoil(set, "no image"));
        let ledger = plate.submit().unwrap().ledger;
        let mut model = Model { broken, done: 0 };
        for event in events {
            let (store, control) = Faults::around(&plate.store);
            let faulty = plate.through(&store);
            let dies = |k: u64| control.add(When::Only(k), Fault::CrashAfter);
            match event {
                // The job is named by what was planned: with mended images it would be another.
                Event::Submit(_) if !model.broken.is_empty() || model.done > 0 => {}
                Event::Submit(k) => {
                    dies(k);
                    let _ = faulty.submit();
                }
                Event::Work(task, k) => {
                    let round = ledger.snapshot().unwrap().round();
                    let job = plate.open(&ledger).unwrap();
                    let job = job::Job { ledger: faulty.open(&ledger).unwrap().ledger, ..job };
                    dies(k);
                    let _ = faulty.work(&job, round, task, &AtomicBool::new(false));
                }
                Event::Drive(k) => {
                    dies(k);
                    let _ = faulty.drive(&ledger);
                }
                Event::Retry(k) => {
                    let job = faulty.open(&ledger).unwrap();
                    dies(k);
                    let _ = retry(&faulty.places(), &job, None);
                }
                Event::Mend(set) => {
                    plate.mend(set);
                    model.broken.remove(&set);
                }
            }
            model.check(&plate, &ledger);
        }
        for set in std::mem::take(&mut model.broken) {
            plate.mend(set);
        }
        for _ in 0..3 {
            let driven = plate.drive(&ledger);
            model.check(&plate, &ledger);
            match driven {
                Ok(Driven::Merged(merged)) if merged.state == MergedState::Done => break,
                Ok(Driven::Merged(_)) => { retry(&plate.places(), &plate.open(&ledger).unwrap(), None).unwrap(); }
                other => panic!("{other:?}"),
            }
        }
        assert_merged(plate.drive(&ledger), MergedState::Done);
        plate.results().assert_equal(&expected, "in the end");
    }
}
