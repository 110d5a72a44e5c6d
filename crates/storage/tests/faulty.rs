//! What a store does when calls fail.

use std::io::{Read, Write};
use std::time::Duration;
use storage::faults::{Call, Fault, Faults, When};
use storage::{Created, Kind, Replaced, Retry, Store};

fn faulty() -> (Store, Store, Faults) {
    let store = Store::memory();
    let (faulty, faults) = Faults::around(&store);
    (store, faulty, faults)
}

#[test]
fn calls_that_fail_in_passing_are_made_again() {
    for fault in [Fault::Fail, Fault::Throttle, Fault::LoseAnswer] {
        let (store, faulty, faults) = faulty();
        faults.add(When::Chance(0.3), fault);
        for n in 0..200 {
            faulty.put(&format!("{n:03}"), n.to_string()).unwrap();
        }
        assert_eq!(faulty.list("").map(Result::unwrap).count(), 200);
        assert!((0..200).all(|n| faulty.get(&format!("{n:03}")).unwrap() == n.to_string()));
        let extra = faults.total() - 401;
        assert!((100..260).contains(&extra), "{fault:?}: {extra}");
        assert_eq!(store.list("").count(), 200);
    }
}

#[test]
fn a_claim_whose_answer_was_lost_is_its_claimants() {
    let (_, faulty, faults) = faulty();
    faults.add_to(Call::Put, When::Every(2), Fault::LoseAnswer);
    for round in 0..6 {
        let key = format!("claim {round}");
        let won = |name: &str| matches!(faulty.create(&key, name.to_string()).unwrap(), Created::New(_));
        assert_eq!([won("a"), won("b"), won("c")], [true, false, false]);
        assert_eq!(faulty.get(&key).unwrap(), "a");
    }
    let (bytes, version) = faulty.get_versioned("claim 0").unwrap();
    assert_eq!(bytes, "a");
    let swap = |text: &'static str| faulty.replace("claim 0", text, &version).unwrap() != Replaced::Changed;
    assert_eq!([swap("d"), swap("e"), swap("f")], [true, false, false]);
    assert_eq!(faulty.get("claim 0").unwrap(), "d");
}

#[test]
fn patience_ends() {
    let (_, faulty, faults) = faulty();
    faults.add(When::From(1), Fault::Throttle);
    let error = faulty.put("a", "1").unwrap_err();
    assert_eq!((error.kind, faults.total()), (Kind::Throttled, u64::from(Retry::default().attempts)));
    assert_eq!(error.to_string(), "cannot write `memory:///a`: 503 SlowDown, on purpose");
    faults.heal();
    faulty.put("a", "1").unwrap();
}

#[test]
fn a_full_store_fails_at_once_and_still_reads() {
    let (_, faulty, faults) = faulty();
    faulty.put("a", "1").unwrap();
    faults.add(When::From(1), Fault::Full);
    assert_eq!(faulty.put("b", "2").unwrap_err().kind, Kind::Full);
    assert_eq!(faults.count(Call::Put), 2);
    assert_eq!(faulty.get("a").unwrap(), "1");
    let mut writer = faulty.writer("c").unwrap();
    let written = writer.write_all(&vec![0; 40 << 20]);
    assert_eq!(written.unwrap_err().kind(), std::io::ErrorKind::StorageFull);
}

#[test]
fn after_a_crash_nothing_is_done_any_more() {
    for (fault, there) in [(Fault::CrashBefore, 2), (Fault::CrashAfter, 3)] {
        let (store, faulty, faults) = faulty();
        faults.add(When::Only(3), fault);
        let done = (0..9).filter(|n| faulty.put(&n.to_string(), "").is_ok()).count();
        assert_eq!((done, faults.crashed()), (2, true));
        assert_eq!(store.list("").count(), there);
        assert!(faulty.get("0").is_err());
        assert!(faulty.list("").next().is_some_and(|first| first.is_err()));
        faults.heal();
        assert!(faulty.get("0").is_ok());
    }
}

#[test]
fn streams_survive_failures_of_any_of_their_calls() {
    let bytes: Vec<u8> = (0..50_u32 << 18).flat_map(u32::to_le_bytes).collect();
    for fault in [Fault::Fail, Fault::LoseAnswer] {
        for k in 1..=6 {
            let (store, faulty, faults) = faulty();
            faults.add(When::Only(k), fault);
            let mut writer = faulty.writer("large").unwrap();
            writer.write_all(&bytes).unwrap();
            writer.finish().unwrap();
            assert_eq!(store.get("large").unwrap().len(), bytes.len(), "{fault:?} {k}");
            faults.add(When::Only(k), fault);
            let mut read = Vec::new();
            faulty.reader("large").unwrap().read_to_end(&mut read).unwrap();
            assert!(read == bytes, "{fault:?} {k}");
        }
    }
}

#[test]
fn a_file_that_changes_under_its_reader_is_an_error() {
    let store = Store::memory();
    store.put("file", vec![1; 9 << 20]).unwrap();
    let mut reader = store.reader("file").unwrap();
    reader.read_exact(&mut [0; 100]).unwrap();
    store.put("file", vec![2; 9 << 20]).unwrap();
    let error = reader.read_to_end(&mut Vec::new()).unwrap_err();
    assert!(error.to_string().contains("changed"), "{error}");
}

#[test]
fn no_more_calls_are_under_way_than_allowed() {
    let options = storage::Options { in_flight: 3.try_into().unwrap(), ..Default::default() };
    let store = Store::open("memory://", &options).unwrap();
    let (faulty, faults) = Faults::around(&store);
    faults.add(When::Every(1), Fault::Delay(Duration::from_millis(20)));
    let start = std::time::Instant::now();
    std::thread::scope(|scope| {
        for n in 0..12 {
            let faulty = &faulty;
            scope.spawn(move || faulty.folder("x").put(&n.to_string(), "").unwrap());
        }
    });
    assert!(start.elapsed() >= Duration::from_millis(4 * 20), "{:?}", start.elapsed());
}
