//! AWS Batch: rounds of a job as array jobs.

use crate::{Aws, AwsError, fargate};
use job::executor::{Executor, ExecutorError, Placed, TaskState};
use job::ledger::{Ledger, LedgerError, PartName, PlacedPart};
use job::{Class, Message};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::Duration;

/// The most children that an array job may have; it has two at least.
const ARRAY: usize = 10_000;

/// How much SubmitJob takes.
const PAYLOAD: usize = 30 << 10;

/// How often a job is submitted whose answers get lost.
const SUBMITS: u32 = 5;

/// What the stack tells the dispatcher, under the sample's names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BatchSettings {
    /// `BATCH_JOB_QUEUE`.
    pub queue: String,
    /// `BATCH_JOB_DEFINITION`: of the native engine.
    pub definition: String,
    /// `BATCH_CELLPROFILER_DEFINITION`; empty, there is none.
    pub cellprofiler: String,
    /// `BATCH_FARGATE_DEFINITION`; empty, there is none.
    pub fargate: String,
    /// `BATCH_FARGATE_QUEUE`: where jobs of that definition go.
    pub fargate_queue: String,
    /// `BATCH_MAX_VCPUS`: the most that an environment has; 0, it is not known.
    pub max_vcpus: u64,
    /// `BATCH_JOB_NAME`: what names of jobs begin with.
    pub name: String,
    /// `BATCH_JOB_ATTEMPTS`.
    pub attempts: u64,
    /// `BATCH_JOB_MEMORY`, in MiB.
    pub memory: u64,
    /// `BATCH_JOB_VCPUS`.
    pub vcpus: u64,
}

impl BatchSettings {
    /// Reads the settings from the environment.
    ///
    /// # Errors
    /// Which one is missing.
    pub fn from_environment() -> Result<Self, String> {
        let get = |name: &str| std::env::var(name).map_err(|_| format!("{name} is not set"));
        let number = |name: &str| get(name)?.parse().map_err(|_| format!("{name} is no number"));
        Ok(Self {
            queue: get("BATCH_JOB_QUEUE")?,
            definition: get("BATCH_JOB_DEFINITION")?,
            cellprofiler: get("BATCH_CELLPROFILER_DEFINITION").unwrap_or_default(),
            fargate: get("BATCH_FARGATE_DEFINITION").unwrap_or_default(),
            fargate_queue: get("BATCH_FARGATE_QUEUE").unwrap_or_default(),
            max_vcpus: number("BATCH_MAX_VCPUS").unwrap_or_default(),
            name: get("BATCH_JOB_NAME")?,
            attempts: number("BATCH_JOB_ATTEMPTS")?,
            memory: number("BATCH_JOB_MEMORY")?,
            vcpus: number("BATCH_JOB_VCPUS")?,
        })
    }

    /// Returns whether a job definition that a message names is one of the stack's.
    pub fn is_ours(&self, definition: &str) -> bool {
        let known = [&self.definition, &self.cellprofiler, &self.fargate];
        known.iter().any(|ours| same_definition(ours, definition))
    }

    /// Returns whether a job definition is the stack's for Fargate.
    fn is_fargate(&self, definition: &str) -> bool {
        same_definition(&self.fargate, definition)
    }

    /// Sees that Batch could ever start what a message asks for.
    ///
    /// # Errors
    /// Why it would wait for ever.
    pub fn check(&self, message: &Message) -> Result<(), String> {
        let (vcpus, memory) = (message.job_vcpu, message.job_memory);
        if let (1.., Some(asked)) = (self.max_vcpus, vcpus.filter(|asked| *asked > self.max_vcpus)) {
            return Err(format!(
                "job_vcpu: {asked} processors, but an environment has {} (compute_max_cpu): the job would wait for ever",
                self.max_vcpus
            ));
        }
        match (message.job_definition.as_deref(), vcpus, memory) {
            (Some(definition), Some(vcpus), Some(memory)) if self.is_fargate(definition) => {
                fargate::check(vcpus, memory).map_err(|why| format!("job_vcpu, job_memory: {why}"))
            }
            _ => Ok(()),
        }
    }
}

