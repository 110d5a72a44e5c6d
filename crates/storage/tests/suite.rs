//! What every store promises, against each of them: memory, a local folder, and S3 where `STORAGE_TEST_BUCKET` names a
//! bucket (`cargo xtask aws-test`).

#![allow(clippy::unwrap_used, reason = "a test may stop")]

use proptest::prelude::*;
use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom, Write};
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use storage::{Created, Entry, Kind, Options, Replaced, Store, Version};

/// A store and the folder it is in, if any.
#[derive(Debug)]
struct Place {
    store: Store,
    _folder: Option<tempfile::TempDir>,
}

impl std::ops::Deref for Place {
    type Target = Store;
    fn deref(&self) -> &Store {
        &self.store
    }
}

/// Returns an empty store of each kind.
fn stores() -> Vec<Place> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let open = |address: &str| Store::open(address, &Options::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let local = open(folder.path().join("not there yet").to_str().unwrap());
    let mut stores = vec![
        Place { store: open("memory://"), _folder: None },
        Place { store: local, _folder: Some(folder) },
    ];
    if let Ok(bucket) = std::env::var("STORAGE_TEST_BUCKET") {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let store = open(&format!("{bucket}/suite-{}-{number}", std::process::id()));
        stores.push(Place { store, _folder: None });
    }
    stores
}

fn keys(store: &Store, folder: &str) -> Vec<String> {
    store.list(folder).map(|meta| meta.unwrap().key).collect()
}

fn entries(store: &Store, folder: &str) -> Vec<String> {
    let name = |entry| match entry {
        Entry::File(meta) => meta.key,
        Entry::Folder(key) => format!("{key}/"),
    };
    store.list_folder(folder).map(|entry| name(entry.unwrap())).collect()
}

#[test]
fn what_was_put_is_read_whole_in_ranges_and_seen() {
    for store in stores() {
        store.put("a/b.txt", "0123456789").unwrap();
        assert_eq!(store.get("a/b.txt").unwrap(), "0123456789", "{store:?}");
        assert_eq!(store.get_range("a/b.txt", 2..5).unwrap(), "234");
        assert_eq!(store.get_range("a/b.txt", 8..100).unwrap(), "89");
        assert_eq!(store.get_range("a/b.txt", 3..3).unwrap(), "");
        assert_eq!(store.get_range("a/b.txt", 10..12).unwrap(), "");
        let before = store.head("a/b.txt").unwrap();
        assert_eq!((before.key.as_str(), before.size), ("a/b.txt", 10));
        let age = before.modified.elapsed().unwrap_or_default();
        assert!(age.as_secs() < 3600, "{store:?}: {age:?}");
        store.put("a/b.txt", "other").unwrap();
        assert_eq!(store.get("a/b.txt").unwrap(), "other");
        assert_ne!(store.head("a/b.txt").unwrap().tag, before.tag);
        store.put("empty", "").unwrap();
        assert_eq!(store.get("empty").unwrap(), "");
        assert_eq!(store.head("empty").unwrap().size, 0);
    }
}

#[test]
fn what_is_not_there_is_said_not_to_be_there() {
    for store in stores() {
        store.put("folder/file", "1").unwrap();
        for key in ["none", "folder", "folder/file/below", "none/at all"] {
            let kind = |error: storage::Error| {
                assert!(error.to_string().contains(key), "{error}");
                error.kind
            };
            assert_eq!(store.get(key).map_err(kind), Err(Kind::NotFound), "{store:?} {key}");
            assert_eq!(store.get_range(key, 0..1).map_err(kind), Err(Kind::NotFound), "{store:?} {key}");
            assert_eq!(store.head(key).map_err(kind), Err(Kind::NotFound), "{store:?} {key}");
            assert_eq!(store.copy(key, "x").map_err(kind), Err(Kind::NotFound), "{store:?} {key}");
            assert_eq!(store.find(key).unwrap(), None);
            assert!(store.reader(key).is_err());
        }
        store.delete("none").unwrap();
        store.delete("none/at all").unwrap();
        assert_eq!(keys(&store, "none"), [""; 0]);
        store.delete("folder/file").unwrap();
        assert_eq!(store.find("folder/file").unwrap(), None);
        assert_eq!(keys(&store, ""), [""; 0]);
    }
}

