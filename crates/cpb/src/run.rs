//! `cpb run`: CellProfiler's headless flags, so that a script changes one word.

use crate::batch;
use crate::exit::{Ended, Failed, Status};
use crate::input::{self, InputArgs};
use crate::label_dump::LabelDump;
use crate::progress::Progress;
use engine::{Analysis, Folders, Outcome, Run, Sink};
use job::{Anywhere, Format, format_sinks};
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

/// Runs a pipeline on images, here and now
///
/// Takes CellProfiler's own headless flags and writes the files CellProfiler would have written.
#[derive(clap::Args, Default)]
#[command(after_help = "\
Example:
  cpb run -p ExampleVitra.cppipe -i images -o results
  cpb run -p analysis.cppipe --data-file load_data.csv -o results -g Metadata_Plate=P1,Metadata_Well=A01
  cpb run -p s3://bucket/analysis.cppipe -i s3://bucket/images -o s3://bucket/results

Every path but that of --labels may be an s3:// URL; https:// ones are read.")]
pub struct Args {
    #[command(flatten)]
    input: InputArgs,

    /// Default Output Folder: where results go
    #[arg(short, long, value_name = "DIR")]
    output_directory: Option<PathBuf>,

    /// Further forms of the tables: parquet (a file a table), sqlite (one file, in cytominer-database's shape)
    #[arg(long, value_name = "FORMAT,…", value_delimiter = ',', value_parser = format)]
    formats: Vec<Format>,

    /// Image sets that run at once; all cores by default
    #[arg(short, long, value_name = "N")]
    jobs: Option<NonZeroUsize>,

    /// Goes on with the other image sets when one fails; the failed one keeps its row
    #[arg(long)]
    always_continue: bool,

    /// Writes each object set's label matrix to DIR as setNNNN_mMMM_obj_NAME.npy
    #[arg(long, value_name = "DIR")]
    labels: Option<PathBuf>,

    /// Writes `Complete` or `Failure` to this file when the run ends
    #[arg(short, long, value_name = "FILE")]
    done_file: Option<PathBuf>,

    /// Prints the groups and their image sets as JSON and stops
    #[arg(long)]
    print_groups: bool,

    /// Prints a command for each group (or each batch of image sets) as a line and stops
    #[arg(long, alias = "get-batch-commands-new")]
    get_batch_commands: bool,

    /// How many image sets a batch command takes; groups are not kept when it is not 1
    #[arg(long, value_name = "N", default_value_t = 1)]
    images_per_batch: usize,

    /// Folder of CellProfiler plug-ins: accepted; the native engine runs none
    #[arg(long, value_name = "DIR")]
    plugins_directory: Option<PathBuf>,

    /// Folder for temporary files: copies of remote images
    #[arg(short, long, value_name = "DIR")]
    temporary_directory: Option<PathBuf>,

    /// CellProfiler's log level: accepted
    #[arg(short = 'L', long, value_name = "LEVEL")]
    log_level: Option<String>,

    /// Headless: accepted, there is no window
    #[arg(short = 'c', long)]
    run_headless: bool,

    /// Run at once: accepted
    #[arg(short = 'r', long)]
    run: bool,
}

fn format(text: &str) -> Result<Format, String> {
    match text {
        "csv" => Ok(Format::Csv),
        "parquet" => Ok(Format::Parquet),
        "sqlite" => Ok(Format::Sqlite),
        _ => Err("the formats are csv, parquet and sqlite".into()),
    }
}

impl Args {
    /// Returns the arguments of a run on a table's images, whose paths start at `folder`.
    pub fn of_table(pipeline: PathBuf, folder: &Path, table: PathBuf, output: PathBuf) -> Self {
        let image_directory = Some(folder.to_path_buf());
        let input = InputArgs { pipeline, image_directory, data_file: Some(table), ..InputArgs::default() };
        Self { input, output_directory: Some(output), ..Self::default() }
    }
}

/// Runs the verb.
pub fn run(args: &Args) -> Ended {
    let remote = args.input.remote.open(args.temporary_directory.as_deref())?;
    let ended = run_pipeline(args, &remote.files);
    if let Some(path) = &args.done_file {
        let text = if ended.is_ok() { "Complete\n" } else { "Failure\n" };
        let written = remote.files.write(&path.to_string_lossy(), text.as_bytes());
        written.map_err(|e| Failed::new(Status::Input, format!("cannot write `{}`: {e}", path.display())))?;
    }
    ended
}

