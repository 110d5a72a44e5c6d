//! `cpb logs`: what a job's workers printed.

use super::bucket::{JobArgs, places};
use crate::exit::{Ended, Failed};

/// Prints what a job's workers printed, by round, task and attempt
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  cpb logs 0123456789abcdef0123")]
pub struct Args {
    #[command(flatten)]
    job: JobArgs,
}

/// Runs the verb.
pub fn run(args: &Args) -> Ended {
    let (ledger, _) = args.job.find(&places())?;
    #[cfg(feature = "aws")]
    for (name, log) in crate::aws::logs(&ledger)? {
        println!("── {name}\n{}", log.trim_end());
    }
    for (name, log) in ledger.logs().map_err(Failed::from_ledger)? {
        println!("── {name}\n{}", String::from_utf8_lossy(&log).trim_end());
    }
    Ok(())
}
