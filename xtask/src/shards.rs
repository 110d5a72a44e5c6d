//! Jobs in shards of all sizes on real pipelines: the same bytes as one run without shards.

use crate::{cellprofiler, quick_start, shell};
use anyhow::{Context, Result, ensure};
use clap::Parser;
use conformance::{Case, compare, find_cases};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How often ExampleHuman's image set is laid out, in six groups.
const COPIES: usize = 24;

#[derive(Default, Parser)]
pub struct Args {
    /// A program that is built already; built for release without
    #[arg(long, value_name = "FILE")]
    cpb: Option<PathBuf>,

    /// Runs jump-plate-analysis by the real CellProfiler in place of the others natively: an hour of two cores
    #[arg(long)]
    cellprofiler: bool,
}

pub fn run(args: &Args) -> Result<()> {
    let unpack = shell::shared("cases/unpack.sh")?;
    let folder = PathBuf::from(shell::output(Command::new("bash").arg(unpack), "unpack.sh")?);
    let cpb = match &args.cpb {
        Some(path) => path.canonicalize()?,
        None => shell::build_cpb()?,
    };
    if args.cellprofiler {
        return by_cellprofiler(&cpb, &folder);
    }
    let names = ["ExampleHuman", "ExampleVitra", "jump-plate-illum"].map(String::from);
    for case in find_cases(&folder, &names)? {
        if case.name == "ExampleVitra" {
            quick_start::run(&cpb, &case)?;
        }
        // The pipelines' filters leave folders out whose name begins with a dot.
        let work = tempfile::Builder::new().prefix("cpb-").tempdir()?;
        let input = match case.name.as_str() {
            "ExampleHuman" => Input::copies(&case, work.path())?,
            _ => Input::of(&case)?,
        };
        all_the_same(&cpb, &case.name, &input, work.path())?;
    }
    Ok(())
}

/// Runs the JUMP analysis by the real CellProfiler in one shard, two, and one for each image set: the values of a run by hand, and the
/// same bytes.
fn by_cellprofiler(cpb: &Path, cases: &Path) -> Result<()> {
    for case in find_cases(cases, &["jump-plate-analysis".to_string()])? {
        let work = tempfile::Builder::new().prefix("cpb-").tempdir()?;
        let input = Input::of(&case)?;
        let mut first = None;
        for size in [4, 2, 1] {
            let output = work.path().join(format!("size-{size}"));
            let mut message = input.message(&output);
            message["engine"] = json!("cellprofiler");
            message["shard_size"] = json!(size);
            let mut submit = Command::new(cpb);
            submit
                .args(["submit", "--wait", "--bucket", "/", &message.to_string()])
                .current_dir(&input.folder);
            submit.env("CPB_CELLPROFILER", cellprofiler::installed()?);
            shell::output(&mut submit, "cpb submit")?;
            let found = compare(&case.expected(), &output, None)?;
            let off = found.columns_under(1.0);
            ensure!(off.is_empty(), "{}, {size} a shard: {off:?}", case.name);
            println!("{}, {size} image sets a shard: {} values as by hand", case.name, found.totals().0);
            let found = results(&output)?;
            let known = first.get_or_insert_with(|| found.clone());
            let other = known.iter().find(|(file, bytes)| found.get(*file) != Some(bytes));
            ensure!(
                other.is_none(),
                "{size} a shard: `{}` is other bytes",
                other.map_or("", |(file, _)| file)
            );
        }
    }
    Ok(())
}

/// What a job is run on.
struct Input {
    pipeline: PathBuf,
    folder: PathBuf,
    data_file: Option<PathBuf>,
}

impl Input {
    fn of(case: &Case) -> Result<Self> {
        let (pipeline, input) = (case.pipeline(), case.input()?);
        Ok(match input.is_dir() {
            true => Self { pipeline, folder: input, data_file: None },
            false => Self { pipeline, folder: case.folder.clone(), data_file: Some(input) },
        })
    }

    /// Lays out copies of the one image set of ExampleHuman, and lets the pipeline read their groups from the names.
    fn copies(case: &Case, work: &Path) -> Result<Self> {
        let folder = work.join("images");
        fs::create_dir(&folder)?;
        for entry in fs::read_dir(case.input()?)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            for copy in 0..COPIES {
                // Groups take turns in the order of names.
                let to = folder.join(format!("C{copy:02}_G{}_{name}", copy % 6));
                fs::copy(&path, to)?;
            }
        }
        let mut text = fs::read_to_string(case.pipeline())?;
        for (from, to) in [
            ("Extract metadata?:No", "Extract metadata?:Yes"),
            ("Do you want to group your images?:No", "Do you want to group your images?:Yes"),
            ("Metadata category:None", "Metadata category:Group"),
        ] {
            ensure!(text.contains(from), "the pipeline of {} has no `{from}`", case.name);
            text = text.replace(from, to);
        }
        let names = "Regular expression to extract from file name:";
        let line = text.lines().find(|line| line.contains(names)).context("no regular expression")?;
        text = text.replace(line, &format!("    {names}^C(?P<Copy>[0-9]+)_(?P<Group>G[0-9])_"));
        let pipeline = work.join("pipeline.cppipe");
        fs::write(&pipeline, text)?;
        Ok(Self { pipeline, folder, data_file: None })
    }
}

