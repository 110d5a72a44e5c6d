//! `cpb failed`: what failed, in the words of the field.

use super::bucket::{JobArgs, places};
use super::queue::{QueueArgs, failed as queue_failed};
use super::table;
use crate::exit::{Ended, Failed};
use job::plan::StoredPlan;
use job::queue::DeadLetter;
use job::status::failed;
use serde_json::json;

/// Names what failed: plate, well, site, kind of failure, message
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  cpb failed --json | jq -r '.[].place'")]
pub struct Args {
    #[command(flatten)]
    job: JobArgs,

    #[command(flatten)]
    queue: QueueArgs,

    /// Names the jobs that `cpb work` gave up, in place of what failed in one; `cpb redrive` takes them up again
    #[arg(long)]
    dead_letters: bool,

    /// Prints JSON, for programs
    #[arg(long)]
    json: bool,
}

/// Runs the verb.
pub fn run(args: &Args) -> Ended {
    if args.dead_letters {
        return dead_letters(args);
    }
    let places = places();
    let (ledger, _) = args.job.find(&places)?;
    let stored = StoredPlan::read(&ledger).map_err(Failed::from_ledger)?;
    let plan = stored.read_image_sets(&ledger).map_err(Failed::from_ledger)?;
    let rows = failed(&plan.image_sets, &ledger.snapshot().map_err(Failed::from_ledger)?);
    if args.json {
        println!("{:#}", json!(rows));
    } else if rows.is_empty() {
        println!("nothing failed");
    } else {
        let header = ["image set", "place", "class", "log", "module", "message"];
        let row = |r: &job::status::FailedRow| {
            let (number, log) = (r.image_set.to_string(), r.log.clone());
            vec![number, r.place.clone(), r.class.to_string(), log, r.module.clone(), r.message.clone()]
        };
        table::print(&header, &rows.iter().map(row).collect::<Vec<_>>());
    }
    Ok(())
}

fn dead_letters(args: &Args) -> Ended {
    #[cfg(feature = "aws")]
    if args.job.bucket.address()?.as_str().starts_with("s3://") {
        return rejected(args);
    }
    let queue = args.queue.open(&args.job.bucket.address()?)?;
    let letters = queue.dead_letters().map_err(|error| queue_failed(&error))?;
    if args.json {
        let json =
            |l: &DeadLetter| json!({"message": l.body, "sent": l.sent, "receives": l.receives, "why": l.why});
        println!("{:#}", json!(letters.iter().map(json).collect::<Vec<_>>()));
    } else if letters.is_empty() {
        println!("there are no dead letters");
    } else {
        let row = |l: &DeadLetter| vec![l.body.clone(), l.receives.to_string(), l.why.clone()];
        table::print(&["message", "times", "why"], &letters.iter().map(row).collect::<Vec<_>>());
    }
    Ok(())
}

/// Messages that the dispatcher could not plan; after so many tries SQS has them among its dead letters.
#[cfg(feature = "aws")]
fn rejected(args: &Args) -> Ended {
    let rejected = crate::aws::rejected(&args.job.bucket.address()?)?;
    if args.json {
        println!("{:#}", json!(rejected));
    } else if rejected.is_empty() {
        println!("every message could be planned");
    } else {
        let row = |r: &::aws::Rejected| vec![r.message_id.clone(), r.body.clone(), r.reason.clone()];
        table::print(&["message", "body", "why"], &rejected.iter().map(row).collect::<Vec<_>>());
    }
    Ok(())
}
