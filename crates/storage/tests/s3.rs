//! What concerns S3 alone, in the lab's buckets (`cargo xtask aws-test`).
#![cfg(feature = "s3")]
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::process::Command;
use storage::{Entry, Kind, Options, S3Options, Store};

/// Returns whether the lab is up; its bucket is `cpb-test`.
fn in_lab() -> bool {
    std::env::var("STORAGE_TEST_BUCKET").is_ok()
}

fn open(address: &str) -> Store {
    Store::open(address, &Options::default()).unwrap()
}

#[test]
fn marks_of_folders_are_no_objects() {
    if !in_lab() {
        return;
    }
    let store = open("s3://cpb-test/marks");
    let found: Vec<String> = store.list("").map(|meta| meta.unwrap().key).collect();
    assert_eq!(found, ["full/file", "zero"]);
    let entries: Vec<Entry> = store.list_folder("").map(Result::unwrap).collect();
    assert_eq!(entries[0], Entry::Folder("empty".into()));
    assert_eq!(entries.len(), 3);
}

#[test]
fn a_bucket_that_is_not_there_is_named() {
    if !in_lab() {
        return;
    }
    let error = open("s3://cpb-no-such-bucket").get("a").unwrap_err();
    assert!(error.to_string().contains("s3://cpb-no-such-bucket/a"), "{error}");
    let error = open("s3://cpb-no-such-bucket").list("").next().unwrap().unwrap_err();
    assert!(error.to_string().contains("NoSuchBucket"), "{error}");
}

#[test]
fn a_store_works_within_another_runtime() {
    if !in_lab() {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let read = runtime.block_on(async { open("s3://cpb-test").get("private/file").unwrap() });
    assert_eq!(read, "ours");
}

#[test]
fn objects_are_encrypted_with_the_key_that_is_asked_for() {
    if !in_lab() {
        return;
    }
    let s3 = S3Options { kms_key: Some("alias/aws/s3".into()), requester_pays: true };
    let store = Store::open("s3://cpb-test/encrypted", &Options { s3, ..Options::default() }).unwrap();
    store.put("file", "secret").unwrap();
    assert_eq!(store.get("file").unwrap(), "secret");
    let script = "import boto3; h = boto3.client('s3').head_object(Bucket='cpb-test', Key='encrypted/file'); \
                  assert (h['ServerSideEncryption'], h['SSEKMSKeyId']) == ('aws:kms', 'alias/aws/s3'), h";
    let state = std::env::var("AWS_LAB_STATE").unwrap();
    let python = std::path::Path::new(&state).with_file_name("venv").join("bin/python");
    assert!(Command::new(python).args(["-c", script]).status().unwrap().success());
}

/// The other half of the next test, in a process without credentials.
#[test]
fn read_as_anybody() {
    if std::env::var_os("STORAGE_AS_ANYBODY").is_none() {
        return;
    }
    assert_eq!(open("s3://cpb-public/open").get("file").unwrap(), "anybody");
    assert_eq!(open("s3://cpb-public/open").list("").count(), 1);
    let error = open("s3://cpb-test").get("private/file").unwrap_err();
    assert_eq!(error.kind, Kind::Denied);
    assert!(error.to_string().contains("there are no AWS credentials"), "{error}");
}

#[test]
fn without_credentials_open_buckets_are_read_and_others_say_why_not() {
    if !in_lab() {
        return;
    }
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "read_as_anybody"]).env("STORAGE_AS_ANYBODY", "1").env("HOME", "/nowhere");
    child
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    assert!(child.status().unwrap().success());
}