/// Returns whether two definitions, by name or ARN, are the same but for their revision.
fn same_definition(ours: &str, other: &str) -> bool {
    let name = |arn: &str| {
        let name = arn.rsplit('/').next().unwrap_or(arn);
        name.split(':').next().unwrap_or(name).to_string()
    };
    !ours.is_empty() && name(ours) == name(other)
}

/// Submits to AWS Batch and asks it.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The services.
    pub aws: Aws,
    /// The stack's names.
    pub settings: BatchSettings,
}

impl Batch {
    /// Returns the executor of one job.
    pub fn executor<'a>(&'a self, ledger: &'a Ledger, message: &Message, engine: &str) -> BatchExecutor<'a> {
        let definition = message.job_definition.clone().unwrap_or_else(|| match engine {
            "cellprofiler" => self.settings.cellprofiler.clone(),
            _ => self.settings.definition.clone(),
        });
        let fargate = self.settings.is_fargate(&definition);
        let queue = if fargate { &self.settings.fargate_queue } else { &self.settings.queue };
        let queue = message.job_queue.clone().unwrap_or_else(|| queue.clone());
        BatchExecutor { batch: self, ledger, queue, definition }
    }

    /// Submits a job that another program's definition describes, as the sample did; the same name is submitted once.
    ///
    /// # Errors
    /// When Batch refuses or does not answer.
    pub fn submit_foreign(&self, name: &str, message: &Message) -> Result<String, AwsError> {
        let definition = message.job_definition.as_deref().unwrap_or(&self.settings.definition);
        let queue = message.job_queue.as_deref().unwrap_or(&self.settings.queue);
        let environment =
            [("INPUT", &message.input), ("OUTPUT", &message.output), ("PIPELINE", &message.pipeline)];
        let environment: Vec<Value> =
            environment.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
        let mut overrides = json!({"environment": environment});
        overrides["resourceRequirements"] = self.needs(definition, message.job_memory, message.job_vcpu);
        let retry = json!({"attempts": self.settings.attempts});
        let body = json!({"jobName": name, "jobQueue": queue, "jobDefinition": definition,
            "containerOverrides": overrides, "retryStrategy": retry});
        self.submit_once(name, queue, &body)
    }

    /// Submits a job that plans what a mark asks for, the first time or again with more memory; returns whether it has ended.
    ///
    /// # Errors
    /// When Batch refuses or does not answer.
    pub fn planning(&self, name: &str, mark: &str, attempt: u32) -> Result<bool, AwsError> {
        let (queue, definition) = (&self.settings.queue, &self.settings.definition);
        let body = json!({"jobName": name, "jobQueue": queue, "jobDefinition": definition, "containerOverrides": {
            "command": ["dispatch", "--plan", mark],
            "environment": [{"name": "CPB_PLAN", "value": mark}],
            "resourceRequirements": self.needs(definition, Some(self.settings.memory << attempt), None),
        }});
        let id = self.submit_once(name, queue, &body)?;
        let known = self.describe(std::slice::from_ref(&id))?;
        Ok(known.get(&id).is_some_and(|job| matches!(job["status"].as_str(), Some("SUCCEEDED" | "FAILED"))))
    }

    /// Stops jobs; those that have ended stay as they are.
    ///
    /// # Errors
    /// When Batch refuses or does not answer.
    pub fn terminate(&self, id: &str, reason: &str) -> Result<(), AwsError> {
        self.aws.rest("batch", "/v1/terminatejob", &json!({"jobId": id, "reason": reason})).map(|_| ())
    }

    /// Returns what Batch knows of jobs; of those that it has forgotten there is nothing.
    ///
    /// # Errors
    /// When Batch does not answer.
    pub fn describe(&self, ids: &[String]) -> Result<HashMap<String, Value>, AwsError> {
        let mut found = HashMap::new();
        for ids in ids.chunks(100) {
            let answer = self.aws.rest("batch", "/v1/describejobs", &json!({"jobs": ids}))?;
            for job in answer["jobs"].as_array().into_iter().flatten() {
                if let Some(id) = job["jobId"].as_str() {
                    found.insert(id.to_string(), job.clone());
                }
            }
        }
        Ok(found)
    }

