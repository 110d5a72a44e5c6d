//! `cpb cancel`: a job that is not wanted any more.

use super::bucket::{JobArgs, places};
use crate::exit::{Ended, Failed};

/// Cancels a job: no shard starts any more, and workers stop at their next heartbeat; what is done is kept
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  cpb cancel 0123456789abcdef0123")]
pub struct Args {
    #[command(flatten)]
    job: JobArgs,
}

/// Runs the verb.
pub fn run(args: &Args) -> Ended {
    let (ledger, _) = args.job.find(&places())?;
    if ledger.snapshot().map_err(Failed::from_ledger)?.merged.is_some() {
        eprintln!("job {} has ended: nothing is left to cancel", ledger.job());
        return Ok(());
    }
    ledger.cancel().map_err(Failed::from_ledger)?;
    #[cfg(feature = "aws")]
    crate::aws::cancel(&ledger)?;
    eprintln!("job {} is cancelled; the same message again goes on with it", ledger.job());
    Ok(())
}
