use crate::{Rule, Subject};
use cppipe::{Module, Problem, Settings};

/// Settings of CellProfiler's Images module: which files count.
#[derive(Clone, Debug)]
pub struct Images {
    /// Which files of the list are taken; `None` takes all.
    pub filter: Option<Rule>,
}

impl Images {
    /// The newest revision of the settings.
    pub const REVISION: u32 = 2;

    /// Reads the settings of any revision.
    ///
    /// # Errors
    /// All that is wrong with them.
    pub fn read(module: &Module) -> Result<Self, Vec<Problem>> {
        let mut values: Vec<String> = module.settings.iter().map(|s| s.value.clone()).collect();
        if module.revision == 1 && values.len() > 1 {
            values[1] = if values[1] == "Yes" { "Custom".into() } else { "No filtering".into() };
        }
        let mut settings = Settings::upgraded(module, values);
        settings.skip(1);
        let choices =
            [("No filtering", Filter::No), ("Images only", Filter::Images), ("Custom", Filter::Custom)];
        let choice = settings.choice("Filter images?", &choices);
        let filter = match choice {
            Filter::No => None,
            Filter::Images => Some(Rule::images_only()),
            Filter::Custom => rule(&mut settings, "Select the rule criteria", Subject::Files),
        };
        settings.finish(Self { filter })
    }

    /// Returns the URLs that pass, in their order.
    pub fn pass(&self, urls: &[String]) -> Vec<String> {
        let passes = |url: &&String| self.filter.as_ref().is_none_or(|f| f.holds_for_file(url));
        urls.iter().filter(passes).cloned().collect()
    }
}

#[derive(Clone, Copy)]
enum Filter {
    No,
    Images,
    Custom,
}

/// Takes the next answer as a rule; a wrong one is noted.
pub(crate) fn rule(settings: &mut Settings<'_>, label: &str, subject: Subject) -> Option<Rule> {
    let text = settings.text(label);
    match Rule::parse(&text, subject) {
        Ok(rule) => Some(rule),
        Err(error) => {
            settings.problem(label, format!("`{text}` is not a rule: {error}"), None);
            None
        }
    }
}
