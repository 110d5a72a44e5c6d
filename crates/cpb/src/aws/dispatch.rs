//! `cpb dispatch`: what the Lambda does, from here.

use crate::exit::{Ended, Failed, Status};
use crate::jobs::places;
use aws::{Dispatcher, PlanningError, plan_marked};
use job::{Address, Places};

/// Does the dispatcher's work from here: takes messages of the queue, or looks after the open jobs
///
/// It reads the Lambda's environment: AWS_BUCKET, BATCH_JOB_QUEUE, BATCH_JOB_DEFINITION, BATCH_JOB_NAME, BATCH_JOB_ATTEMPTS,
/// BATCH_JOB_MEMORY, BATCH_JOB_VCPUS, TOPIC_ARN.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cpb dispatch --queue \"$QUEUE_URL\"
  cpb dispatch --tick")]
pub struct Args {
    /// Takes messages from this queue until it is empty
    #[arg(long, value_name = "URL")]
    queue: Option<String>,

    /// Looks after all open jobs once: what died is tried again, what is done is merged
    #[arg(long)]
    tick: bool,

    /// Plans what this mark of the dispatcher's asks for, and nothing else: what planning jobs run
    #[arg(long, value_name = "URL", conflicts_with_all = ["queue", "tick"])]
    plan: Option<String>,
}

/// Runs the verb.
pub fn run(args: &Args) -> Ended {
    let places = places();
    if let Some(mark) = &args.plan {
        return plan(&places, mark);
    }
    let dispatcher = Dispatcher::from_environment(&places).map_err(|e| Failed::new(Status::Usage, e))?;
    let mut failed = 0;
    if let Some(queue) = &args.queue {
        let told = |id: &str, taken: &Result<Vec<aws::Dispatched>, String>| match taken {
            Ok(taken) => println!("{id}: {taken:?}"),
            Err(reason) => {
                eprintln!("cpb: {id}: {reason}");
                failed += 1;
            }
        };
        dispatcher.drain(queue, told).map_err(|e| Failed::new(Status::Interrupted, e))?;
    }
    if args.tick {
        for (job, found) in dispatcher.tick().map_err(Failed::from_ledger)? {
            match found {
                Ok(()) => println!("{job}: seen to"),
                Err(reason) => {
                    eprintln!("cpb: {reason}");
                    failed += 1;
                }
            }
        }
    }
    match failed {
        0 => Ok(()),
        _ => {
            Err(Failed::new(Status::Partial, format!("{failed} could not be seen to; they are tried again")))
        }
    }
}

fn plan(places: &Places, mark: &str) -> Ended {
    let (bucket, key) = mark.split_once("/.cpb/").ok_or_else(|| {
        Failed::new(Status::Usage, format!("`{mark}` is no mark: BUCKET/.cpb/planning/NAME.json"))
    })?;
    let bucket = Address::of_folder(bucket).map_err(|e| Failed::new(Status::Usage, e))?;
    plan_marked(places, &bucket, &format!(".cpb/{key}")).map_err(|error| match error {
        PlanningError::Rejected(_) => Failed::new(Status::Input, error),
        PlanningError::Again(_) => Failed::new(Status::Interrupted, error),
    })
}
