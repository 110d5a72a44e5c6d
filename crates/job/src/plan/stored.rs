//! A plan as the ledger keeps it: `plan.json`, and a line of JSON an image set.

use super::{EngineUsed, JobPlan, PlanJobError, Request};
use crate::files::sha256;
use crate::image_sets::{Block, ImageSets};
use crate::input::JobInput;
use crate::ledger::{Ledger, LedgerError, Round, RoundReason, ShardSets, Task};
use crate::{Address, JobId, Message, Unit};
use imageset::{CellKind, Plan};
use serde::{Deserialize, Serialize};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use storage::Kind;

/// What every worker of a job starts from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredPlan {
    /// The job.
    pub job: JobId,
    /// When it was planned: microseconds since 1970. The tables have it as the time of the run.
    pub planned: u64,
    /// What was asked for.
    pub message: Message,
    /// The bucket.
    pub bucket: Address,
    /// Default Input Folder.
    pub input: Address,
    /// Default Output Folder.
    pub output: Address,
    /// The engine.
    pub engine: EngineUsed,
    /// What must stay together.
    pub unit: Unit,
    /// How many image sets there are.
    pub image_sets: usize,
    /// SHA-256 of the file of image sets.
    pub image_sets_sha256: String,
    blocks: Vec<Block>,
    columns: Vec<(String, CellKind)>,
    grouping: Vec<String>,
    experiment: Vec<(String, String)>,
    /// What was left out, a line each.
    pub warnings: Vec<String>,
}

impl JobPlan {
    /// Returns the first round: all shards.
    pub fn first_round(&self) -> Round {
        let shards = self.shards.iter().cloned().enumerate();
        Round {
            round: 1,
            reason: RoundReason::First,
            tasks: (0..self.shards.len()).map(|shard| Task { shard, memory: None }).collect(),
            shards: shards.map(|(number, shard)| ShardSets { number, shard }).collect(),
            changed: Vec::new(),
        }
    }

    /// Writes what workers start from, unless it is there.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn store(&self, ledger: &Ledger) -> Result<(), LedgerError> {
        let table = self.plan.image_sets.bytes();
        let Request { message, bucket, input, output, .. } = self.request.clone();
        let since = ledger.now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let plan = StoredPlan {
            job: self.job.clone(),
            planned: since.as_micros() as u64,
            message,
            bucket,
            input,
            output,
            engine: self.engine.clone(),
            unit: self.unit,
            image_sets: self.plan.image_sets.len(),
            image_sets_sha256: sha256(table),
            blocks: self.plan.image_sets.blocks().to_vec(),
            columns: self.plan.columns.clone(),
            grouping: self.plan.grouping.clone(),
            experiment: self.plan.experiment.clone(),
            warnings: self.plan.warnings.clone(),
        };
        let (root, keys) = (ledger.root(), ledger.keys());
        root.create(&keys.message(), crate::ledger::written(&plan.message))?;
        root.create(&keys.pipeline(), self.pipeline_bytes.clone())?;
        root.create(&keys.image_sets(), table.to_vec())?;
        // Last: who sees the plan sees the rest.
        ledger.commit(&keys.plan(), &plan)?;
        Ok(())
    }
}

impl StoredPlan {
    /// Reads a job's plan.
    ///
    /// # Errors
    /// When there is none or it cannot be read.
    pub fn read(ledger: &Ledger) -> Result<Self, LedgerError> {
        ledger.read(&ledger.keys().plan())?.ok_or_else(|| LedgerError::NoJob(ledger.job().clone()))
    }

    /// Returns what the pipeline is run on.
    ///
    /// # Errors
    /// When a place leads out of the bucket, or a group is not written as one.
    pub fn job_input(&self) -> Result<JobInput, PlanJobError> {
        let Self { message, bucket, input, output, .. } = self.clone();
        Request { message, bucket, pipeline: input.clone(), input, output }.job_input()
    }

    /// Returns when the job was planned.
    pub fn planned(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_micros(self.planned)
    }

    /// Reads the image sets.
    ///
    /// # Errors
    /// When they cannot be read, or are not those that were planned.
    pub fn read_image_sets(&self, ledger: &Ledger) -> Result<Plan<ImageSets>, LedgerError> {
        let key = ledger.keys().image_sets();
        let damaged = |why: &str| LedgerError::damaged(ledger.root(), &key, why);
        let bytes = ledger.root().get(&key).map_err(|error| match error.kind {
            Kind::NotFound => damaged("it is not there"),
            _ => error.into(),
        })?;
        if sha256(&bytes) != self.image_sets_sha256 {
            return Err(damaged("its digest is not the plan's"));
        }
        let image_sets = ImageSets::read(bytes.to_vec(), self.blocks.clone(), self.image_sets);
        Ok(Plan {
            image_sets: image_sets.ok_or_else(|| damaged("it has another length than the plan says"))?,
            columns: self.columns.clone(),
            grouping: self.grouping.clone(),
            experiment: self.experiment.clone(),
            warnings: self.warnings.clone(),
        })
    }
}
