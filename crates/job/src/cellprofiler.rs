//! The real CellProfiler behind the trait of engines: a child process of its stock command line.
//!
//! It runs in a scratch folder, a range of ImageNumbers (`-f`, `-l`) or a group (`-g`) at a time. Success is what all of its exit
//! status, its done file, its log and its tables say. The tables' rows become records, so that ledger and merge are those of
//! the native engine; other files go where they would have been.

mod calls;
mod child;
mod installation;
mod log;
mod sheets;
mod staging;
mod table;
mod unit;

use crate::engine::{Engine, EngineError, ImageSetFailure, Results, Tables, Task};
use crate::input::JobInput;
use crate::plan::StoredPlan;
use crate::{Class, OnError};
use calls::{Call, calls};
use child::{End, follow};
use cppipe::Pipeline;
use engine::{Module, RecordSink, RunError};
use imageset::ImageSet;
pub use installation::Installation;
use log::Log;
use measurements::{Column, Record};
use staging::Staging;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::process::Command;
use std::time::Duration;
use table::{Content, Table, TableNote};
pub(crate) use unit::unit;

/// How often it is seen whether the worker is to stop.
const TICK: Duration = Duration::from_millis(100);

/// Runs pipelines by CellProfiler.
pub struct CellProfiler {
    installation: Installation,
    pipeline: Pipeline,
    input: JobInput,
    /// Modules whose measurements of the run are made anew of all image sets: each call made those of its own.
    of_run: Vec<Box<dyn Module>>,
}

/// Modules that measure the run, of the measurements of its image sets alone. Others that look at a whole run keep it together.
const MEASURES_RUN: &str = "MeasureImageQuality";

impl CellProfiler {
    /// Finds the installation that runs a job.
    ///
    /// # Errors
    /// Why there is none, or it cannot be used.
    pub fn new(stored: &StoredPlan, pipeline: &Pipeline) -> Result<Self, String> {
        let of_run = pipeline.modules.iter().filter(|module| module.enabled && module.name == MEASURES_RUN);
        Ok(Self {
            installation: Installation::find()?,
            pipeline: pipeline.clone(),
            input: stored.job_input().map_err(|e| e.to_string())?,
            of_run: of_run.filter_map(|module| engine::read_module(module).ok()).collect(),
        })
    }

    /// Runs one call of the command line.
    fn call(&self, call: &Call, task: &Task<'_>, results: &dyn Results) -> Result<Called<'_>, EngineError> {
        let staging = Staging::new(task, &self.pipeline, &self.input).map_err(|error| broken(&error))?;
        let input = staging.bring(task, &call.image_sets)?;
        let done_file = staging.path("done");
        let mut command = self.installation.command();
        command.args(["-c", "-r", "-L", "20", "-p"]).arg(&input.pipeline).arg("-i").arg(&input.folder);
        command.arg("-o").arg(staging.output()).arg("-d").arg(&done_file);
        command.arg("-t").arg(staging.path("temporary")).args(&input.arguments).args(&call.arguments);
        if task.on_error == OnError::Continue {
            command.arg("--always-continue");
        }
        let (log, end) = self.follow(command, call.image_sets[0], task, results)?;
        if end == End::Stopped {
            return Ok(Called::Stopped);
        }
        if let (Some((image_set, failure)), OnError::Stop) = (log.failures.first_key_value(), task.on_error) {
            return Ok(Called::Failed(*image_set, failure.clone()));
        }
        check_end(end, fs::read_to_string(&done_file).unwrap_or_default().trim(), &log)?;
        let (tables, files) = staging.written().map_err(|error| broken(&error))?;
        let records = records(call, task, &log, &tables)?;
        let notes = tables.into_iter().map(|table| table.note).collect();
        Ok(Called::Done(Outcome { staging, files, notes, records, failures: log.failures }))
    }

    /// Runs a command to its end, and says which image set it is at.
    fn follow(
        &self,
        command: Command,
        first: usize,
        task: &Task<'_>,
        results: &dyn Results,
    ) -> Result<(Log, End), EngineError> {
        let mut log = Log::default();
        let mut current = first;
        results.started(first);
        let end = follow(command, TICK, task.stop, |line| {
            eprintln!("{line}");
            let Some(ran) = log.line(line) else { return };
            if ran.image_set != current {
                results.passed(current);
                results.started(ran.image_set);
                current = ran.image_set;
            }
            results.module_ran(&ran.module, ran.cpu_seconds);
        });
        results.passed(current);
        let end = end.map_err(|error| self.installation.not_started(&error))?;
        Ok((log, end))
    }
}

/// How a call ended.
enum Called<'a> {
    Done(Outcome<'a>),
    Stopped,
    /// On an image set, where none may fail.
    Failed(usize, ImageSetFailure),
}

/// What a call made.
struct Outcome<'a> {
    staging: Staging<'a>,
    /// Files that are no tables, below the output.
    files: Vec<String>,
    notes: Vec<TableNote>,
    records: BTreeMap<usize, Record>,
    failures: BTreeMap<usize, ImageSetFailure>,
}

impl Outcome<'_> {
    /// Hands the record of an image set on; all files of the call count as the first one's.
    fn hand_on(&mut self, number: usize, task: &Task<'_>, results: &dyn Results) -> Result<(), EngineError> {
        let Some(record) = self.records.remove(&number) else { return Ok(()) };
        results.started(number);
        let files = std::mem::take(&mut self.files);
        let put = self.staging.put(task.sink, &files);
        put.map_err(|(path, error)| EngineError::from(RunError::Write { path, error }))?;
        results.ended(number, self.failures.get(&number));
        Ok(results.record(&record)?)
    }
}

