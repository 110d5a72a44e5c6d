//! `cpb submit`: jobs from messages.

use super::bucket::{BucketArgs, not_planned, places, read_messages, request};
use super::queue::{self, QueueArgs};
use super::run_job::run_job;
use crate::exit::{Ended, Failed, Status};
use job::ledger::OwnerError;
use job::plan::{JobPlan, plan_job};
use job::status::JobState;
use job::submit::{Submitted, submit};
use job::{Address, Message, Places};
use serde_json::json;
use std::num::NonZeroUsize;

/// Plans the jobs of a message, records them and puts them on the queue of `cpb work`; with --wait runs them here to their end
///
/// The same message again is the same job: what is done is not computed again.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cpb submit --wait --bucket bucket '{\"pipeline\": \"p.cppipe\", \"input\": \"images/\", \"output\": \"results/\"}'
  cpb submit message.json && cpb work --until-done")]
pub struct Args {
    /// A file with a message or an array of them, `-` for standard input, or the JSON itself
    #[arg(value_name = "MESSAGE")]
    message: String,

    #[command(flatten)]
    bucket: BucketArgs,

    #[command(flatten)]
    queue: QueueArgs,

    /// Runs the jobs here and waits for their results
    #[arg(long)]
    wait: bool,

    /// Image sets that run at once; all cores by default
    #[arg(short, long, value_name = "N")]
    jobs: Option<NonZeroUsize>,

    /// Prints JSON, for programs
    #[arg(long)]
    json: bool,
}

/// Runs the verb.
pub fn run(args: &Args) -> Ended {
    let places = places();
    let bucket = args.bucket.address()?;
    let messages = read_messages(&args.message)?;
    let mut submitted = Vec::new();
    let mut failures = Vec::new();
    for message in messages {
        match one(&places, &bucket, message) {
            Ok(job) => submitted.push(job),
            Err(failed) => failures.push(failed),
        }
    }
    if args.json {
        let lines = submitted.iter().map(|(plan, job)| {
            json!({"job": plan.job, "output": plan.request.output, "image_sets": plan.plan.image_sets.len(),
                "shards": plan.shards.len(), "engine": plan.engine.name, "before": job.before, "replaces": job.replaces})
        });
        println!("{:#}", json!(lines.collect::<Vec<_>>()));
    }
    let open = |job: &&(JobPlan, Submitted)| job.1.before.is_none_or(|state| !ended_well(state));
    if !args.wait && submitted.iter().any(|job| open(&job)) {
        let queue = args.queue.open(&bucket)?;
        for (plan, _) in submitted.iter().filter(open) {
            let body = queue::body(&plan.job, &plan.request.output);
            queue.send(&body, true).map_err(|error| queue::failed(&error))?;
        }
    }
    for (plan, job) in &submitted {
        say(plan, job);
        if args.wait
            && let Err(failed) = run_job(&places, &job.ledger, args.jobs)
        {
            let stop = failed.status() == Status::Interrupted;
            failures.push(failed);
            if stop {
                break;
            }
        } else if !args.wait && job.before == Some(JobState::Partial) {
            let message = format!("job {0} is done in part: `cpb failed {0}`", plan.job);
            failures.push(Failed::new(Status::Partial, message));
        }
    }
    conclude(failures)
}

/// Returns whether a job came to an end that the same message again does not change.
fn ended_well(state: JobState) -> bool {
    state.is_ended() && state != JobState::Cancelled
}

/// Returns the first failure as the verb's, the worse before those that are done in part; others are printed.
fn conclude(mut failures: Vec<Failed>) -> Ended {
    failures.sort_by_key(|failed| failed.status() == Status::Partial);
    if failures.is_empty() {
        return Ok(());
    }
    let first = failures.remove(0);
    failures.iter().for_each(|failed| eprintln!("cpb: {failed}"));
    Err(first)
}

fn one(places: &Places, bucket: &Address, message: Message) -> Result<(JobPlan, Submitted), Failed> {
    let plan = plan_job(places, request(message, bucket)?).map_err(|error| not_planned(&error))?;
    let submitted = submit(places, &plan).map_err(|error| match error {
        OwnerError::Busy { .. } => Failed::new(Status::Input, error),
        OwnerError::Ledger(_) => Failed::from_ledger(error),
    })?;
    Ok((plan, submitted))
}

fn say(plan: &JobPlan, submitted: &Submitted) {
    let (id, sets, shards) = (&plan.job, plan.plan.image_sets.len(), plan.shards.len());
    match submitted.before {
        Some(JobState::Done) => {
            eprintln!("job {id} is there already, {sets} image sets: nothing is computed again");
        }
        Some(JobState::Partial | JobState::Failed) => {
            eprintln!(
                "job {id} is there already, and not all is done: `cpb retry --failed {id}` computes what failed"
            );
        }
        Some(_) => eprintln!("job {id} goes on, {sets} image sets"),
        None => eprintln!("job {id}: {sets} image sets in {shards} shards, engine {}", plan.engine.name),
    }
    if let Some(other) = &submitted.replaces {
        eprintln!("it takes the output over from job {other}, which has ended");
    }
    plan.plan.warnings.iter().for_each(|warning| eprintln!("cpb: warning: {warning}"));
    for missing in plan.missing.iter().take(20) {
        eprintln!("cpb: warning: {missing}");
    }
    if plan.missing.len() > 20 {
        eprintln!("cpb: warning: {} more files are missing", plan.missing.len() - 20);
    }
}
