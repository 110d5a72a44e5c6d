//! `cpb worker`: one shard. What containers and Slurm tasks run.

use super::bucket::places;
use crate::exit::{Ended, Failed, Status};
use crate::run::{all_cores, cancelled_by_signal};
use job::ledger::Ledger;
use job::worker::{Flush, Recorded, Worker};
use job::{Address, Job};
use std::num::NonZeroUsize;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Runs one shard of a job; exits 0 once it is recorded as done or failed
///
/// Any other end means that nothing is recorded: the shard may be tried again, and goes on where it was.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  cpb worker --job s3://bucket/results/.cpb/0123456789abcdef0123 --round 1 --shard 0")]
pub struct Args {
    /// The job's folder: OUTPUT/.cpb/JOB
    #[arg(long, value_name = "URL")]
    job: String,

    /// The round
    #[arg(long, value_name = "R")]
    round: usize,

    /// The index in the round: that of the array job
    #[arg(long, value_name = "N")]
    shard: usize,

    /// Image sets that run at once; all cores by default
    #[arg(short, long, value_name = "N")]
    jobs: Option<NonZeroUsize>,

    /// Seconds between parts: what is lost at the most when the worker dies
    #[arg(long, value_name = "S", default_value_t = 30)]
    flush: u64,
}

/// Runs the verb.
pub fn run(args: &Args) -> Ended {
    let places = places();
    let folder = Address::of_folder(&args.job).map_err(|e| Failed::new(Status::Usage, e))?;
    let (ledger, _) = Ledger::at(&places, &folder).map_err(Failed::from_ledger)?;
    let job = Job::open(ledger).map_err(Failed::from_ledger)?;
    let give_up = || {
        eprintln!("cpb: an image set took too long: it is recorded, and the next attempt leaves it out");
        std::process::exit(Status::Interrupted as i32)
    };
    let worker = Worker {
        places: &places,
        job: &job,
        threads: args.jobs.unwrap_or_else(all_cores),
        attempt: attempt(args.round),
        machine: machine(),
        flush: Flush { after: Duration::from_secs(args.flush), ..Flush::default() },
        beat: Duration::from_secs(30),
        stop: cancelled_by_signal(),
        give_up: Some(&give_up),
    };
    let recorded = worker.run_task(args.round, args.shard);
    let recorded = recorded.map_err(|error| Failed::of_class(error.class(), error))?;
    let what = match recorded {
        Recorded::Done => "is done",
        Recorded::Failed => "failed and is recorded as such",
        Recorded::Already => "was done before",
    };
    eprintln!("task {} of round {} {what}", args.shard, args.round);
    Ok(())
}

/// Returns a name that no other attempt has.
fn attempt(round: usize) -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("r{round}-{:x}-{:x}", since.as_nanos(), std::process::id())
}

fn machine() -> String {
    let name = rustix::system::uname();
    format!("{} pid {}", name.nodename().to_string_lossy(), std::process::id())
}
