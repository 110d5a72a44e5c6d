//! From a plan to a job that workers can start on.

use crate::ledger::{Claim, JobIndex, Ledger, LedgerError, OwnerError, parse, written};
use crate::merge::erase;
use crate::plan::{JobPlan, StoredPlan};
use crate::status::JobState;
use crate::{Address, JobId, Places};
use std::time::UNIX_EPOCH;
use storage::Kind;

/// A job that was submitted.
#[derive(Clone, Debug)]
pub struct Submitted {
    /// The job's ledger.
    pub ledger: Ledger,
    /// How the job stood before: none when it is new.
    pub before: Option<JobState>,
    /// The job whose output it takes over.
    pub replaces: Option<JobId>,
}

/// Records a job: who submits the same work again finds the same job as it stands.
///
/// # Errors
/// When another job has the output and has not ended, or the ledger cannot be written.
pub fn submit(places: &Places, plan: &JobPlan) -> Result<Submitted, OwnerError> {
    let output = &plan.request.output;
    let ledger = Ledger::new(places, output, &plan.job)?;
    let current = ledger.current()?;
    let mut before = state(&ledger)?;
    let lost_output = current.is_some_and(|current| current.job != plan.job);
    let anew = !plan.request.message.resume && before.is_some_and(JobState::is_ended);
    if before.is_some() && (lost_output || anew) {
        // Its files were replaced since, or are not wanted: all is computed anew.
        erase(places, output, &ledger)?;
        before = None;
    }
    plan.store(&ledger)?;
    let replaces = match ledger.claim(|other| Ok(state(other)?.is_none_or(JobState::is_ended)))? {
        Claim::Mine => None,
        Claim::TakenFrom(other) => Some(other),
    };
    ledger.open_round(&plan.first_round())?;
    if before == Some(JobState::Cancelled) {
        ledger.revive()?;
    }
    let submitted = places.now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let index = JobIndex { job: plan.job.clone(), output: output.clone(), submitted };
    let bucket = places.folder(&plan.request.bucket).map_err(LedgerError::from)?;
    bucket.create(&index_key(&plan.job), written(&index)).map_err(LedgerError::from)?;
    Ok(Submitted { ledger, before, replaces })
}

/// Returns how a job stands; none when it was never opened.
fn state(ledger: &Ledger) -> Result<Option<JobState>, LedgerError> {
    let snapshot = ledger.snapshot()?;
    if snapshot.rounds.is_empty() {
        return Ok(None);
    }
    let stored = StoredPlan::read(ledger)?;
    Ok(Some(JobState::of(&snapshot, stored.message.on_error)))
}

fn index_key(job: &JobId) -> String {
    format!(".cpb/jobs/{job}.json")
}

/// Returns the jobs of a bucket, the newest first.
///
/// # Errors
/// When they cannot be listed.
pub fn jobs(places: &Places, bucket: &Address) -> Result<Vec<JobIndex>, LedgerError> {
    let store = places.folder(bucket)?;
    let mut jobs: Vec<JobIndex> = Vec::new();
    for meta in store.list(".cpb/jobs") {
        let key = meta?.key;
        jobs.push(parse(&store, &key, &store.get(&key)?)?);
    }
    jobs.sort_by(|a, b| b.submitted.cmp(&a.submitted).then(a.job.cmp(&b.job)));
    Ok(jobs)
}

/// Finds a job of a bucket by its id, or by an output.
///
/// # Errors
/// When there is no such job.
pub fn find_job(places: &Places, bucket: &Address, job: &JobId) -> Result<Ledger, LedgerError> {
    let store = places.folder(bucket)?;
    let key = index_key(job);
    match store.get(&key) {
        Ok(bytes) => {
            let index: JobIndex = parse(&store, &key, &bytes)?;
            Ledger::new(places, &index.output, job)
        }
        Err(error) if error.kind == Kind::NotFound => Err(LedgerError::NoJob(job.clone())),
        Err(error) => Err(error.into()),
    }
}
