//! `cpb merge`: the tables of a job whose shards have all ended.

use super::bucket::places;
use crate::exit::{Ended, Failed};
use job::ledger::Ledger;
use job::merge::merge;
use job::{Address, Job};

/// Writes the tables of a job whose shards have all ended; what runs after an array job
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  cpb merge --job s3://bucket/results/.cpb/0123456789abcdef0123 --round 1")]
pub struct Args {
    /// The job's folder: OUTPUT/.cpb/JOB
    #[arg(long, value_name = "URL")]
    job: String,

    /// The round that has ended
    #[arg(long, value_name = "R")]
    round: usize,
}

/// Runs the verb.
pub fn run(args: &Args) -> Ended {
    let places = places();
    let folder = Address::of_folder(&args.job).map_err(|e| Failed::new(crate::exit::Status::Usage, e))?;
    let (ledger, _) = Ledger::at(&places, &folder).map_err(Failed::from_ledger)?;
    let job = Job::open(ledger).map_err(Failed::from_ledger)?;
    let snapshot = job.ledger.snapshot().map_err(Failed::from_ledger)?;
    if snapshot.round() != args.round {
        eprintln!("round {} is over, the job is in round {}", args.round, snapshot.round());
        return Ok(());
    }
    let merged = merge(&places, &job, &snapshot).map_err(Failed::from_ledger)?;
    eprintln!("{} of {} image sets are merged", merged.image_sets - merged.failed, merged.image_sets);
    Ok(())
}
