//! What a job will do, decided before it is paid for.

mod stored;

pub use stored::StoredPlan;

use crate::cellprofiler::unit;
use crate::image_sets::{ImageSets, head};
use crate::input::{JobInput, JobInputError, Packed, Stamps, image_sets, locations, read_pipeline};
use crate::ledger::Ledger;
use crate::merge::{for_tables, no_value};
use crate::structure::folder_of;
use crate::{
    Address, AddressError, EngineChoice, Installation, JobFiles, JobId, Message, Native, OnError, Places,
    Shard, Unit, cut, units,
};
use cppipe::{Pipeline, Problem};
use engine::{Checked, Folders, Given, RunFacts, Support, Upstream};
use imageset::{ImageSet, InputError, Plan, Selection};
use std::collections::{BTreeSet, HashSet};
use std::fmt;

/// A message whose every place is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The message.
    pub message: Message,
    /// Where the bucket is.
    pub bucket: Address,
    /// The pipeline.
    pub pipeline: Address,
    /// Default Input Folder.
    pub input: Address,
    /// Default Output Folder.
    pub output: Address,
}

impl Request {
    /// Finds the places of a message.
    ///
    /// # Errors
    /// When a place leads out of the bucket.
    pub fn new(message: Message, bucket: &Address) -> Result<Self, AddressError> {
        let at = |text: &str| Address::in_bucket(bucket, text);
        let (pipeline, input, output) = (at(&message.pipeline)?, at(&message.input)?, at(&message.output)?);
        Ok(Self { message, bucket: bucket.clone(), pipeline, input, output })
    }

    pub(crate) fn job_input(&self) -> Result<JobInput, PlanJobError> {
        let at =
            |text: &Option<String>| text.as_ref().map(|t| Address::in_bucket(&self.bucket, t)).transpose();
        let groups =
            self.message.groups.iter().map(|text| Selection::parse_group(text)).collect::<Result<_, _>>()?;
        Ok(JobInput {
            folder: Some(self.input.clone()),
            output: Some(self.output.clone()),
            left_out: Some(self.output.clone()),
            data_file: at(&self.message.data_file)?,
            file_list: at(&self.message.file_list)?,
            wanted: Selection { groups, ..Selection::default() },
            path_map: self.message.path_map.clone(),
        })
    }
}

/// A job that is planned.
pub struct JobPlan {
    /// The job's id.
    pub job: JobId,
    /// What was asked for.
    pub request: Request,
    /// The pipeline's bytes.
    pub pipeline_bytes: Vec<u8>,
    /// The pipeline.
    pub pipeline: Pipeline,
    /// The image sets.
    pub plan: Plan<ImageSets>,
    /// How many groups they are of.
    pub groups: usize,
    /// How many bytes their files have, each counted once.
    pub input_bytes: u64,
    /// Which engine runs it, and its version.
    pub engine: EngineUsed,
    /// What must stay together.
    pub unit: Unit,
    /// The shards.
    pub shards: Vec<Shard>,
    /// Files of image sets that are not there.
    pub missing: Vec<Missing>,
}

/// The engine that runs a job.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct EngineUsed {
    /// `native` or `cellprofiler`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Why it is this one.
    pub reason: String,
}

/// A file of an image set that is not there.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Missing {
    /// The image set.
    pub image_set: usize,
    /// Its metadata, as `Plate=P1 Well=A01 Site=1`.
    pub place: String,
    /// The channel.
    pub channel: String,
    /// The file.
    pub location: String,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { image_set, place, channel, location } = self;
        let place = if place.is_empty() { String::new() } else { format!(" ({place})") };
        write!(f, "image set {image_set}{place}, {channel}: there is no file `{location}`")
    }
}

