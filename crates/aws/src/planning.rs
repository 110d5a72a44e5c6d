//! Jobs too large to plan in a Lambda: a job of Batch plans them, the dispatcher places what it planned.
//!
//! The mark `.cpb/planning/<digest>.json` says what is to be planned, later what was. The planning job needs a worker's
//! permissions and no more: it writes a ledger, and its end comes to the dispatcher as an event like any other's.

use crate::dispatcher::{Open, Rejected, rejected_key};
use crate::{AwsError, Dispatched, Dispatcher};
use job::input::JobInputError;
use job::ledger::{LedgerError, OwnerError};
use job::plan::{PlanJobError, Request, plan_job};
use job::submit::submit;
use job::{Address, Message, Places};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::time::Duration;
use storage::{Budget, Kind, Store};

/// How often planning is tried, each time with twice the memory.
const TRIES: u32 = 3;

/// What a dispatcher may read for a plan: a Lambda has two minutes and 1 GiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanningLimits {
    /// How long.
    pub time: Duration,
    /// How many files may be listed.
    pub files: u64,
    /// How many bytes of tables and of images' headers may be read.
    pub bytes: u64,
}

impl Default for PlanningLimits {
    fn default() -> Self {
        Self { time: Duration::from_secs(60), files: 200_000, bytes: 128 << 20 }
    }
}

impl PlanningLimits {
    /// Takes the defaults, but for `PLAN_FILES` where the environment has it.
    pub fn from_environment() -> Self {
        let files = std::env::var("PLAN_FILES").ok().and_then(|files| files.parse().ok());
        Self { files: files.unwrap_or(Self::default().files), ..Self::default() }
    }

    pub(crate) fn budget(self) -> Budget {
        Budget::new(self.time, self.files, self.bytes)
    }
}

/// A job that is being planned elsewhere.
#[derive(Serialize, Deserialize)]
struct Mark {
    message_id: String,
    number: usize,
    message: Message,
    /// The job, once it is planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    planned: Option<Open>,
}

/// Why a marked job was not planned.
#[derive(Debug, thiserror::Error)]
pub enum PlanningError {
    /// It cannot be planned; that is recorded.
    #[error("{0}")]
    Rejected(String),
    /// Another try may succeed.
    #[error("{0}")]
    Again(String),
}

impl PlanningError {
    fn again(error: impl ToString) -> Self {
        Self::Again(error.to_string())
    }
}

impl Dispatcher<'_> {
    /// Lets a job of Batch plan a message.
    pub(crate) fn plan_elsewhere(
        &self,
        id: &str,
        number: usize,
        message: &Message,
    ) -> Result<Dispatched, String> {
        let mark = Mark { message_id: id.into(), number, message: message.clone(), planned: None };
        let bytes = serde_json::to_vec(&mark).map_err(|e| e.to_string())?;
        let digest: String =
            Sha256::digest(&bytes).iter().take(10).map(|byte| format!("{byte:02x}")).collect();
        let key = format!(".cpb/planning/{digest}.json");
        let store = self.places.folder(&self.bucket).map_err(|e| e.to_string())?;
        store.create(&key, bytes).map_err(|e| e.to_string())?;
        self.see_to_planning(&key)?;
        Ok(Dispatched::Planning(digest))
    }

    /// Sees to a mark: places what was planned, tries again where the planning job died, and in the end gives up.
    pub(crate) fn see_to_planning(&self, key: &str) -> Result<(), String> {
        let store = self.places.folder(&self.bucket).map_err(|e| e.to_string())?;
        for attempt in 0..TRIES {
            // Again in each turn: the planning job may have ended since.
            let Some(mark) = read(&store, key)? else { return Ok(()) };
            if let Some(open) = &mark.planned {
                self.look_after_open(open)?;
                return store.delete(key).map_err(|e| e.to_string());
            }
            let digest = digest_of(key);
            let name = format!("{}-plan-{digest}-{attempt}", self.batch.settings.name);
            let at = self.bucket.join(key);
            let ended =
                self.batch.planning(&name, at.as_str(), attempt).map_err(|e: AwsError| e.to_string())?;
            if !ended {
                return Ok(());
            }
        }
        let Some(mark) = read(&store, key)?.filter(|mark| mark.planned.is_none()) else {
            return self.see_to_planning(key);
        };
        let reason = format!("{TRIES} planning jobs ended without a plan: look at their logs in AWS Batch");
        reject(&store, &mark, &reason).map_err(|e| e.to_string())?;
        store.delete(key).map_err(|e| e.to_string())
    }

    /// Sees to all marks.
    pub(crate) fn see_to_all_planning(&self) -> Result<(), String> {
        let store = self.places.folder(&self.bucket).map_err(|e| e.to_string())?;
        let mut failed = Vec::new();
        for meta in store.list(".cpb/planning") {
            failed.extend(self.see_to_planning(&meta.map_err(|e| e.to_string())?.key).err());
        }
        if failed.is_empty() { Ok(()) } else { Err(failed.join("\n")) }
    }
}

