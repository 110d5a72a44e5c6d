//! `cpb modules`: what the native engine supports.

mod facts;
mod page;

use crate::exit::Ended;
use engine::{cellprofiler_modules, modules};
use serde_json::json;

/// Lists the modules of CellProfiler, native or not, with what was measured of them
#[derive(clap::Args)]
#[command(after_help = "Example:\n  cpb modules --json")]
pub struct Args {
    /// Prints JSON, for programs
    #[arg(long, conflicts_with = "markdown")]
    json: bool,

    /// Prints docs/MODULES.md
    #[arg(long)]
    markdown: bool,
}

/// Runs the verb.
pub fn run(args: &Args) -> Ended {
    let mut facts = facts::all();
    for kind in modules::KINDS {
        facts.entry(kind.name.to_string()).or_default();
    }
    if args.json {
        let native = modules::KINDS.iter().map(|k| {
            let known = &facts[k.name];
            json!({"name": k.name, "former_names": k.former_names, "newest_revision": k.newest_revision,
                "summary": k.summary, "since": known.since(), "measures": known.measures,
                "parity": known.parity, "speed": known.speed})
        });
        let missing = not_native().collect::<Vec<_>>();
        println!("{:#}", json!({"modules": native.collect::<Vec<_>>(), "not_native": missing}));
    } else if args.markdown {
        print!("{}", page::markdown(&facts));
    } else {
        for kind in modules::KINDS {
            let known = &facts[kind.name];
            let (equal, speed) = (known.equal().unwrap_or_default(), known.ratio().unwrap_or_default());
            println!(
                "{:<34} revision {:>2} {equal:>9} {speed:>8}  {}",
                kind.name, kind.newest_revision, kind.summary
            );
        }
        println!("\nnot native: {}", not_native().collect::<Vec<_>>().join(", "));
        println!("\n{}", page::count());
    }
    Ok(())
}

/// Returns the modules of CellProfiler 4.2.8 that the native engine does not have.
fn not_native() -> impl Iterator<Item = &'static str> {
    cellprofiler_modules::NAMES.iter().copied().filter(|name| modules::find(name).is_none())
}
