use crate::engine::Engine;
use crate::plan::StoredPlan;
use crate::{CellProfiler, Native};
use cppipe::Pipeline;
use imageset::Plan;

/// Makes the engine that a job was planned with.
///
/// # Errors
/// Why this program does not have it.
pub fn engine_of(stored: &StoredPlan, pipeline: &Pipeline, plan: &Plan) -> Result<Box<dyn Engine>, String> {
    match stored.engine.name.as_str() {
        "cellprofiler" => Ok(Box::new(CellProfiler::new(stored, pipeline)?)),
        "native" => {
            let problems = |found: Vec<cppipe::Problem>| {
                found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
            };
            Ok(Box::new(Native::new(pipeline, plan).map_err(problems)?))
        }
        name => Err(format!("this version of cpb has no engine `{name}`")),
    }
}
