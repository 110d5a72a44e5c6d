//! A bucket with a job to be done, and what the test does to it: dispatchers, workers, events.

use super::emulator::Emulator;
use super::lambda::invoke;
use super::proxy::{Fault, Proxy};
use super::recorded_batch::{BatchJob, Ended, RecordedBatch};
use crate::lab::Lab;
use crate::shell;
use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How often something is delivered or looked after before a test gives up.
const TURNS: usize = 12;

/// What all scenes share.
#[derive(Clone)]
pub struct Stage<'a> {
    /// The lab.
    pub lab: &'a Lab,
    /// The program under test.
    pub cpb: &'a Path,
    /// Its S3 and SQS.
    pub emulator: Emulator,
    /// Where those are told who want to hear of jobs.
    pub topic: String,
    /// Results of a run on this machine.
    pub expected: &'a Path,
    /// Where files go.
    pub work: &'a Path,
    /// How many files a dispatcher may list for a plan, if not as many as usual.
    pub plan_files: Option<usize>,
}

/// A bucket of its own, with the golden images and pipeline.
pub struct Scene<'a> {
    stage: &'a Stage<'a>,
    bucket: String,
    folder: PathBuf,
    batch: Arc<Mutex<RecordedBatch>>,
}

/// What a scene came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct End {
    /// Values of the results, all equal to those of the run on this machine.
    pub values: usize,
    /// Jobs of Batch.
    pub jobs: usize,
    /// Of them, those that have the name of another.
    pub twice: usize,
}

impl<'a> Scene<'a> {
    /// Makes a scene; its name is its bucket's.
    pub fn new(stage: &'a Stage<'a>, name: &str) -> Result<Self> {
        let bucket = format!("faults-{name}");
        stage.emulator.create_bucket(&bucket)?;
        let golden = shell::root().join("crates/conformance/golden");
        for image in ["site1_DNA.tif", "site1_Cell.tif", "site2_DNA.tif", "site2_Cell.tif"] {
            let bytes = fs::read(golden.join("images").join(image))?;
            stage.emulator.put(&bucket, &format!("images/{image}"), &bytes)?;
        }
        let pipeline = fs::read(golden.join("one-object-set/pipeline.cppipe"))?;
        stage.emulator.put(&bucket, "pipeline.cppipe", &pipeline)?;
        let folder = stage.work.join(name);
        fs::create_dir_all(&folder)?;
        Ok(Self { stage, bucket, folder, batch: Arc::default() })
    }

    /// Returns the message: a shard an image set.
    pub fn message() -> Value {
        Self::message_to("out/")
    }

    /// Returns the message for another output.
    pub fn message_to(output: &str) -> Value {
        json!({"pipeline": "pipeline.cppipe", "input": "images/", "output": output, "shard_size": 1})
    }

    /// Returns Batch as it stands.
    pub fn batch(&self) -> MutexGuard<'_, RecordedBatch> {
        self.batch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cpb(&self) -> Result<Command> {
        let log = File::options().create(true).append(true).open(self.folder.join("log"))?;
        let mut cpb = self.stage.lab.command(&self.stage.cpb.to_string_lossy());
        cpb.env("AWS_BUCKET", &self.bucket).stdin(Stdio::null());
        for (name, value) in [
            ("BATCH_JOB_QUEUE", "queue"),
            ("BATCH_JOB_DEFINITION", "native"),
            ("BATCH_JOB_NAME", "cpb"),
            ("BATCH_JOB_ATTEMPTS", "1"),
            ("BATCH_JOB_MEMORY", "1024"),
            ("BATCH_JOB_VCPUS", "1"),
            ("TOPIC_ARN", self.stage.topic.as_str()),
        ] {
            cpb.env(name, value);
        }
        if let Some(files) = self.stage.plan_files {
            cpb.env("PLAN_FILES", files.to_string());
        }
        cpb.stdout(log.try_clone()?).stderr(log);
        Ok(cpb)
    }

