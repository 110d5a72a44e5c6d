//! The embedded queue: what is sent comes at least once, to one at a time, and survives.

#![allow(clippy::unwrap_used, reason = "a test fails by its panic")]

use job::queue::{Depth, Queue, QueueError, Received};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const MINUTE: Duration = Duration::from_secs(60);

/// A queue and the clock that it goes by, in seconds.
struct Bench {
    _folder: tempfile::TempDir,
    path: PathBuf,
    clock: Arc<AtomicU64>,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/queue.sqlite");
        Self { _folder: folder, path, clock: Arc::new(AtomicU64::new(1_000_000)) }
    }

    fn open(&self) -> Queue {
        let clock = self.clock.clone();
        let now = move || -> SystemTime { UNIX_EPOCH + Duration::from_secs(clock.load(Ordering::Relaxed)) };
        Queue::with_clock(&self.path, 3, now).unwrap()
    }

    fn pass(&self, seconds: u64) {
        self.clock.fetch_add(seconds, Ordering::Relaxed);
    }
}

fn body(received: Option<Received>) -> Option<String> {
    received.map(|message| message.body)
}

fn depth(waiting: usize, hidden: usize, dead: usize) -> Depth {
    Depth { waiting, hidden, dead }
}

#[test]
fn messages_come_in_order_and_one_that_is_taken_is_hidden() {
    let bench = Bench::new();
    let queue = bench.open();
    assert!(queue.send("a", true).unwrap());
    assert!(queue.send("b", true).unwrap());
    assert!(!queue.send("a", true).unwrap(), "the same message waits once");
    assert_eq!(queue.depth().unwrap(), depth(2, 0, 0));
    let a = queue.receive(MINUTE).unwrap().unwrap();
    assert_eq!((a.body.as_str(), a.receives), ("a", 1));
    assert_eq!(body(queue.receive(MINUTE).unwrap()), Some("b".into()));
    assert_eq!(queue.receive(MINUTE).unwrap(), None);
    assert_eq!(queue.depth().unwrap(), depth(0, 2, 0));
    assert!(queue.delete(&a).unwrap());
    bench.pass(61);
    assert_eq!(body(queue.receive(MINUTE).unwrap()), Some("b".into()));
}

#[test]
fn who_took_too_long_can_neither_delete_nor_hide_what_another_has() {
    let bench = Bench::new();
    let queue = bench.open();
    queue.send("a", true).unwrap();
    let slow = queue.receive(MINUTE).unwrap().unwrap();
    bench.pass(30);
    assert!(queue.hide(&slow, MINUTE, "").unwrap(), "it is the receiver's as long as nobody else has it");
    bench.pass(59);
    assert_eq!(queue.receive(MINUTE).unwrap(), None);
    bench.pass(2);
    let other = queue.receive(MINUTE).unwrap().unwrap();
    assert_eq!(other.receives, 2);
    assert_eq!((queue.delete(&slow).unwrap(), queue.hide(&slow, MINUTE, "").unwrap()), (false, false));
    assert!(!queue.give_back(&slow).unwrap());
    assert!(queue.delete(&other).unwrap());
    assert_eq!(queue.depth().unwrap(), depth(0, 0, 0));
}

#[test]
fn what_is_received_too_often_is_a_dead_letter_until_it_is_sent_again() {
    let bench = Bench::new();
    let queue = bench.open();
    queue.send("poison", true).unwrap();
    for receives in 1..=3 {
        let message = queue.receive(MINUTE).unwrap().unwrap();
        assert_eq!(message.receives, receives);
        queue.hide(&message, Duration::ZERO, "no such bucket").unwrap();
    }
    assert_eq!(queue.depth().unwrap(), depth(0, 0, 1));
    assert_eq!(queue.receive(MINUTE).unwrap(), None);
    let dead = queue.dead_letters().unwrap();
    assert_eq!((dead.len(), dead[0].body.as_str(), dead[0].receives), (1, "poison", 3));
    assert_eq!((dead[0].why.as_str(), dead[0].sent), ("no such bucket", 1_000_000));
    assert!(!queue.send("poison", false).unwrap(), "what finds it again does not revive it");
    assert_eq!(queue.redrive().unwrap(), 1);
    assert_eq!(queue.depth().unwrap(), depth(1, 0, 0));
    assert_eq!(queue.receive(MINUTE).unwrap().unwrap().receives, 1);
    for _ in 0..3 {
        bench.pass(61);
        queue.receive(MINUTE).unwrap();
    }
    assert_eq!(
        queue.depth().unwrap(),
        depth(0, 0, 1),
        "receivers that die are counted like those that give up"
    );
    assert!(queue.send("poison", true).unwrap());
    assert_eq!(queue.receive(MINUTE).unwrap().unwrap().receives, 1);
}