#[test]
fn listings_are_in_the_order_of_keys() {
    let all = ["a b/c", "a!", "a-1/x", "a/1", "a/2/3", "a0", "b/é", "ä", "z"];
    for store in stores() {
        all.iter().rev().for_each(|key| store.put(key, *key).unwrap());
        let mut sorted = all.to_vec();
        sorted.sort_unstable();
        assert_eq!(keys(&store, ""), sorted, "{store:?}");
        assert_eq!(keys(&store, "a/"), ["a/1", "a/2/3"]);
        assert_eq!(entries(&store, "a"), ["a/1", "a/2/"]);
        assert_eq!(entries(&store, "b"), ["b/é"]);
        let inner = store.folder("a");
        assert_eq!(keys(&inner, ""), ["1", "2/3"]);
        assert_eq!(keys(&inner, "2"), ["2/3"]);
        assert_eq!(inner.get("2/3").unwrap(), "a/2/3");
        assert_eq!(inner.head("1").unwrap().key, "1");
        let sizes: Vec<u64> = store.list("").map(|meta| meta.unwrap().size).collect();
        assert_eq!(sizes, sorted.iter().map(|key| key.len() as u64).collect::<Vec<_>>());
    }
}

#[test]
fn a_long_listing_comes_whole_and_once() {
    for store in stores() {
        let inner = store.folder("many");
        let all: Vec<String> = (0..1203).map(|n| format!("{:02}/{n:05}", n / 100)).collect();
        std::thread::scope(|scope| {
            for part in all.chunks(100) {
                let inner = &inner;
                scope.spawn(move || part.iter().for_each(|key| inner.put(key, "").unwrap()));
            }
        });
        assert_eq!(keys(&inner, ""), all, "{store:?}");
        assert_eq!(entries(&inner, "").len(), 13);
    }
}

#[test]
fn odd_names_stay_as_they_are() {
    let odd = [
        "with space",
        "#",
        "%41",
        "100%",
        "a+b",
        "[x]{y}",
        "~",
        "é",
        "e\u{301}",
        "日本",
        "a:b",
        "q?x=1&y",
        "\\",
        "'\"",
        "*",
        ".hidden",
        "..two",
        "tab\u{9}",
        "^`|<>",
    ];
    for store in stores() {
        // S3's own client does not take control characters.
        let on_s3 = store.url("").starts_with("s3:");
        let odd: Vec<String> = odd
            .iter()
            .filter(|name| !(on_s3 && name.contains('\t')))
            .flat_map(|name| [format!("file {name}"), format!("{name}/in it")])
            .collect();
        for key in &odd {
            store.put(key, key.clone()).unwrap();
            assert_eq!(store.get(key).unwrap(), *key, "{store:?}");
            assert_eq!(store.head(key).unwrap().size, key.len() as u64, "{store:?} {key}");
            store.copy(key, "copied").unwrap();
            assert_eq!(store.get("copied").unwrap(), *key, "{store:?}");
            assert!(matches!(store.create(key, "").unwrap(), Created::Exists), "{store:?} {key}");
        }
        store.delete("copied").unwrap();
        let mut expected = odd.clone();
        expected.sort();
        assert_eq!(keys(&store, ""), expected, "{store:?}");
        odd.iter().for_each(|key| store.delete(key).unwrap());
        assert_eq!(keys(&store, ""), [""; 0], "{store:?}");
    }
}

#[test]
fn names_that_leave_the_store_are_refused() {
    for store in stores() {
        for key in ["", "/a", "a/", "a//b", "../a", "a/./b", "a/..", "a\0b"] {
            assert_eq!(store.put(key, "x").map_err(|error| error.kind), Err(Kind::Other), "{store:?} {key}");
            assert_eq!(store.get(key).map_err(|error| error.kind), Err(Kind::Other), "{store:?} {key}");
        }
    }
}

