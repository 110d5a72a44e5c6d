//! A pipeline whose every enabled module is native, ready to run.

use crate::{
    Declaration, Module, Need, RecordSink, Relates, RunError, RunFacts, Scope, Upstream,
    cellprofiler_modules, modules,
};
use cppipe::{Pipeline, Problem};
use measurements::{Column, IMAGE};
use std::collections::BTreeSet;

/// A pipeline's enabled modules with their settings and declarations, in order.
#[derive(Debug)]
pub struct Analysis {
    steps: Vec<Step>,
    columns: Vec<Column>,
    relationships: Vec<(usize, Relates)>,
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
    /// The images that no later module asks for: a run lets go of them once this module is done.
    pub releases: Vec<String>,
    /// How many measurements it and the modules before it make.
    pub columns_so_far: usize,
}

impl Step {
    /// Returns whether the module makes or may ask for an image: it says so, or one of its settings is the image's name and
    /// the module does not say that it means a measurement of that image.
    fn asks_for(&self, image: &str, settings: &[cppipe::Setting]) -> bool {
        let declaration = &self.declaration;
        let needed = |need: &Need| matches!(need, Need::Image { name, .. } if name == image);
        let measured = |need: &Need| {
            matches!(need, Need::Measurement { feature, .. }
                if feature.strip_suffix(image).is_some_and(|rest| rest.ends_with('_')))
        };
        let names_it = |s: &cppipe::Setting| s.value.split(',').any(|name| name.trim() == image);
        declaration.images.iter().any(|made| made == image)
            || declaration.needs.iter().any(needed)
            || (settings.iter().any(names_it) && !declaration.needs.iter().any(measured))
    }

    /// Returns the number and name as feature names hold them, as `05CorrectIlluminationApply`.
    pub fn feature_suffix(&self) -> String {
        format!("{:02}{}", self.number, self.name)
    }

    /// Returns the writer of the tables that the module exports, if it exports any.
    ///
    /// # Errors
    /// As [`Module::record_sink`].
    pub fn record_sink<'a>(
        &'a self,
        run: RunFacts<'a>,
    ) -> Result<Option<Box<dyn RecordSink + 'a>>, RunError> {
        self.module.record_sink(RunFacts { columns_so_far: self.columns_so_far, ..run })
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
                    read.push((module, name.to_string(), native));
                }
                Err(found) => problems.extend(found),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        Self::from_modules(read, upstream)
    }

    fn from_modules(
        read: Vec<(&cppipe::Module, String, Box<dyn Module>)>,
        mut upstream: Upstream,
    ) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut recorded = true;
        let mut relationships = Vec::new();
        let mut steps = Vec::new();
        let mut settings = Vec::new();
        for (text, name, module) in read {
            let number = text.number;
            settings.push(text.settings.as_slice());
            let declaration = module.declare(&upstream);
            relationships.extend(declaration.relationships.iter().map(|r| (number, r.clone())));
            problems.extend(upstream.undrawn(text, &declaration));
            upstream.add(&declaration);
            let columns_so_far = upstream.columns.len();
            recorded &= !declaration.ends_record;
            let step =
                Step { number, name, module, declaration, recorded, releases: Vec::new(), columns_so_far };
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
        if !problems.is_empty() {
            return Err(problems);
        }
        release(&mut steps, &settings);
        Ok(Self { steps, columns: upstream.columns, relationships })
    }

    /// Returns the modules in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Returns every relationship of objects that a run notes, with the number of the module that does.
    pub fn relationships(&self) -> &[(usize, Relates)] {
        &self.relationships
    }

    /// Returns the writers of the tables that the modules export, in order.
    ///
    /// # Errors
    /// When a table's place cannot be written, or a table is there and may not be replaced.
    pub fn record_sinks<'a>(&'a self, run: RunFacts<'a>) -> Result<Vec<Box<dyn RecordSink + 'a>>, RunError> {
        let mut sinks = Vec::new();
        for step in &self.steps {
            sinks.extend(step.record_sink(run)?);
        }
        Ok(sinks)
    }

    /// Returns how much of the run the module that sees most of it must see.
    pub fn scope(&self) -> Scope {
        self.steps.iter().map(|step| step.declaration.scope).max().unwrap_or_default()
    }

    /// Returns whether a module corrects at a group's end what was measured of the group's image sets.
    pub fn revises_groups(&self) -> bool {
        self.steps.iter().any(|step| step.declaration.revises_group)
    }

    /// Returns every measurement that a run makes, those of time and errors too.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }
}

/// Finds for each image the last step that asks for it.
fn release(steps: &mut [Step], settings: &[&[cppipe::Setting]]) {
    let mut wanted = BTreeSet::new();
    let images = |steps: &[Step]| -> BTreeSet<String> {
        steps.iter().flat_map(|step| step.declaration.images.iter().cloned()).collect()
    };
    let all = images(steps);
    // What sees a whole group may ask for an image at the group's end.
    for (step, settings) in steps.iter().zip(settings).filter(|(s, _)| s.declaration.scope != Scope::ImageSet)
    {
        wanted.extend(all.iter().filter(|name| step.asks_for(name, settings)).cloned());
    }
    for at in (0..steps.len()).rev() {
        let made = images(&steps[..=at]);
        let asked = made.iter().filter(|name| steps[at].asks_for(name, settings[at]));
        let last: Vec<String> = asked.filter(|name| !wanted.contains(*name)).cloned().collect();
        wanted.extend(last.iter().cloned());
        steps[at].releases = last;
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
    if let Some(instead) = cellprofiler_modules::by_hand(&module.name) {
        return Err(problem(instead.into(), None, true));
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Workspace;

    /// A module that does nothing but declare.
    #[derive(Debug)]
    struct Told(Declaration);

    impl Module for Told {
        fn declare(&self, _upstream: &Upstream) -> Declaration {
            self.0.clone()
        }

        fn run(&self, _workspace: &mut Workspace<'_>) -> Result<(), RunError> {
            Ok(())
        }
    }

    #[test]
    fn an_image_is_released_by_the_last_module_that_asks_for_it() {
        let named = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let makes = |images: &[&str]| Declaration { images: named(images), ..Declaration::default() };
        let file_name = Need::measurement(IMAGE, "FileName_RNA", "Select image name for file prefix");
        let modules = [
            ("", makes(&["DNA", "RNA", "AGP"])),
            ("", Declaration { needs: vec![Need::image("DNA", "")], ..makes(&["Bright"]) }),
            ("Bright, Dark", Declaration::default()),
            ("RNA", Declaration { needs: vec![file_name], ..Declaration::default() }),
            ("AGP", Declaration { scope: Scope::Group, ..Declaration::default() }),
        ];
        let texts = modules.each_ref().map(|(value, _)| cppipe::Module {
            name: "Told".into(),
            number: 1,
            revision: 1,
            enabled: true,
            notes: Vec::new(),
            settings: vec![cppipe::Setting { label: String::new(), value: value.to_string() }],
        });
        let read = texts.iter().zip(modules.iter()).map(|(text, (_, declaration))| {
            (text, "Told".to_string(), Box::new(Told(declaration.clone())) as Box<dyn Module>)
        });
        let analysis = Analysis::from_modules(read.collect(), Upstream::default()).unwrap();
        let released: Vec<_> = analysis.steps().iter().map(|step| step.releases.clone()).collect();
        assert_eq!(released, [named(&["RNA"]), named(&["DNA"]), named(&["Bright"]), vec![], vec![]]);
    }
}
