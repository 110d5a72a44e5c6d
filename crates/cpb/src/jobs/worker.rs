//! `cpb worker`: one shard. What containers and Slurm tasks run.

use super::bucket::places;
use crate::exit::{Ended, Failed, Status};
use crate::run::{all_cores, cancelled_by_signal};
use job::ledger::Ledger;
#[cfg(feature = "aws")]
use job::ledger::PartName;
use job::worker::{Flush, Recorded, Told, Worker};
use job::{Address, Job, Places};
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
    #[arg(long, value_name = "N", env = "AWS_BATCH_JOB_ARRAY_INDEX")]
    shard: usize,

    /// What is added to the index: a round may have several array jobs
    #[arg(long, value_name = "N", default_value_t = 0)]
    first: usize,

    /// How often the round was placed before
    #[arg(long, value_name = "N", default_value_t = 0)]
    placement: usize,

    /// Which array job of the round this is, from 0
    #[arg(long, value_name = "N", default_value_t = 0)]
    part: usize,

    /// How many tasks that array job has
    #[arg(long, value_name = "N", default_value_t = 1)]
    part_tasks: usize,

    /// Image sets that run at once; all cores by default
    #[arg(short, long, value_name = "N")]
    jobs: Option<NonZeroUsize>,

    /// A folder where a bucket's files can be read too: s3://BUCKET=FOLDER, as Lustre is mounted
    #[arg(long, value_name = "URL=FOLDER", env = "CPB_MOUNT")]
    mount: Option<String>,

    /// Seconds between parts: what is lost at the most when the worker dies
    #[arg(long, value_name = "S", default_value_t = 30)]
    flush: u64,
}

/// Runs the verb.
pub fn run(args: &Args) -> Ended {
    let places = match &args.mount {
        Some(mount) => mounted(places(), mount)?,
        None => places(),
    };
    let folder = Address::of_folder(&args.job).map_err(|e| Failed::new(Status::Usage, e))?;
    let (ledger, _) = Ledger::at(&places, &folder).map_err(Failed::from_ledger)?;
    let task = args.first + args.shard;
    #[cfg(feature = "aws")]
    {
        let name = PartName { round: args.round, placement: args.placement, part: Some(args.part) };
        if !crate::aws::may_compute(&ledger, name, args.first, args.part_tasks)? {
            eprintln!("task {task} of round {} is another array job's: nothing to do", args.round);
            return Ok(());
        }
    }
    let job = Job::open(ledger).map_err(Failed::from_ledger)?;
    let attempt = attempt(args.round);
    let say = Say::new(&job, args.round, &attempt);
    let give_up = || {
        eprintln!("cpb: an image set took too long: it is recorded, and the next attempt leaves it out");
        std::process::exit(Status::Interrupted as i32)
    };
    let worker = Worker {
        places: &places,
        job: &job,
        threads: args.jobs.unwrap_or_else(all_cores),
        attempt,
        machine: machine(),
        flush: Flush { after: Duration::from_secs(args.flush), ..Flush::default() },
        beat: Duration::from_secs(30),
        stop: cancelled_by_signal(),
        give_up: Some(&give_up),
        tell: &|told| say.told(told),
    };
    let recorded = worker.run_task(args.round, task);
    let recorded = recorded.map_err(|error| {
        say.words("error", &error.to_string());
        Failed::of_class(error.class(), error)
    })?;
    let what = match recorded {
        Recorded::Done => "is done",
        Recorded::Failed => "failed and is recorded as such",
        Recorded::Already => "was done before",
    };
    say.words("info", &format!("task {task} of round {} {what}", args.round));
    Ok(())
}

/// Reads `URL=FOLDER`.
fn mounted(places: Places, mount: &str) -> Result<Places, Failed> {
    let fail = |why: &dyn std::fmt::Display| Failed::new(Status::Usage, format!("--mount `{mount}`: {why}"));
    let (url, folder) = mount.rsplit_once('=').ok_or_else(|| fail(&"this is not URL=FOLDER"))?;
    let address = Address::of_folder(url).map_err(|e| fail(&e))?;
    Ok(places.also_in(address, folder.into()))
}

/// Says what happens: on AWS in lines of JSON, elsewhere the little that people read.
struct Say {
    #[cfg(feature = "aws")]
    work: Option<aws::log::Work>,
}

impl Say {
    #[cfg(feature = "aws")]
    fn new(job: &Job, round: usize, attempt: &str) -> Self {
        Self { work: crate::aws::work(job, round, attempt) }
    }

    #[cfg(not(feature = "aws"))]
    fn new(_: &Job, _: usize, _: &str) -> Self {
        Self {}
    }

    fn told(&self, told: Told<'_>) {
        #[cfg(feature = "aws")]
        if let Some(work) = &self.work {
            println!("{}", work.line(told, milliseconds()));
        }
        #[cfg(not(feature = "aws"))]
        let _ = told;
    }

    fn words(&self, level: &str, message: &str) {
        #[cfg(feature = "aws")]
        if let Some(work) = &self.work {
            println!("{}", work.words(level, None, message, milliseconds()));
            return;
        }
        if level == "info" {
            eprintln!("{message}");
        }
    }
}

#[cfg(feature = "aws")]
fn milliseconds() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
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
