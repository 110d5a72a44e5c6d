//! Jobs that the real CellProfiler runs, against what it made when it was run by hand, and against the native engine.

use crate::shell;
use anyhow::{Context, Result, bail, ensure};
use conformance::{compare, find_cases};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Small cases: images of a folder, a table, and groups whose image sets take turns.
const CASES: [&str; 3] = ["one-object-set", "input-table-groups", "export-and-save"];

pub fn run() -> Result<()> {
    let install = shell::shared("oracle/install.sh")?;
    shell::check(Command::new("bash").arg(install), "install.sh")?;
    let jobs = Jobs { cpb: shell::build_cpb()?, cellprofiler: installed()? };
    let golden = shell::root().join("crates/conformance/golden");
    for case in find_cases(&golden, &CASES.map(String::from))? {
        let work = tempfile::tempdir()?;
        for (engine, size) in [("cellprofiler", 1), ("cellprofiler", 100), ("native", 1)] {
            let output = work.path().join(format!("{engine}-{size}"));
            let mut message =
                json!({"pipeline": case.pipeline(), "output": output, "engine": engine, "shard_size": size});
            let input = case.input()?;
            if input.is_dir() {
                message["input"] = json!(input);
            } else {
                message["input"] = json!(case.folder);
                message["data_file"] = json!(input);
            }
            jobs.submit(&message, 0)?;
            let found = compare(&case.expected(), &output, None)?;
            let wrong: Vec<&String> =
                found.wrong.iter().filter(|w| !w.ends_with("provenance.json")).collect();
            let off = found.columns_under(1.0);
            ensure!(
                wrong.is_empty() && off.is_empty(),
                "{} by {engine}, {size} a shard: {wrong:?} {off:?}",
                case.name
            );
            println!(
                "{} by {engine}, {size} image sets a shard: {} values equal",
                case.name,
                found.totals().0
            );
        }
        same_objects(&work.path().join("cellprofiler-1"), &work.path().join("cellprofiler-100"))?;
    }
    thresholds_of_the_run(&jobs, &golden)?;
    one_bad_image(&jobs, &golden)
}

/// Returns the real CellProfiler's program.
pub fn installed() -> Result<PathBuf> {
    let folder = match std::env::var_os("CPB_ORACLE") {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(std::env::var_os("HOME").context("no HOME")?).join(".cache/cellprofiler-4.2.8"),
    };
    Ok(folder.join("bin/cellprofiler"))
}

struct Jobs {
    cpb: PathBuf,
    cellprofiler: PathBuf,
}

impl Jobs {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.cpb);
        command.args(arguments).env("CPB_CELLPROFILER", &self.cellprofiler);
        command
    }

    fn submit(&self, message: &Value, status: i32) -> Result<()> {
        let output = self.command(&["submit", "--wait", "--bucket", "/", &message.to_string()]).output()?;
        if output.status.code() != Some(status) {
            bail!("{message} ended with {}:\n{}", output.status, String::from_utf8_lossy(&output.stderr));
        }
        Ok(())
    }
}

/// Sees that tables without times are the same bytes, however many shards there were.
fn same_objects(one: &Path, other: &Path) -> Result<()> {
    for entry in fs::read_dir(one)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let timed = ["Image", "Experiment", "provenance"].iter().any(|part| name.contains(part));
        // Tables tell where images were saved.
        let text = |folder: &Path| -> Result<String> {
            let bytes = fs::read(folder.join(&name))?;
            Ok(String::from_utf8_lossy(&bytes).replace(&*folder.to_string_lossy(), ""))
        };
        if path.is_file() && !timed && text(one)? != text(other)? {
            bail!("{} is other bytes with other shards", path.display());
        }
    }
    Ok(())
}

/// Sees that what MeasureImageQuality makes of a run's thresholds is that of all image sets, though each has a call of its own.
fn thresholds_of_the_run(jobs: &Jobs, golden: &Path) -> Result<()> {
    let case = golden.join("everyday-measurements");
    let work = tempfile::Builder::new().prefix("cpb-").tempdir()?;
    let text = fs::read_to_string(case.join("pipeline.cppipe"))?;
    // The module keeps a run together.
    let apart = |line: &str| match line.starts_with("CalculateStatistics:") {
        true => line.replace("enabled:True", "enabled:False"),
        false => line.to_string(),
    };
    let pipeline = work.path().join("pipeline.cppipe");
    fs::write(&pipeline, text.lines().map(apart).collect::<Vec<_>>().join("\n") + "\n")?;
    let output = work.path().join("out");
    let message = json!({"pipeline": pipeline, "input": golden.join("images"), "output": output,
        "engine": "cellprofiler", "shard_size": 1});
    jobs.submit(&message, 0)?;
    let rows = |folder: &Path| -> Result<Vec<String>> {
        let table = fs::read_to_string(folder.join("Experiment.csv"))?;
        let of_thresholds = |row: &&str| {
            ["Mean", "Median", "Std"].iter().any(|a| row.starts_with(&format!("ImageQuality_Threshold{a}")))
        };
        Ok(table.lines().filter(of_thresholds).map(String::from).collect())
    };
    let (expected, found) = (rows(&case.join("expected"))?, rows(&output)?);
    ensure!(!expected.is_empty() && expected == found, "thresholds of the run: {found:#?}");
    println!(
        "thresholds of a run by cellprofiler, 1 image set a shard: {} values as of one call",
        found.len()
    );
    Ok(())
}

/// Sees that a corrupt image fails its image set alone, by both engines, and that mending it mends the results.
fn one_bad_image(jobs: &Jobs, golden: &Path) -> Result<()> {
    let mut failures = Vec::new();
    for engine in ["cellprofiler", "native"] {
        // The pipeline's filter leaves folders out whose name begins with a dot.
        let work = tempfile::Builder::new().prefix("cpb-").tempdir()?;
        let images = work.path().join("images");
        fs::create_dir(&images)?;
        for entry in fs::read_dir(golden.join("images"))? {
            let path = entry?.path();
            fs::copy(&path, images.join(path.file_name().unwrap_or_default()))?;
        }
        let bad = images.join("site1_DNA.tif");
        fs::write(&bad, &fs::read(&bad)?[..100])?;
        let (pipeline, output) = (golden.join("one-object-set/pipeline.cppipe"), work.path().join("out"));
        let message = json!({"pipeline": pipeline, "input": images, "output": output, "engine": engine});
        jobs.submit(&message, 14)?;
        let out = output.to_string_lossy();
        let failed =
            shell::output(&mut jobs.command(&["failed", "--bucket", "/", "--json", &out]), "cpb failed")?;
        let rows: Vec<Value> = serde_json::from_str(&failed)?;
        let what = |row: &Value| json!([row["image_set"], row["class"], row["module"]]);
        failures.push(rows.iter().map(what).collect::<Vec<_>>());
        fs::copy(golden.join("images/site1_DNA.tif"), &bad)?;
        let retried = jobs.command(&["retry", "--failed", "--wait", "--bucket", "/", &out]).output()?;
        ensure!(retried.status.success(), "retry: {}", String::from_utf8_lossy(&retried.stderr));
        let found = compare(&golden.join("one-object-set/expected"), &output, None)?;
        ensure!(
            found.columns_under(1.0).is_empty(),
            "{engine} after the retry: {:?}",
            found.columns_under(1.0)
        );
    }
    ensure!(
        failures[0] == failures[1] && failures[0].len() == 1,
        "the engines' failures differ: {failures:?}"
    );
    println!("a corrupt image fails its image set alone by both engines: {}", failures[0][0]);
    Ok(())
}
