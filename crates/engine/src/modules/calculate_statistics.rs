//! CalculateStatistics: Z′ and V factors and half-maximal doses of every measurement, over the image sets of a run.

mod statistics;

use crate::{Declaration, Kind, Module, Need, RecordSink, RunError, RunFacts, Scope, Upstream, Workspace};
use cppipe::{Problem, Settings};
use measurements::IMAGE;
use statistics::Statistics;

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "CalculateStatistics",
    former_names: &[],
    newest_revision: 2,
    summary: "calculates Z′ and V factors and half-maximal doses of every measurement",
    read,
};

const GROUPING: &str = "Select the image measurement describing the positive and negative control status";
const DOSE: &str = "Select the image measurement describing the treatment dose";

#[derive(Debug, PartialEq)]
struct CalculateStatistics {
    /// The image's measurement that tells positive from negative controls.
    grouping: String,
    doses: Vec<Dose>,
}

#[derive(Debug, PartialEq)]
struct Dose {
    feature: String,
    /// Whether the logarithms are fitted.
    logarithmic: bool,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut settings = Settings::new(module);
    let grouping = settings.text(GROUPING);
    let each = if module.revision < 2 { 6 } else { 5 };
    if !settings.left().is_multiple_of(each) || settings.left() == 0 {
        settings.problem(DOSE, format!("the settings of a dose are not {each} each"), None);
    }
    let mut doses = Vec::new();
    while settings.left() >= each {
        let feature = settings.text(DOSE);
        let logarithmic = settings.yes("Log-transform the dose values?");
        if settings.yes("Create dose-response plots?") {
            settings.not_native("Create dose-response plots?", "plots".into());
        }
        settings.skip(each - 3);
        doses.push(Dose { feature, logarithmic });
    }
    Ok(Box::new(settings.finish(CalculateStatistics { grouping, doses })?))
}

impl Module for CalculateStatistics {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let doses = self.doses.iter().map(|d| Need::measurement(IMAGE, &d.feature, DOSE));
        Declaration {
            needs: [Need::measurement(IMAGE, &self.grouping, GROUPING)].into_iter().chain(doses).collect(),
            scope: Scope::ImageSet,
            ..Declaration::default()
        }
    }

    fn run(&self, _workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        Ok(())
    }

    fn record_sink<'a>(&'a self, run: RunFacts<'a>) -> Result<Option<Box<dyn RecordSink + 'a>>, RunError> {
        Ok(Some(Box::new(Statistics::new(self, run.image_sets))))
    }
}