    /// Returns memory and processors of a job, as its definition's machines have them.
    fn needs(&self, definition: &str, memory: Option<u64>, vcpu: Option<u64>) -> Value {
        let (mut memory, mut vcpu) =
            (memory.unwrap_or(self.settings.memory), vcpu.unwrap_or(self.settings.vcpus));
        if self.settings.is_fargate(definition) {
            (vcpu, memory) = fargate::fit(vcpu, memory);
        }
        json!([{"type": "MEMORY", "value": memory.to_string()}, {"type": "VCPU", "value": vcpu.to_string()}])
    }

    /// Submits unless a job of the name is there, in whatever state.
    ///
    /// When no answer comes, the job is looked for by its name before it is submitted again: it may be there.
    fn submit_once(&self, name: &str, queue: &str, body: &Value) -> Result<String, AwsError> {
        let refuse = |message: String| AwsError {
            service: "batch".into(),
            action: "submitjob".into(),
            code: "TooLarge".into(),
            message,
        };
        let size = body.to_string().len();
        if size > PAYLOAD {
            return Err(refuse(format!(
                "the job has {size} bytes, Batch takes {PAYLOAD}: shorten its paths"
            )));
        }
        let mut wait = Duration::from_millis(200);
        for _ in 1..SUBMITS {
            if let Some(id) = self.find(name, queue)? {
                return Ok(id);
            }
            match self.submit(body) {
                Err(error) if error.may_pass() => std::thread::sleep(wait),
                ended => return ended,
            }
            wait *= 2;
        }
        match self.find(name, queue)? {
            Some(id) => Ok(id),
            None => self.submit(body),
        }
    }

    /// Returns the job of a name.
    fn find(&self, name: &str, queue: &str) -> Result<Option<String>, AwsError> {
        let filter = json!({"jobQueue": queue, "filters": [{"name": "JOB_NAME", "values": [name]}]});
        let listed = self.aws.rest("batch", "/v1/listjobs", &filter)?;
        let known = listed["jobSummaryList"].as_array().into_iter().flatten();
        // By name again: what lists without the filter must not be taken for ours.
        let known = known.filter(|job| job["jobName"] == name).find_map(|job| job["jobId"].as_str());
        Ok(known.map(str::to_string))
    }

    fn submit(&self, body: &Value) -> Result<String, AwsError> {
        let answer = self.aws.rest_once("batch", "/v1/submitjob", body)?;
        answer["jobId"].as_str().map(str::to_string).ok_or_else(|| AwsError {
            service: "batch".into(),
            action: "submitjob".into(),
            code: "NoId".into(),
            message: "Batch answered without an id".into(),
        })
    }
}

/// Runs the rounds of one job on AWS Batch: what is placed is in the job's ledger, and twice placed is computed once.
pub struct BatchExecutor<'a> {
    batch: &'a Batch,
    ledger: &'a Ledger,
    queue: String,
    definition: String,
}

/// Why a round cannot be placed or seen.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// The ledger cannot be read or written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Batch refuses or does not answer.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// The engine has no job definition.
    #[error(
        "the stack has no image with CellProfiler: deploy with `cellprofiler_image`, or ask for the native engine"
    )]
    NoDefinition,
}

impl From<PlaceError> for ExecutorError {
    fn from(error: PlaceError) -> Self {
        Self { executor: "aws", message: error.to_string() }
    }
}

