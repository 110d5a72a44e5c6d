//! Jobs by the command line, on a bucket that is a folder.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by its panic")]

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const MESSAGE: &str =
    r#"{"pipeline": "examples/p.cppipe", "input": "examples/images/", "output": "examples/output0/"}"#;

/// A bucket with a pipeline and image sets of two channels.
struct Bucket {
    folder: tempfile::TempDir,
}

impl Bucket {
    fn new(sites: usize) -> Self {
        // A folder whose name begins with a dot is hidden, and the pipeline leaves such out.
        let folder = tempfile::Builder::new().prefix("cpb-").tempdir().unwrap();
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/golden");
        let images = folder.path().join("examples/images");
        fs::create_dir_all(&images).unwrap();
        for site in 1..=sites {
            for channel in ["DNA", "Cell"] {
                let from = golden.join(format!("images/site{}_{channel}.tif", 1 + site % 2));
                fs::copy(from, images.join(format!("site{site}_{channel}.tif"))).unwrap();
            }
        }
        let pipeline = fs::read_to_string(golden.join("one-object-set/pipeline.cppipe")).unwrap();
        let pipeline = pipeline.replace("(?P<Site>[0-9])", "(?P<Site>[0-9]+)");
        fs::write(folder.path().join("examples/p.cppipe"), pipeline).unwrap();
        Self { folder }
    }

    fn path(&self, key: &str) -> PathBuf {
        self.folder.path().join(key)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cpb"));
        command.current_dir(self.folder.path()).env_remove("AWS_BUCKET").args(arguments);
        command
    }

    fn cpb(&self, arguments: &[&str]) -> Ended {
        Ended(self.command(arguments).output().unwrap())
    }

    fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let ended = self.cpb(arguments).says(0, &[]);
        serde_json::from_slice(&ended.0.stdout).unwrap()
    }

    fn spoil(&self, site: usize) {
        fs::write(self.path(&format!("examples/images/site{site}_DNA.tif")), "no image").unwrap();
    }

    /// Returns how many parts the workers have kept.
    fn parts(&self) -> usize {
        files_below(&self.path("examples/output0/.cpb")).iter().filter(|p| p.ends_with(".part")).count()
    }
}

fn files_below(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path.display().to_string()) }
    }
    files
}

struct Ended(Output);

impl Ended {
    /// Checks the exit status and that what was said holds each of `parts`.
    #[track_caller]
    fn says(self, status: i32, parts: &[&str]) -> Self {
        let said =
            String::from_utf8_lossy(&self.0.stderr).into_owned() + &String::from_utf8_lossy(&self.0.stdout);
        assert_eq!(self.0.status.code(), Some(status), "{said}");
        for part in parts {
            assert!(said.contains(part), "`{part}` is not in: {said}");
        }
        self
    }
}

#[test]
fn a_message_of_the_sample_makes_results_and_the_same_again_computes_nothing() {
    let bucket = Bucket::new(2);
    bucket.cpb(&["plan", MESSAGE]).says(0, &["image sets  2", "every enabled module is native"]);
    bucket.cpb(&["submit", "--wait", MESSAGE]).says(0, &["2 image sets done", "output0"]);
    let tables = bucket.path("examples/output0");
    let alone = bucket.path("alone");
    let run = ["run", "-p", "examples/p.cppipe", "-i", "examples/images", "-o", "alone"];
    bucket.cpb(&run).says(0, &[]);
    assert_eq!(fs::read(tables.join("Nuclei.csv")).unwrap(), fs::read(alone.join("Nuclei.csv")).unwrap());
    let provenance: Value =
        serde_json::from_slice(&fs::read(tables.join("provenance.json")).unwrap()).unwrap();
    assert_eq!((&provenance["image_sets"], &provenance["engine"]["name"]), (&2.into(), &"native".into()));
    bucket.cpb(&["submit", "--wait", MESSAGE]).says(0, &["nothing is computed again"]);
    let status = bucket.json(&["status", "--json"]);
    assert_eq!((&status["state"], &status["done"]), (&"done".into(), &2.into()));
    bucket.cpb(&["list"]).says(0, &["done", "2/2"]);
}

#[test]
fn an_array_of_messages_is_as_many_jobs() {
    let bucket = Bucket::new(1);
    let other = MESSAGE.replace("output0", "output1");
    fs::write(bucket.path("messages.json"), format!("[{MESSAGE}, {other}]")).unwrap();
    bucket.cpb(&["submit", "--wait", "messages.json"]).says(0, &["output0", "output1"]);
    assert!(bucket.path("examples/output1/Image.csv").is_file());
    assert_eq!(bucket.json(&["list", "--json"]).as_array().unwrap().len(), 2);
}

