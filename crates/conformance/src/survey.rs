//! Reads every pipeline of a folder and writes it back.

use cppipe::Pipeline;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

/// What came of reading the pipelines of a folder.
#[derive(Debug, Default)]
pub struct Survey {
    /// Every pipeline, in the order of its path.
    pub pipelines: Vec<Surveyed>,
}

/// What came of one pipeline.
#[derive(Debug)]
pub struct Surveyed {
    /// The file.
    pub path: PathBuf,
    /// What was read, or why it was not, or how it came back other than it was.
    pub outcome: Result<Pipeline, String>,
}

/// Reads all `.cppipe` and `.cpproj` files below `folder` and writes each back in memory.
///
/// # Errors
/// When a file or folder cannot be read at all.
pub fn survey(folder: &Path) -> io::Result<Survey> {
    let mut paths = Vec::new();
    find(folder, &mut paths)?;
    paths.sort();
    let pipelines = paths
        .into_iter()
        .map(|path| Ok(Surveyed { outcome: read(&fs::read(&path)?), path }))
        .collect::<io::Result<_>>()?;
    Ok(Survey { pipelines })
}

fn find(folder: &Path, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            find(&path, paths)?;
        } else if path.extension().is_some_and(|e| e == "cppipe" || e == "cpproj") {
            paths.push(path);
        }
    }
    Ok(())
}

fn read(bytes: &[u8]) -> Result<Pipeline, String> {
    let pipeline = Pipeline::parse(bytes).map_err(|e| e.to_string())?;
    let text = pipeline.to_text();
    // A project is not written back, but the text within it is.
    let again = Pipeline::parse(text.as_bytes()).map_err(|e| format!("written back, {e}"))?;
    if again != pipeline {
        return Err("written back, it is another pipeline".into());
    }
    if std::str::from_utf8(bytes).is_ok_and(|original| original != text) {
        return Err("written back, it is not the same byte for byte".into());
    }
    Ok(pipeline)
}

impl Survey {
    /// Returns how many pipelines could not be read and written back.
    pub fn failures(&self) -> usize {
        self.pipelines.iter().filter(|p| p.outcome.is_err()).count()
    }
}

impl fmt::Display for Survey {
    /// Writes the failures, then how many pipelines use each module, and its revisions.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut modules: BTreeMap<&str, (usize, BTreeSet<u32>)> = BTreeMap::new();
        for surveyed in &self.pipelines {
            match &surveyed.outcome {
                Err(why) => writeln!(f, "{}: {why}", surveyed.path.display())?,
                Ok(pipeline) => {
                    let names: BTreeSet<&str> = pipeline.modules.iter().map(|m| m.name.as_str()).collect();
                    for name in names {
                        modules.entry(name).or_default().0 += 1;
                    }
                    for m in &pipeline.modules {
                        modules.entry(&m.name).or_default().1.insert(m.revision);
                    }
                }
            }
        }
        writeln!(f, "{:<36} {:>9}  revisions", "module", "pipelines")?;
        for (name, (count, revisions)) in &modules {
            let revisions: Vec<String> = revisions.iter().map(u32::to_string).collect();
            writeln!(f, "{name:<36} {count:>9}  {}", revisions.join(" "))?;
        }
        let whole = self.pipelines.len() - self.failures();
        writeln!(f, "{whole} of {} pipelines come back byte for byte", self.pipelines.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_pipeline_is_named_and_the_others_are_read() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("deep")).unwrap();
        let good = "CellProfiler Pipeline: http://www.cellprofiler.org\nVersion:5\n\nCrop:[variable_revision_number:3]\n";
        fs::write(folder.path().join("deep/good.cppipe"), good).unwrap();
        fs::write(folder.path().join("bad.cppipe"), "not a pipeline").unwrap();
        fs::write(folder.path().join("other.txt"), "not looked at").unwrap();
        let survey = survey(folder.path()).unwrap();
        assert_eq!((survey.pipelines.len(), survey.failures()), (2, 1));
        let text = survey.to_string();
        assert!(text.contains("bad.cppipe: line 1: not a CellProfiler pipeline"));
        assert!(text.contains("1 of 2 pipelines"));
    }
}
