//! `cpb submit`, `work`, `failed --dead-letters` and `redrive`: jobs on the queue of this machine.

#![allow(clippy::unwrap_used, reason = "a test fails by its panic")]

use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A bucket with the golden images and a pipeline.
struct Bucket {
    folder: tempfile::TempDir,
}

impl Bucket {
    fn new() -> Self {
        // The pipeline's filter leaves folders out whose name begins with a dot.
        let folder = tempfile::Builder::new().prefix("bucket-").tempdir().unwrap();
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/golden");
        fs::create_dir(folder.path().join("images")).unwrap();
        for entry in fs::read_dir(golden.join("images")).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, folder.path().join("images").join(path.file_name().unwrap())).unwrap();
        }
        fs::copy(golden.join("one-object-set/pipeline.cppipe"), folder.path().join("p.cppipe")).unwrap();
        Self { folder }
    }

    fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    fn cpb(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cpb"));
        let (verb, rest) = arguments.split_first().unwrap();
        command.arg(verb).arg("--bucket").arg(self.folder.path()).args(rest).output().unwrap()
    }

    #[track_caller]
    fn ends(&self, status: i32, arguments: &[&str]) -> Output {
        let ended = self.cpb(arguments);
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(status), "{arguments:?}: {said}");
        ended
    }

    fn message(output: &str) -> String {
        json!({"pipeline": "p.cppipe", "input": "images", "output": output}).to_string()
    }

    /// Submits a job for later and returns its id.
    fn submit(&self, output: &str) -> String {
        let printed = self.ends(0, &["submit", "--json", &Self::message(output)]).stdout;
        let jobs: Value = serde_json::from_slice(&printed).unwrap();
        jobs[0]["job"].as_str().unwrap().to_string()
    }

    fn dead_letters(&self) -> Vec<Value> {
        serde_json::from_slice(&self.ends(0, &["failed", "--dead-letters", "--json"]).stdout).unwrap()
    }
}

#[test]
fn what_is_submitted_is_worked_on_later_and_once() {
    let bucket = Bucket::new();
    bucket.submit("a");
    bucket.submit("b");
    assert!(!bucket.path("a/Image.csv").exists(), "nothing runs before somebody works");
    bucket.ends(0, &["work", "--until-done"]);
    assert!(bucket.path("a/Image.csv").exists() && bucket.path("b/Image.csv").exists());
    let written = fs::metadata(bucket.path("a/Image.csv")).unwrap().modified().unwrap();
    bucket.submit("a");
    bucket.ends(0, &["work", "--until-done"]);
    assert_eq!(fs::metadata(bucket.path("a/Image.csv")).unwrap().modified().unwrap(), written);
}

#[test]
fn a_queue_that_is_lost_is_made_anew_from_the_ledger() {
    let bucket = Bucket::new();
    bucket.submit("a");
    for file in fs::read_dir(bucket.path(".cpb")).unwrap().map(|entry| entry.unwrap().path()) {
        if file.file_name().unwrap().to_str().unwrap().starts_with("queue.sqlite") {
            fs::remove_file(file).unwrap();
        }
    }
    bucket.ends(0, &["work", "--until-done"]);
    assert!(bucket.path("a/Image.csv").exists());
}

#[test]
fn a_job_that_cannot_be_brought_to_an_end_is_a_dead_letter_until_it_is_redriven() {
    let bucket = Bucket::new();
    let job = bucket.submit("a");
    bucket.submit("b");
    let plan = bucket.path(&format!("a/.cpb/{job}/plan.json"));
    let text = fs::read(&plan).unwrap();
    fs::write(&plan, "{}").unwrap();
    bucket.ends(12, &["work", "--until-done", "--again-after", "0"]);
    assert!(bucket.path("b/Image.csv").exists(), "one bad job does not hold up the others");
    let dead = bucket.dead_letters();
    assert_eq!((dead.len(), dead[0]["receives"].as_u64()), (1, Some(3)));
    assert!(dead[0]["message"].as_str().unwrap().contains(&job));
    assert!(dead[0]["why"].as_str().unwrap().contains("plan.json"), "{}", dead[0]);
    fs::write(&plan, text).unwrap();
    bucket.ends(0, &["work", "--until-done"]);
    assert!(!bucket.path("a/Image.csv").exists(), "a dead letter stays one until somebody says otherwise");
    bucket.ends(0, &["redrive"]);
    bucket.ends(0, &["work", "--until-done"]);
    assert!(bucket.path("a/Image.csv").exists());
    assert_eq!(bucket.dead_letters(), [] as [Value; 0]);
}

#[test]
fn what_is_retried_waits_on_the_queue() {
    let bucket = Bucket::new();
    let image = bucket.path("images/site1_DNA.tif");
    let whole = fs::read(&image).unwrap();
    fs::write(&image, &whole[..100]).unwrap();
    bucket.submit("a");
    bucket.ends(14, &["work", "--until-done"]);
    fs::write(&image, whole).unwrap();
    bucket.ends(0, &["retry", "--failed"]);
    bucket.ends(0, &["work", "--until-done"]);
    let status = bucket.ends(0, &["status", "--json"]).stdout;
    assert_eq!(serde_json::from_slice::<Value>(&status).unwrap()["state"], "done");
}
