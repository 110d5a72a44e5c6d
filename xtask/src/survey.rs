//! Every pipeline of a folder: read, written back, checked.

use crate::shell;
use anyhow::{Result, bail};
use clap::Parser;
use engine::{Given, check};
use std::path::PathBuf;

#[derive(Parser, Default)]
pub struct Args {
    /// The folder; the shared survey of pipelines when none is named
    folder: Option<PathBuf>,
}

/// Prints which modules the pipelines use and how many pipelines are native; fails when one does not come back.
pub fn run(args: &Args) -> Result<()> {
    let folder = args.folder.clone().map_or_else(|| shell::shared("cases/pipelines"), Ok)?;
    let survey = conformance::survey::survey(&folder)?;
    print!("{survey}");
    let read = survey.pipelines.iter().filter_map(|p| p.outcome.as_ref().ok());
    let native = read.filter(|p| check(p, &Given { open: true, ..Given::default() }).is_native()).count();
    println!("{native} of {} pipelines are native", survey.pipelines.len());
    if survey.failures() > 0 || survey.pipelines.is_empty() {
        bail!("{} of {} pipelines do not come back", survey.failures(), survey.pipelines.len());
    }
    Ok(())
}
