//! A pipeline whose every enabled module is native, ready to run.

use crate::{
    Declaration, Module, RecordSink, RunError, RunFacts, Scope, Upstream, cellprofiler_modules, modules,
};
use cppipe::{Pipeline, Problem};
use measurements::{Column, IMAGE};

/// A pipeline's enabled modules with their settings and declarations, in order.
#[derive(Debug)]
pub struct Analysis {
    steps: Vec<Step>,
    columns: Vec<Column>,
}

/// One enabled module of a pipeline.
#[derive(Debug)]
pub struct Step {
    /// Place in the pipeline, from 1, disabled modules counted.
    pub number: usize,
    /// CellProfiler's name of the module.
    pub name: String,
    /// The module.
    pub module: Box<dyn Module>,
    /// What it says of itself.
    pub declaration: Declaration,
    /// Whether its time and errors are recorded as measurements.
    pub recorded: bool,
}

impl Step {
    /// Returns the number and name as feature names hold them, as `05CorrectIlluminationApply`.
    pub fn feature_suffix(&self) -> String {
        format!("{:02}{}", self.number, self.name)
    }
}

impl Analysis {
    /// Reads the settings of every enabled module.
    ///
    /// # Errors
    /// All problems of all modules at once.
    pub fn read(pipeline: &Pipeline) -> Result<Self, Vec<Problem>> {
        Self::read_after(pipeline, Upstream::default())
    }

    /// Reads the settings of every enabled module for a run on the image sets of `plan`, whose columns and channels
    /// the input modules then declare.
    ///
    /// # Errors
    /// All problems of all modules at once.
    pub fn read_planned(pipeline: &Pipeline, plan: &imageset::Plan) -> Result<Self, Vec<Problem>> {
        Self::read_after(pipeline, Upstream { planned: Some(plan.into()), ..Upstream::default() })
    }

    /// Reads the settings of every enabled module, where `upstream` is there before the first.
    ///
    /// # Errors
    /// All problems of all modules at once.
    pub fn read_after(pipeline: &Pipeline, upstream: Upstream) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut read = Vec::new();
        for module in pipeline.modules.iter().filter(|m| m.enabled) {
            match read_module(module) {
                Ok(native) => {
                    // The name of today: CellProfiler's features hold that, not the one in the file.
                    let name = modules::find(&module.name).map_or(module.name.as_str(), |k| k.name);
                    read.push((module.number, name.to_string(), native));
                }
                Err(found) => problems.extend(found),
            }
        }
        if problems.is_empty() { Ok(Self::from_modules(read, upstream)) } else { Err(problems) }
    }

    fn from_modules(read: Vec<(usize, String, Box<dyn Module>)>, mut upstream: Upstream) -> Self {
        let mut recorded = true;
        let mut steps = Vec::new();
        for (number, name, module) in read {
            let declaration = module.declare(&upstream);
            upstream.add(&declaration);
            recorded &= !declaration.ends_record;
            let step = Step { number, name, module, declaration, recorded };
            if recorded {
                upstream
                    .columns
                    .push(Column::float(IMAGE, format!("ExecutionTime_{}", step.feature_suffix())));
                upstream
                    .columns
                    .push(Column::integer(IMAGE, format!("ModuleError_{}", step.feature_suffix())));
            }
            steps.push(step);
        }
        Self { steps, columns: upstream.columns }
    }

    /// Returns the modules in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Returns the writers of the tables that the modules export, in order.
    ///
    /// # Errors
    /// When a table's place cannot be written, or a table is there and may not be replaced.
    pub fn record_sinks<'a>(&'a self, run: RunFacts<'a>) -> Result<Vec<Box<dyn RecordSink + 'a>>, RunError> {
        let mut sinks = Vec::new();
        for step in &self.steps {
            sinks.extend(step.module.record_sink(run)?);
        }
        Ok(sinks)
    }

    /// Returns how much of the run the module that sees most of it must see.
    pub fn scope(&self) -> Scope {
        self.steps.iter().map(|step| step.declaration.scope).max().unwrap_or_default()
    }

    /// Returns every measurement that a run makes, those of time and errors too.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }
}

/// Reads the settings of one module.
///
/// # Errors
/// That the module is not native, is newer than what is known, or all that is wrong with its settings.
pub fn read_module(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let problem = |message: String, nearest, not_native| {
        let module_name = module.name.clone();
        vec![Problem {
            module_number: module.number,
            module: module_name,
            setting: None,
            message,
            nearest,
            not_native,
        }]
    };
    let Some(kind) = modules::find(&module.name) else {
        return Err(match cellprofiler_modules::find(&module.name) {
            Some(_) => {
                problem("CellProfiler 4.2.8 has this module, the native engine does not".into(), None, true)
            }
            None => {
                let near = cppipe::nearest(&module.name, cellprofiler_modules::NAMES.iter().copied());
                let near = cellprofiler_modules::replacement(&module.name).map(String::from).or(near);
                let message = "the module is not native, and CellProfiler 4.2.8 has no module of this name";
                problem(message.into(), near, true)
            }
        });
    };
    if module.revision > kind.newest_revision {
        let message = format!(
            "revision {} of the module is newer than {}, the newest that CellProfiler 4.2.8 writes",
            module.revision, kind.newest_revision
        );
        return Err(problem(message, None, false));
    }
    (kind.read)(module)
}