impl BatchExecutor<'_> {
    /// Places a round for the `placement`th time, and its merge after it; what is placed already is left as it is.
    ///
    /// # Errors
    /// When a part cannot be placed: the next call goes on there.
    pub fn place(&self, round: &Placed, placement: usize) -> Result<(), PlaceError> {
        if self.definition.is_empty() {
            return Err(PlaceError::NoDefinition);
        }
        let mut arrays = Vec::new();
        for (part, first) in (0..round.tasks).step_by(ARRAY).enumerate() {
            let tasks = (round.tasks - first).min(ARRAY);
            let name = PartName { round: round.round, placement, part: Some(part) };
            arrays.push(self.part(round, name, first, tasks, &[])?);
        }
        let name = PartName { round: round.round, placement, part: None };
        self.part(round, name, 0, 0, &arrays).map(|_| ())
    }

    /// Places the merge of a round alone: nothing of it is open.
    ///
    /// # Errors
    /// As [`Self::place`].
    pub fn place_merge(&self, round: &Placed, placement: usize) -> Result<(), PlaceError> {
        let name = PartName { round: round.round, placement, part: None };
        self.part(round, name, 0, 0, &[]).map(|_| ())
    }

    /// Returns the placements of a round so far.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn placements(&self, round: usize) -> Result<usize, LedgerError> {
        let placed = |placement, part| self.ledger.placed(PartName { round, placement, part });
        let mut placement = 0;
        while placed(placement, Some(0))?.is_some() || placed(placement, None)?.is_some() {
            placement += 1;
        }
        Ok(placement)
    }

    /// Returns the parts of a placement, its merge last.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn parts(
        &self,
        round: usize,
        placement: usize,
    ) -> Result<(Vec<PlacedPart>, Option<PlacedPart>), LedgerError> {
        let mut parts = Vec::new();
        while let Some(part) = self.ledger.placed(PartName { round, placement, part: Some(parts.len()) })? {
            parts.push(part);
        }
        Ok((parts, self.ledger.placed(PartName { round, placement, part: None })?))
    }

    fn part(
        &self,
        round: &Placed,
        name: PartName,
        first: usize,
        tasks: usize,
        after: &[String],
    ) -> Result<String, PlaceError> {
        if let Some(placed) = self.ledger.placed(name)? {
            return Ok(placed.id);
        }
        let PartName { placement, part, .. } = name;
        let what = part.map_or_else(|| "merge".to_string(), |part| part.to_string());
        let job_name =
            format!("{}-{}-{}-{placement}-{what}", self.batch.settings.name, self.ledger.job(), round.round);
        let number = round.round.to_string();
        let vcpus = round.vcpu.unwrap_or(self.batch.settings.vcpus).to_string();
        let mut command = match part {
            None => vec!["merge", "--job", round.job.as_str(), "--round", &number],
            Some(_) => vec!["worker", "--job", round.job.as_str(), "--round", &number, "-j", &vcpus],
        };
        let (first_text, tasks_text, placement_text) =
            (first.to_string(), tasks.to_string(), placement.to_string());
        let part_text = part.unwrap_or_default().to_string();
        if part.is_some() {
            command.extend(["--first", &first_text, "--placement", &placement_text]);
            command.extend(["--part", &part_text, "--part-tasks", &tasks_text]);
        }
        if tasks == 1 {
            command.extend(["--shard", "0"]);
        }
        let mut body = json!({
            "jobName": job_name, "jobQueue": self.queue, "jobDefinition": self.definition,
            "containerOverrides": {
                "command": command,
                "environment": [{"name": "CPB_JOB", "value": round.job.as_str()}],
                "resourceRequirements": self.batch.needs(&self.definition, round.memory, round.vcpu),
            },
        });
        if tasks > 1 {
            body["arrayProperties"] = json!({"size": tasks});
        }
        if !after.is_empty() {
            let after: Vec<Value> = after.iter().map(|id| json!({"jobId": id})).collect();
            body["dependsOn"] = json!(after);
        }
        let id = self.batch.submit_once(&job_name, &self.queue, &body)?;
        let ours = PlacedPart { id: id.clone(), first, tasks };
        if self.ledger.place(name, &ours)? {
            return Ok(id);
        }
        let counts = self.ledger.placed(name)?.map_or_else(|| id.clone(), |placed| placed.id);
        if counts != id {
            // Its workers would leave by themselves; nobody need pay for their start.
            self.batch.terminate(&id, "another array has the same work")?;
        }
        Ok(counts)
    }

    fn last(&self, round: usize) -> Result<Option<usize>, LedgerError> {
        Ok(self.placements(round)?.checked_sub(1))
    }

    /// Returns how the tasks of a placement stand, by their place in the round; of those that died also why.
    ///
    /// # Errors
    /// When the ledger or Batch does not answer.
    pub fn tasks(&self, round: &Placed, placement: usize) -> Result<Vec<(TaskState, String)>, PlaceError> {
        let (parts, _) = self.parts(round.round, placement)?;
        let mut states = vec![(TaskState::Waiting, String::new()); round.tasks];
        let ids: Vec<String> = parts.iter().map(|part| part.id.clone()).collect();
        let known = self.batch.describe(&ids)?;
        for part in &parts {
            // Batch forgets jobs a week after their end.
            let Some(parent) = known.get(&part.id) else { continue };
            let parent_ended = matches!(parent["status"].as_str(), Some("SUCCEEDED" | "FAILED"));
            if part.tasks < 2 {
                if let Some(state) = states.get_mut(part.first) {
                    *state = state_of(parent);
                }
                continue;
            }
            if parent["status"] == "SUCCEEDED" {
                states[part.first..part.first + part.tasks].fill((TaskState::Ended, String::new()));
                continue;
            }
            let children: Vec<String> = (0..part.tasks).map(|i| format!("{}:{i}", part.id)).collect();
            let described = self.batch.describe(&children)?;
            for (i, child) in children.iter().enumerate() {
                states[part.first + i] = match described.get(child) {
                    Some(child) => state_of(child),
                    None if parent_ended => (TaskState::Died(Class::Interrupted), "Batch forgot it".into()),
                    None => continue,
                };
            }
        }
        Ok(states)
    }
}

