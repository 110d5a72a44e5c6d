//! A case: a pipeline, its images, and what CellProfiler made of them.

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A case's folder and what its `case.toml` says.
#[derive(Clone, Debug)]
pub struct Case {
    /// The folder's name.
    pub name: String,
    /// The folder; the working folder of a run.
    pub folder: PathBuf,
    facts: Facts,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    pipeline: String,
    input: Option<String>,
    data_file: Option<String>,
    /// More arguments of `cpb run`, as `-g Metadata_Plate=P1`.
    #[serde(default)]
    arguments: Vec<String>,
}

/// Returns the cases below `folder` in order of name, or only those called `names`.
///
/// # Errors
/// When the folder cannot be read, a `case.toml` is wrong, or no case has one of the names.
pub fn find_cases(folder: &Path, names: &[String]) -> Result<Vec<Case>> {
    let entries = fs::read_dir(folder).with_context(|| format!("no cases at {}", folder.display()))?;
    let mut cases = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.join("case.toml").is_file() && path.join("expected").is_dir() {
            cases.push(Case::read(&path)?);
        }
    }
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    if let Some(name) = names.iter().find(|n| !cases.iter().any(|c| c.name == **n)) {
        let known: Vec<&str> = cases.iter().map(|c| c.name.as_str()).collect();
        bail!("no case is called `{name}` at {}; there are: {}", folder.display(), known.join(", "));
    }
    cases.retain(|c| names.is_empty() || names.contains(&c.name));
    Ok(cases)
}

impl Case {
    fn read(folder: &Path) -> Result<Self> {
        let path = folder.join("case.toml");
        let facts =
            toml::from_str(&fs::read_to_string(&path)?).with_context(|| path.display().to_string())?;
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { name, folder: fs::canonicalize(folder)?, facts })
    }

    /// Returns the pipeline's path.
    pub fn pipeline(&self) -> PathBuf {
        self.folder.join(&self.facts.pipeline)
    }

    /// Returns the folder of what CellProfiler made.
    pub fn expected(&self) -> PathBuf {
        self.folder.join("expected")
    }

    /// Returns whether CellProfiler's label matrices are there.
    pub fn has_labels(&self) -> bool {
        self.expected().join("labels.npz").is_file()
    }

    /// Returns the input folder or table.
    ///
    /// # Errors
    /// When `case.toml` names neither.
    pub fn input(&self) -> Result<PathBuf> {
        let input = self.facts.data_file.as_ref().or(self.facts.input.as_ref());
        let input = input
            .with_context(|| format!("{}: case.toml names neither `input` nor `data_file`", self.name))?;
        Ok(self.folder.join(input))
    }

    /// Returns the arguments of `cpb run` but for where results go; the working folder is the case's.
    ///
    /// # Errors
    /// When `case.toml` names no input.
    pub fn run_arguments(&self) -> Result<Vec<String>> {
        let path = |p: PathBuf| p.to_string_lossy().into_owned();
        let mut arguments = vec!["-p".to_string(), path(self.pipeline())];
        if self.facts.data_file.is_some() {
            arguments.extend([
                "-i".into(),
                path(self.folder.clone()),
                "--data-file".into(),
                path(self.input()?),
            ]);
        } else {
            arguments.extend(["-i".into(), path(self.input()?)]);
        }
        arguments.extend(self.facts.arguments.iter().cloned());
        Ok(arguments)
    }

    /// Runs `cpb` on the case as a user would; results go to `output`, label matrices to `labels`.
    ///
    /// # Errors
    /// When the program cannot be started or ends with another status than 0; what it said is in the error.
    pub fn run(&self, cpb: &Path, output: &Path, labels: &Path) -> Result<()> {
        let mut command = Command::new(cpb);
        command.current_dir(&self.folder).arg("run").args(self.run_arguments()?);
        command.arg("-o").arg(output).arg("--labels").arg(labels);
        let ended = command.output().with_context(|| format!("cannot start {}", cpb.display()))?;
        if !ended.status.success() {
            bail!("{} ended with {}:\n{}", self.name, ended.status, String::from_utf8_lossy(&ended.stderr));
        }
        Ok(())
    }
}