    /// Runs a verb of the command line, as a user does in the scene's folder. Returns its exit status, none when it was killed, and its calls.
    pub fn operate(
        &self,
        arguments: &[&str],
        fault: Option<(usize, Fault)>,
    ) -> Result<(Option<i32>, Vec<String>)> {
        let proxy = Proxy::start(self.stage.emulator.address(), &self.batch, fault)?;
        let log = File::options().create(true).append(true).open(self.folder.join("log"))?;
        let mut cpb = self.stage.lab.command(&self.stage.cpb.to_string_lossy());
        cpb.args(arguments).arg("--bucket").arg(format!("s3://{}", self.bucket)).current_dir(&self.folder);
        cpb.env("AWS_ENDPOINT_URL", proxy.url()).env("XDG_STATE_HOME", &self.folder);
        let mut child = cpb.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn()?;
        let begun = Instant::now();
        let ended = loop {
            if proxy.is_killed() {
                break None;
            }
            if let Some(status) = child.try_wait()? {
                break Some(status.code().context("cpb died of a signal")?);
            }
            ensure!(begun.elapsed() < Duration::from_secs(120), "cpb {arguments:?} does not end");
            std::thread::sleep(Duration::from_millis(1));
        };
        if ended.is_none() {
            child.kill()?;
            child.wait()?;
        }
        Ok((ended, proxy.calls()))
    }

    /// Delivers a message once to a fresh dispatcher. Returns whether it may be deleted, and the calls that were made.
    pub fn deliver_once(
        &self,
        body: &Value,
        fault: Option<(usize, Fault)>,
        meanwhile: &mut dyn FnMut() -> Result<()>,
    ) -> Result<(bool, Vec<String>)> {
        let proxy = Proxy::start(self.stage.emulator.address(), &self.batch, fault)?;
        let event = json!({"Records": [{"messageId": "m1", "body": body.to_string()}]});
        let answer = invoke(self.cpb()?, &event, &proxy, meanwhile)?;
        let failures =
            answer.as_ref().map(|answer| answer["batchItemFailures"].as_array().map_or(1, Vec::len));
        Ok((failures == Some(0), proxy.calls()))
    }

    /// Delivers messages `m0`, `m1` … in one batch; returns those that are to come back.
    pub fn deliver_batch(&self, bodies: &[Value]) -> Result<Vec<String>> {
        let proxy = Proxy::start(self.stage.emulator.address(), &self.batch, None)?;
        let records = bodies.iter().enumerate();
        let records: Vec<Value> = records
            .map(|(i, body)| json!({"messageId": format!("m{i}"), "body": body.to_string()}))
            .collect();
        let answer = invoke(self.cpb()?, &json!({"Records": records}), &proxy, &mut || Ok(()))?;
        let answer = answer.context("the dispatcher was killed")?;
        let failures = answer["batchItemFailures"].as_array().context("no list of failures")?;
        Ok(failures.iter().filter_map(|one| Some(one["itemIdentifier"].as_str()?.to_string())).collect())
    }

    /// Delivers a message as SQS does: until it may be deleted. Returns how often that was.
    pub fn deliver(&self, body: &Value) -> Result<usize> {
        for turn in 1..=TURNS {
            if self.deliver_once(body, None, &mut || Ok(()))?.0 {
                return Ok(turn);
            }
        }
        bail!("a message comes back {TURNS} times:\n{}", self.log())
    }

    /// Runs what Batch has; returns the events of what ended.
    pub fn run_batch(
        &self,
        outcome: &mut dyn FnMut(&BatchJob, usize) -> Option<Ended>,
    ) -> Result<Vec<Value>> {
        let mut batch = self.batch();
        let cpb = || {
            let mut cpb = self.stage.lab.command(&self.stage.cpb.to_string_lossy());
            cpb.env("AWS_BUCKET", &self.bucket);
            cpb
        };
        let ended = batch.run(&cpb, outcome)?;
        let events = batch.jobs().iter().filter(|job| ended.contains(&job.id)).map(BatchJob::event);
        Ok(events.collect())
    }

    /// Brings the job to its end: runs Batch, delivers its events, until nothing is left to run.
    pub fn finish(&self, outcome: &mut dyn FnMut(&BatchJob, usize) -> Option<Ended>) -> Result<()> {
        for _ in 0..TURNS {
            let events = self.run_batch(outcome)?;
            if events.is_empty() {
                return Ok(());
            }
            for event in events {
                self.deliver(&event)?;
            }
        }
        bail!("the job comes to no end:\n{}", self.log())
    }

