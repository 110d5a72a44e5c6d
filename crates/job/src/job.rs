use crate::engine::Engine;
use crate::engines::engine_of;
use crate::image_sets::{ImageSets, head};
use crate::ledger::{Ledger, LedgerError};
use crate::plan::StoredPlan;
use cppipe::Pipeline;
use imageset::Plan;
use std::time::SystemTime;

/// A job with all that a worker or a merge of it needs.
pub struct Job {
    /// The ledger.
    pub ledger: Ledger,
    /// What was decided when it was planned.
    pub stored: StoredPlan,
    /// When its store says that it was planned: files of the results that are younger are its own.
    pub since: SystemTime,
    /// The pipeline.
    pub pipeline: Pipeline,
    /// All of its image sets.
    pub plan: Plan<ImageSets>,
    /// The engine.
    pub engine: Box<dyn Engine>,
}

/// Why a job cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenJobError {
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Its pipeline or engine cannot be used by this program.
    #[error("job {job} cannot be run by this version of cpb: {why}")]
    Engine {
        /// The job.
        job: crate::JobId,
        /// Why not.
        why: String,
    },
}

impl Job {
    /// Reads a job from its ledger.
    ///
    /// # Errors
    /// When the ledger cannot be read, or another version must run the job.
    pub fn open(ledger: Ledger) -> Result<Self, OpenJobError> {
        let stored = StoredPlan::read(&ledger)?;
        let since = ledger.planned()?;
        let fail = |why: String| OpenJobError::Engine { job: stored.job.clone(), why };
        let pipeline = Pipeline::parse(&ledger.pipeline()?).map_err(|e| fail(e.to_string()))?;
        let plan = stored.read_image_sets(&ledger)?;
        let engine = engine_of(&stored, &pipeline, &head(&plan)).map_err(fail)?;
        if engine.version() != stored.engine.version {
            let (planned, ours) = (&stored.engine.version, engine.version());
            return Err(fail(format!("it was planned for {} {planned}, this is {ours}", engine.name())));
        }
        Ok(Self { ledger, stored, since, pipeline, plan, engine })
    }
}
