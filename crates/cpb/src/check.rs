//! `cpb check`: everything that is wrong with a pipeline, before anything runs.

use crate::exit::{Ended, Failed, Status};
use crate::input::{self, InputArgs, Planned};
use cppipe::{Pipeline, Problem};
use engine::{Check, Given, Support};
use job::Anywhere;
use serde_json::json;
use std::path::Path;

/// Says which modules of a pipeline are native and all that is wrong with it; reads no pixel
///
/// With an input folder, a table or a list of files it makes the image sets too, and sees that their files are there.
#[derive(clap::Args)]
#[command(after_help = "\
Exit status: 0 every module is native and nothing is wrong; 3 a module or setting is not native; 10 something
is wrong that CellProfiler would not do either.

Examples:
  cpb check -p analysis.cppipe
  cpb check -p analysis.cppipe --data-file load_data.csv --json")]
pub struct Args {
    #[command(flatten)]
    input: InputArgs,

    /// Prints JSON, for programs
    #[arg(long)]
    json: bool,
}

/// What is known of the image sets: nothing unless an input is named.
type ImageSets = Option<Result<Planned, Failed>>;

/// Runs the verb.
pub fn run(args: &Args) -> Ended {
    let name = args.input.pipeline.display();
    let remote = args.input.remote.open(None)?;
    let pipeline = input::read_pipeline(&args.input.pipeline, &remote.files)?;
    let sets = plan(&args.input, &pipeline, &remote.files);
    let check = engine::check(&pipeline, &given(&pipeline, &sets));
    let missing = sets.as_ref().and_then(|s| s.as_ref().ok()).map(missing_files).unwrap_or_default();
    if args.json {
        println!("{:#}", to_json(&check, &sets, &missing));
    } else {
        print_text(&check, &sets, &missing);
    }
    match sets {
        _ if check.is_wrong() => Err(Failed::new(Status::Input, format!("`{name}` cannot run as it is"))),
        Some(Err(failed)) => Err(failed),
        _ if !missing.is_empty() => {
            Err(Failed::new(Status::Input, format!("{} files of the image sets are missing", missing.len())))
        }
        _ if !check.is_native() => {
            Err(Failed::new(Status::NotNative, format!("`{name}` is not native as a whole")))
        }
        _ => Ok(()),
    }
}

/// Makes the image sets, if an input is named.
fn plan(input: &InputArgs, pipeline: &Pipeline, files: &Anywhere) -> ImageSets {
    let named = input.image_directory.is_some() || input.data_file.is_some() || input.file_list.is_some();
    named.then(|| input::plan(input, pipeline, ".", files))
}

/// Returns what the image sets bring, as far as it is known.
fn given(pipeline: &Pipeline, sets: &ImageSets) -> Given {
    if let Some(Ok(planned)) = sets {
        return planned.given();
    }
    // The columns of LoadData's table name images and measurements that the pipeline does not.
    let open = pipeline.modules.iter().any(|m| m.enabled && m.name == "LoadData");
    Given { open, ..Given::default() }
}

/// Returns the image sets' files of this machine that are not there, a line each.
fn missing_files(planned: &Planned) -> Vec<String> {
    let mut missing = Vec::new();
    for set in &planned.plan.image_sets {
        for channel in &set.channels {
            let path = imageset::url_to_path(&channel.location);
            if !path.contains("://") && !Path::new(&*path).is_file() {
                let line = format!("image set {}, {}: there is no file `{path}`", set.number, channel.name);
                missing.push(line);
            }
        }
    }
    missing
}

fn print_text(check: &Check, sets: &ImageSets, missing: &[String]) {
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
    print_list("Missing files:", missing.iter().cloned());
    if let Some(Ok(planned)) = sets {
        print_list("Left out:", planned.plan.warnings.iter().cloned());
        println!("\n{}", counted(planned));
    }
    let enabled = check.modules.iter().filter(|m| m.support != Support::Disabled);
    let native = enabled.clone().filter(|m| m.support == Support::Native).count();
    println!("\n{native} of {} enabled modules are native; problems: {}", enabled.count(), wrong.len());
}

/// Says how many image sets and groups there are.
fn counted(planned: &Planned) -> String {
    let plan = &planned.plan;
    if plan.grouping.is_empty() {
        return format!("{} image sets", plan.image_sets.len());
    }
    format!(
        "{} image sets in {} groups by {}",
        plan.image_sets.len(),
        groups(planned),
        plan.grouping.join(", ")
    )
}

fn groups(planned: &Planned) -> usize {
    let mut numbers: Vec<usize> = planned.plan.image_sets.iter().map(|s| s.group_number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers.len()
}

fn print_list(title: &str, lines: impl Iterator<Item = String>) {
    for (i, line) in lines.enumerate() {
        if i == 0 {
            println!("\n{title}");
        }
        println!("  {line}");
    }
}

fn to_json(check: &Check, sets: &ImageSets, missing: &[String]) -> serde_json::Value {
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
    let image_sets = sets.as_ref().map(|sets| match sets {
        Ok(planned) => json!({"count": planned.plan.image_sets.len(), "groups": groups(planned),
            "grouping": planned.plan.grouping, "left_out": planned.plan.warnings, "missing_files": missing}),
        Err(failed) => json!({"error": failed.to_string()}),
    });
    let wrong = check.is_wrong() || !missing.is_empty() || matches!(sets, Some(Err(_)));
    json!({"native": check.is_native(), "wrong": wrong, "image_sets": image_sets, "modules": modules.collect::<Vec<_>>(),
        "problems": problems.collect::<Vec<_>>(), "remarks": check.remarks})
}