#[test]
fn what_is_wrong_with_a_message_is_told_at_once_and_nothing_is_recorded() {
    let bucket = Bucket::new(1);
    let wrong =
        MESSAGE.replace("\"output\"", "\"shard_sise\": 3, \"output\"").replace("\"input\"", "\"inputs\"");
    bucket.cpb(&["submit", &wrong]).says(10, &["$.shard_sise", "`shard_size`", "$.inputs", "$.input:"]);
    let no_pipeline = MESSAGE.replace("p.cppipe", "q.cppipe");
    bucket.cpb(&["submit", "--wait", &no_pipeline]).says(10, &["q.cppipe", "there is no such file"]);
    assert!(!bucket.path(".cpb").exists());
    let schema = bucket.json(&["schema"]);
    assert!(schema.to_string().contains("image_set_timeout"));
}

#[test]
fn what_failed_is_named_and_after_mending_computed_alone() {
    let bucket = Bucket::new(3);
    bucket.spoil(2);
    bucket.cpb(&["submit", "--wait", MESSAGE]).says(14, &["1 of 3 image sets failed", "cpb retry --failed"]);
    bucket.cpb(&["failed"]).says(0, &["Site=2", "input", "site2_DNA.tif"]);
    // What has ended cannot be cancelled, and can be tried again.
    bucket.cpb(&["cancel"]).says(0, &["nothing is left to cancel"]);
    let failed = bucket.json(&["failed", "--json"]);
    assert_eq!((failed.as_array().unwrap().len(), &failed[0]["site"]), (1, &"2".into()));
    // The same message is the same job as long as the images are the same: it says so, and computes nothing.
    bucket.cpb(&["submit", "--wait", MESSAGE]).says(14, &["cpb retry --failed"]);
    fs::copy(bucket.path("examples/images/site1_DNA.tif"), bucket.path("examples/images/site2_DNA.tif"))
        .unwrap();
    bucket
        .cpb(&["retry", "--failed", "--wait"])
        .says(0, &["1 image sets are computed again", "3 image sets done"]);
    bucket.cpb(&["failed"]).says(0, &["nothing failed"]);
    bucket.cpb(&["logs"]).says(0, &["round-2/task-0/attempt-1.log", "task 0 of round 2 is done"]);
}

#[test]
fn work_takes_what_was_submitted_drains_when_told_to_stop_and_goes_on_later() {
    let bucket = Bucket::new(40);
    let message = MESSAGE.replace("{\"pipeline\"", "{\"shard_size\": 4, \"pipeline\"");
    bucket.cpb(&["submit", &message]).says(0, &["40 image sets in 10 shards"]);
    let mut work = bucket.start(&["work", "-j", "1"]);
    let begun = Instant::now();
    while bucket.parts() == 0 && begun.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(10));
    }
    Command::new("kill").args(["-TERM", &work.id().to_string()]).status().unwrap();
    let told = Instant::now();
    let status = work.wait().unwrap();
    assert!(told.elapsed() < Duration::from_secs(10));
    let kept = bucket.parts();
    let now = bucket.json(&["status", "--json"]);
    assert!(kept > 0 && now["done"].as_u64().unwrap() > 0, "{now}");
    // Unless the machine was faster than the order.
    if now["state"] != "done" {
        assert_eq!(status.code(), Some(12));
    }
    bucket.cpb(&["work", "--until-done"]).says(0, &[]);
    let now = bucket.json(&["status", "--json"]);
    assert_eq!((&now["state"], &now["done"]), (&"done".into(), &40.into()));
}

#[test]
fn a_worker_that_is_killed_is_tried_again() {
    let bucket = Bucket::new(30);
    let mut submit = bucket.start(&["submit", "--wait", "-j", "1", MESSAGE]);
    let begun = Instant::now();
    let killed = loop {
        assert!(begun.elapsed() < Duration::from_secs(60));
        let pid = submit.id();
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        let worker = children.trim().to_string();
        if !worker.is_empty() {
            break Command::new("kill").args(["-KILL", &worker]).status().unwrap().success();
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    assert_eq!(submit.wait().unwrap().code(), Some(0));
    let now = bucket.json(&["status", "--json"]);
    assert_eq!((&now["state"], &now["done"]), (&"done".into(), &30.into()));
    if killed {
        bucket.cpb(&["logs"]).says(0, &["attempt-2.log"]);
    }
}
