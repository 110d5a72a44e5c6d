//! The project's own cases: stored with what the real CellProfiler made of them.

use crate::{parity, shell};
use anyhow::{Result, bail};
use clap::Parser;
use conformance::{Expectations, compare, find_cases};
use std::path::PathBuf;
use std::process::Command;

#[derive(Parser)]
pub struct Args {
    /// The case to make anew
    case: String,
}

/// Returns the folder of the stored cases.
pub fn folder() -> PathBuf {
    shell::root().join("crates/conformance/golden")
}

/// Runs the engine on every stored golden case.
pub fn run_stored() -> Result<()> {
    let expectations = Expectations::read(&folder().join("expectations.toml"))?;
    parity::compare_all(&find_cases(&folder(), &[])?, &expectations)
}

/// Makes one case anew with the real CellProfiler and fails when that differs from what is stored.
pub fn run(args: &Args) -> Result<()> {
    let [case] =
        find_cases(&folder(), std::slice::from_ref(&args.case))?.try_into().or_else(|_| bail!("one case"))?;
    let install = shell::shared("oracle/install.sh")?;
    shell::check(Command::new("bash").arg(install), "install.sh")?;
    let work = tempfile::tempdir()?;
    let mut make = Command::new("bash");
    make.arg(folder().join("make.sh")).arg(&case.name).env("GOLDEN_OUTPUT", work.path());
    shell::check(&mut make, "make.sh")?;
    let found = compare(&case.expected(), &work.path().join(&case.name).join("expected"), None)?;
    if !found.wrong.is_empty() || found.share() < 1.0 {
        let off = found.columns_under(1.0);
        bail!("{} made anew differs from what is stored: {:?} {off:?}", case.name, found.wrong);
    }
    println!("{}: made anew, {} values equal", case.name, found.totals().0);
    Ok(())
}

impl Args {
    /// Returns the arguments that ask for one case.
    pub fn one(case: &str) -> Self {
        Self { case: case.to_string() }
    }
}
