//! `cpb retry`: what failed, once more.

use super::bucket::{JobArgs, places};
use super::queue::{self, QueueArgs};
use super::run_job::run_job;
use crate::exit::{Ended, Failed, Status};
use job::rounds::retry;
use job::{Class, Job};
use std::num::NonZeroUsize;

/// Computes what failed once more, and nothing else; then the tables are written anew
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  cpb retry --failed --wait")]
pub struct Args {
    #[command(flatten)]
    job: JobArgs,

    #[command(flatten)]
    queue: QueueArgs,

    /// What failed: the only choice there is
    #[arg(long, required = true)]
    failed: bool,

    /// Only what failed so
    #[arg(long, value_name = "CLASS", value_parser = class)]
    class: Option<Class>,

    /// Runs it here and waits for the results
    #[arg(long)]
    wait: bool,

    /// Image sets that run at once; all cores by default
    #[arg(short, long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
}

fn class(text: &str) -> Result<Class, String> {
    const CLASSES: [Class; 4] = [Class::Input, Class::Memory, Class::Interrupted, Class::Internal];
    let found = CLASSES.into_iter().find(|class| class.to_string() == text);
    found.ok_or_else(|| "the classes are input, memory, interrupted and internal".to_string())
}

/// Runs the verb.
pub fn run(args: &Args) -> Ended {
    let places = places();
    let (ledger, _) = args.job.find(&places)?;
    let job = Job::open(ledger.clone()).map_err(Failed::from_ledger)?;
    let count = retry(&places, &job, args.class).map_err(|e| Failed::new(Status::Input, e))?;
    eprintln!("job {}: {count} image sets are computed again", ledger.job());
    if args.wait {
        return run_job(&places, &ledger, args.jobs);
    }
    let queue = args.queue.open(&args.job.bucket.address()?)?;
    let body = queue::body(ledger.job(), &job.stored.output);
    queue.send(&body, true).map_err(|error| queue::failed(&error))?;
    Ok(())
}
