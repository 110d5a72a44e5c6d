//! `cpb work`: runs the jobs of a bucket on this machine.

use super::bucket::{BucketArgs, places};
use super::queue::{QueueArgs, body, failed, read_body};
use super::run_job::run_job;
use crate::exit::{Ended, Failed, Status};
use crate::run::cancelled_by_signal;
use job::ledger::{Ledger, LedgerError};
use job::queue::{Queue, Received};
use job::status::status;
use job::{Address, Places};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How long a job is hidden from others at a time; it is extended as long as it is worked on.
const HIDDEN: Duration = Duration::from_secs(60);

/// How long to wait when there is nothing to do.
const IDLE: Duration = Duration::from_secs(2);

/// How often the bucket is searched for open jobs that are not on the queue.
const SEARCH: Duration = Duration::from_secs(60);

/// Runs the bucket's open jobs on this machine, one after the other, until told to stop
///
/// Takes them from the queue that `cpb submit` puts them on, and finds those that others left open. When it is told to stop (Ctrl-C,
/// SIGTERM) image sets under way end and are kept; the next `cpb work` goes on.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  cpb work --bucket bucket --until-done")]
pub struct Args {
    #[command(flatten)]
    bucket: BucketArgs,

    #[command(flatten)]
    queue: QueueArgs,

    /// Ends when no job is open
    #[arg(long)]
    until_done: bool,

    /// Seconds before a job that could not be brought to an end is taken up again; four times as long the second time
    #[arg(long, value_name = "S", default_value_t = 5)]
    again_after: u64,

    /// Image sets that run at once; all cores by default
    #[arg(short, long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
}

/// Runs the verb.
pub fn run(args: &Args) -> Ended {
    let places = places();
    let bucket = args.bucket.address()?;
    let queue = args.queue.open(&bucket)?;
    let stop = cancelled_by_signal();
    let mut searched: Option<Instant> = None;
    let mut worst: Ended = Ok(());
    while !stop.load(Ordering::Relaxed) {
        if let Some(message) = queue.receive(HIDDEN).map_err(|error| failed(&error))? {
            match work_on(&places, &queue, &message, args, stop) {
                Err(error) if stop.load(Ordering::Relaxed) => return Err(error),
                Err(error) => {
                    eprintln!("cpb: {error}");
                    worst = Err(error);
                }
                Ok(()) => {}
            }
            continue;
        }
        let depth = queue.depth().map_err(|error| failed(&error))?;
        let idle = args.until_done && depth.hidden == 0;
        if idle || searched.is_none_or(|searched| searched.elapsed() > SEARCH) {
            searched = Some(Instant::now());
            if find_open(&places, &bucket, &queue)? {
                continue;
            }
        }
        if idle {
            return worst;
        }
        std::thread::sleep(IDLE);
    }
    Ok(())
}

/// Puts jobs on the queue that are open and not there. Returns whether there was one.
fn find_open(places: &Places, bucket: &Address, queue: &Queue) -> Result<bool, Failed> {
    let mut found = false;
    let mut jobs = job::submit::jobs(places, bucket).map_err(Failed::from_ledger)?;
    jobs.reverse();
    for index in jobs {
        let ledger = Ledger::new(places, &index.output, &index.job).map_err(Failed::from_ledger)?;
        // What cannot be read must not hold up the others; whoever put it on the queue hears of it.
        if is_open(&ledger).unwrap_or(false) {
            found |= queue.send(&body(&index.job, &index.output), false).map_err(|error| failed(&error))?;
        }
    }
    Ok(found)
}

/// Returns whether there is work on a job.
fn is_open(ledger: &Ledger) -> Result<bool, Failed> {
    match status(ledger) {
        Ok(status) if status.state.is_ended() => Ok(false),
        Ok(_) => ledger.is_owner().map_err(Failed::from_ledger),
        // Another job has its output now.
        Err(LedgerError::NoJob(_)) => Ok(false),
        Err(error) => Err(Failed::from_ledger(error)),
    }
}

/// Brings the job of a message to its end, and deletes the message once the ledger says that it has come there.
fn work_on(places: &Places, queue: &Queue, message: &Received, args: &Args, stop: &AtomicBool) -> Ended {
    let ended = match read_body(&message.body) {
        Some((job, output)) => {
            let ledger = Ledger::new(places, &output, &job).map_err(Failed::from_ledger)?;
            let ended = beside(queue, message, || match is_open(&ledger) {
                Ok(true) => run_job(places, &ledger, args.jobs),
                other => other.map(|_| ()),
            });
            if ended.is_ok() || !is_open(&ledger).unwrap_or(true) {
                queue.delete(message).map_err(|error| failed(&error))?;
                return ended;
            }
            ended
        }
        None => Err(Failed::new(Status::Input, format!("`{}` on the queue names no job", message.body))),
    };
    if stop.load(Ordering::Relaxed) {
        queue.give_back(message).map_err(|error| failed(&error))?;
    } else if let Err(error) = &ended {
        let after = Duration::from_secs(args.again_after * u64::from(message.receives.pow(2)));
        queue.hide(message, after, &error.to_string()).map_err(|error| failed(&error))?;
    }
    ended
}

/// Does something and keeps the message hidden meanwhile.
fn beside(queue: &Queue, message: &Received, work: impl FnOnce() -> Ended) -> Ended {
    let (done, wait) = std::sync::mpsc::channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            while wait.recv_timeout(HIDDEN / 4) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                // Whether it is still ours does not matter: two workers on one job compute nothing twice.
                let _ = queue.hide(message, HIDDEN, "");
            }
        });
        let ended = work();
        drop(done);
        ended
    })
}
