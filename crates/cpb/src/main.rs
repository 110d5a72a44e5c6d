//! Cell Painting Batch: the command line.
#![allow(clippy::print_stdout, reason = "a command line's output")]

mod batch;
mod check;
mod demo;
mod exit;
mod input;
mod label_dump;
mod listing;
mod module;
mod modules;
mod progress;
mod run;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Images come and go by the megabyte: this allocator keeps their pages instead of asking the system for each anew.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Runs CellProfiler pipelines on microscope images: CellProfiler's numbers, a small part of its compute
#[derive(Parser)]
#[command(
    name = "cpb",
    version,
    max_term_width = 100,
    after_help = "\
Exit status: 0 done; 2 wrong usage; 3 a module or setting is not native; 10 bad input; 12 interrupted;
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
}

fn main() -> ExitCode {
    exit::report(match Cli::parse().verb {
        Verb::Run(args) => run::run(&args),
        Verb::Check(args) => check::run(&args),
        Verb::Demo(args) => demo::run(&args),
        Verb::Modules(args) => modules::run(&args),
        Verb::Module(args) => module::run(&args),
    })
}
