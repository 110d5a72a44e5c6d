//! `cpb redrive`: dead letters, once more.

use super::bucket::BucketArgs;
use super::queue::{QueueArgs, failed};
use crate::exit::Ended;

/// Puts the queue's dead letters back, for `cpb work` or the dispatcher to take up again
///
/// A dead letter is a job that `cpb work` took up three times and could not bring to an end, or on AWS a message that could not be
/// planned. `cpb failed --dead-letters` says why.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  cpb redrive --bucket bucket && cpb work --bucket bucket --until-done
  cpb redrive --bucket s3://bucket")]
pub struct Args {
    #[command(flatten)]
    bucket: BucketArgs,

    #[command(flatten)]
    queue: QueueArgs,
}

/// Runs the verb.
pub fn run(args: &Args) -> Ended {
    #[cfg(feature = "aws")]
    if args.bucket.address()?.as_str().starts_with("s3://") {
        let count = crate::aws::redrive(&args.bucket.address()?)?;
        eprintln!("{count} messages are back on the queue");
        return Ok(());
    }
    let queue = args.queue.open(&args.bucket.address()?)?;
    let count = queue.redrive().map_err(|error| failed(&error))?;
    eprintln!("{count} dead letters are back on the queue");
    Ok(())
}
