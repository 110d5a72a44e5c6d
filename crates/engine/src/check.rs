//! Finds everything that is wrong with a pipeline before any image is read.

use crate::{Declaration, Need, Upstream, cellprofiler_modules, modules, read_module};
use cppipe::{Pipeline, Problem, nearest};
use measurements::{EXPERIMENT, IMAGE};
use std::collections::BTreeSet;

/// What is known of a pipeline before it runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Check {
    /// Every module of the pipeline, in order.
    pub modules: Vec<Checked>,
    /// Everything that is wrong, in the order of the modules.
    pub problems: Vec<Problem>,
    /// What is odd in the file itself, with line numbers.
    pub remarks: Vec<String>,
}

/// What is known of one module.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// Place in the pipeline, from 1, disabled modules counted.
    pub number: usize,
    /// The module's name in the file.
    pub name: String,
    /// The revision of its settings.
    pub revision: u32,
    /// Whether the native engine runs it.
    pub support: Support,
}

/// Whether a module can run, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// The native engine runs it.
    Native,
    /// It is disabled: nothing runs it.
    Disabled,
    /// The native engine has the module, but not with these settings; CellProfiler 4.2.8 runs it.
    SettingNotNative,
    /// CellProfiler 4.2.8 runs it, the native engine does not.
    CellProfiler,
    /// CellProfiler 4.2.8 does not have it either: a plugin, or a module that is gone.
    Unknown,
}

/// What is there before the first module: what the image sets bring.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// Images, objects and measurements.
    pub upstream: Upstream,
    /// Whether there may be images, objects and measurements that nobody could name beforehand, as from a
    /// table that was not given.
    pub open: bool,
}

impl Check {
    /// Returns whether every enabled module is native.
    pub fn is_native(&self) -> bool {
        self.modules.iter().all(|m| matches!(m.support, Support::Native | Support::Disabled))
    }

    /// Returns whether something is wrong that CellProfiler would not do either.
    pub fn is_wrong(&self) -> bool {
        self.problems.iter().any(|p| !p.not_native)
    }
}

/// Checks every enabled module: that it is known, that its settings mean something, and that what they name is
/// made by a module before it.
///
/// A module that cannot be read may make anything that its settings name, so nothing is said of such names.
pub fn check(pipeline: &Pipeline, given: &Given) -> Check {
    let mut state = State { upstream: given.upstream.clone(), open: given.open, ..State::default() };
    let mut check = Check { remarks: pipeline.remarks().to_vec(), ..Check::default() };
    for module in &pipeline.modules {
        let support = if module.enabled { state.module(module) } else { Support::Disabled };
        let (number, name, revision) = (module.number, module.name.clone(), module.revision);
        check.modules.push(Checked { number, name, revision, support });
    }
    check.problems = state.finish();
    check
}

/// What the modules so far make, and what is wrong with them.
#[derive(Default)]
struct State {
    upstream: Upstream,
    open: bool,
    /// Every answer of modules that could not be read.
    unread: BTreeSet<String>,
    problems: Vec<Problem>,
    missing: Vec<Missing>,
    makers: Vec<(usize, Declaration)>,
}

/// A need that nothing before the module meets, and its place among the problems.
struct Missing {
    place: usize,
    need: Need,
}

impl State {
    fn module(&mut self, module: &cppipe::Module) -> Support {
        match read_module(module) {
            Ok(native) => {
                let declaration = native.declare(&self.upstream);
                for need in &declaration.needs {
                    self.need(module, need);
                }
                let undrawn = self.upstream.undrawn(module, &declaration);
                self.upstream.add(&declaration);
                self.makers.push((module.number, declaration));
                let support = if undrawn.is_empty() { Support::Native } else { Support::SettingNotNative };
                self.problems.extend(undrawn);
                support
            }
            Err(problems) => {
                let settings = module.settings.iter();
                self.unread.extend(settings.flat_map(|s| s.value.split(',')).map(|s| s.trim().to_string()));
                let beyond = problems.iter().any(|p| p.not_native);
                let known = modules::find(&module.name).is_some();
                let support = match cellprofiler_modules::find(&module.name) {
                    _ if known && beyond => Support::SettingNotNative,
                    _ if known => Support::Native,
                    Some(_) => Support::CellProfiler,
                    None => Support::Unknown,
                };
                self.problems.extend(problems);
                support
            }
        }
    }

    fn need(&mut self, module: &cppipe::Module, need: &Need) {
        let up = &self.upstream;
        let strings = |names: &[String]| names.to_vec();
        let (met, name, what, setting, there) = match need {
            Need::Image { name, setting } => {
                (up.images.contains(name), name, "image", setting, strings(&up.images))
            }
            Need::Objects { name, setting } => {
                (up.objects.contains(name), name, "object set", setting, strings(&up.objects))
            }
            Need::Measurement { object, feature, setting } => {
                let met = up.columns.iter().any(|c| c.object == *object && c.feature == *feature);
                let known = object == IMAGE || object == EXPERIMENT || up.objects.contains(object);
                // What files' names and headers bring is known only once the image sets are planned.
                let unplanned = up.planned.is_none() && object == IMAGE && feature.starts_with("Metadata_");
                if met || unplanned || !self.unread.is_empty() {
                    return;
                }
                let of = up.columns.iter().filter(|c| c.object == *object).map(|c| c.feature.clone());
                if known || self.open {
                    (self.open && object == IMAGE, feature, "measurement", setting, of.collect())
                } else {
                    (false, object, "object set", setting, strings(&up.objects))
                }
            }
        };
        if met || self.open || self.unread.contains(name) {
            return;
        }
        let message = match need {
            _ if name.is_empty() => format!("the setting names no {what}"),
            Need::Measurement { object, .. } if what == "measurement" => {
                format!("no module before this one measures `{name}` of `{object}`")
            }
            _ => format!("no module before this one makes the {what} `{name}`"),
        };
        let nearest = nearest(name, there.iter().map(String::as_str));
        self.missing.push(Missing { place: self.problems.len(), need: need.clone() });
        self.problems.push(Problem {
            module_number: module.number,
            module: module.name.clone(),
            setting: Some(setting.clone()),
            message,
            nearest,
            not_native: false,
        });
    }

