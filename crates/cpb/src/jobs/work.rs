//! `cpb work`: runs the jobs of a bucket on this machine.

use super::bucket::{BucketArgs, places};
use super::run_job::run_job;
use crate::exit::{Ended, Failed, Status};
use crate::run::cancelled_by_signal;
use job::ledger::Ledger;
use job::status::status;
use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Runs the bucket's open jobs on this machine, one after the other, until told to stop
///
/// When it is told to stop (Ctrl-C, SIGTERM) image sets under way end and are kept; the next `cpb work` goes on.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  cpb work --bucket bucket --until-done")]
pub struct Args {
    #[command(flatten)]
    bucket: BucketArgs,

    /// Ends when no job is open
    #[arg(long)]
    until_done: bool,

    /// Image sets that run at once; all cores by default
    #[arg(short, long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
}

/// Runs the verb.
pub fn run(args: &Args) -> Ended {
    let places = places();
    let bucket = args.bucket.address()?;
    let stop = cancelled_by_signal();
    let mut given_up = HashSet::new();
    let mut worst: Ended = Ok(());
    while !stop.load(Ordering::Relaxed) {
        let mut jobs = job::submit::jobs(&places, &bucket).map_err(Failed::from_ledger)?;
        jobs.reverse();
        let mut worked = false;
        for index in jobs {
            if given_up.contains(&index.job) || stop.load(Ordering::Relaxed) {
                continue;
            }
            let ledger = Ledger::new(&places, &index.output, &index.job).map_err(Failed::from_ledger)?;
            let open = match status(&ledger) {
                Ok(status) => !status.state.is_ended(),
                // Its ledger is gone: another job has the output now.
                Err(_) => false,
            };
            if !open || !ledger.is_owner().map_err(Failed::from_ledger)? {
                continue;
            }
            worked = true;
            if let Err(failed) = run_job(&places, &ledger, args.jobs) {
                if failed.status() == Status::Interrupted && stop.load(Ordering::Relaxed) {
                    return Err(failed);
                }
                eprintln!("cpb: {failed}");
                // Once is enough for what this machine cannot do now.
                given_up.insert(index.job);
                worst = Err(failed);
            }
        }
        if !worked && args.until_done {
            return worst;
        }
        if !worked {
            std::thread::sleep(Duration::from_secs(2));
        }
    }
    Ok(())
}
