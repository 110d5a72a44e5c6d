//! CreateBatchFiles: prepares a run on a cluster.
//!
//! CellProfiler without a window writes `Batch_data.h5` and ends before the first image set, unless the file it was
//! started from is such a batch file. `cpb` plans a run by itself, so the module does nothing and the image sets run.

use crate::{Declaration, Kind, Module, RunError, Upstream, Workspace};
use cppipe::{Problem, Settings};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "CreateBatchFiles",
    former_names: &[],
    newest_revision: 8,
    summary: "does nothing: a run is planned without it",
    read,
};

/// Settings before the list of folders, in the newest revision.
const FIXED: usize = 8;

#[derive(Debug, PartialEq)]
struct CreateBatchFiles;

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let values = module.settings.iter().map(|s| s.value.clone()).collect();
    let values = upgrade(values, module.revision);
    let folders = values.len().checked_sub(FIXED);
    let mut settings = Settings::upgraded(module, values);
    if folders.is_none_or(|n| n % 2 != 0) {
        settings.problem("Local root path", "folders are not in pairs, local and remote".into(), None);
    }
    settings.skip(7);
    if settings.yes("Hidden- from old matlab") {
        let message = "CellProfiler 1's batch files cannot be brought up to date";
        settings.problem("Hidden- from old matlab", message.into(), None);
    }
    Ok(Box::new(settings.finish(CreateBatchFiles)?))
}

/// Brings the answers into the newest revision's order.
fn upgrade(mut values: Vec<String>, revision: u32) -> Vec<String> {
    let mut insert = |oldest: u32, place: usize, value: &str| {
        if revision <= oldest && values.len() >= place {
            values.insert(place, value.to_string());
        }
    };
    insert(1, 5, ".");
    insert(2, 6, "0");
    if revision <= 3 && values.len() > 4 {
        values.remove(4);
    }
    let mut insert = |oldest: u32, place: usize, value: &str| {
        if revision <= oldest && values.len() >= place {
            values.insert(place, value.to_string());
        }
    };
    insert(4, 4, "No");
    insert(5, 7, "No");
    if revision == 7 && values.len() > 8 {
        values.remove(8);
    }
    values
}

impl Module for CreateBatchFiles {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        Declaration::default()
    }

    fn run(&self, _workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_revision_ends_with_the_pairs_of_folders() {
        let newest = ["Yes", "/out", "No", "No", "No", ".", "0", "No", "/here", "/there"];
        let with_website = ["Yes", "/out", "No", "No", "No", ".", "0", "No", "No", "/here", "/there"];
        let without_matlab = ["Yes", "/out", "No", "No", "No", ".", "0", "/here", "/there"];
        let oldest = ["Yes", "/out", "No", "No", "pickled", "/here", "/there"];
        let upgraded =
            |values: &[&str], revision| upgrade(values.iter().map(ToString::to_string).collect(), revision);
        assert_eq!(upgraded(&with_website, 7), newest);
        assert_eq!(upgraded(&without_matlab, 5), newest);
        assert_eq!(upgraded(&oldest, 1), newest);
    }
}