/// Returns how a job of Batch stands, and why.
fn state_of(job: &Value) -> (TaskState, String) {
    let attempt = job["attempts"].as_array().and_then(|attempts| attempts.last());
    let exit = job["container"]["exitCode"].as_i64().or_else(|| attempt?["container"]["exitCode"].as_i64());
    let reason = job["container"]["reason"].as_str().or_else(|| attempt?["container"]["reason"].as_str());
    let why = job["statusReason"].as_str().unwrap_or_default();
    let class = match (exit, reason.unwrap_or_default()) {
        (_, reason) if reason.starts_with("OutOfMemory") => Class::Memory,
        (Some(11 | 137), _) => Class::Memory,
        (Some(10), _) => Class::Input,
        (Some(12 | 143), _) => Class::Interrupted,
        (Some(_), _) => Class::Internal,
        (None, reason) if reason.starts_with("Cannot") => Class::Internal,
        (None, _) => Class::Interrupted,
    };
    let exit = exit.map(|code| format!("exit status {code}; ")).unwrap_or_default();
    let words = format!("{exit}{} {why}", reason.unwrap_or_default()).trim().to_string();
    match job["status"].as_str() {
        Some("SUCCEEDED") => (TaskState::Ended, words),
        Some("FAILED") => (TaskState::Died(class), words),
        Some("RUNNING" | "STARTING") => (TaskState::Running, words),
        _ => (TaskState::Waiting, words),
    }
}

impl Executor for BatchExecutor<'_> {
    fn name(&self) -> &'static str {
        "aws"
    }

    fn submit(&self, round: &Placed) -> Result<(), ExecutorError> {
        let placement = self.last(round.round).map_err(PlaceError::from)?;
        Ok(self.place(round, placement.unwrap_or(0))?)
    }

    fn observe(&self, round: &Placed) -> Result<Vec<TaskState>, ExecutorError> {
        match self.last(round.round).map_err(PlaceError::from)? {
            Some(placement) => {
                Ok(self.tasks(round, placement)?.into_iter().map(|(state, _)| state).collect())
            }
            None => Ok(vec![TaskState::Waiting; round.tasks]),
        }
    }

    fn cancel(&self, round: &Placed) -> Result<(), ExecutorError> {
        let Some(last) = self.last(round.round).map_err(PlaceError::from)? else { return Ok(()) };
        for placement in 0..=last {
            let (parts, merge) = self.parts(round.round, placement).map_err(PlaceError::from)?;
            for part in merge.iter().chain(&parts) {
                self.batch.terminate(&part.id, "the job was cancelled").map_err(PlaceError::from)?;
            }
        }
        Ok(())
    }

    fn logs(&self, round: &Placed, task: usize) -> Result<String, ExecutorError> {
        let Some(placement) = self.last(round.round).map_err(PlaceError::from)? else {
            return Ok(String::new());
        };
        let (parts, _) = self.parts(round.round, placement).map_err(PlaceError::from)?;
        let Some(part) = parts.iter().find(|part| (part.first..part.first + part.tasks).contains(&task))
        else {
            return Ok(String::new());
        };
        let id = if part.tasks > 1 { format!("{}:{}", part.id, task - part.first) } else { part.id.clone() };
        Ok(self.log_of(&id)?)
    }
}

