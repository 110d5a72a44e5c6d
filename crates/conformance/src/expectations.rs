//! `expectations.toml`: the least share of values that must be equal, by case. It only ever rises.

use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The least share of equal values, in percent, by case.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expectations(BTreeMap<String, f64>);

impl Expectations {
    /// Reads the list at `path`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(path: &Path) -> Result<Self> {
        Self::parse(&fs::read_to_string(path).with_context(|| path.display().to_string())?)
    }

    /// Reads the list from its text.
    ///
    /// # Errors
    /// When it is no table of numbers.
    pub fn parse(text: &str) -> Result<Self> {
        Ok(Self(toml::from_str(text)?))
    }

    /// Returns the cases in the list.
    pub fn cases(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Returns the least share of a case, in percent.
    pub fn least(&self, case: &str) -> Option<f64> {
        self.0.get(case).copied()
    }

    /// Returns what `self` asks less of than `before` did: a case that fell or is gone.
    pub fn fallen(&self, before: &Self) -> Vec<String> {
        let fell = |(case, &was): (&String, &f64)| match self.least(case) {
            None => Some(format!("{case}: {was} % before, no longer in the list")),
            Some(now) if now < was => Some(format!("{case}: {was} % before, {now} % now")),
            Some(_) => None,
        };
        before.0.iter().filter_map(fell).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_that_falls_is_named() {
        let before = Expectations::parse("A = 99.9\nB = 100\nC = 50").unwrap();
        let now = Expectations::parse("A = 99.95\nB = 99.5").unwrap();
        let fallen = now.fallen(&before);
        assert_eq!(fallen.len(), 2);
        assert!(fallen[0].starts_with("B: 100 % before") && fallen[1].starts_with("C: 50 %"), "{fallen:?}");
    }
}