/// Plans what a mark asks for, wherever there is time and memory; any number of times, it is one job.
///
/// # Errors
/// When it cannot be planned, which is recorded then, or another try may succeed.
pub fn plan_marked(places: &Places, bucket: &Address, key: &str) -> Result<(), PlanningError> {
    let store = places.folder(bucket).map_err(PlanningError::again)?;
    let Some(mut mark) = read(&store, key).map_err(PlanningError::Again)? else { return Ok(()) };
    let give_up = |reason: String| match reject(&store, &mark, &reason).and_then(|()| Ok(store.delete(key)?))
    {
        Ok(()) => Err(PlanningError::Rejected(reason)),
        Err(error) => Err(PlanningError::again(error)),
    };
    let request = match Request::new(mark.message.clone(), bucket) {
        Ok(request) => request,
        Err(error) => return give_up(error.to_string()),
    };
    let plan = match plan_job(places, request) {
        Ok(plan) => plan,
        Err(error) if may_pass(&error) => return Err(PlanningError::again(error)),
        Err(error) => return give_up(error.to_string()),
    };
    match submit(places, &plan) {
        Ok(_) => {}
        Err(OwnerError::Ledger(error)) => return Err(PlanningError::again(error)),
        Err(error) => return give_up(error.to_string()),
    }
    mark.planned = Some(Open { job: plan.job, output: plan.request.output });
    let bytes = serde_json::to_vec(&mark).map_err(PlanningError::again)?;
    store.put(key, bytes).map_err(PlanningError::again)
}

fn may_pass(error: &PlanJobError) -> bool {
    use JobInputError::{Ledger, Unreadable};
    matches!(error, PlanJobError::Input(Unreadable { may_pass: true, .. } | Ledger(LedgerError::Store(_))))
}

/// Records why a message was not planned. It is on no queue any more: `cpb redrive` sends it from here.
fn reject(store: &Store, mark: &Mark, reason: &str) -> Result<(), LedgerError> {
    let id = format!("{}-{}", mark.message_id, mark.number);
    let body = serde_json::to_string(&mark.message).expect("a message is plain data");
    let rejected = Rejected { message_id: id.clone(), body, reason: reason.to_string(), planned: true };
    let bytes = serde_json::to_vec_pretty(&rejected).expect("it is plain data");
    Ok(store.put(&rejected_key(&id), bytes)?)
}

fn read(store: &Store, key: &str) -> Result<Option<Mark>, String> {
    match store.get(key) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|e| format!("`{key}` is damaged: {e}")),
        Err(error) if error.kind == Kind::NotFound => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

fn digest_of(key: &str) -> &str {
    let name = key.rsplit('/').next().unwrap_or(key);
    name.strip_suffix(".json").unwrap_or(name)
}
