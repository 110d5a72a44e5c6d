//! AWS Batch that keeps what is submitted and runs it when a test wants it, each child a process of this machine.
//!
//! In place of the lab's containers where every call has its turn: half a second a container would make hours of it.

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use std::process::Command;

/// The most that a job may be: what AWS Batch refuses above.
const PAYLOAD: usize = 30 << 10;

/// Jobs in the order of their submission.
#[derive(Default)]
pub struct RecordedBatch {
    jobs: Vec<BatchJob>,
}

/// A job, or an array job with its children.
pub struct BatchJob {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What was submitted.
    pub body: Value,
    children: Vec<Ended>,
}

/// How a child stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It has not started.
    No,
    /// With status 0.
    Well,
    /// Otherwise; with Batch's reason, and the exit status if there is one.
    Badly(String, Option<i32>),
}

impl BatchJob {
    /// Returns whether it is the merge of a round.
    pub fn is_merge(&self) -> bool {
        self.command().first().is_some_and(|verb| verb == "merge")
    }

    /// Returns whether it plans.
    pub fn is_planning(&self) -> bool {
        self.command().first().is_some_and(|verb| verb == "dispatch")
    }

    /// Returns its memory in MiB.
    pub fn memory(&self) -> u64 {
        let needs = self.body["containerOverrides"]["resourceRequirements"].as_array();
        let memory = needs.into_iter().flatten().find(|need| need["type"] == "MEMORY");
        memory.and_then(|need| need["value"].as_str()?.parse().ok()).unwrap_or_default()
    }

    fn command(&self) -> Vec<String> {
        let command = self.body["containerOverrides"]["command"].as_array();
        command.into_iter().flatten().filter_map(|word| Some(word.as_str()?.to_string())).collect()
    }

    fn is_array(&self) -> bool {
        self.body["arrayProperties"]["size"].is_u64()
    }

    fn status(&self) -> &'static str {
        match () {
            () if self.children.iter().any(|child| matches!(child, Ended::No)) => "RUNNABLE",
            () if self.children.iter().all(|child| *child == Ended::Well) => "SUCCEEDED",
            () => "FAILED",
        }
    }

    /// Returns what DescribeJobs says of it, or of one of its children.
    fn describe(&self, child: Option<usize>) -> Value {
        let overrides = &self.body["containerOverrides"];
        let id = child.map_or_else(|| self.id.clone(), |index| format!("{}:{index}", self.id));
        let mut container = json!({"environment": overrides["environment"], "command": overrides["command"]});
        let (mut status, mut why) = (self.status(), String::new());
        let one =
            child.map(|index| &self.children[index]).or(self.children.first().filter(|_| !self.is_array()));
        match one {
            Some(Ended::No) => status = "RUNNABLE",
            Some(Ended::Well) => (status, container["exitCode"]) = ("SUCCEEDED", json!(0)),
            Some(Ended::Badly(reason, exit)) => {
                (status, container["exitCode"], why) = ("FAILED", json!(exit), reason.clone());
                if reason.starts_with("OutOfMemory") {
                    container["reason"] = json!(reason);
                }
            }
            None => {}
        }
        json!({"jobId": id, "jobName": self.name, "jobQueue": self.body["jobQueue"], "status": status,
            "statusReason": why, "container": container})
    }

    /// Returns the event that EventBridge brings of its end.
    pub fn event(&self) -> Value {
        json!({"source": "aws.batch", "detail-type": "Batch Job State Change", "detail": self.describe(None)})
    }
}

impl RecordedBatch {
    /// Returns the jobs.
    pub fn jobs(&self) -> &[BatchJob] {
        &self.jobs
    }

