//! The native engine beside the real CellProfiler: same images, same machine, one core each.

mod tiles;

use crate::{facts, parity, shell};
use anyhow::{Context, Result};
use clap::Parser;
use conformance::Case;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

#[derive(Parser)]
pub struct Args {
    /// The cases to time; ExampleVitra and ExampleHuman when none is named
    cases: Vec<String>,

    /// Times the project's own cases (`everyday-images` and its like), their images laid N × N beside each other
    #[arg(long, value_name = "N", requires = "cases")]
    tiles: Option<usize>,

    /// Writes the modules' seconds into what `cpb modules` shows
    #[arg(long)]
    record: bool,
}

/// What one run took.
pub struct Cost {
    /// CPU seconds of the modules, summed over image sets, by `NNName`.
    modules: BTreeMap<String, f64>,
    /// Wall seconds.
    pub wall: f64,
    /// CPU seconds of the process and those that it waited for.
    pub cpu: f64,
    /// The largest process.
    pub memory_mb: f64,
}

pub fn run(args: &Args) -> Result<()> {
    let install = shell::shared("oracle/install.sh")?;
    shell::check(Command::new("bash").arg(install), "install.sh")?;
    let default = ["ExampleVitra", "ExampleHuman"].map(String::from).to_vec();
    let names = if args.cases.is_empty() { &default } else { &args.cases };
    let cpb = shell::build_cpb()?;
    // Pipelines leave out folders whose names begin with a dot, as those of temporary ones do.
    let large = tempfile::Builder::new().prefix("cpb").tempdir()?;
    let cases = match args.tiles {
        Some(times) => tiles::large_cases(names, times, large.path())?,
        None => parity::shared_cases(names)?,
    };
    for case in cases {
        let theirs = cellprofiler(&case)?;
        let ours = native(&case, &cpb)?;
        print_table(&case.name, &theirs, &ours);
        if args.record {
            facts::record_speed(&case.name, &theirs.modules, &ours.modules)?;
        }
    }
    Ok(())
}

fn native(case: &Case, cpb: &Path) -> Result<Cost> {
    let work = tempfile::tempdir()?;
    let (output, timing) = (work.path().join("output"), work.path().join("time.txt"));
    let mut command = Command::new("/usr/bin/time");
    command.args(["-v", "-o"]).arg(&timing).arg(cpb).args(["run", "-j", "1"]).args(case.run_arguments()?);
    command.current_dir(&case.folder).arg("-o").arg(&output);
    shell::output(&mut command, "cpb run")?;
    let mut cost = whole_process(&timing)?;
    let mut open = vec![output];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(dir)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else if path.to_string_lossy().ends_with("Image.csv") {
                add_execution_times(&path, &mut cost.modules)?;
            }
        }
    }
    Ok(cost)
}

fn add_execution_times(table: &Path, modules: &mut BTreeMap<String, f64>) -> Result<()> {
    let mut reader = csv::Reader::from_path(table)?;
    let heads = reader.headers()?.clone();
    for row in reader.records() {
        for (head, value) in heads.iter().zip(row?.iter()) {
            if let Some(module) = head.strip_prefix("ExecutionTime_") {
                *modules.entry(module.to_string()).or_default() += value.parse().unwrap_or(0.0);
            }
        }
    }
    Ok(())
}

fn cellprofiler(case: &Case) -> Result<Cost> {
    let work = tempfile::tempdir()?;
    let (output, meta) = (work.path().join("output"), work.path().join("meta"));
    let mut command = Command::new("bash");
    command.current_dir(&case.folder).arg(shell::shared("oracle/run.sh")?);
    command.arg(case.pipeline()).arg(case.input()?).arg(&output).env("META", &meta);
    shell::output(&mut command, "the real CellProfiler")?;
    let mut cost = whole_process(&meta.join("time.txt"))?;
    let table = fs::read_to_string(meta.join("modules.tsv"))?;
    for line in table.lines().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        if let [number, name, _, _, cpu, ..] = fields.as_slice() {
            cost.modules.insert(format!("{:02}{name}", number.parse::<usize>()?), cpu.parse()?);
        }
    }
    Ok(cost)
}

/// Reads what GNU time wrote of a process.
pub fn whole_process(path: &Path) -> Result<Cost> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let field = |name: &str| {
        let line =
            text.lines().find(|l| l.contains(name)).with_context(|| format!("no `{name}` from time"))?;
        Ok::<_, anyhow::Error>(line.rsplit(": ").next().unwrap_or_default().trim().to_string())
    };
    let seconds =
        |text: String| text.split(':').fold(0.0, |s, part| s * 60.0 + part.parse::<f64>().unwrap_or(0.0));
    Ok(Cost {
        modules: BTreeMap::new(),
        wall: seconds(field("Elapsed (wall clock) time")?),
        cpu: seconds(field("User time")?) + seconds(field("System time")?),
        memory_mb: field("Maximum resident set size")?.parse::<f64>()? / 1024.0,
    })
}

fn print_table(case: &str, theirs: &Cost, ours: &Cost) {
    println!("\n{case:<40} {:>14} {:>10} {:>8}", "CellProfiler", "cpb", "ratio");
    let line =
        |what: &str, t: f64, o: f64| println!("{what:<40} {t:>14.3} {o:>10.4} {:>8.1}", t / o.max(1e-6));
    for (module, t) in &theirs.modules {
        if let Some(o) = ours.modules.get(module) {
            line(&format!("CPU s {module}"), *t, *o);
        }
    }
    line("CPU s, whole process", theirs.cpu, ours.cpu);
    line("wall s, whole process", theirs.wall, ours.wall);
    line("peak memory, MB", theirs.memory_mb, ours.memory_mb);
}
