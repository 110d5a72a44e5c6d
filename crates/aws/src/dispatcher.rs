//! From a message to a job that runs: the same as a Lambda and as `cpb dispatch`.

use crate::reconcile::{Found, ReconcileError, job_of_event, placed, planning_of_event, reconcile};
use crate::{Aws, AwsError, Batch, PlanningLimits};
use job::executor::Executor;
use job::ledger::{Ledger, LedgerError};
use job::plan::{Request, StoredPlan, plan_job};
use job::submit::submit;
use job::{Address, JobId, Message, Places, messages};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use storage::Kind;

/// Makes jobs of messages and looks after them.
pub struct Dispatcher<'a> {
    /// Where addresses lead.
    pub places: &'a Places,
    /// The bucket that keys of messages are of.
    pub bucket: Address,
    /// Batch.
    pub batch: Batch,
    /// Who is told when a job has ended; nobody where it is empty.
    pub topic: String,
    /// What may be read for a plan here; a job of Batch plans what is larger.
    pub planning: PlanningLimits,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dispatched {
    /// Jobs of ours.
    Job(JobId),
    /// A job that plans, by its mark: too large to plan here.
    Planning(String),
    /// A plain job of Batch with somebody else's definition.
    Foreign(String),
}

/// What could not be planned, and why: `.cpb/rejected/<message>.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    /// The queue's id of the message.
    pub message_id: String,
    /// The message as it came.
    pub body: String,
    /// Why, in words.
    pub reason: String,
    /// Whether a planning job says so: then the message is on no queue any more.
    #[serde(default)]
    pub planned: bool,
}

/// A job that the dispatcher looks after: `.cpb/open/<job>.json`.
#[derive(Serialize, Deserialize)]
pub(crate) struct Open {
    pub job: JobId,
    pub output: Address,
}

impl Open {
    fn write(&self, places: &Places, bucket: &Address) -> Result<(), LedgerError> {
        let bytes = json!(self).to_string().into_bytes();
        Ok(places.folder(bucket)?.put(&open_key(&self.job), bytes)?)
    }
}