    /// Answers a call as AWS Batch does.
    ///
    /// # Errors
    /// What it refuses.
    pub fn call(&mut self, path: &str, body: &[u8]) -> Result<Value> {
        let size = body.len();
        let body: Value = serde_json::from_slice(body)?;
        match path {
            "/v1/submitjob" => self.submit(size, body),
            "/v1/listjobs" => {
                let wanted = &body["filters"][0]["values"][0];
                let of_queue = self.jobs.iter().filter(|job| job.body["jobQueue"] == body["jobQueue"]);
                let named = of_queue.filter(|job| *wanted == job.name);
                let listed: Vec<Value> =
                    named.map(|job| json!({"jobId": job.id, "jobName": job.name})).collect();
                Ok(json!({"jobSummaryList": listed}))
            }
            "/v1/describejobs" => {
                let ids = body["jobs"].as_array().context("no ids")?;
                ensure!(ids.len() <= 100, "more than 100 jobs");
                let found = ids.iter().filter_map(|id| {
                    let (parent, child) = id
                        .as_str()?
                        .split_once(':')
                        .map_or((id.as_str()?, None), |(parent, child)| (parent, child.parse().ok()));
                    let job = self.jobs.iter().find(|job| job.id == parent)?;
                    child.is_none_or(|index| index < job.children.len()).then(|| job.describe(child))
                });
                Ok(json!({"jobs": found.collect::<Vec<_>>()}))
            }
            "/v1/terminatejob" => {
                let job = self.jobs.iter_mut().find(|job| body["jobId"] == job.id.as_str());
                let job = job.context("there is no such job")?;
                for child in job.children.iter_mut().filter(|child| **child == Ended::No) {
                    *child = Ended::Badly(body["reason"].as_str().unwrap_or_default().to_string(), None);
                }
                Ok(json!({}))
            }
            other => bail!("this test knows no {other}"),
        }
    }

    fn submit(&mut self, size: usize, body: Value) -> Result<Value> {
        let name = body["jobName"].as_str().context("a job has no name")?.to_string();
        ensure!(size <= PAYLOAD, "SubmitJob takes 30 KiB");
        let tasks = body["arrayProperties"]["size"].as_u64();
        ensure!(tasks.is_none_or(|tasks| (2..=10_000).contains(&tasks)), "an array has 2 to 10000 children");
        let after = body["dependsOn"].as_array().cloned().unwrap_or_default();
        ensure!(after.len() <= 20, "dependsOn takes 20 jobs");
        for job in after {
            ensure!(self.jobs.iter().any(|known| job["jobId"] == known.id.as_str()), "no job {job}");
        }
        let id = format!("00000000-0000-0000-0000-{:012}", self.jobs.len());
        let children = vec![Ended::No; tasks.unwrap_or(1) as usize];
        self.jobs.push(BatchJob { id: id.clone(), name: name.clone(), body, children });
        Ok(json!({"jobId": id, "jobName": name}))
    }

    /// Runs everything that can run, as `cpb` would in containers; `outcome` may decide otherwise for a child.
    ///
    /// Returns the ids of the jobs that ended.
    ///
    /// # Errors
    /// When a worker cannot be started.
    pub fn run(
        &mut self,
        cpb: &dyn Fn() -> Command,
        outcome: &mut dyn FnMut(&BatchJob, usize) -> Option<Ended>,
    ) -> Result<Vec<String>> {
        let mut ended = Vec::new();
        for at in 0..self.jobs.len() {
            if self.jobs[at].status() != "RUNNABLE" {
                continue;
            }
            let after = self.jobs[at].body["dependsOn"].as_array().cloned().unwrap_or_default();
            let states: Vec<&str> = after
                .iter()
                .filter_map(|job| {
                    Some(self.jobs.iter().find(|known| job["jobId"] == known.id.as_str())?.status())
                })
                .collect();
            if states.contains(&"RUNNABLE") {
                continue;
            }
            for index in 0..self.jobs[at].children.len() {
                if self.jobs[at].children[index] != Ended::No {
                    continue;
                }
                let job = &self.jobs[at];
                let given = match states.contains(&"FAILED") {
                    true => Some(Ended::Badly("Dependent Job failed".into(), None)),
                    false => outcome(job, index),
                };
                let child = match given {
                    Some(given) => given,
                    None => start(cpb(), job, index)?,
                };
                self.jobs[at].children[index] = child;
            }
            ended.push(self.jobs[at].id.clone());
        }
        Ok(ended)
    }
}

/// Runs a child's command to its end.
fn start(mut cpb: Command, job: &BatchJob, index: usize) -> Result<Ended> {
    cpb.args(job.command()).env("AWS_BATCH_JOB_ATTEMPT", "1");
    match job.is_array() {
        true => {
            cpb.env("AWS_BATCH_JOB_ID", format!("{}:{index}", job.id));
            cpb.env("AWS_BATCH_JOB_ARRAY_INDEX", index.to_string());
        }
        false => {
            cpb.env("AWS_BATCH_JOB_ID", &job.id);
        }
    }
    let output = cpb.output().context("cannot start cpb")?;
    Ok(match output.status.code() {
        Some(0) => Ended::Well,
        code => {
            let said = String::from_utf8_lossy(&output.stderr);
            Ended::Badly(format!("Essential container in task exited: {}", said.trim()), code)
        }
    })
}
