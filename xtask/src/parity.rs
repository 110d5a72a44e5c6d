//! Parity with CellProfiler on stored cases.

use crate::{gallery, shell};
use anyhow::{Result, bail};
use clap::Parser;
use conformance::{Case, Comparison, Expectations, by_module, compare, find_cases, table};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The least share of every column, unless `docs/PARITY.md` explains it.
const COLUMN_LEAST: f64 = 0.99;

#[derive(Parser)]
pub struct Args {
    /// The cases to run; all that `conformance/expectations.toml` lists when none is named
    cases: Vec<String>,
}

/// Runs the shared cases and fails when one is under what is expected of it.
pub fn run(args: &Args) -> Result<()> {
    let expectations = Expectations::read(&expectations_path())?;
    check_only_rises(&expectations)?;
    compare_all(&shared_cases(&args.cases)?, &expectations)
}

/// Returns the shared cases called `names`; all that are expected to be equal when none is named.
pub fn shared_cases(names: &[String]) -> Result<Vec<Case>> {
    let unpack = shell::shared("cases/unpack.sh")?;
    let folder = PathBuf::from(shell::output(Command::new("bash").arg(unpack), "unpack.sh")?);
    let names: Vec<String> = match names {
        [] => Expectations::read(&expectations_path())?.cases().map(String::from).collect(),
        named => named.to_vec(),
    };
    find_cases(&folder, &names)
}

/// Runs cases and prints the table; fails when one is under its expectation (100 % when it has none).
pub fn compare_all(cases: &[Case], expectations: &Expectations) -> Result<()> {
    let cpb = shell::build_cpb()?;
    println!(
        "{:<22} {:<38} {:>6} {:>9} {:>9} {:>10}  first column off",
        "case", "module", "cols", "values", "equal %", "worst"
    );
    let mut faults = Vec::new();
    for case in cases {
        match compare_case(case, &cpb) {
            Ok(found) => faults.extend(judge(case, &found, expectations.least(&case.name).unwrap_or(100.0))),
            Err(error) => faults.push(format!("{}: {error:#}", case.name)),
        }
    }
    if !faults.is_empty() {
        bail!("parity is not what is expected:\n{}", faults.join("\n"));
    }
    Ok(())
}

/// Runs a case, prints its part of the table and returns what was found.
pub fn compare_case(case: &Case, cpb: &Path) -> Result<Comparison> {
    let work = tempfile::tempdir()?;
    let (output, labels) = (work.path().join("output"), work.path().join("labels"));
    fs::create_dir_all(&labels)?;
    case.run(cpb, &output, &labels)?;
    let mut found = compare(&case.expected(), &output, case.has_labels().then_some(labels.as_path()))?;
    if case.name == gallery::CASE {
        let missing = gallery::missing_columns(&output)?;
        found.wrong.extend(missing.iter().map(|name| format!("the Cell Painting Gallery asks for {name}")));
    }
    let pipeline = cppipe::Pipeline::parse(&fs::read(case.pipeline())?)?;
    print!("{}", table(&case.name, &by_module(&found, &pipeline)));
    let (values, equal) = found.totals();
    println!(
        "{:<22} {:<38} {:>6} {values:>9} {:>9.4}   {} missing or too many, {} label matrices off\n",
        case.name,
        "all",
        found.columns.len(),
        100.0 * equal as f64 / values.max(1) as f64,
        found.wrong.len(),
        found.labels_off
    );
    Ok(found)
}

fn judge(case: &Case, found: &Comparison, least: f64) -> Vec<String> {
    let mut faults: Vec<String> = found.wrong.iter().map(|w| format!("{}: {w}", case.name)).collect();
    if 100.0 * found.share() < least {
        let share = 100.0 * found.share();
        faults.push(format!("{}: {share:.4} % of values equal, {least} % expected", case.name));
    }
    if found.labels_off > 0 {
        faults.push(format!("{}: {} label matrices differ", case.name, found.labels_off));
    }
    for column in found.columns_under(COLUMN_LEAST) {
        let score = &found.columns[column];
        faults.push(format!(
            "{}: {column}: {} of {} equal, expected {} got {}",
            case.name, score.equal, score.values, score.expected, score.got
        ));
    }
    faults
}

fn expectations_path() -> PathBuf {
    shell::root().join("crates/conformance/expectations.toml")
}

/// Fails when the list asks less than the last commit's.
fn check_only_rises(now: &Expectations) -> Result<()> {
    let path = "crates/conformance/expectations.toml";
    for revision in ["HEAD", "HEAD~1"] {
        let mut show = Command::new("git");
        show.current_dir(shell::root()).args(["show", &format!("{revision}:{path}")]);
        let Ok(text) = shell::output(&mut show, "git show") else { continue };
        let fallen = now.fallen(&Expectations::parse(&text)?);
        if !fallen.is_empty() {
            bail!("expectations only rise; compared with {revision}:\n{}", fallen.join("\n"));
        }
    }
    Ok(())
}

impl Args {
    /// Returns the arguments that ask for every case of the list.
    pub fn all() -> Self {
        Self { cases: Vec::new() }
    }
}
