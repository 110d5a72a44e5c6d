//! Results of `cpb`, read by the ecosystem's own readers: CytoTable, pycytominer, cytominer-database.

use crate::shell;
use anyhow::{Context, Result};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// A golden case with Cells, Cytoplasm and Nuclei.
const CASE: &str = "object-measurements";

pub fn run() -> Result<()> {
    let (cpb, golden) = (shell::build_cpb()?, shell::root().join("crates/conformance/golden"));
    let work = tempfile::Builder::new().prefix("cpb-readers-").tempdir()?;
    let results = work.path().join("results");
    let mut run = Command::new(cpb);
    run.arg("run")
        .arg("-p")
        .arg(golden.join(CASE).join("pipeline.cppipe"))
        .arg("-i")
        .arg(golden.join("images"));
    shell::check(run.arg("-o").arg(&results).args(["--formats", "csv,parquet,sqlite"]), "cpb run")?;
    let environment = environment()?;
    let home = work.path().join("home");
    fs::create_dir(&home)?;
    let mut check = Command::new(environment.join("bin/python"));
    check.arg(shell::root().join("crates/conformance/readers/check.py")).arg(&results).arg(work.path());
    // What DuckDB installs goes with the test.
    shell::check(check.env("HOME", home).current_dir(work.path()), "check.py")
}

/// Returns a virtual environment with the readers, made once for each list of them.
fn environment() -> Result<PathBuf> {
    let requirements = shell::root().join("crates/conformance/readers/requirements.txt");
    let wanted = fs::read_to_string(&requirements)?;
    let folder = shell::root().join("target/readers");
    if fs::read_to_string(folder.join("installed.txt")).is_ok_and(|installed| installed == wanted) {
        return Ok(folder);
    }
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let mut make = Command::new("python3");
    shell::check(make.args(["-m", "venv"]).arg(&folder), "python3 -m venv")?;
    let mut pip = Command::new(folder.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]).arg(requirements);
    shell::check(&mut pip, "pip install").context("the readers need Python 3.10 to 3.12 and PyPI")?;
    fs::write(folder.join("installed.txt"), wanted)?;
    Ok(folder)
}
