//! What is known of each module: what the stored cases measure of it, how much is equal, what it takes.

use crate::{golden, parity, shell};
use anyhow::{Context, Result};
use conformance::{Case, by_module, find_cases};
use cppipe::Pipeline;
use engine::{Analysis, modules};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Runs every stored case, writes what was found, and prints `docs/MODULES.md` anew.
pub fn run() -> Result<()> {
    let cpb = shell::build_cpb()?;
    let mut cases = find_cases(&golden::folder(), &[])?;
    cases.extend(parity::shared_cases(&[])?);
    let (mut measures, mut parity) = (BTreeMap::new(), BTreeMap::new());
    for case in &cases {
        eprintln!("{}", case.name);
        let pipeline = Pipeline::parse(&fs::read(case.pipeline())?)?;
        add_measures(&pipeline, &mut measures);
        add_parity(case, &pipeline, &cpb, &mut parity)?;
    }
    let mut facts = read()?;
    facts.retain(|name, _| modules::find(name).is_some());
    for kind in modules::KINDS {
        let entry = facts.entry(kind.name).or_insert_with(|| json!({"since": env!("CARGO_PKG_VERSION")}));
        entry["measures"] = measures.get(kind.name).map_or_else(|| json!([]), |m| json!(m));
        entry["parity"] =
            parity.get(kind.name).map_or(Value::Null, |(v, e)| json!({"values": v, "equal": e}));
    }
    write(facts)
}

/// Notes what modules took in a case: CPU seconds of CellProfiler and ours, by `NNName`.
pub fn record_speed(case: &str, theirs: &BTreeMap<String, f64>, ours: &BTreeMap<String, f64>) -> Result<()> {
    let mut total: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for (module, seconds) in theirs {
        let name = module.trim_start_matches(|c: char| c.is_ascii_digit());
        if let Some(mine) = ours.get(module) {
            let sum = total.entry(name).or_default();
            *sum = (sum.0 + seconds, sum.1 + mine);
        }
    }
    let mut facts = read()?;
    for (name, (theirs, ours)) in total {
        if let Some(entry) = facts.get_mut(name) {
            // The case in which CellProfiler's module works longest says most.
            if entry["speed"]["case"] == case
                || entry["speed"]["cellprofiler"].as_f64().is_none_or(|s| s < theirs)
            {
                entry["speed"] = json!({"case": case, "cellprofiler": round(theirs), "cpb": round(ours)});
            }
        }
    }
    write(facts)
}

fn round(seconds: f64) -> f64 {
    (seconds * 1e4).round() / 1e4
}

/// Takes up the features that each module of a pipeline declares.
fn add_measures(pipeline: &Pipeline, measures: &mut BTreeMap<String, BTreeSet<String>>) {
    let Ok(analysis) = Analysis::read(pipeline) else { return };
    let mut names: BTreeMap<&str, &str> = BTreeMap::new();
    for step in analysis.steps() {
        names.extend(step.declaration.images.iter().map(|i| (i.as_str(), "<image>")));
        names.extend(step.declaration.objects.iter().map(|o| (o.as_str(), "<objects>")));
    }
    for step in analysis.steps() {
        let features = measures.entry(step.name.clone()).or_default();
        features.extend(step.declaration.columns.iter().map(|c| generic(&c.feature, &names)));
    }
}

/// Returns a feature's name without the names and numbers of one pipeline.
fn generic(feature: &str, names: &BTreeMap<&str, &str>) -> String {
    let parts = feature.split('_').enumerate().map(|(i, part)| match names.get(part) {
        Some(kind) if i > 0 => kind,
        _ if !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()) => "#",
        _ => part,
    });
    parts.collect::<Vec<_>>().join("_")
}

fn add_parity(
    case: &Case,
    pipeline: &Pipeline,
    cpb: &Path,
    parity: &mut BTreeMap<String, (usize, usize)>,
) -> Result<()> {
    for row in by_module(&parity::compare_case(case, cpb)?, pipeline) {
        let name = row.module.split_once(' ').map_or("", |(_, name)| name);
        let name = modules::find(name).map_or(name, |k| k.name);
        let sum = parity.entry(name.to_string()).or_default();
        *sum = (sum.0 + row.values, sum.1 + row.equal);
    }
    Ok(())
}

fn path() -> PathBuf {
    shell::root().join("crates/cpb/src/modules/facts.json")
}

fn read() -> Result<Map<String, Value>> {
    let path = path();
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    serde_json::from_str(&text).with_context(|| path.display().to_string())
}

/// Writes the facts in the modules' order, and the page that shows them.
fn write(facts: Map<String, Value>) -> Result<()> {
    let ordered: BTreeMap<String, Value> = facts.into_iter().collect();
    fs::write(path(), serde_json::to_string_pretty(&ordered)? + "\n")?;
    let mut print = std::process::Command::new(shell::build_cpb()?);
    let page = shell::output(print.args(["modules", "--markdown"]), "cpb modules")?;
    fs::write(shell::root().join("docs/MODULES.md"), page + "\n")?;
    Ok(())
}
