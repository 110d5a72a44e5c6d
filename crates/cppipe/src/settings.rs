//! Reads a module's settings in order, into types.

use crate::Module;
use std::fmt;

/// Something that is wrong with a module or one of its settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The module's place in the pipeline, from 1.
    pub module_number: usize,
    /// The module's name.
    pub module: String,
    /// The setting's question, if one setting is to blame.
    pub setting: Option<String>,
    /// What is wrong, in lower case, with the offending value in back-ticks.
    pub message: String,
    /// The nearest valid answer, if there is one that is near.
    pub nearest: Option<String>,
    /// Whether CellProfiler would take this and only the native engine does not (exit status 3).
    pub not_native: bool,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "module {} {}", self.module_number, self.module)?;
        if let Some(setting) = &self.setting {
            write!(f, ", setting \"{setting}\"")?;
        }
        write!(f, ": {}", self.message)?;
        if let Some(nearest) = &self.nearest {
            write!(f, "; did you mean `{nearest}`?")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}

/// A module's answers, read one after the other.
///
/// Every reader takes the next answer and the question (for messages only: CellProfiler goes by place). A
/// wrong answer is noted and a stand-in returned, so that all problems are found at once; [`Settings::finish`]
/// gives the typed settings only if there was none.
#[derive(Debug)]
pub struct Settings<'a> {
    module: &'a Module,
    values: Vec<String>,
    at: usize,
    problems: Vec<Problem>,
}

impl<'a> Settings<'a> {
    /// Starts at the module's first setting.
    pub fn new(module: &'a Module) -> Self {
        Self::upgraded(module, module.settings.iter().map(|s| s.value.clone()).collect())
    }

    /// Starts at the first of `values`: the module's answers brought into the newest revision's order.
    pub fn upgraded(module: &'a Module, values: Vec<String>) -> Self {
        Self { module, values, at: 0, problems: Vec::new() }
    }

