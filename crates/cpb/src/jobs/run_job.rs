//! Runs a job on this machine to its end.

use crate::exit::{Ended, Failed, Status};
use crate::run::{all_cores, cancelled_by_signal};
use job::drive::{DriveError, Driven, drive};
use job::ledger::{Ledger, MergedState};
use job::local::LocalProcesses;
use job::{Job, Places};
use std::num::NonZeroUsize;
use std::time::Instant;

/// Runs what is open of a job, merges, and says how it ended.
pub fn run_job(places: &Places, ledger: &Ledger, threads: Option<NonZeroUsize>) -> Ended {
    let begun = Instant::now();
    let job = Job::open(ledger.clone()).map_err(Failed::from_ledger)?;
    let stop = cancelled_by_signal();
    let program = std::env::current_exe();
    let program =
        program.map_err(|e| Failed::new(Status::Internal, format!("cannot find this program: {e}")))?;
    let runner = LocalProcesses {
        program,
        output: job.stored.output.clone(),
        ledger,
        threads: threads.unwrap_or_else(all_cores),
        stop,
    };
    let driven = drive(places, &job, &runner, stop).map_err(|error| match &error {
        DriveError::Ledger(_) | DriveError::Merge(_) | DriveError::Input(_) => Failed::from_ledger(error),
    })?;
    let (id, output) = (ledger.job(), &job.stored.output);
    match driven {
        Driven::Merged(merged) if merged.problem.is_some() => {
            let problem = merged.problem.unwrap_or_default();
            Err(Failed::new(Status::Input, format!("job {id} has no tables: {problem}")))
        }
        Driven::Merged(merged) => {
            let (failed, all) = (merged.failed, merged.image_sets);
            let seconds = begun.elapsed().as_secs_f64();
            match merged.state {
                MergedState::Done => {
                    eprintln!("job {id}: {all} image sets done in {seconds:.1} s. Results: {output}");
                    Ok(())
                }
                MergedState::Partial | MergedState::Failed => {
                    let message = format!(
                        "job {id}: {failed} of {all} image sets failed, {} are done: {output}\n`cpb failed {id}` names \
                         them; when they are mended, `cpb retry --failed {id}` computes those alone",
                        all - failed
                    );
                    let status = if failed < all { Status::Partial } else { Status::Input };
                    Err(Failed::new(status, message))
                }
            }
        }
        Driven::Stopped(failure) => {
            let at = failure.image_set.map(|n| format!("image set {n}: ")).unwrap_or_default();
            let message = format!("job {id} stopped: {at}{} {}", failure.module, failure.message);
            Err(Failed::of_class(failure.class, message))
        }
        Driven::Cancelled => Err(Failed::new(Status::Interrupted, format!("job {id} was cancelled"))),
        Driven::Interrupted => {
            let message =
                format!("job {id} was stopped; what is finished is kept, and `cpb work` goes on with it");
            Err(Failed::new(Status::Interrupted, message))
        }
    }
}
