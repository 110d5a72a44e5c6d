//! The modules in order on one image set: the one place where a module is called.

use crate::{Analysis, Memory, RunError, Step, Workspace};
use measurements::Record;
use rustix::time::{ClockId, clock_gettime};
use std::collections::BTreeSet;
use std::time::Duration;

/// A module that failed.
#[derive(Debug, thiserror::Error)]
#[error("image set {image_number}, module {module_number} {module}: {error}")]
pub struct Failure {
    /// The image set's number.
    pub image_number: usize,
    /// The module's place in the pipeline, from 1.
    pub module_number: usize,
    /// The module's name.
    pub module: String,
    /// Why it failed.
    pub error: RunError,
}

/// Hears what happens while a run goes on; every method may do nothing.
pub trait Observer: Sync {
    /// A module has done its work on an image set in `elapsed` CPU time.
    fn module_ran(&self, _step: &Step, _workspace: &Workspace<'_>, _elapsed: Duration) {}

    /// The first module is about to work on an image set; on the thread that runs it to its end.
    fn image_set_started(&self, _number: usize) {}

    /// An image set is done, or failed.
    fn image_set_ended(&self, _number: usize, _failure: Option<&Failure>) {}
}

/// An observer that looks away.
impl Observer for () {}

impl<O: Observer> Observer for Option<O> {
    fn module_ran(&self, step: &Step, workspace: &Workspace<'_>, elapsed: Duration) {
        if let Some(inner) = self {
            inner.module_ran(step, workspace, elapsed);
        }
    }

    fn image_set_started(&self, number: usize) {
        if let Some(inner) = self {
            inner.image_set_started(number);
        }
    }

    fn image_set_ended(&self, number: usize, failure: Option<&Failure>) {
        if let Some(inner) = self {
            inner.image_set_ended(number, failure);
        }
    }
}

/// Runs every module on the image set of `workspace`, until one fails or ends the image set.
///
/// `memories` holds what each module remembers within the group, in the order of the steps.
///
/// # Errors
/// The first module that failed; what the modules before it measured stays in the workspace's record.
pub fn run_image_set(
    analysis: &Analysis,
    memories: &mut [Memory],
    workspace: &mut Workspace<'_>,
    observer: &dyn Observer,
) -> Result<(), Failure> {
    let mut done_with = BTreeSet::new();
    for (step, memory) in analysis.steps().iter().zip(memories) {
        let start = cpu_time();
        let result = enter(step, memory, workspace, |w| step.module.run(w));
        let elapsed = cpu_time().saturating_sub(start);
        if step.recorded {
            let suffix = step.feature_suffix();
            workspace.record.image_integer(format!("ModuleError_{suffix}"), i64::from(result.is_err()));
            workspace.record.image_float(format!("ExecutionTime_{suffix}"), elapsed.as_secs_f64());
        }
        result?;
        observer.module_ran(step, workspace, elapsed);
        if workspace.skip {
            break;
        }
        if !workspace.keeps_images {
            done_with.extend(step.releases.iter().cloned());
            workspace.let_go(&mut done_with);
        }
    }
    Ok(())
}

/// Does what belongs to the end of a group, in the workspace of its last image set.
///
/// # Errors
/// The first module that failed.
pub fn end_group(
    analysis: &Analysis,
    memories: &mut [Memory],
    workspace: &mut Workspace<'_>,
) -> Result<(), Failure> {
    let steps = analysis.steps().iter().zip(memories);
    steps
        .into_iter()
        .try_for_each(|(step, memory)| enter(step, memory, workspace, |w| step.module.end_group(w)))
}

/// Lets the modules correct what was measured of the image sets of a group that has ended.
///
/// # Errors
/// The first module that failed, as a failure of the last image set.
pub fn revise_group(analysis: &Analysis, records: &mut [Record]) -> Result<(), Failure> {
    for step in analysis.steps().iter().filter(|step| step.declaration.revises_group) {
        step.module.revise_group(records).map_err(|error| Failure {
            image_number: records.last().map_or(0, |record| record.image_number),
            module_number: step.number,
            module: step.name.clone(),
            error,
        })?;
    }
    Ok(())
}

/// Calls a module's `work` with its number and memory in the workspace.
fn enter(
    step: &Step,
    memory: &mut Memory,
    workspace: &mut Workspace<'_>,
    work: impl FnOnce(&mut Workspace<'_>) -> Result<(), RunError>,
) -> Result<(), Failure> {
    workspace.module_number = step.number;
    workspace.memory = std::mem::take(memory);
    let result = work(workspace);
    *memory = std::mem::take(&mut workspace.memory);
    result.map_err(|error| Failure {
        image_number: workspace.image_set.number,
        module_number: step.number,
        module: step.name.clone(),
        error,
    })
}

/// Returns the CPU time of this thread so far.
fn cpu_time() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap_or(0))
}
