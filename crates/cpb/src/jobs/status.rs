//! `cpb status`: how a job stands.

use super::bucket::{JobArgs, places};
use crate::exit::{Ended, Failed};
use job::status::{Status, status};
use serde_json::json;
use std::time::Duration;

/// Says how a job stands: what is done, what failed, what is stuck
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  cpb status --watch")]
pub struct Args {
    #[command(flatten)]
    job: JobArgs,

    /// Says it again every two seconds until the job has ended
    #[arg(long)]
    watch: bool,

    /// Prints JSON, for programs
    #[arg(long)]
    json: bool,
}

/// Runs the verb.
pub fn run(args: &Args) -> Ended {
    let places = places();
    let (ledger, _) = args.job.find(&places)?;
    loop {
        let status = status(&ledger).map_err(Failed::from_ledger)?;
        if args.json {
            println!("{:#}", json!(status));
        } else {
            print(&status);
        }
        if !args.watch || status.state.is_ended() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_secs(2));
    }
}

fn print(status: &Status) {
    let Status { job, image_sets, done, failed, shards, shards_ended, rounds, .. } = status;
    let state = json!(status.state);
    println!(
        "job {job}: {}; {done} of {image_sets} image sets done, {failed} failed; {shards_ended} of {shards} shards ended, \
         round {rounds}; {:.1} CPU seconds; {}",
        state.as_str().unwrap_or_default(),
        status.cpu_seconds,
        status.output
    );
    if let Some(problem) = &status.problem {
        println!("  there are no tables: {problem}");
    }
    for stuck in &status.stuck {
        let running: Vec<String> = stuck.last.running.iter().map(|r| r.image_set.to_string()).collect();
        println!(
            "  shard {} has not been heard of for {} s (on {}, image sets {})",
            stuck.shard,
            stuck.silent_seconds,
            stuck.last.machine,
            running.join(", ")
        );
    }
    if *failed > 0 {
        println!("  `cpb failed {job}` names what failed");
    }
}