/// Why a message cannot be planned.
#[derive(Debug, thiserror::Error)]
pub enum PlanJobError {
    /// A place leads out of the bucket.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// A group is not written as one.
    #[error(transparent)]
    Group(#[from] InputError),
    /// The pipeline, a table or a folder cannot be read, or they do not fit each other.
    #[error(transparent)]
    Input(#[from] JobInputError),
    /// The pipeline cannot be run on these image sets.
    #[error("{pipeline} cannot be run:\n{}", lines(.problems))]
    Problems {
        /// The pipeline.
        pipeline: String,
        /// What is wrong or not native.
        problems: Vec<Problem>,
    },
    /// Image sets lack files, and no image set may fail.
    #[error("{} files are missing:\n{}", .0.len(), first_lines(.0))]
    Missing(Vec<Missing>),
    /// The engine that is wanted is not in this program.
    #[error("{0}")]
    Engine(String),
    /// A table of the pipeline may not be replaced.
    #[error("{0}")]
    Refused(String),
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(|p| format!("  {p}")).collect::<Vec<_>>().join("\n")
}

fn first_lines(missing: &[Missing]) -> String {
    let mut lines: Vec<String> = missing.iter().take(20).map(|m| format!("  {m}")).collect();
    if missing.len() > lines.len() {
        lines.push(format!("  … and {} more", missing.len() - lines.len()));
    }
    lines.join("\n")
}

/// Plans a job: reads pipeline and listings, and computes nothing.
///
/// # Errors
/// Everything that would make the job fail, before anything is paid for.
pub fn plan_job(places: &Places, request: Request) -> Result<JobPlan, PlanJobError> {
    let (pipeline, pipeline_bytes) = read_pipeline(places, &request.pipeline)?;
    let input = request.job_input()?;
    let (mut packed, mut stamps) = image_sets(places, &pipeline, &input)?;
    let head = head(&packed.plan);
    let engine = choose_engine(&request, &pipeline, &head)?;
    check_form(&request, &packed.plan.image_sets)?;
    let absent = packed.stamp(places, &mut stamps)?;
    let Packed { plan, digest } = packed;
    let missing = missing_files(&plan.image_sets, &absent);
    let failing: BTreeSet<usize> = missing.iter().map(|m| m.image_set).collect();
    if !missing.is_empty()
        && (request.message.on_error == OnError::Stop || failing.len() == plan.image_sets.len())
    {
        return Err(PlanJobError::Missing(missing));
    }
    let unit = match Native::new(&pipeline, &head) {
        Ok(native) if engine.name == "native" => native.analysis().scope().into(),
        _ => unit(&pipeline, &head),
    };
    let shards =
        cut(units(plan.image_sets.iter(), unit), shard_size(&request.message, plan.image_sets.len()));
    let version = format!("{} {}", engine.name, engine.version);
    let job = JobId::of_work(&request.message, &pipeline_bytes, &digest, &version);
    let input_bytes = bytes_of(&plan.image_sets, stamps);
    let groups: BTreeSet<usize> = plan.image_sets.iter().map(|set| set.group_number).collect();
    let ledger = Ledger::new(places, &request.output, &job).map_err(JobInputError::from)?;
    // What this very job has written may be there.
    if !ledger.is_owner().map_err(JobInputError::from)? {
        check_tables(places, &request, &pipeline, &plan)?;
    }
    let groups = groups.len();
    Ok(JobPlan {
        job,
        request,
        pipeline_bytes,
        pipeline,
        plan,
        groups,
        input_bytes,
        engine,
        unit,
        shards,
        missing,
    })
}

/// Sees that the results can have the form that the message asks for.
fn check_form(request: &Request, image_sets: &ImageSets) -> Result<(), PlanJobError> {
    let structure = request.message.output_structure.as_deref().unwrap_or("");
    for set in image_sets.iter().filter(|_| !structure.is_empty()) {
        folder_of(structure, &set).map_err(|key| PlanJobError::Refused(no_value(&key, &set)))?;
    }
    Ok(())
}

/// Sees that tables which may not be replaced are not there, before anything is computed.
fn check_tables(
    places: &Places,
    request: &Request,
    pipeline: &Pipeline,
    plan: &Plan<ImageSets>,
) -> Result<(), PlanJobError> {
    if request.message.output_structure.is_some() {
        return Ok(());
    }
    let Ok(native) = Native::new(pipeline, &head(plan)) else { return Ok(()) };
    let image_sets = for_tables(plan.image_sets.iter());
    let now = places.now();
    let sink = JobFiles::new(places, None);
    let folders = Folders { input: request.input.as_str().into(), output: request.output.as_str().into() };
    let facts = RunFacts {
        columns: native.analysis().columns(),
        columns_so_far: 0,
        relationships: native.analysis().relationships(),
        image_sets: &image_sets,
        experiment: &plan.experiment,
        folders: &folders,
        started: now,
        source: &sink,
        sink: &sink,
        pipeline: "",
    };
    match native.analysis().record_sinks(facts) {
        Ok(_) => Ok(()),
        Err(error) => Err(PlanJobError::Refused(error.to_string())),
    }
}

/// Chooses the engine: the native one where all is native.
fn choose_engine(request: &Request, pipeline: &Pipeline, plan: &Plan) -> Result<EngineUsed, PlanJobError> {
    let given =
        Given { upstream: Upstream { planned: Some(plan.into()), ..Upstream::default() }, open: false };
    let check = engine::check(pipeline, &given);
    let native = check.is_native() && check.problems.is_empty();
    let beyond = check.problems.iter().all(|problem| problem.not_native);
    let problems = || PlanJobError::Problems {
        pipeline: request.pipeline.to_string(),
        problems: check.problems.clone(),
    };
    match request.message.engine {
        EngineChoice::Auto | EngineChoice::Native if native => {
            let version = env!("CARGO_PKG_VERSION").to_string();
            let reason = "every enabled module is native".to_string();
            Ok(EngineUsed { name: "native".into(), version, reason })
        }
        EngineChoice::Cellprofiler => cellprofiler("the message asks for it").map_err(PlanJobError::Engine),
        EngineChoice::Auto if beyond => {
            let others = |m: &&Checked| !matches!(m.support, Support::Native | Support::Disabled);
            let modules =
                check.modules.iter().filter(others).map(|m| format!("module {} {}", m.number, m.name));
            let reason = format!("not native: {}", modules.collect::<Vec<_>>().join(", "));
            cellprofiler(&reason).map_err(|why| match check.problems.is_empty() {
                true => PlanJobError::Engine(format!("{reason}; {why}")),
                false => problems(),
            })
        }
        EngineChoice::Auto | EngineChoice::Native => Err(problems()),
    }
}

/// The workers' CellProfiler, where the planner has none, as a Lambda: its variable says which version they have.
fn cellprofiler(reason: &str) -> Result<EngineUsed, String> {
    let told = std::env::var("CPB_CELLPROFILER_VERSION").ok().filter(|version| !version.is_empty());
    let version = told.map_or_else(|| Installation::find().map(|found| found.version), Ok)?;
    Ok(EngineUsed { name: "cellprofiler".into(), version, reason: reason.to_string() })
}

/// How many image sets a shard has, unless the message says: enough shards to share, few enough to start.
fn shard_size(message: &Message, image_sets: usize) -> usize {
    const SHARDS: usize = 64;
    const LEAST: usize = 16;
    match message.shard_size {
        Some(size) => usize::try_from(size).unwrap_or(usize::MAX),
        None => image_sets.div_ceil(SHARDS).max(LEAST),
    }
}

fn missing_files(image_sets: &ImageSets, absent: &[String]) -> Vec<Missing> {
    let absent: HashSet<&str> = absent.iter().map(String::as_str).collect();
    let mut missing = Vec::new();
    if absent.is_empty() {
        return missing;
    }
    for set in image_sets.iter() {
        for channel in &set.channels {
            let location = imageset::url_to_path(&channel.location);
            if absent.contains(location.as_str()) {
                let (image_set, place, channel) = (set.number, place(&set), channel.name.clone());
                missing.push(Missing { image_set, place, channel, location });
            }
        }
    }
    missing
}

/// Returns where an image set is from in the words of the field: plate, well, site, else all of its metadata.
pub fn place(set: &ImageSet) -> String {
    const KEYS: [&str; 4] = ["Batch", "Plate", "Well", "Site"];
    let known = KEYS.iter().filter_map(|key| Some((key.to_string(), set.metadata.get(*key)?)));
    let known: Vec<String> = known.map(|(key, value)| format!("{key}={value}")).collect();
    if known.is_empty() {
        return set
            .metadata
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect::<Vec<_>>()
            .join(" ");
    }
    known.join(" ")
}

/// Returns how many bytes the files of image sets have, each counted once.
fn bytes_of(image_sets: &ImageSets, mut stamps: Stamps) -> u64 {
    let mut bytes = 0;
    for set in image_sets.iter() {
        bytes += locations(&set).filter_map(|location| stamps.remove(&location)).map(|s| s.size).sum::<u64>();
    }
    bytes
}