#[test]
fn creating_and_replacing_tell_who_was_first() {
    for store in stores() {
        let Created::New(first) = store.create("claim", "1").unwrap() else { panic!("{store:?}: not new") };
        assert_eq!(store.create("claim", "2").unwrap(), Created::Exists);
        assert_eq!(store.get("claim").unwrap(), "1");
        assert_eq!(store.get_versioned("claim").unwrap().1, first);
        let Replaced::Yes(second) = store.replace("claim", "3", &first).unwrap() else { panic!("{store:?}") };
        assert_eq!(store.replace("claim", "4", &first).unwrap(), Replaced::Changed);
        assert_eq!(store.get("claim").unwrap(), "3");
        assert!(matches!(store.replace("claim", "5", &second).unwrap(), Replaced::Yes(_)));
        store.delete("claim").unwrap();
        assert_eq!(store.replace("claim", "6", &second).unwrap(), Replaced::Changed);
        assert_eq!(store.find("claim").unwrap(), None);
        assert_eq!(keys(&store, ""), [""; 0], "{store:?}");
    }
}

/// Lets 16 threads do something at once and returns how many won.
fn race(store: &Store, run: impl Fn(&Store, usize) -> bool + Sync) -> usize {
    let start = Barrier::new(16);
    std::thread::scope(|scope| {
        let racers: Vec<_> = (0..16)
            .map(|n| {
                let (start, run) = (&start, &run);
                scope.spawn(move || {
                    start.wait();
                    run(store, n)
                })
            })
            .collect();
        racers.into_iter().filter_map(|racer| racer.join().unwrap().then_some(())).count()
    })
}

#[test]
fn of_sixteen_writers_one_wins() {
    for store in stores() {
        for round in 0..10 {
            let key = format!("race/{round}");
            let created = |store: &Store, n: usize| {
                matches!(store.create(&key, format!("writer {n}")).unwrap(), Created::New(_))
            };
            assert_eq!(race(&store, created), 1, "{store:?}");
            let (bytes, version) = store.get_versioned(&key).unwrap();
            assert!(bytes.starts_with(b"writer "), "{store:?}");
            let replaced = |store: &Store, n: usize| {
                matches!(store.replace(&key, format!("again {n}"), &version).unwrap(), Replaced::Yes(_))
            };
            assert_eq!(race(&store, replaced), 1, "{store:?}");
            assert!(store.get(&key).unwrap().starts_with(b"again "));
        }
    }
}

#[test]
fn sixteen_counters_lose_no_count() {
    for store in stores() {
        store.create("count", "0").unwrap();
        let count = |store: &Store, _| {
            for _ in 0..5 {
                loop {
                    let (bytes, version) = store.get_versioned("count").unwrap();
                    let number: u64 = std::str::from_utf8(&bytes).unwrap().parse().unwrap();
                    if store.replace("count", (number + 1).to_string(), &version).unwrap()
                        != Replaced::Changed
                    {
                        break;
                    }
                }
            }
            true
        };
        race(&store, count);
        assert_eq!(store.get("count").unwrap(), "80", "{store:?}");
    }
}

#[test]
fn readers_see_an_object_whole_while_it_is_written_anew() {
    for store in stores() {
        let text = |n: u8| vec![b'a' + n; 100_000];
        store.put("whole", text(0)).unwrap();
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| (0..20).for_each(|n| store.put("whole", text(n)).unwrap()));
            while !writer.is_finished() {
                let bytes = store.get("whole").unwrap();
                assert!(bytes.len() == 100_000 && bytes.iter().all(|&b| b == bytes[0]), "{store:?}");
            }
        });
    }
}

#[test]
fn a_large_object_streams_in_and_out() {
    let line = |n: u32| format!("{n:>9}\n");
    let lines = 4_000_000; // 40 MB: three parts
    for store in stores() {
        let mut writer = store.writer("large/file").unwrap();
        let mut text = String::new();
        for n in 0..lines {
            text.push_str(&line(n));
            if n % 100_000 == 0 {
                writer.write_all(text.as_bytes()).unwrap();
                text.clear();
            }
        }
        writer.write_all(text.as_bytes()).unwrap();
        assert_eq!(keys(&store, ""), [""; 0], "{store:?}: nothing is there before it is finished");
        assert_eq!(writer.finish().unwrap(), u64::from(lines) * 10);
        let mut reader = store.reader("large/file").unwrap();
        assert_eq!(reader.size(), u64::from(lines) * 10);
        let mut whole = String::new();
        reader.read_to_string(&mut whole).unwrap();
        assert!((0..lines).step_by(9973).all(|n| whole[n as usize * 10..][..10] == line(n)), "{store:?}");
        for n in [3_999_999, 0, 1, 1_700_000] {
            let mut ten = [0; 10];
            reader.seek(SeekFrom::Start(u64::from(n) * 10)).unwrap();
            reader.read_exact(&mut ten).unwrap();
            assert_eq!(ten, *line(n).as_bytes(), "{store:?}");
        }
    }
}

