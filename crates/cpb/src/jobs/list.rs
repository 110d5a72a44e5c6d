//! `cpb list`: the jobs of a bucket.

use super::bucket::{BucketArgs, places};
use super::table;
use crate::exit::{Ended, Failed};
use job::ledger::Ledger;
use job::status::{Status, status};
use serde_json::json;

/// Lists the bucket's jobs, the newest first
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  cpb list --bucket bucket")]
pub struct Args {
    #[command(flatten)]
    bucket: BucketArgs,

    /// Prints JSON, for programs
    #[arg(long)]
    json: bool,
}

/// Runs the verb.
pub fn run(args: &Args) -> Ended {
    let places = places();
    let jobs = job::submit::jobs(&places, &args.bucket.address()?).map_err(Failed::from_ledger)?;
    let mut rows: Vec<Status> = Vec::new();
    for index in jobs {
        let ledger = Ledger::new(&places, &index.output, &index.job).map_err(Failed::from_ledger)?;
        // A job whose output was taken over has no ledger any more.
        rows.extend(status(&ledger).ok());
    }
    if args.json {
        println!("{:#}", json!(rows));
        return Ok(());
    }
    let row = |status: &Status| {
        let state = json!(status.state).as_str().unwrap_or_default().to_string();
        let sets = format!("{}/{}", status.done, status.image_sets);
        vec![status.job.to_string(), state, sets, status.failed.to_string(), status.output.clone()]
    };
    table::print(&["job", "state", "done", "failed", "output"], &rows.iter().map(row).collect::<Vec<_>>());
    Ok(())
}