fn run_pipeline(args: &Args, files: &Anywhere) -> Ended {
    let pipeline = input::read_pipeline(&args.input.pipeline, files)?;
    let name = args.input.pipeline.display().to_string();
    Analysis::read(&pipeline).map_err(|p| Failed::from_problems(&name, &p))?;
    let output = make_folder(args.output_directory.as_deref().unwrap_or(Path::new(".")))?;
    let planned = input::plan(&args.input, &pipeline, &output, files)?;
    let image_sets = &planned.plan.image_sets;
    if args.print_groups {
        println!("{}", batch::groups_json(image_sets, &planned.plan.grouping));
        return Ok(());
    }
    if args.get_batch_commands {
        let start = format!("cpb run {} -o {}", args.input.command_line(), input::quoted(Path::new(&output)));
        let commands = batch::commands(&start, image_sets, &planned.plan.grouping, args.images_per_batch);
        commands.iter().for_each(|command| println!("{command}"));
        return Ok(());
    }
    let problems = engine::check(&pipeline, &planned.given()).problems;
    if !problems.is_empty() {
        return Err(Failed::from_problems(&name, &problems));
    }
    planned.plan.warnings.iter().for_each(|warning| eprintln!("cpb: warning: {warning}"));
    let analysis =
        Analysis::read_planned(&pipeline, &planned.plan).map_err(|p| Failed::from_problems(&name, &p))?;
    let folders = Folders { input: planned.input_folder.clone(), output };
    let dump = |folder: &PathBuf| match input::remote_url(folder) {
        Some(url) => {
            Err(Failed::new(Status::Usage, format!("--labels takes a folder of this machine, not `{url}`")))
        }
        None => make_folder(folder).map(|_| LabelDump { folder: folder.clone() }),
    };
    let labels = args.labels.as_ref().map(dump).transpose()?;
    let progress = Progress::new(image_sets.len(), labels);
    let run = Run {
        analysis: &analysis,
        pipeline: &planned.text,
        image_sets,
        image_set_count: image_sets.len(),
        started: SystemTime::now(),
        experiment: &planned.plan.experiment,
        folders: &folders,
        source: files,
        sink: files,
        threads: args.jobs.unwrap_or_else(all_cores),
        always_continue: args.always_continue,
        observer: &progress,
        cancelled: cancelled_by_signal(),
    };
    let engine = format!("native {}", env!("CARGO_PKG_VERSION"));
    let sinks = analysis.record_sinks(run.facts()).and_then(|mut sinks| {
        sinks.extend(format_sinks(
            &args.formats,
            analysis.columns(),
            &engine,
            &image_sets.iter().collect(),
            run.facts(),
        )?);
        Ok(sinks)
    });
    let outcome = sinks.and_then(|sinks| run.run_into(sinks)).map_err(|e| Failed::from_run(&e, &e))?;
    progress.finish();
    conclude(&outcome, image_sets.len(), &folders.output)
}

/// Says how the run ended.
fn conclude(outcome: &Outcome, total: usize, output: &str) -> Ended {
    if let Some(first) = outcome.failures.first() {
        let failed = outcome.failures.len();
        if outcome.exported {
            let message =
                format!("{failed} of {total} image sets failed, {} are done: {output}", outcome.done);
            return Err(Failed::new(Status::Partial, message));
        }
        let hint = "no table was written; mend it, or go on without it by --always-continue";
        return Err(Failed::from_run(&first.error, format!("{first}\n{hint}")));
    }
    if outcome.cancelled {
        let message = format!("stopped after {} of {total} image sets; no table was written", outcome.done);
        return Err(Failed::new(Status::Interrupted, message));
    }
    eprintln!("{} image sets done. Results: {output}", outcome.done);
    Ok(())
}

/// Makes a folder and returns its absolute path; a remote one needs no making.
fn make_folder(folder: &Path) -> Result<String, Failed> {
    if let Some(url) = input::remote_url(folder) {
        return Ok(url);
    }
    let made = fs::create_dir_all(folder).and_then(|()| folder.canonicalize());
    let path = made.map_err(|e| {
        Failed::new(
            Status::Input,
            format!("the folder `{}` cannot be made or written: {e}", folder.display()),
        )
    })?;
    Ok(path.to_string_lossy().into_owned())
}

/// Returns how many image sets run at once by default.
pub fn all_cores() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// Returns a flag that SIGINT and SIGTERM set: image sets under way end, no other starts.
pub fn cancelled_by_signal() -> &'static AtomicBool {
    static STOP: AtomicBool = AtomicBool::new(false);
    // Only the first handler of a process can be set, and it sets the same flag.
    let _ = ctrlc::set_handler(|| STOP.store(true, Ordering::Relaxed));
    &STOP
}