fn broken(error: &io::Error) -> EngineError {
    let message = format!("the scratch folder for CellProfiler cannot be used: {error}");
    EngineError { class: Class::Interrupted, message }
}

/// Sees that exit status and done file both say that all went well.
fn check_end(end: End, done: &str, log: &Log) -> Result<(), EngineError> {
    if end == End::Exited(0) && done == "Complete" {
        return Ok(());
    }
    let (class, what) = match end {
        End::Exited(137) => (Class::Memory, "was killed, as when memory runs out".to_string()),
        End::Exited(code @ 129..=165) => (Class::Interrupted, format!("was ended by signal {}", code - 128)),
        End::Exited(0) => (Class::Internal, format!("ended well, but its done file says `{done}`")),
        End::Exited(code) if done == "Failure" => {
            (Class::Input, format!("gave the pipeline up, status {code}"))
        }
        End::Exited(code) => (Class::Internal, format!("ended with status {code} and no done file")),
        End::Stopped => (Class::Interrupted, "was stopped".into()),
    };
    Err(EngineError { class, message: format!("CellProfiler {what}; the end of its log:\n{}", log.tail()) })
}

/// Returns the records of a call's image sets, and sees that each is there and is the one that was planned.
fn records(
    call: &Call,
    task: &Task<'_>,
    log: &Log,
    tables: &[Table],
) -> Result<BTreeMap<usize, Record>, EngineError> {
    let internal = |message: String| EngineError { class: Class::Internal, message };
    let mut records: BTreeMap<usize, Record> =
        call.image_sets.iter().map(|&number| (number, Record::new(number))).collect();
    for table in tables {
        table.add_to(&mut records).map_err(internal)?;
    }
    let unseen: Vec<_> = call.image_sets.iter().filter(|number| !log.seen.contains(number)).collect();
    if !unseen.is_empty() {
        return Err(internal(format!(
            "CellProfiler did not run the image sets {unseen:?} and did not say so"
        )));
    }
    let images: Vec<&Table> = tables.iter().filter(|table| table.note.content == Content::Images).collect();
    let rows: BTreeSet<usize> =
        images.iter().flat_map(|table| table.note.image_sets.iter().copied()).collect();
    for set in &task.plan.image_sets {
        let Some(record) = records.get_mut(&set.number) else { continue };
        if !images.is_empty() && !rows.contains(&set.number) {
            return Err(internal(format!(
                "image set {} is in none of CellProfiler's image tables",
                set.number
            )));
        }
        same_files(set, record, &task.folders.output)?;
        // Without a table of image sets the row holds what was planned.
        if images.is_empty() {
            engine::record_image_set(set, record);
        }
    }
    Ok(records)
}

/// Sees that CellProfiler gave a number to the image set that was planned with it.
fn same_files(set: &ImageSet, record: &Record, output: &str) -> Result<(), EngineError> {
    for (name, cell) in set.columns.iter().filter(|(name, _)| name.starts_with("FileName_")) {
        let text = |name: &str| record.image.get(name).map(table::text_of);
        // SaveImages tells there where it saved the image.
        let saved =
            text(&name.replacen("FileName_", "PathName_", 1)).is_some_and(|path| path.starts_with(output));
        let (planned, number) = (cell.to_string(), set.number);
        if let Some(found) = text(name).filter(|found| *found != planned && !saved) {
            return Err(EngineError {
                class: Class::Input,
                message: format!(
                    "image set {number} has `{found}` as {name} and was planned with `{planned}`: the input has changed, submit it again"
                ),
            });
        }
    }
    Ok(())
}

impl Engine for CellProfiler {
    fn name(&self) -> &'static str {
        "cellprofiler"
    }

    fn version(&self) -> String {
        self.installation.version.clone()
    }

    fn resumes(&self) -> bool {
        false
    }

    fn run(&self, task: &Task<'_>, results: &dyn Results) -> Result<serde_json::Value, EngineError> {
        let mut outcomes = Vec::new();
        for call in calls(task.plan)? {
            match self.call(&call, task, results)? {
                Called::Done(outcome) => outcomes.push(outcome),
                Called::Stopped => return Ok(serde_json::Value::Null),
                Called::Failed(image_set, failure) => {
                    results.started(image_set);
                    results.ended(image_set, Some(&failure));
                    return Ok(serde_json::Value::Null);
                }
            }
        }
        // Groups may take turns: records go by ImageNumber.
        for number in task.plan.image_sets.iter().map(|set| set.number) {
            outcomes.iter_mut().try_for_each(|outcome| outcome.hand_on(number, task, results))?;
        }
        let notes: Vec<TableNote> = outcomes.into_iter().flat_map(|outcome| outcome.notes).collect();
        Ok(serde_json::to_value(notes).expect("notes are plain data"))
    }

    fn columns(&self, notes: &[serde_json::Value]) -> Result<Vec<Column>, RunError> {
        sheets::columns(notes)
    }

    fn tables<'a>(&'a self, run: &Tables<'a>) -> Result<Vec<Box<dyn RecordSink + 'a>>, RunError> {
        let mut all = Vec::new();
        for module in &self.of_run {
            all.extend(module.record_sink(run.facts)?);
        }
        all.extend(sheets::sheets(run, &self.pipeline)?);
        Ok(all)
    }
}

/// Returns the failure of an image set.
fn failure(class: Class, module_number: usize, module: &str, message: &str) -> ImageSetFailure {
    ImageSetFailure { class, module_number, module: module.to_string(), message: message.to_string() }
}