impl Dispatcher<'_> {
    /// Takes a body of the queue: a message, an array of them, or an event of Batch or the clock.
    ///
    /// The same body again finds everything as it is and adds nothing.
    ///
    /// # Errors
    /// Why it is to be delivered again, and in the end to be a dead letter.
    pub fn take(&self, id: &str, body: &str) -> Result<Vec<Dispatched>, String> {
        if let Ok(event) = serde_json::from_str::<Value>(body)
            && event["detail-type"].is_string()
        {
            return self.event(&event).map(|()| Vec::new());
        }
        let mut dispatched = Vec::new();
        let mut reasons = Vec::new();
        match messages(body) {
            Err(problems) => reasons.extend(problems.iter().map(ToString::to_string)),
            Ok(messages) => {
                for (number, message) in messages.into_iter().enumerate() {
                    match self.message(id, number, message) {
                        Ok(job) => dispatched.push(job),
                        Err(reason) => reasons.push(format!("$[{number}]: {reason}")),
                    }
                }
            }
        }
        let key = rejected_key(id);
        let store = self.places.folder(&self.bucket).map_err(|e| e.to_string())?;
        if reasons.is_empty() {
            // Perhaps it could not be planned the last time.
            store.delete(&key).map_err(|e| e.to_string())?;
            return Ok(dispatched);
        }
        let reason = reasons.join("\n");
        let rejected =
            Rejected { message_id: id.into(), body: body.into(), reason: reason.clone(), planned: false };
        let bytes = serde_json::to_vec_pretty(&rejected).map_err(|e| e.to_string())?;
        store.put(&key, bytes).map_err(|e| format!("{reason}; and it cannot be recorded: {e}"))?;
        Err(reason)
    }

    fn message(&self, id: &str, number: usize, message: Message) -> Result<Dispatched, String> {
        if let Some(definition) =
            message.job_definition.as_deref().filter(|d| !self.batch.settings.is_ours(d))
        {
            let work = format!(
                "{id} {number} {definition} {} {} {}",
                message.pipeline, message.input, message.output
            );
            let digest = Sha256::digest(work.as_bytes());
            let name: String = digest.iter().take(10).map(|byte| format!("{byte:02x}")).collect();
            let name = format!("{}-{name}", self.batch.settings.name);
            return self
                .batch
                .submit_foreign(&name, &message)
                .map(Dispatched::Foreign)
                .map_err(|e| e.to_string());
        }
        self.batch.settings.check(&message)?;
        let request = Request::new(message, &self.bucket).map_err(|e| e.to_string())?;
        let budget = self.planning.budget();
        let planned = plan_job(&self.places.within(&budget), request.clone());
        if budget.is_spent() {
            return self.plan_elsewhere(id, number, &request.message);
        }
        let plan = planned.map_err(|e| e.to_string())?;
        submit(self.places, &plan).map_err(|e| e.to_string())?;
        let open = Open { job: plan.job.clone(), output: plan.request.output.clone() };
        self.look_after_open(&open)?;
        Ok(Dispatched::Job(plan.job))
    }

    /// Looks after a job from now on.
    pub(crate) fn look_after_open(&self, open: &Open) -> Result<(), String> {
        // Before anything is placed: a dispatcher that dies in it leaves a job that the next tick finds.
        open.write(self.places, &self.bucket).map_err(|e| e.to_string())?;
        let ledger = Ledger::new(self.places, &open.output, &open.job).map_err(|e| e.to_string())?;
        self.look_after(&ledger).map(|_| ()).map_err(|e| e.to_string())
    }

    /// Takes an event: of a job that ended, or the clock's, which looks after all open jobs.
    fn event(&self, event: &Value) -> Result<(), String> {
        if let Some(folder) = job_of_event(event) {
            let (ledger, _) = Ledger::at(self.places, &folder).map_err(|e| e.to_string())?;
            return self.look_after(&ledger).map(|_| ()).map_err(|e| e.to_string());
        }
        if let Some(mark) = planning_of_event(event) {
            return self.see_to_planning(&mark);
        }
        let mut failed: Vec<String> = self.tick()?.into_iter().filter_map(|(_, found)| found.err()).collect();
        failed.extend(self.see_to_all_planning().err());
        if failed.is_empty() { Ok(()) } else { Err(failed.join("\n")) }
    }

    /// Looks after all open jobs; returns each with what was found.
    ///
    /// # Errors
    /// When they cannot be listed.
    pub fn tick(&self) -> Result<Vec<(JobId, Result<(), String>)>, String> {
        let store = self.places.folder(&self.bucket).map_err(|e| e.to_string())?;
        let mut seen = Vec::new();
        for meta in store.list(".cpb/open") {
            let key = meta.map_err(|e| e.to_string())?.key;
            let bytes = match store.get(&key) {
                Ok(bytes) => bytes,
                Err(error) if error.kind == Kind::NotFound => continue,
                Err(error) => return Err(error.to_string()),
            };
            let Ok(open) = serde_json::from_slice::<Open>(&bytes) else { continue };
            let ledger = Ledger::new(self.places, &open.output, &open.job).map_err(|e| e.to_string())?;
            let found = self.look_after(&ledger).map(|_| ()).map_err(|e| format!("job {}: {e}", open.job));
            seen.push((open.job, found));
        }
        Ok(seen)
    }

    fn look_after(&self, ledger: &Ledger) -> Result<Found, ReconcileError> {
        let found = match reconcile(&self.batch, ledger) {
            // Somebody removed the results, and the ledger with them: there is nothing to look after.
            Err(ReconcileError::Ledger(LedgerError::NoJob(_))) => Found::Replaced,
            found => found?,
        };
        let open = match self.places.folder(&self.bucket) {
            Ok(store) => store,
            Err(error) => return Err(LedgerError::from(error).into()),
        };
        let key = open_key(ledger.job());
        match found {
            Found::GoesOn => {}
            Found::Replaced => open.delete(&key).map_err(LedgerError::from)?,
            Found::Ended(state) => {
                if open.find(&key).map_err(LedgerError::from)?.is_some() {
                    let output = StoredPlan::read(ledger)?.output;
                    let text = format!("job {} is {state:?}: {output}", ledger.job()).to_lowercase();
                    // Told at least once: the mark goes when it is told.
                    if self.tell(&text).is_ok() {
                        open.delete(&key).map_err(LedgerError::from)?;
                    }
                }
            }
        }
        Ok(found)
    }

    fn tell(&self, text: &str) -> Result<(), AwsError> {
        if self.topic.is_empty() {
            return Ok(());
        }
        let fields =
            [("TopicArn", self.topic.as_str()), ("Subject", "Cell Painting Batch"), ("Message", text)];
        self.batch.aws.query("sns", "2010-03-31", "Publish", &fields).map(|_| ())
    }

    /// Takes bodies from a queue until it is empty, as the Lambda would.
    ///
    /// # Errors
    /// When the queue does not answer.
    pub fn drain(
        &self,
        queue: &str,
        mut told: impl FnMut(&str, &Result<Vec<Dispatched>, String>),
    ) -> Result<(), AwsError> {
        let sqs = |action: &str, body: &Value| self.batch.aws.json("sqs", "AmazonSQS", action, body);
        loop {
            let body = json!({"QueueUrl": queue, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 1});
            let received = sqs("ReceiveMessage", &body)?;
            let received = received["Messages"].as_array().cloned().unwrap_or_default();
            if received.is_empty() {
                return Ok(());
            }
            for message in received {
                let id = message["MessageId"].as_str().unwrap_or_default();
                let taken = self.take(id, message["Body"].as_str().unwrap_or_default());
                told(id, &taken);
                if taken.is_ok() {
                    sqs(
                        "DeleteMessage",
                        &json!({"QueueUrl": queue, "ReceiptHandle": message["ReceiptHandle"]}),
                    )?;
                }
            }
        }
    }

    /// Lets the next tick look after a job, which may have ended before.
    ///
    /// # Errors
    /// When the mark cannot be written.
    pub fn reopen(
        places: &Places,
        bucket: &Address,
        job: &JobId,
        output: &Address,
    ) -> Result<(), LedgerError> {
        let open = Open { job: job.clone(), output: output.clone() };
        open.write(places, bucket)
    }

    /// Stops what is placed of a job that was cancelled.
    ///
    /// # Errors
    /// When the ledger or Batch does not answer.
    pub fn cancel(batch: &Batch, ledger: &Ledger) -> Result<(), ReconcileError> {
        let stored = StoredPlan::read(ledger)?;
        let executor = batch.executor(ledger, &stored.message, &stored.engine.name);
        for round in ledger.snapshot()?.rounds {
            executor.cancel(&placed(&stored, &round, batch))?;
        }
        Ok(())
    }

    /// Returns what the bucket holds of messages that could not be planned.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn rejected(places: &Places, bucket: &Address) -> Result<Vec<Rejected>, LedgerError> {
        let store = places.folder(bucket)?;
        let mut rejected = Vec::new();
        for meta in store.list(".cpb/rejected") {
            let bytes = store.get(&meta?.key)?;
            rejected.extend(serde_json::from_slice::<Rejected>(&bytes));
        }
        Ok(rejected)
    }

    /// Makes a dispatcher from what the stack set in the environment.
    ///
    /// # Errors
    /// Which variable is missing.
    pub fn from_environment(places: &Places) -> Result<Dispatcher<'_>, String> {
        let bucket = std::env::var("AWS_BUCKET").map_err(|_| "AWS_BUCKET is not set")?;
        let bucket = Address::of_folder(&format!("s3://{bucket}")).map_err(|e| e.to_string())?;
        let settings = crate::BatchSettings::from_environment()?;
        let aws = Aws::from_environment().map_err(|e| e.to_string())?;
        let topic = std::env::var("TOPIC_ARN").unwrap_or_default();
        let planning = PlanningLimits::from_environment();
        Ok(Dispatcher { places, bucket, batch: Batch { aws, settings }, topic, planning })
    }
}

/// Returns where the bucket says why a message was rejected.
pub(crate) fn rejected_key(message: &str) -> String {
    let name: String =
        message.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
    format!(".cpb/rejected/{name}.json")
}

fn open_key(job: &JobId) -> String {
    format!(".cpb/open/{job}.json")
}
