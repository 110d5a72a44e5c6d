//! What concerns local folders alone.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;
use storage::{Created, Entry, Kind, OpenError, Options, Replaced, Store, Stores};

#[test]
fn files_that_others_made_are_objects() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir_all(path("plate #1 50%/empty")).unwrap();
    fs::write(path("plate #1 50%/A01 ~[x].tif"), "1").unwrap();
    fs::create_dir(path("other")).unwrap();
    fs::write(path("other/x"), "22").unwrap();
    symlink("other/x", path("link to a file")).unwrap();
    symlink("other", path("link to a folder")).unwrap();
    symlink("nowhere", path("broken link")).unwrap();
    let store = Store::local(folder.path());
    let found: Vec<String> = store.list("").map(|meta| meta.unwrap().key).collect();
    assert_eq!(found, ["link to a file", "other/x", "plate #1 50%/A01 ~[x].tif"]);
    assert_eq!(store.get("link to a file").unwrap(), "22");
    assert_eq!(store.head("link to a file").unwrap().size, 2);
    let inside: Vec<Entry> = store.list_folder("plate #1 50%").map(Result::unwrap).collect();
    assert!(matches!(&inside[1], Entry::Folder(name) if name == "plate #1 50%/empty"), "{inside:?}");
    store.put("out/new.txt", "3").unwrap();
    assert_eq!(fs::read(path("out/new.txt")).unwrap(), b"3");
    assert_eq!(fs::read_dir(path("out")).unwrap().count(), 1);
    assert_eq!(store.url("out/new.txt"), path("out/new.txt").to_str().unwrap());
}

#[test]
fn a_file_in_the_way_of_a_folder_is_an_error_not_an_absence() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::local(folder.path());
    store.put("a", "1").unwrap();
    assert_eq!(store.put("a/b", "2").unwrap_err().kind, Kind::Other);
    fs::create_dir(folder.path().join("c")).unwrap();
    assert_eq!(store.put("c", "2").unwrap_err().kind, Kind::Other);
    assert_eq!(store.create("c", "2").unwrap(), Created::Exists);
}

/// The other half of the next test, which runs it in processes of its own.
#[test]
fn count_in_the_folder_that_the_environment_names() {
    let Some(folder) = std::env::var_os("STORAGE_COUNT_IN") else { return };
    let store = Store::local(folder);
    let me = std::process::id().to_string();
    let mut wins = 0;
    for n in 0..50 {
        wins += usize::from(store.create(&format!("claims/{n}"), me.clone()).unwrap() != Created::Exists);
        loop {
            let (bytes, version) = store.get_versioned("count").unwrap();
            let count: u64 = std::str::from_utf8(&bytes).unwrap().parse().unwrap();
            if store.replace("count", (count + 1).to_string(), &version).unwrap() != Replaced::Changed {
                break;
            }
        }
    }
    store.put(&format!("wins/{me}"), wins.to_string()).unwrap();
}

#[test]
fn processes_that_share_a_folder_agree() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::local(folder.path());
    store.create("count", "0").unwrap();
    let start = || {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "count_in_the_folder_that_the_environment_names"])
            .env("STORAGE_COUNT_IN", folder.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap()
    };
    let children: Vec<_> = (0..4).map(|_| start()).collect();
    children.into_iter().for_each(|mut child| assert!(child.wait().unwrap().success()));
    assert_eq!(store.get("count").unwrap(), "200");
    assert_eq!(store.list("claims").count(), 50);
    let wins: Vec<u64> = store
        .list("wins")
        .map(|meta| std::str::from_utf8(&store.get(&meta.unwrap().key).unwrap()).unwrap().parse().unwrap())
        .collect();
    assert_eq!((wins.len(), wins.iter().sum::<u64>()), (4, 50));
}

#[test]
fn an_object_is_found_from_its_path() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a b#.txt"), "1").unwrap();
    let stores = Stores::default();
    let path = folder.path().join("a b#.txt");
    for address in
        [path.to_str().unwrap().to_string(), format!("file://{}/a%20b%23.txt", folder.path().display())]
    {
        let (store, key) = stores.locate(&address).unwrap();
        assert_eq!(store.get(&key).unwrap(), "1");
        assert_eq!(store.url(&key), path.to_str().unwrap());
    }
    let (store, key) = stores.locate("memory:///a/b").unwrap();
    store.put(&key, "2").unwrap();
    let (store, key) = stores.locate("memory:///a/b").unwrap();
    assert_eq!((key.as_str(), store.get("a/b").unwrap()), ("a/b", "2".into()));
}

#[cfg(not(feature = "s3"))]
#[test]
fn a_program_without_s3_says_how_to_get_it() {
    let error = Store::open("s3://bucket/x", &Options::default()).unwrap_err();
    assert!(
        matches!(error, OpenError::NotBuilt(_)) && error.to_string().contains("--features aws"),
        "{error}"
    );
}

#[test]
fn an_unknown_scheme_is_refused() {
    let error = Store::open("gs://bucket/x", &Options::default()).unwrap_err();
    assert!(matches!(error, OpenError::Url { .. }), "{error}");
}
