//! `cpb check`: everything that is wrong with a pipeline, before anything runs.

use crate::exit::{Ended, Failed, Status};
use cppipe::{Pipeline, Problem};
use engine::{Check, Given, Support};
use serde_json::json;
use std::path::PathBuf;

/// Says which modules of a pipeline are native and all that is wrong with it; reads no pixel
#[derive(clap::Args)]
#[command(after_help = "\
Exit status: 0 every module is native and nothing is wrong; 3 a module or setting is not native; 10 something
is wrong that CellProfiler would not do either.

Example:
  cpb check -p analysis.cppipe")]
pub struct Args {
    /// The pipeline: .cppipe, .json or .cpproj
    #[arg(short, long, value_name = "FILE")]
    pipeline: PathBuf,
    /// Prints JSON, for programs
    #[arg(long)]
    json: bool,
}

/// Runs the verb.
pub fn run(args: &Args) -> Ended {
    let path = args.pipeline.display();
    let bytes = std::fs::read(&args.pipeline)
        .map_err(|e| Failed::new(Status::Input, format!("cannot read `{path}`: {e}")))?;
    let pipeline =
        Pipeline::parse(&bytes).map_err(|e| Failed::new(Status::Input, format!("`{path}`: {e}")))?;
    let check = engine::check(&pipeline, &given(&pipeline));
    if args.json {
        println!("{:#}", to_json(&check));
    } else {
        print_text(&check);
    }
    match () {
        () if check.is_wrong() => Err(Failed::new(Status::Input, format!("`{path}` cannot run as it is"))),
        () if !check.is_native() => {
            Err(Failed::new(Status::NotNative, format!("`{path}` is not native as a whole")))
        }
        () => Ok(()),
    }
}

/// Returns what the image sets bring, as far as the pipeline says it.
fn given(pipeline: &Pipeline) -> Given {
    // The columns of LoadData's table name images and measurements that the pipeline does not.
    let open = pipeline.modules.iter().any(|m| m.enabled && m.name == "LoadData");
    Given { open, ..Given::default() }
}

fn print_text(check: &Check) {
    for module in &check.modules {
        let support = match module.support {
            Support::Native => "native",
            Support::Disabled => "disabled",
            Support::SettingNotNative => "not native with these settings; CellProfiler 4.2.8 runs it",
            Support::CellProfiler => "not native; CellProfiler 4.2.8 runs it",
            Support::Unknown => "not native; CellProfiler 4.2.8 does not have it either",
        };
        println!("{:>4} {:<34} {support}", module.number, module.name);
    }
    let told = |p: &&Problem| {
        // The list of modules says it already.
        let module = check.modules.iter().find(|m| m.number == p.module_number);
        module.is_none_or(|m| m.support != Support::CellProfiler)
    };
    let (wrong, beyond): (Vec<_>, Vec<_>) = check.problems.iter().filter(told).partition(|p| !p.not_native);
    let remarks = check.remarks.iter().map(String::as_str);
    print_list("Not native:", beyond.iter().map(ToString::to_string));
    print_list("Wrong:", wrong.iter().map(ToString::to_string));
    print_list("Odd in the file:", remarks.map(String::from));
    let enabled = check.modules.iter().filter(|m| m.support != Support::Disabled);
    let native = enabled.clone().filter(|m| m.support == Support::Native).count();
    println!("\n{native} of {} enabled modules are native; problems: {}", enabled.count(), wrong.len());
}

fn print_list(title: &str, lines: impl Iterator<Item = String>) {
    for (i, line) in lines.enumerate() {
        if i == 0 {
            println!("\n{title}");
        }
        println!("  {line}");
    }
}

fn to_json(check: &Check) -> serde_json::Value {
    let modules = check.modules.iter().map(|m| {
        let support = match m.support {
            Support::Native => "native",
            Support::Disabled => "disabled",
            Support::SettingNotNative => "setting_not_native",
            Support::CellProfiler => "cellprofiler",
            Support::Unknown => "unknown",
        };
        json!({"number": m.number, "name": m.name, "revision": m.revision, "support": support,
            "native": m.support == Support::Native})
    });
    let problems = check.problems.iter().map(|p| {
        json!({"module_number": p.module_number, "module": p.module, "setting": p.setting, "message": p.message,
            "nearest": p.nearest, "not_native": p.not_native})
    });
    json!({"native": check.is_native(), "wrong": check.is_wrong(), "modules": modules.collect::<Vec<_>>(),
        "problems": problems.collect::<Vec<_>>(), "remarks": check.remarks})
}