    /// The clock's event.
    pub fn tick() -> Value {
        json!({"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}})
    }

    /// Returns how the job stands, by the command line.
    pub fn status(&self, output: &str) -> Result<Value> {
        let mut cpb = self.stage.lab.command(&self.stage.cpb.to_string_lossy());
        let bucket = format!("s3://{}", self.bucket);
        let said = shell::output(cpb.args(["status", "--json", "--bucket", &bucket, output]), "cpb status")?;
        Ok(serde_json::from_str(&said)?)
    }

    /// Returns the emulator.
    pub fn emulator(&self) -> &Emulator {
        &self.stage.emulator
    }

    /// Writes a file in the folder where verbs are run.
    pub fn write(&self, name: &str, text: &str) -> Result<()> {
        Ok(fs::write(self.folder.join(name), text)?)
    }

    /// Writes an object.
    pub fn put(&self, key: &str, value: &Value) -> Result<()> {
        self.stage.emulator.put(&self.bucket, key, value.to_string().as_bytes())
    }

    /// Returns the objects below a prefix.
    pub fn keys(&self, prefix: &str) -> Result<Vec<String>> {
        self.stage.emulator.keys(&self.bucket, prefix)
    }

    /// Removes the objects below a prefix, as somebody might.
    pub fn remove(&self, prefix: &str) -> Result<()> {
        self.keys(prefix)?.iter().try_for_each(|key| self.stage.emulator.delete(&self.bucket, key))
    }

    /// Returns what the bucket says why messages were rejected.
    pub fn rejected(&self) -> Result<Vec<Value>> {
        let keys = self.keys(".cpb/rejected/")?;
        keys.iter()
            .map(|key| Ok(serde_json::from_slice(&self.stage.emulator.get(&self.bucket, key)?)?))
            .collect()
    }

    /// Sees that nothing is called done that is not: what is committed is there, and done only when all of it is.
    pub fn nothing_is_called_done_that_is_not(&self) -> Result<()> {
        let keys = self.keys("out/")?;
        let done = keys.iter().filter(|key| key.ends_with("/done.json")).count();
        let merged = keys.iter().any(|key| key.contains("/merged/"));
        ensure!(!merged || done == 2, "merged with {done} of 2 shards");
        ensure!(!merged || keys.iter().any(|key| key == "out/Image.csv"), "merged without tables");
        Ok(())
    }

    /// Sees that the end is right: all there once, equal to the run on this machine; status and ledger say so; nothing is open.
    pub fn end(&self) -> Result<End> {
        let status = self.status("out/")?;
        ensure!(
            status["state"] == "done" && status["done"] == 2 && status["failed"] == 0,
            "status: {status}\n{}",
            self.log()
        );
        let mut computed = 0;
        for key in self.keys("out/.cpb/")?.iter().filter(|key| key.ends_with("/done.json")) {
            let done: Value = serde_json::from_slice(&self.stage.emulator.get(&self.bucket, key)?)?;
            computed += done["computed"].as_u64().context("a commit does not say what it computed")?;
        }
        ensure!(computed == 2, "2 image sets were computed {computed} times\n{}", self.log());
        ensure!(self.keys(".cpb/open/")?.is_empty(), "the job has ended and is open\n{}", self.log());
        ensure!(self.keys(".cpb/planning/")?.is_empty(), "something is still being planned\n{}", self.log());
        ensure!(self.rejected()?.is_empty(), "a good message is recorded as rejected\n{}", self.log());
        let got = self.folder.join("out");
        for key in self
            .keys("out/")?
            .iter()
            .filter(|key| !key.contains("/.cpb/") && !key.ends_with("provenance.json"))
        {
            let path = got.join(&key["out/".len()..]);
            fs::create_dir_all(path.parent().context("no folder")?)?;
            fs::write(path, self.stage.emulator.get(&self.bucket, key)?)?;
        }
        let found = conformance::compare(self.stage.expected, &got, None)?;
        let (values, equal) = found.totals();
        ensure!(
            found.wrong.is_empty() && values == equal && values > 0,
            "{equal} of {values} values are equal; {}",
            found.wrong.join("; ")
        );
        let batch = self.batch();
        let mut names: BTreeMap<&str, usize> = BTreeMap::new();
        batch.jobs().iter().for_each(|job| *names.entry(job.name.as_str()).or_default() += 1);
        let twice = names.values().map(|count| count - 1).sum();
        let end = End { values, jobs: batch.jobs().len(), twice };
        fs::remove_dir_all(&self.folder)?;
        Ok(end)
    }

    /// Returns the end of what dispatchers said.
    pub fn log(&self) -> String {
        let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}
