//! Cell Painting Batch: the command line.
#![allow(clippy::print_stdout, reason = "a command line's output")]

mod allocator;
#[cfg(feature = "aws")]
mod aws;
mod batch;
mod check;
mod demo;
mod exit;
mod input;
mod jobs;
mod label_dump;
mod listing;
mod module;
mod modules;
mod progress;
mod remote;
mod run;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Runs CellProfiler pipelines on microscope images: CellProfiler's numbers, a small part of its compute
#[derive(Parser)]
#[command(
    name = "cpb",
    version,
    max_term_width = 100,
    after_help = "\
Exit status: 0 done; 2 wrong usage; 3 a module or setting is not native; 10 bad input; 11 out of memory; 12 interrupted;
13 internal fault; 14 done in part."
)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Run(Box<run::Args>),
    Check(check::Args),
    Modules(modules::Args),
    Demo(demo::Args),
    Module(module::Args),
    Plan(jobs::plan::Args),
    Submit(jobs::submit::Args),
    Work(jobs::work::Args),
    Worker(jobs::worker::Args),
    Merge(jobs::merge::Args),
    Status(jobs::status::Args),
    Cost(jobs::cost::Args),
    Failed(jobs::failed::Args),
    Retry(jobs::retry::Args),
    Redrive(jobs::redrive::Args),
    Cancel(jobs::cancel::Args),
    Logs(jobs::logs::Args),
    List(jobs::list::Args),
    Schema(jobs::schema::Args),
    #[cfg(feature = "aws")]
    Deploy(aws::deploy::Args),
    #[cfg(feature = "aws")]
    Diff(aws::diff::Args),
    #[cfg(feature = "aws")]
    Destroy(aws::destroy::Args),
    #[cfg(feature = "aws")]
    Synth(aws::synth::Args),
    #[cfg(feature = "aws")]
    Image(aws::image::Args),
    #[cfg(feature = "aws")]
    Dispatch(aws::dispatch::Args),
}

fn main() -> ExitCode {
    #[cfg(feature = "aws")]
    if let Some(ended) = aws::lambda() {
        return ended;
    }
    let verb = Cli::parse().verb;
    if matches!(verb, Verb::Run(_) | Verb::Demo(_) | Verb::Work(_) | Verb::Worker(_)) {
        allocator::keep_pages();
    }
    exit::report(match verb {
        Verb::Run(args) => run::run(&args),
        Verb::Check(args) => check::run(&args),
        Verb::Demo(args) => demo::run(&args),
        Verb::Modules(args) => modules::run(&args),
        Verb::Module(args) => module::run(&args),
        Verb::Plan(args) => jobs::plan::run(&args),
        Verb::Submit(args) => jobs::submit::run(&args),
        Verb::Work(args) => jobs::work::run(&args),
        Verb::Worker(args) => jobs::worker::run(&args),
        Verb::Merge(args) => jobs::merge::run(&args),
        Verb::Cost(args) => jobs::cost::run(&args),
        Verb::Status(args) => jobs::status::run(&args),
        Verb::Failed(args) => jobs::failed::run(&args),
        Verb::Retry(args) => jobs::retry::run(&args),
        Verb::Redrive(args) => jobs::redrive::run(&args),
        Verb::Cancel(args) => jobs::cancel::run(&args),
        Verb::Logs(args) => jobs::logs::run(&args),
        Verb::List(args) => jobs::list::run(&args),
        Verb::Schema(args) => jobs::schema::run(&args),
        #[cfg(feature = "aws")]
        Verb::Deploy(args) => aws::deploy::run(&args),
        #[cfg(feature = "aws")]
        Verb::Diff(args) => aws::diff::run(&args),
        #[cfg(feature = "aws")]
        Verb::Destroy(args) => aws::destroy::run(&args),
        #[cfg(feature = "aws")]
        Verb::Synth(args) => aws::synth::run(&args),
        #[cfg(feature = "aws")]
        Verb::Image(args) => aws::image::run(&args),
        #[cfg(feature = "aws")]
        Verb::Dispatch(args) => aws::dispatch::run(&args),
    })
}
