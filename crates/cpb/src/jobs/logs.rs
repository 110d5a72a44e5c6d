//! `cpb logs`: what a job's workers printed.

use super::bucket::{JobArgs, places};
use crate::exit::{Ended, Failed};

/// Prints what a job's workers printed, by round, task and attempt
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  cpb logs 0123456789abcdef0123 --log round-1/task-0/")]
pub struct Args {
    #[command(flatten)]
    job: JobArgs,

    /// Only logs whose name begins so; `cpb failed` names them
    #[arg(long, value_name = "NAME", default_value = "")]
    log: String,
}

/// Runs the verb.
pub fn run(args: &Args) -> Ended {
    let (ledger, _) = args.job.find(&places())?;
    #[cfg(feature = "aws")]
    for (name, log) in crate::aws::logs(&ledger)?.iter().filter(|(name, _)| name.starts_with(&args.log)) {
        println!("── {name}\n{}", log.trim_end());
    }
    let logs = ledger.logs().map_err(Failed::from_ledger)?;
    for (name, log) in logs.iter().filter(|(name, _)| name.starts_with(&args.log)) {
        println!("── {name}\n{}", String::from_utf8_lossy(log).trim_end());
    }
    Ok(())
}
