//! The verbs of AWS.

pub mod deploy;
pub mod destroy;
pub mod diff;
pub mod dispatch;
pub mod image;
pub mod synth;

mod settings;

use crate::exit::{Failed, Status};
use crate::jobs::places;
use ::aws::{Aws, Batch, BatchSettings, DeadLetters, Dispatcher, Turn};
use job::executor::{Executor, Placed};
use job::ledger::{Ledger, PartName};
use job::plan::StoredPlan;
use job::{Address, Job};
use std::process::ExitCode;

/// Serves Lambda's invocations, if this process is one of Lambda's.
pub fn lambda() -> Option<ExitCode> {
    let api = ::aws::runtime_api()?;
    let places = places();
    let served = Dispatcher::from_environment(&places)
        .and_then(|dispatcher| ::aws::run_lambda(&api, &dispatcher).map_err(|e| e.to_string()));
    Some(crate::exit::report(served.map_err(|e| Failed::new(Status::Internal, e))))
}

/// Returns whether this worker may compute; another array job may have the same work.
pub fn may_compute(ledger: &Ledger, name: PartName, first: usize, tasks: usize) -> Result<bool, Failed> {
    let Ok(id) = std::env::var("AWS_BATCH_JOB_ID") else { return Ok(true) };
    let turn = ::aws::turn_of(ledger, &id, name, first, tasks).map_err(Failed::from_ledger)?;
    Ok(turn == Turn::Ours)
}

/// Returns what lines of a worker's log begin with, where AWS Batch runs it.
pub fn work(job: &Job, round: usize, attempt: &str) -> Option<::aws::log::Work> {
    std::env::var_os("AWS_BATCH_JOB_ID")?;
    Some(::aws::log::Work {
        job: job.stored.job.to_string(),
        round,
        attempt: attempt.to_string(),
        engine: job.stored.engine.name.clone(),
        stack: std::env::var("CPB_STACK").unwrap_or_default(),
    })
}

/// Stops what AWS Batch has of a job; returns whether it had any.
pub fn cancel(ledger: &Ledger) -> Result<bool, Failed> {
    if !is_placed(ledger)? {
        return Ok(false);
    }
    let batch = batch()?;
    Dispatcher::cancel(&batch, ledger).map_err(Failed::from_ledger)?;
    Ok(true)
}

/// Lets the dispatcher look after a job once more, if AWS Batch has computed it; returns whether it has.
pub fn reopen(bucket: &Address, ledger: &Ledger, output: &Address) -> Result<bool, Failed> {
    let ours = is_placed(ledger)?;
    if ours {
        Dispatcher::reopen(&places(), bucket, ledger.job(), output).map_err(Failed::from_ledger)?;
    }
    Ok(ours)
}

/// Returns what the workers of a job printed, where AWS Batch ran them.
pub fn logs(ledger: &Ledger) -> Result<Vec<(String, String)>, Failed> {
    if !is_placed(ledger)? {
        return Ok(Vec::new());
    }
    let batch = batch()?;
    let stored = StoredPlan::read(ledger).map_err(Failed::from_ledger)?;
    let executor = batch.executor(ledger, &stored.message, &stored.engine.name);
    let mut logs = Vec::new();
    for round in ledger.snapshot().map_err(Failed::from_ledger)?.rounds {
        let placed = Placed {
            job: stored.output.join(".cpb").join(stored.job.as_str()),
            round: round.round,
            tasks: round.tasks.len(),
            memory: None,
            vcpu: None,
        };
        for task in 0..round.tasks.len() {
            let log = executor.logs(&placed, task).map_err(Failed::from_ledger)?;
            logs.push((format!("round-{}/task-{task}", round.round), log));
        }
    }
    Ok(logs)
}

/// Returns the messages of a bucket that could not be planned, and why.
pub fn rejected(bucket: &Address) -> Result<Vec<::aws::Rejected>, Failed> {
    Dispatcher::rejected(&places(), bucket).map_err(Failed::from_ledger)
}

/// Sends the messages of a bucket's dead letters again; returns how many.
pub fn redrive(bucket: &Address) -> Result<usize, Failed> {
    let args = settings::SettingsArgs { settings: "cpb.toml".into() };
    let settings = args.read()?;
    let aws = settings::aws_of(&settings)?;
    let letters = DeadLetters { aws: &aws, places: &places(), bucket, prefix: settings.prefix() };
    letters.redrive().map_err(|e| Failed::new(Status::Interrupted, e))
}

fn is_placed(ledger: &Ledger) -> Result<bool, Failed> {
    let first = PartName { round: 1, placement: 0, part: Some(0) };
    Ok(ledger.placed(first).map_err(Failed::from_ledger)?.is_some())
}

fn batch() -> Result<Batch, Failed> {
    let aws = Aws::from_environment().map_err(|e| Failed::new(Status::Usage, e))?;
    Ok(Batch { aws, settings: BatchSettings::default() })
}