#[test]
fn what_is_given_back_counts_as_not_received() {
    let queue = Bench::new().open();
    queue.send("a", true).unwrap();
    for _ in 0..10 {
        let message = queue.receive(MINUTE).unwrap().unwrap();
        assert_eq!(message.receives, 1);
        assert!(queue.give_back(&message).unwrap());
    }
}

#[test]
fn a_clock_that_jumps_loses_nothing() {
    let bench = Bench::new();
    let queue = bench.open();
    queue.send("a", true).unwrap();
    queue.receive(MINUTE).unwrap();
    // An hour back: it stays hidden for its minute, not for an hour and a minute.
    bench.clock.fetch_sub(3600, Ordering::Relaxed);
    assert_eq!(queue.receive(MINUTE).unwrap(), None);
    bench.pass(59);
    assert_eq!(queue.receive(MINUTE).unwrap(), None);
    bench.pass(2);
    let again = queue.receive(MINUTE).unwrap().unwrap();
    assert_eq!((again.body.as_str(), again.receives), ("a", 2));
    // Back again while its receiver lives and extends it: nobody else gets it.
    bench.clock.fetch_sub(3600, Ordering::Relaxed);
    assert!(queue.hide(&again, MINUTE, "").unwrap());
    bench.pass(59);
    assert_eq!(queue.receive(MINUTE).unwrap(), None);
    // A day forward: it comes once more, and the receiver before cannot take it from the one that has it now.
    bench.pass(24 * 3600);
    let third = queue.receive(MINUTE).unwrap().unwrap();
    assert_eq!(third.body, "a");
    assert!(!queue.delete(&again).unwrap());
    assert!(queue.delete(&third).unwrap());
    assert_eq!(queue.depth().unwrap(), depth(0, 0, 0));
}

#[test]
fn a_queue_of_the_first_format_is_taken_on() {
    let bench = Bench::new();
    std::fs::create_dir_all(bench.path.parent().unwrap()).unwrap();
    let connection = rusqlite::Connection::open(&bench.path).unwrap();
    let first = "CREATE TABLE messages (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL UNIQUE, sent INTEGER NOT NULL, \
                 visible INTEGER NOT NULL, receives INTEGER NOT NULL DEFAULT 0, delivery INTEGER NOT NULL DEFAULT 0, \
                 dead INTEGER NOT NULL DEFAULT 0, why TEXT NOT NULL DEFAULT '') STRICT; \
                 INSERT INTO messages (body, sent, visible) VALUES ('a', 1, 0); PRAGMA user_version = 1;";
    connection.execute_batch(first).unwrap();
    drop(connection);
    assert_eq!(body(bench.open().receive(MINUTE).unwrap()), Some("a".into()));
}

#[test]
fn all_is_there_after_a_crash() {
    let bench = Bench::new();
    let queue = bench.open();
    queue.send("a", true).unwrap();
    queue.send("b", true).unwrap();
    queue.receive(MINUTE).unwrap();
    // Nothing is closed, as when the process is killed.
    std::mem::forget(queue);
    let queue = bench.open();
    assert_eq!(queue.depth().unwrap(), depth(1, 1, 0));
    assert_eq!(body(queue.receive(MINUTE).unwrap()), Some("b".into()));
}

#[test]
fn many_receivers_get_each_message_once() {
    let bench = Bench::new();
    let sender = bench.open();
    (0..200).for_each(|n| assert!(sender.send(&n.to_string(), true).unwrap()));
    let take_all = || {
        let queue = bench.open();
        let mut taken = Vec::new();
        while let Some(message) = queue.receive(MINUTE).unwrap() {
            assert!(queue.delete(&message).unwrap());
            taken.push(message.body);
        }
        taken
    };
    let taken: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(take_all)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(taken.len(), 200);
    assert_eq!(taken.iter().collect::<BTreeSet<_>>().len(), 200);
}

#[test]
fn other_files_and_newer_queues_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("other");
    std::fs::write(&other, "a text that is no database, and long enough to be sure").unwrap();
    assert!(matches!(Queue::open(&other, 3), Err(QueueError::Store { .. })));
    assert!(matches!(Queue::open(Path::new("/proc/none/queue"), 3), Err(QueueError::Store { .. })));
    let newer = folder.path().join("newer");
    let connection = rusqlite::Connection::open(&newer).unwrap();
    connection.execute_batch("PRAGMA user_version = 3").unwrap();
    assert!(matches!(Queue::open(&newer, 3), Err(QueueError::Format { format: 3, .. })));
}
