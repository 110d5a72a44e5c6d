//! `cpb retry`: what failed, once more.

use super::bucket::{JobArgs, places};
use super::queue::{self, QueueArgs};
use super::run_job::run_job;
use crate::exit::{Ended, Failed, Status};
use job::ledger::Ledger;
use job::rounds::retry;
use job::{Address, Class, Job};
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

/// Tells the dispatcher of AWS that there is something to do, if the job is one of its; returns whether it is.
#[cfg(feature = "aws")]
fn reopen(bucket: &Address, ledger: &Ledger, output: &Address) -> Result<bool, Failed> {
    crate::aws::reopen(bucket, ledger, output)
}

#[cfg(not(feature = "aws"))]
fn reopen(_: &Address, _: &Ledger, _: &Address) -> Result<bool, Failed> {
    Ok(false)
}

/// Runs the verb.
pub fn run(args: &Args) -> Ended {
    let places = places();
    let (ledger, index) = args.job.find(&places)?;
    let job = Job::open(ledger.clone()).map_err(Failed::from_ledger)?;
    let bucket = args.job.bucket.address()?;
    // Before the round, for whoever dies after it; and after it, as a tick in between finds a job that has ended.
    let reopen = || match args.wait {
        true => Ok(false),
        false => reopen(&bucket, &ledger, &index.output),
    };
    reopen()?;
    let count = retry(&places, &job, args.class).map_err(|e| Failed::new(Status::Input, e))?;
    eprintln!("job {}: {count} image sets are computed again", ledger.job());
    if args.wait {
        return run_job(&places, &ledger, args.jobs);
    }
    if reopen()? {
        eprintln!(
            "the dispatcher's next tick places them, within a quarter of an hour; `cpb dispatch --tick` does so now"
        );
        return Ok(());
    }
    let queue = args.queue.open(&bucket)?;
    let body = queue::body(ledger.job(), &job.stored.output);
    queue.send(&body, true).map_err(|error| queue::failed(&error))?;
    Ok(())
}
