//! A plan as the ledger keeps it: `plan.json`, and a line of JSON an image set.

use super::{EngineUsed, JobPlan, PlanJobError, Request};
use crate::files::sha256;
use crate::input::{JobInput, Stamp, Stamps, locations};
use crate::ledger::{Ledger, LedgerError, Round, RoundReason, ShardSets, Task};
use crate::{Address, JobId, Message, Unit};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use imageset::{CellKind, ImageSet, Plan};
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader, Write};
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
    columns: Vec<(String, CellKind)>,
    grouping: Vec<String>,
    experiment: Vec<(String, String)>,
    /// What was left out, a line each.
    pub warnings: Vec<String>,
}

/// An image set with the stamps of its files.
#[derive(Serialize, Deserialize)]
struct Line {
    #[serde(flatten)]
    set: ImageSet,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    stamps: Vec<Option<(u64, String)>>,
}

/// Returns the image sets as lines of JSON, with size and tag of each file.
pub(super) fn table_with_stamps(plan: &Plan, stamps: &Stamps) -> Vec<u8> {
    let mut bytes = Vec::new();
    for set in &plan.image_sets {
        let stamps = locations(set).map(|l| stamps.get(&l).map(|s| (s.size, s.tag.clone()))).collect();
        let line = Line { set: set.clone(), stamps };
        serde_json::to_writer(&mut bytes, &line).expect("an image set is plain data");
        bytes.push(b'\n');
    }
    bytes
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
        let table = table_with_stamps(&self.plan, &self.stamps);
        let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
        gz.write_all(&table).expect("memory takes every write");
        let table = gz.finish().expect("memory takes every write");
        let Request { message, bucket, input, output, .. } = self.request.clone();
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
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
            image_sets_sha256: sha256(&table),
            columns: self.plan.columns.clone(),
            grouping: self.plan.grouping.clone(),
            experiment: self.plan.experiment.clone(),
            warnings: self.plan.warnings.clone(),
        };
        let (root, keys) = (ledger.root(), ledger.keys());
        root.create(&keys.message(), crate::ledger::written(&plan.message))?;
        root.create(&keys.pipeline(), self.pipeline_bytes.clone())?;
        root.create(&keys.image_sets(), table)?;
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

    /// Reads the image sets, and what was known of their files.
    ///
    /// # Errors
    /// When they cannot be read, or are not those that were planned.
    pub fn read_image_sets(&self, ledger: &Ledger) -> Result<(Plan, Stamps), LedgerError> {
        let key = ledger.keys().image_sets();
        let damaged = |why: String| LedgerError::damaged(ledger.root(), &key, why);
        let bytes = ledger.root().get(&key).map_err(|error| match error.kind {
            Kind::NotFound => damaged("it is not there".into()),
            _ => error.into(),
        })?;
        if sha256(&bytes) != self.image_sets_sha256 {
            return Err(damaged("its digest is not the plan's".into()));
        }
        let mut image_sets = Vec::with_capacity(self.image_sets);
        let mut stamps = Stamps::new();
        for line in BufReader::new(GzDecoder::new(bytes.as_ref())).lines() {
            let line = line.map_err(|e| damaged(e.to_string()))?;
            let line: Line = serde_json::from_str(&line).map_err(|e| damaged(e.to_string()))?;
            for (location, stamp) in locations(&line.set).zip(line.stamps) {
                stamps.extend(stamp.map(|(size, tag)| (location, Stamp { size, tag })));
            }
            image_sets.push(line.set);
        }
        let plan = Plan {
            image_sets,
            columns: self.columns.clone(),
            grouping: self.grouping.clone(),
            experiment: self.experiment.clone(),
            warnings: self.warnings.clone(),
        };
        Ok((plan, stamps))
    }
}