fn all_the_same(cpb: &Path, name: &str, input: &Input, work: &Path) -> Result<()> {
    let alone = work.join("alone");
    let mut run = Command::new(cpb);
    // Tables may name folders as seen from where the case is.
    run.current_dir(&input.folder)
        .arg("run")
        .arg("-p")
        .arg(&input.pipeline)
        .arg("-i")
        .arg(&input.folder)
        .arg("-o")
        .arg(&alone);
    if let Some(table) = &input.data_file {
        run.arg("--data-file").arg(table);
    }
    shell::output(&mut run, "cpb run")?;
    let expected = results(&alone)?;
    let bytes: usize = expected.values().map(Vec::len).sum();
    let sets = image_sets(cpb, input, work)?;
    let mut checked = 0;
    for shards in [1, 2, 7, sets] {
        for threads in ["1", "2"] {
            let output = work.join(format!("shards-{shards}-{threads}"));
            let mut message = input.message(&output);
            message["shard_size"] = json!(sets.div_ceil(shards));
            let text = message.to_string();
            let arguments = ["submit", "--wait", "--bucket", "/", "-j", threads, &text];
            shell::output(Command::new(cpb).args(arguments).current_dir(&input.folder), "cpb submit")?;
            let found = results(&output)?;
            let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
            ensure!(
                names(&found) == names(&expected),
                "{name}, {shards} shards: {:?}, not {:?}",
                names(&found),
                names(&expected)
            );
            let other = expected.iter().find(|(file, bytes)| found[*file] != **bytes);
            ensure!(
                other.is_none(),
                "{name}, {shards} shards, {threads} threads: `{}` is not what one run writes",
                other.map_or("", |(file, _)| file)
            );
            checked += 1;
        }
    }
    println!(
        "{name}: {sets} image sets, {checked} jobs: each {} files of {bytes} bytes as of one run",
        expected.len()
    );
    Ok(())
}

impl Input {
    fn message(&self, output: &Path) -> Value {
        let mut message = json!({"pipeline": self.pipeline, "input": self.folder, "output": output});
        if let Some(table) = &self.data_file {
            message["data_file"] = json!(table);
        }
        message
    }
}

fn image_sets(cpb: &Path, input: &Input, work: &Path) -> Result<usize> {
    let message = input.message(&work.join("planned")).to_string();
    let mut plan = Command::new(cpb);
    plan.args(["plan", "--json", "--bucket", "/", &message]).current_dir(&input.folder);
    let plan = plan.output()?;
    ensure!(plan.status.success(), "cpb plan: {}", String::from_utf8_lossy(&plan.stderr));
    let plan: Value = serde_json::from_slice(&plan.stdout)?;
    let plan = plan.get(0).unwrap_or(&plan);
    plan["image_sets"].as_u64().and_then(|n| usize::try_from(n).ok()).context("the plan tells no image sets")
}

/// Returns the files of an output by name, without what depends on when and where it was written.
fn results(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    let here = folder.to_string_lossy().into_owned();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !path.is_file() || name == "provenance.json" {
            continue;
        }
        let bytes = fs::read(&path)?;
        let bytes = match path.extension().and_then(|e| e.to_str()) {
            Some("csv") => timeless(&String::from_utf8(bytes)?.replace(&here, "{OUTPUT}"))?,
            _ => bytes,
        };
        files.insert(name, bytes);
    }
    Ok(files)
}

/// Returns a table without columns of execution times and rows of timestamps.
fn timeless(table: &str) -> Result<Vec<u8>> {
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(table.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>()?;
    let timed: Vec<bool> = rows.first().map_or(Vec::new(), |header| {
        header.iter().map(|field| field.starts_with("ExecutionTime_")).collect()
    });
    if !timed.contains(&true) && !table.contains("_Timestamp,") {
        return Ok(table.as_bytes().to_vec());
    }
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    for row in rows.iter().filter(|row| !row.get(0).is_some_and(|key| key.ends_with("_Timestamp"))) {
        let fields = row.iter().enumerate().filter(|(at, _)| !timed.get(*at).copied().unwrap_or(false));
        writer.write_record(fields.map(|(_, field)| field))?;
    }
    Ok(writer.into_inner()?)
}
