//! Two result folders, file by file.

use crate::{databases, images, labels, tables};
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What was found of one column, image or label matrix.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Score {
    /// Values looked at.
    pub values: usize,
    /// Values that are equal by the rule.
    pub equal: usize,
    /// The largest difference, relative; infinity where values cannot be held against each other.
    pub worst: f64,
    /// The expected value at the largest difference.
    pub expected: String,
    /// The value found there.
    pub got: String,
}

/// What comparing two folders gave.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// What is structurally wrong: files, columns and rows missing or too many.
    pub wrong: Vec<String>,
    /// Scores by `FILE COLUMN`, `FILE` of an image, or `labels KEY`.
    pub columns: BTreeMap<String, Score>,
    /// Label matrices that are not equal.
    pub labels_off: usize,
}

impl Comparison {
    /// Takes up one value: equal when `difference` is `None`.
    pub fn value(&mut self, column: &str, expected: &str, got: &str, difference: Option<f64>) {
        let score = self.columns.entry(column.to_string()).or_default();
        score.values += 1;
        match difference {
            None => score.equal += 1,
            Some(d) if d > score.worst || score.expected.is_empty() => {
                (score.worst, score.expected, score.got) = (d, expected.into(), got.into());
            }
            Some(_) => {}
        }
    }

    /// Returns the number of values and of equal ones.
    pub fn totals(&self) -> (usize, usize) {
        self.columns.values().fold((0, 0), |(v, e), s| (v + s.values, e + s.equal))
    }

    /// Returns the share of equal values, 0 to 1.
    pub fn share(&self) -> f64 {
        let (values, equal) = self.totals();
        if values == 0 { 0.0 } else { equal as f64 / values as f64 }
    }

    /// Returns the columns of which less than `least` (0 to 1) of the values are equal.
    pub fn columns_under(&self, least: f64) -> Vec<&str> {
        let low = self.columns.iter().filter(|(_, s)| (s.equal as f64) < least * s.values as f64);
        low.map(|(name, _)| name.as_str()).collect()
    }
}

/// Compares the folder `got` with the folder `expected`, and with `label_folder` the label matrices.
///
/// In expected tables `{CASE}` stands for the folder that holds `expected`, `{CASES}` for the one above.
///
/// # Errors
/// When a folder or an expected file cannot be read.
pub fn compare(expected: &Path, got: &Path, label_folder: Option<&Path>) -> Result<Comparison> {
    let mut found = Comparison::default();
    let (theirs, ours) = (files(expected)?, files(got)?);
    let unpacked = tempfile::tempdir()?;
    let ours = databases::unpack_all(ours, got, unpacked.path())?;
    let only = |a: &Files, b: &Files| a.keys().filter(|f| !b.contains_key(*f)).cloned().collect::<Vec<_>>();
    found.wrong.extend(only(&theirs, &ours).iter().map(|f| format!("missing file {f}")));
    found.wrong.extend(only(&ours, &theirs).iter().map(|f| format!("file too many {f}")));
    for (file, e) in &theirs {
        let Some(g) = ours.get(file) else { continue };
        let extension = file.rsplit('.').next().unwrap_or_default().to_lowercase();
        if extension == "csv" {
            tables::compare(&mut found, file, e, g)?;
        } else if extension == "npy" || images::EXTENSIONS.contains(&extension.as_str()) {
            images::compare(&mut found, file, e, g);
        } else if extension == "properties" {
            let same = databases::same_properties(e, g, got)?;
            found.value(file, "lines", "other lines", (!same).then_some(f64::INFINITY));
        } else {
            let same = fs::read(e)? == fs::read(g)?;
            found.value(file, "bytes", "other bytes", (!same).then_some(f64::INFINITY));
        }
    }
    if let Some(folder) = label_folder {
        labels::compare(&mut found, &expected.join("labels.npz"), folder)?;
    }
    Ok(found)
}

/// Files by their place below a folder.
pub(crate) type Files = BTreeMap<String, PathBuf>;

/// Returns the files below `folder` that count.
pub(crate) fn files(folder: &Path) -> Result<Files> {
    let mut found = Files::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).with_context(|| format!("cannot read {}", dir.display()))? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                if !["_cp", ".cpb"].contains(&name.as_str()) {
                    open.push(path);
                }
            } else if name != "labels.npz" && !name.ends_with("Experiment.csv") {
                found.insert(path.strip_prefix(folder)?.to_string_lossy().into_owned(), path);
            }
        }
    }
    Ok(found)
}