    /// Returns the module the settings are of.
    pub fn module(&self) -> &'a Module {
        self.module
    }

    /// Returns how many answers are left.
    pub fn left(&self) -> usize {
        self.values.len().saturating_sub(self.at)
    }

    /// Returns the answer `offset` places ahead without taking it.
    pub fn peek(&self, offset: usize) -> Option<&str> {
        self.values.get(self.at + offset).map(String::as_str)
    }

    /// Passes over the next `n` answers.
    pub fn skip(&mut self, n: usize) {
        self.at += n;
    }

    /// Takes the next answer as text.
    pub fn text(&mut self, label: &str) -> String {
        let value = self.values.get(self.at).cloned();
        self.at += 1;
        value.unwrap_or_else(|| {
            self.problem(label, "the setting is missing".into(), None);
            String::new()
        })
    }

    /// Takes the next answer as Yes or No.
    pub fn yes(&mut self, label: &str) -> bool {
        let value = self.text(label);
        match value.to_lowercase().as_str() {
            "yes" | "true" => true,
            "no" | "false" | "" => false,
            _ => {
                self.problem(label, format!("`{value}` is neither `Yes` nor `No`"), None);
                false
            }
        }
    }

    /// Takes the next answer as a number, as Python's `float` or `int` would read it.
    pub fn number<T: std::str::FromStr + Default>(&mut self, label: &str) -> T {
        let value = self.text(label);
        value.trim().replace('_', "").parse().unwrap_or_else(|_| {
            self.problem(label, format!("`{value}` is not a number of the kind asked for"), None);
            T::default()
        })
    }

    /// Takes the next answer as a number; where it is missing, is no number or lies outside `range`, CellProfiler
    /// leaves the setting at `default`, and says nothing.
    pub fn number_within<T: std::str::FromStr + PartialOrd>(
        &mut self,
        range: impl std::ops::RangeBounds<T>,
        default: T,
    ) -> T {
        let value = self.values.get(self.at).and_then(|value| value.trim().replace('_', "").parse().ok());
        self.at += 1;
        value.filter(|number| range.contains(number)).unwrap_or(default)
    }

    /// Takes the next answer as two numbers with a comma between them.
    pub fn range<T: std::str::FromStr + Default>(&mut self, label: &str) -> (T, T) {
        let value = self.text(label);
        let pair =
            value.split_once(',').and_then(|(a, b)| Some((a.trim().parse().ok()?, b.trim().parse().ok()?)));
        pair.unwrap_or_else(|| {
            self.problem(label, format!("`{value}` is not two numbers with a comma between them"), None);
            (T::default(), T::default())
        })
    }

    /// Takes the next answer as one of `choices` (name and meaning); the first meaning stands in for a wrong one.
    pub fn choice<T: Clone>(&mut self, label: &str, choices: &[(&str, T)]) -> T {
        let value = self.text(label);
        if let Some((_, meaning)) = choices.iter().find(|(name, _)| *name == value) {
            return meaning.clone();
        }
        let near = nearest(&value, choices.iter().map(|(name, _)| *name));
        let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
        self.problem(label, format!("`{value}` is not one of: {}", names.join(", ")), near);
        choices[0].1.clone()
    }

    /// Takes the next answer as a list of names with commas between them.
    pub fn names(&mut self, label: &str) -> Vec<String> {
        self.text(label).split(',').map(str::trim).filter(|s| !s.is_empty()).map(String::from).collect()
    }

    /// Notes a problem with a setting.
    pub fn problem(&mut self, label: &str, message: String, nearest: Option<String>) {
        self.push(Some(label), message, nearest, false);
    }

    /// Notes that CellProfiler knows this but the native engine does not.
    pub fn not_native(&mut self, label: &str, message: String) {
        self.push(Some(label), message, None, true);
    }

    fn push(&mut self, label: Option<&str>, message: String, nearest: Option<String>, not_native: bool) {
        self.problems.push(Problem {
            module_number: self.module.number,
            module: self.module.name.clone(),
            setting: label.map(String::from),
            message,
            nearest,
            not_native,
        });
    }

    /// Returns `typed`, or all that was wrong.
    pub fn finish<T>(self, typed: T) -> Result<T, Vec<Problem>> {
        if self.problems.is_empty() { Ok(typed) } else { Err(self.problems) }
    }
}

/// Returns the one of `names` nearest to `name` by edit distance, if it is near enough to be meant.
pub fn nearest<'n>(name: &str, names: impl IntoIterator<Item = &'n str>) -> Option<String> {
    let limit = name.chars().count().max(3) / 3 + 1;
    let found = names.into_iter().map(|n| (distance(&name.to_lowercase(), &n.to_lowercase()), n)).min()?;
    (found.0 <= limit).then(|| found.1.to_string())
}

/// Counts the insertions, deletions and replacements that turn `a` into `b` (Levenshtein 1966).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, &cb) in b.iter().enumerate() {
            let next = (diagonal + usize::from(ca != cb)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = row[j + 1];
            row[j + 1] = next;
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_outside_its_range_leaves_the_default() {
        let module = Module { name: "Any".into(), ..Module::default() };
        let values = ["1.5", "0.5", "-1", "ten", "nan", " 1_0 "].map(String::from).to_vec();
        let mut settings = Settings::upgraded(&module, values);
        let found: Vec<f64> = (0..7).map(|_| settings.number_within(0.0..=1.0, 0.25)).collect();
        assert_eq!(found, [0.25, 0.5, 0.25, 0.25, 0.25, 0.25, 0.25]);
        assert!(settings.finish(()).is_ok());
    }

    #[test]
    fn the_nearest_name_is_the_one_meant() {
        assert_eq!(nearest("Otzu", ["Otsu", "Robust Background"]), Some("Otsu".into()));
        assert_eq!(nearest("xyzzy", ["Otsu"]), None);
    }
}
