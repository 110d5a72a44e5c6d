//! What CellProfiler's log says of image sets.

use super::failure;
use crate::Class;
use crate::engine::ImageSetFailure;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How many lines are kept to be shown.
const TAIL: usize = 20;

/// A log that is read line by line.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// The image sets on which a module ran.
    pub seen: BTreeSet<usize>,
    /// The image sets that failed.
    pub failures: BTreeMap<usize, ImageSetFailure>,
    /// The last line that said something since a module failed.
    pending: Option<String>,
    tail: VecDeque<String>,
}

/// A module ran on an image set.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ran {
    pub image_set: usize,
    /// As the columns of its time have it: `05IdentifyPrimaryObjects`.
    pub module: String,
    pub cpu_seconds: f64,
}

impl Log {
    /// Takes a line.
    pub fn line(&mut self, line: &str) -> Option<Ran> {
        if !line.trim().is_empty() {
            self.tail.push_back(line.to_string());
            if self.tail.len() > TAIL {
                self.tail.pop_front();
            }
        }
        let Some((image_set, module, number, cpu_seconds)) = module_line(line) else {
            if line.starts_with("Error detected during run of module ") {
                self.pending = Some(line.to_string());
            } else if let Some(last) = self.pending.as_mut().filter(|_| !line.trim().is_empty()) {
                *last = line.trim().to_string();
            }
            return None;
        };
        self.seen.insert(image_set);
        if let Some(message) = self.pending.take() {
            self.failures.entry(image_set).or_insert_with(|| failure(Class::Input, number, module, &message));
        }
        Some(Ran { image_set, module: format!("{number:02}{module}"), cpu_seconds })
    }

    /// Returns the last lines.
    pub fn tail(&self) -> String {
        self.tail.iter().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
    }
}

/// Reads `… Image # 2, module Groups # 4: CPU_time = 0.31 secs, …`.
fn module_line(line: &str) -> Option<(usize, &str, usize, f64)> {
    let (_, rest) = line.split_once(": Image # ")?;
    let (image_set, rest) = rest.split_once(", module ")?;
    let (module, rest) = rest.split_once(" # ")?;
    let (number, rest) = rest.split_once(": CPU_time = ")?;
    let (seconds, _) = rest.split_once(" secs")?;
    Some((image_set.parse().ok()?, module, number.parse().ok()?, seconds.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_name_what_ran_and_what_failed() {
        let text = "\
Times reported are CPU and Wall-clock times for each module
Wed Nov 25 20:51:13 2026: Image # 1, module Metadata # 2: CPU_time = 0.25 secs, Wall_time = 0.00 secs
pipeline_exception
Error detected during run of module NamesAndTypes
Traceback (most recent call last):
    raise e2
OSError: [Errno 22] Could not load the file as an image (see log for details): b'/images/site1_DNA.tif'

Wed Nov 25 20:51:13 2026: Image # 1, module NamesAndTypes # 3: CPU_time = 0.19 secs, Wall_time = 0.10 secs
Wed Nov 25 20:51:13 2026: Image # 2, module Images # 1: CPU_time = 0.00 secs, Wall_time = 0.00 secs";
        let mut log = Log::default();
        let events: Vec<Ran> = text.lines().filter_map(|line| log.line(line)).collect();
        let ran =
            |image_set, module: &str, cpu_seconds| Ran { image_set, module: module.into(), cpu_seconds };
        assert_eq!(
            events,
            [ran(1, "02Metadata", 0.25), ran(1, "03NamesAndTypes", 0.19), ran(2, "01Images", 0.0)]
        );
        assert_eq!(log.seen, [1, 2].into());
        let message = "OSError: [Errno 22] Could not load the file as an image (see log for details): b'/images/site1_DNA.tif'";
        assert_eq!(log.failures, [(1, failure(Class::Input, 3, "NamesAndTypes", message))].into());
    }
}
