//! The README's quick start: the messages of the AWS sample's own manual, as they are, on a bucket that is a folder.

use crate::shell;
use anyhow::{Result, ensure};
use conformance::{Case, compare};
use std::fs;
use std::path::Path;
use std::process::Command;

/// The outputs that the manual's messages name.
const OUTPUTS: usize = 6;

/// Lays the case out as the sample does, submits its messages, and compares with what CellProfiler made.
pub fn run(cpb: &Path, case: &Case) -> Result<()> {
    let manual = fs::read_to_string(shell::shared("reference/SAMPLE-README.md")?)?;
    let messages = messages(&manual);
    ensure!(
        messages.len() == 4,
        "the manual has {} messages, not one, two arrays and a command's",
        messages.len()
    );
    let bucket = tempfile::Builder::new().prefix("bucket-").tempdir()?;
    let example = bucket.path().join("examples/ExampleVitraImages");
    fs::create_dir_all(example.join("images"))?;
    fs::copy(case.pipeline(), example.join("ExampleVitra.cppipe"))?;
    for entry in fs::read_dir(case.input()?)? {
        let path = entry?.path();
        fs::copy(&path, example.join("images").join(path.file_name().unwrap_or_default()))?;
    }
    let verb = |verb: &str, arguments: &[&str]| {
        let mut command = Command::new(cpb);
        command.arg(verb).arg("--bucket").arg(bucket.path()).args(arguments);
        shell::output(&mut command, verb)
    };
    for message in &messages {
        verb("submit", &[message])?;
    }
    verb("work", &["--until-done"])?;
    for output in (0..OUTPUTS).map(|n| example.join(format!("output{n}"))) {
        let found = compare(&case.expected(), &output, None)?;
        let wrong: Vec<&String> = found.wrong.iter().filter(|w| !w.ends_with("provenance.json")).collect();
        let mut off = found.columns_under(1.0);
        // It is the folder's own path, which is the bucket's here.
        off.retain(|column| !column.contains("Metadata_Folder"));
        ensure!(wrong.is_empty() && off.is_empty(), "{}: {wrong:?} {off:?}", output.display());
    }
    println!("{}: the sample's messages made {OUTPUTS} outputs, each as CellProfiler's", case.name);
    Ok(())
}

/// Returns the messages of the manual: its JSON blocks, and what its command line sends.
fn messages(manual: &str) -> Vec<String> {
    let blocks = manual.split("```json").skip(1).filter_map(|rest| rest.split("```").next());
    let sent = manual.split("--message-body '").skip(1).filter_map(|rest| rest.split('\'').next());
    blocks.chain(sent).map(str::to_string).collect()
}
