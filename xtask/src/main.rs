//! What CI runs is what a person runs.
#![allow(clippy::print_stdout, reason = "a command line's output")]

mod aws_faults;
mod aws_flow;
mod aws_images;
mod aws_test;
mod bench;
mod cellprofiler;
mod ci;
mod differential;
mod facts;
mod gallery;
mod golden;
mod lab;
mod parity;
mod quick_start;
mod readers;
mod scaling;
mod shards;
mod shell;
mod survey;
mod templates;
mod test;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// The project's own tasks
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Format, lints, unit, integration and doc tests, golden cases: needs Rust and the repository only
    Test,
    /// Runs the native engine on the parity cases and compares with what CellProfiler made of them
    Parity(parity::Args),
    /// Makes a golden case anew with the real CellProfiler and compares
    Golden(golden::Args),
    /// Runs modules with random settings on random images in the real CellProfiler and natively, and compares
    Differential(differential::Args),
    /// Reads every pipeline of a folder, writes it back, and counts those that are native
    Survey(survey::Args),
    /// CPU seconds a module, wall seconds and memory beside the real CellProfiler, one core each
    Bench(bench::Args),
    /// Measures what `cpb modules` says of each module on the stored cases, and writes docs/MODULES.md
    Facts,
    /// Runs jobs by the real CellProfiler, and compares with the native engine
    Cellprofiler,
    /// Reads results by CytoTable, pycytominer and cytominer-database
    Readers,
    /// Runs the sample's messages, and jobs in shards of all sizes on real pipelines: the same bytes as one run
    Shards(shards::Args),
    /// Measures what jobs of 10 to 10,000 image sets take an image set, and draws it into docs/scaling.svg
    Scaling(scaling::Args),
    /// Runs what speaks to AWS against the emulator of xtask/aws-lab, then the whole flow from a message to results
    AwsTest(aws_test::Args),
    /// The stacks' templates before cfn-lint and checkov
    Templates,
    /// Everything after `test` that CI checks: licences, parity, AWS, jobs by CellProfiler and in shards, the ecosystem's readers, the cold demo, a golden case made anew
    Ci,
}

fn main() -> Result<()> {
    match Cli::parse().task {
        Task::Test => test::run(),
        Task::Parity(args) => parity::run(&args),
        Task::Golden(args) => golden::run(&args),
        Task::Differential(args) => differential::run(&args),
        Task::Survey(args) => survey::run(&args),
        Task::Bench(args) => bench::run(&args),
        Task::Cellprofiler => cellprofiler::run(),
        Task::Readers => readers::run(),
        Task::Scaling(args) => scaling::run(&args),
        Task::Shards(args) => shards::run(&args),
        Task::AwsTest(args) => aws_test::run(&args),
        Task::Templates => templates::run(),
        Task::Facts => facts::run(),
        Task::Ci => ci::run(),
    }
}
