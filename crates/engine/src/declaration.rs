use crate::Planned;
use cppipe::Problem;
use measurements::Column;

/// What a module says of itself from its settings alone.
///
/// `check`, the planner, the export's columns and the docs read this and nothing else.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Declaration {
    /// What must be there before the module runs. A run lets go of images that no later module needs or names in a
    /// setting: what a module takes without being told its name must stand here.
    pub needs: Vec<Need>,
    /// Names of the images it makes.
    pub images: Vec<String>,
    /// Those of `images` that CellProfiler has matplotlib draw, which the native engine does not: a module that needs one
    /// is not native.
    pub drawn: Vec<String>,
    /// Names of the object sets it makes.
    pub objects: Vec<String>,
    /// Every measurement it makes.
    pub columns: Vec<Column>,
    /// Every relationship of objects that it notes.
    pub relationships: Vec<Relates>,
    /// The files it writes, as a person would describe them.
    pub files: Vec<String>,
    /// What it must see to do its work.
    pub scope: Scope,
    /// Whether nothing is recorded of the modules from this one on (no `ExecutionTime_`, no `ModuleError_`):
    /// the tables are already being written.
    pub ends_record: bool,
    /// Whether it corrects, at the end of a group, what it measured of the group's image sets
    /// ([`crate::Module::revise_group`]): their records leave together then.
    pub revises_group: bool,
}

/// Something a module needs, with the setting that names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// An image.
    Image {
        /// The image's name.
        name: String,
        /// The question of the setting.
        setting: String,
    },
    /// An object set.
    Objects {
        /// The object set's name.
        name: String,
        /// The question of the setting.
        setting: String,
    },
    /// A measurement.
    Measurement {
        /// `Image` or the object set's name.
        object: String,
        /// The feature's name.
        feature: String,
        /// The question of the setting.
        setting: String,
    },
}

impl Need {
    /// Returns the need of an image.
    pub fn image(name: &str, setting: &str) -> Self {
        Self::Image { name: name.into(), setting: setting.into() }
    }

    /// Returns the need of an object set.
    pub fn objects(name: &str, setting: &str) -> Self {
        Self::Objects { name: name.into(), setting: setting.into() }
    }

    /// Returns the need of a measurement.
    pub fn measurement(object: &str, feature: &str, setting: &str) -> Self {
        Self::Measurement { object: object.into(), feature: feature.into(), setting: setting.into() }
    }
}

/// A relationship of objects that a module notes: its name, the first objects and the second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relates {
    /// `Parent`, `Child`, `Neighbors` …
    pub relationship: String,
    /// The object set of the first of each pair.
    pub first: String,
    /// The object set of the second of each pair.
    pub second: String,
}

impl Relates {
    /// Returns the relationship of `first` to `second`.
    pub fn new(relationship: &str, first: &str, second: &str) -> Self {
        Self { relationship: relationship.into(), first: first.into(), second: second.into() }
    }
}

/// How much of the run a module must see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// One image set at a time.
    #[default]
    ImageSet,
    /// All image sets of a group, in order.
    Group,
    /// All image sets of the run.
    Run,
}

/// What the modules before one make: a module whose measurements follow from theirs reads it here.
#[derive(Clone, Debug, Default)]
pub struct Upstream {
    /// Images that are there.
    pub images: Vec<String>,
    /// Those of them that only CellProfiler draws.
    pub drawn: Vec<String>,
    /// Object sets that are there.
    pub objects: Vec<String>,
    /// Measurements that are made.
    pub columns: Vec<Column>,
    /// What is known of the image sets, once they are planned.
    pub planned: Option<Planned>,
}

impl Upstream {
    /// Returns whether the pipeline is known to work on volumes.
    pub fn volumetric(&self) -> bool {
        self.planned.as_ref().is_some_and(|planned| planned.volumetric)
    }

    /// Takes up what a module makes.
    pub fn add(&mut self, made: &Declaration) {
        self.drawn.retain(|drawn| !made.images.contains(drawn));
        self.drawn.extend(made.drawn.iter().cloned());
        self.images.extend(made.images.iter().cloned());
        self.objects.extend(made.objects.iter().cloned());
        self.columns.extend(made.columns.iter().cloned());
    }
    /// Returns a problem for each image that a module needs and only CellProfiler draws.
    pub(crate) fn undrawn(&self, module: &cppipe::Module, declaration: &Declaration) -> Vec<Problem> {
        let undrawn = declaration.needs.iter().filter_map(|need| match need {
            Need::Image { name, setting } if self.drawn.contains(name) => Some((name, setting)),
            _ => None,
        });
        let problem = |(name, setting): (&String, &String)| Problem {
            module_number: module.number,
            module: module.name.clone(),
            setting: Some(setting.clone()),
            message: format!(
                "the image `{name}` is a drawing of matplotlib's, which only CellProfiler makes"
            ),
            nearest: None,
            not_native: true,
        };
        undrawn.map(problem).collect()
    }
}