    /// Returns the problems; where a later module makes what is missing, it says so.
    fn finish(mut self) -> Vec<Problem> {
        for missing in &self.missing {
            let makes = |d: &Declaration| match &missing.need {
                Need::Image { name, .. } => d.images.contains(name),
                Need::Objects { name, .. } => d.objects.contains(name),
                Need::Measurement { object, feature, .. } => {
                    d.columns.iter().any(|c| c.object == *object && c.feature == *feature)
                }
            };
            if let Some((number, _)) = self.makers.iter().find(|(_, d)| makes(d)) {
                let problem = &mut self.problems[missing.place];
                problem.message.push_str(&format!("; module {number} does, but it comes too late"));
                problem.nearest = None;
            }
        }
        self.problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cppipe::{Module, Setting};

    fn module(name: &str, revision: u32, settings: &[(&str, &str)]) -> Module {
        let setting =
            |(label, value): &(&str, &str)| Setting { label: (*label).into(), value: (*value).into() };
        Module {
            name: name.into(),
            number: 0,
            revision,
            enabled: true,
            notes: Vec::new(),
            settings: settings.iter().map(setting).collect(),
        }
    }

    fn measure(images: &str, objects: &str) -> Module {
        let settings = [("Select images to measure", images), ("Select objects to measure", objects)];
        module("MeasureObjectIntensity", 4, &settings)
    }

    fn checked(mut modules: Vec<Module>) -> Check {
        for (i, module) in modules.iter_mut().enumerate() {
            module.number = i + 1;
        }
        let upstream = Upstream {
            images: vec!["CorrDNA".into(), "CorrER".into()],
            objects: vec!["Nuclei".into()],
            ..Upstream::default()
        };
        check(&Pipeline::new(modules), &Given { upstream, open: false })
    }

    fn said(check: &Check) -> Vec<String> {
        check.problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_drawing_is_native_until_a_module_needs_it() {
        let answers = ["Image", "None", "Metadata_Well", "DNA", "red", "Drawing"].map(|value| ("", value));
        let draw = module("DisplayDataOnImage", 6, &answers);
        let invert = module("Closing", 1, &[("", "Drawing"), ("", "Closed"), ("", "Disk,1")]);
        let upstream = Upstream { images: vec!["DNA".into()], ..Upstream::default() };
        let given = Given { upstream, open: false };
        assert!(check(&Pipeline::new(vec![draw.clone()]), &given).is_native());
        let used = check(&Pipeline::new(vec![draw, invert]), &given);
        assert_eq!(used.modules[1].support, Support::SettingNotNative);
        assert!(!used.is_wrong());
    }

    #[test]
    fn a_pipeline_of_native_modules_has_no_problem() {
        let check = checked(vec![measure("CorrDNA", "Nuclei")]);
        assert!(check.is_native() && !check.is_wrong(), "{:?}", said(&check));
    }

    #[test]
    fn every_name_that_nobody_makes_is_told_with_the_nearest_one() {
        let check = checked(vec![measure("CorDNA", "Nuclei, Nucleii")]);
        assert_eq!(
            said(&check),
            [
                "module 1 MeasureObjectIntensity, setting \"Select images to measure\": no module before this one \
                 makes the image `CorDNA`; did you mean `CorrDNA`?",
                "module 1 MeasureObjectIntensity, setting \"Select objects to measure\": no module before this one \
                 makes the object set `Nucleii`; did you mean `Nuclei`?",
            ]
        );
        assert!(check.is_wrong() && check.is_native());
    }

    #[test]
    fn a_module_that_is_not_native_may_make_what_its_settings_name() {
        let macros = module("RunImageJMacro", 1, &[("Name the output image", "Made")]);
        let check = checked(vec![macros, measure("Made, Nobody", "Nuclei")]);
        assert_eq!(check.modules[0].support, Support::CellProfiler);
        assert_eq!(check.problems.len(), 2);
        assert!(check.problems[0].not_native);
        assert!(said(&check)[1].contains("`Nobody`"));
    }

    #[test]
    fn unknown_newer_and_disabled_modules_are_told_apart() {
        let mut off = module("Nonsense", 1, &[]);
        off.enabled = false;
        let newer = module("MeasureObjectIntensity", 99, &[]);
        let check =
            checked(vec![off, newer, module("IdentifyPrimaryObject", 1, &[]), module("LoadImages", 1, &[])]);
        let support: Vec<_> = check.modules.iter().map(|m| m.support).collect();
        assert_eq!(support, [Support::Disabled, Support::Native, Support::Unknown, Support::Unknown]);
        let said = said(&check);
        assert!(said[0].contains("revision 99 of the module is newer than 4"), "{}", said[0]);
        assert!(said[1].ends_with("did you mean `IdentifyPrimaryObjects`?"), "{}", said[1]);
        assert!(said[2].ends_with("did you mean `LoadData`?"), "{}", said[2]);
    }
}
