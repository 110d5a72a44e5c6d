//! The native engine.

use crate::engine::{Engine, EngineError, ImageSetFailure, Results, Tables, Task};
use crate::{Class, OnError};
use cppipe::{Pipeline, Problem};
use engine::{Analysis, Experiment, Failure, Observer, RecordSink, Run, RunError, Step, Workspace};
use imageset::Plan;
use measurements::{Column, Record};
use std::time::Duration;

/// Runs pipelines whose every module is native.
pub struct Native {
    analysis: Analysis,
    text: String,
}

impl Native {
    /// Reads the pipeline for a run on the image sets of a plan.
    ///
    /// # Errors
    /// Everything of the pipeline that is not native or wrong.
    pub fn new(pipeline: &Pipeline, plan: &Plan) -> Result<Self, Vec<Problem>> {
        Ok(Self { analysis: Analysis::read_planned(pipeline, plan)?, text: pipeline.to_text() })
    }

    /// Returns the pipeline as it was read.
    pub fn analysis(&self) -> &Analysis {
        &self.analysis
    }
}

impl Engine for Native {
    fn name(&self) -> &'static str {
        "native"
    }

    fn version(&self) -> String {
        env!("CARGO_PKG_VERSION").to_string()
    }

    fn run(&self, task: &Task<'_>, results: &dyn Results) -> Result<serde_json::Value, EngineError> {
        let run = Run {
            analysis: &self.analysis,
            pipeline: &self.text,
            image_sets: &task.plan.image_sets,
            image_set_count: task.image_set_count,
            experiment: &task.plan.experiment,
            folders: task.folders,
            started: task.planned,
            source: task.source,
            sink: task.sink,
            threads: task.threads,
            always_continue: task.on_error == OnError::Continue,
            observer: &Listener(results),
            cancelled: task.stop,
        };
        run.run_into(vec![Box::new(Listener(results))])?;
        Ok(serde_json::Value::Null)
    }

    fn columns(&self, _: &[serde_json::Value]) -> Result<Vec<Column>, RunError> {
        Ok(self.analysis.columns().to_vec())
    }

    fn tables<'a>(&'a self, run: &Tables<'a>) -> Result<Vec<Box<dyn RecordSink + 'a>>, RunError> {
        self.analysis.record_sinks(engine::RunFacts {
            columns: self.analysis.columns(),
            relationships: self.analysis.relationships(),
            ..run.facts
        })
    }
}

/// Hands on to the results what the engine says.
struct Listener<'a>(&'a dyn Results);

impl Observer for Listener<'_> {
    fn module_ran(&self, step: &Step, _: &Workspace<'_>, elapsed: Duration) {
        self.0.module_ran(&step.feature_suffix(), elapsed.as_secs_f64());
    }

    fn image_set_started(&self, number: usize) {
        self.0.started(number);
    }

    fn image_set_ended(&self, number: usize, failure: Option<&Failure>) {
        let failure = failure.map(|failure| ImageSetFailure {
            class: Class::of(&failure.error),
            module_number: failure.module_number,
            module: failure.module.clone(),
            message: failure.error.to_string(),
        });
        self.0.ended(number, failure.as_ref());
    }
}

impl RecordSink for Listener<'_> {
    fn record(&mut self, record: &Record) -> Result<(), RunError> {
        self.0.record(record)
    }

    fn finish(self: Box<Self>, _: &mut Experiment) -> Result<(), RunError> {
        Ok(())
    }
}