impl BatchExecutor<'_> {
    /// Returns the last that a job's last attempt printed.
    fn log_of(&self, id: &str) -> Result<String, PlaceError> {
        let described = self.batch.describe(&[id.to_string()])?;
        let Some(job) = described.get(id) else { return Ok(String::new()) };
        let container = &job["container"];
        let Some(stream) = container["logStreamName"].as_str() else { return Ok(String::new()) };
        let group = container["logConfiguration"]["options"]["awslogs-group"].as_str();
        let group = group.unwrap_or("/aws/batch/job");
        let body = json!({"logGroupName": group, "logStreamName": stream, "limit": 1000});
        let answer = self.batch.aws.json("logs", "Logs_20140328", "GetLogEvents", &body)?;
        let lines = answer["events"].as_array().into_iter().flatten();
        let lines: Vec<&str> = lines.filter_map(|event| event["message"].as_str()).collect();
        Ok(lines.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> BatchSettings {
        let arn = |name: &str| format!("arn:aws:batch:us-east-1:1:job-definition/{name}:3");
        BatchSettings {
            queue: "q".into(),
            definition: arn("cpb-ba-native"),
            fargate: arn("cpb-ba-fargate"),
            fargate_queue: "fq".into(),
            max_vcpus: 16,
            cellprofiler: String::new(),
            name: "cpb".into(),
            attempts: 3,
            memory: 4096,
            vcpus: 4,
        }
    }

    #[test]
    fn a_definition_is_ours_in_any_revision() {
        assert!(settings().is_ours("arn:aws:batch:eu-west-1:2:job-definition/cpb-ba-native:9"));
        assert!(settings().is_ours("cpb-ba-native"));
        assert!(
            !settings().is_ours("arn:aws:batch:us-east-1:1:job-definition/mine:1") && !settings().is_ours("")
        );
    }

    #[test]
    fn what_batch_could_never_start_is_refused() {
        let message = |definition: &str, vcpu: u64, memory: u64| Message {
            job_definition: Some(definition.into()),
            job_vcpu: Some(vcpu),
            job_memory: Some(memory),
            ..Message::default()
        };
        assert_eq!(settings().check(&message("cpb-ba-native", 16, 100)), Ok(()));
        assert!(
            settings().check(&message("cpb-ba-native", 17, 100)).is_err_and(|why| why.contains("for ever"))
        );
        assert_eq!(settings().check(&message("cpb-ba-fargate", 4, 8192)), Ok(()));
        assert!(
            settings().check(&message("cpb-ba-fargate:2", 4, 4096)).is_err_and(|why| why.contains("4096"))
        );
    }

    #[test]
    fn the_reason_of_an_end_decides_its_class() {
        let ended = |job: Value| state_of(&job).0;
        let failed = |container: Value, why: &str| {
            ended(json!({"status": "FAILED", "statusReason": why, "container": container}))
        };
        let memory =
            json!({"exitCode": 137, "reason": "OutOfMemoryError: Container killed due to memory usage"});
        assert_eq!(failed(memory, "Essential container in task exited"), TaskState::Died(Class::Memory));
        let spot = failed(json!({}), "Host EC2 (instance i-0123456789abcdef0) terminated.");
        assert_eq!(spot, TaskState::Died(Class::Interrupted));
        let image = failed(json!({"reason": "CannotPullContainerError: none"}), "Task failed to start");
        assert_eq!(image, TaskState::Died(Class::Internal));
        assert_eq!(failed(json!({"exitCode": 10}), "Essential container"), TaskState::Died(Class::Input));
        assert_eq!(ended(json!({"status": "RUNNABLE"})), TaskState::Waiting);
        assert_eq!(ended(json!({"status": "SUCCEEDED", "container": {"exitCode": 0}})), TaskState::Ended);
    }
}
