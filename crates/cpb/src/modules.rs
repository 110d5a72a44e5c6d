//! `cpb modules`: what the native engine supports.

use crate::exit::Ended;
use engine::{cellprofiler_modules, modules};
use serde_json::json;

/// Lists the modules that the native engine runs
#[derive(clap::Args)]
#[command(after_help = "Example:\n  cpb modules --json")]
pub struct Args {
    /// Prints JSON, for programs
    #[arg(long)]
    json: bool,
}

/// Runs the verb.
pub fn run(args: &Args) -> Ended {
    if args.json {
        let kinds = modules::KINDS.iter().map(|k| {
            json!({"name": k.name, "former_names": k.former_names, "newest_revision": k.newest_revision,
                "summary": k.summary})
        });
        println!("{:#}", json!({"modules": kinds.collect::<Vec<_>>()}));
        return Ok(());
    }
    for kind in modules::KINDS {
        let former = match kind.former_names {
            [] => String::new(),
            names => format!(" (formerly {})", names.join(", ")),
        };
        println!("{:<34} revision {:>2}  {}{former}", kind.name, kind.newest_revision, kind.summary);
    }
    let of = cellprofiler_modules::NAMES.len();
    println!("\n{} of the {of} modules of CellProfiler 4.2.8", modules::KINDS.len());
    Ok(())
}