#[test]
fn a_small_or_empty_object_streams_too() {
    for store in stores() {
        let mut writer = store.writer("small").unwrap();
        writer.write_all(b"few").unwrap();
        writer.finish().unwrap();
        assert_eq!(store.get("small").unwrap(), "few");
        store.writer("empty").unwrap().finish().unwrap();
        assert_eq!(store.head("empty").unwrap().size, 0);
        let mut text = String::new();
        store.reader("empty").unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "", "{store:?}");
    }
}

#[test]
fn an_abandoned_object_leaves_nothing() {
    for store in stores() {
        let mut writer = store.writer("abandoned").unwrap();
        writer.write_all(&vec![1; 20 << 20]).unwrap();
        drop(writer);
        assert_eq!(keys(&store, ""), [""; 0], "{store:?}");
    }
}

/// What a caller may do to a key.
#[derive(Clone, Debug)]
enum Step {
    Put(u8, u8),
    Create(u8, u8),
    Replace(u8, u8, bool),
    Delete(u8),
    Copy(u8, u8),
}

fn step() -> impl Strategy<Value = Step> {
    let key = 0..4_u8;
    prop_oneof![
        (key.clone(), any::<u8>()).prop_map(|(key, value)| Step::Put(key, value)),
        (key.clone(), any::<u8>()).prop_map(|(key, value)| Step::Create(key, value)),
        (key.clone(), any::<u8>(), any::<bool>())
            .prop_map(|(key, value, stale)| Step::Replace(key, value, stale)),
        key.clone().prop_map(Step::Delete),
        (key.clone(), key).prop_map(|(from, to)| Step::Copy(from, to)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Any sequence of calls leaves what a map would hold.
    #[test]
    fn a_store_is_a_map(steps in prop::collection::vec(step(), 1..30)) {
        let name = |key: u8| format!("folder {key}/key");
        for store in stores() {
            let mut model: BTreeMap<u8, Vec<u8>> = BTreeMap::new();
            let mut versions: BTreeMap<u8, Version> = BTreeMap::new();
            for step in &steps {
                match *step {
                    Step::Put(key, value) => {
                        store.put(&name(key), vec![value]).unwrap();
                        model.insert(key, vec![value]);
                    }
                    Step::Create(key, value) => {
                        let created = store.create(&name(key), vec![value]).unwrap() != Created::Exists;
                        prop_assert_eq!(created, !model.contains_key(&key));
                        model.entry(key).or_insert(vec![value]);
                    }
                    Step::Replace(key, value, stale) => {
                        let now = store.get_versioned(&name(key)).ok();
                        let version = if stale { versions.get(&key).cloned() } else { now.clone().map(|now| now.1) };
                        let Some(version) = version else { continue };
                        let fits = now.is_some_and(|now| now.1 == version);
                        let replaced = store.replace(&name(key), vec![value], &version).unwrap();
                        prop_assert_eq!(replaced != Replaced::Changed, fits);
                        if fits {
                            model.insert(key, vec![value]);
                        }
                        versions.insert(key, version);
                    }
                    Step::Delete(key) => {
                        store.delete(&name(key)).unwrap();
                        model.remove(&key);
                    }
                    Step::Copy(from, to) => {
                        let copied = store.copy(&name(from), &name(to)).is_ok();
                        prop_assert_eq!(copied, model.contains_key(&from));
                        if let Some(value) = model.get(&from).cloned() {
                            model.insert(to, value);
                        }
                    }
                }
            }
            let found: BTreeMap<String, Vec<u8>> =
                store.list("").map(|meta| meta.unwrap().key).map(|key| (key.clone(), store.get(&key).unwrap().to_vec())).collect();
            let expected: BTreeMap<String, Vec<u8>> = model.into_iter().map(|(key, value)| (name(key), value)).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
