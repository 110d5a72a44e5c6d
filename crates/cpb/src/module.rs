//! `cpb module`: modules on explicit arrays.

mod image_sets;

use crate::exit::{Ended, Failed, Status};
use cppipe::Pipeline;
use engine::module_call::{CallError, ModuleCall};
use engine::{Folders, LocalFiles};
use image_sets::ImageSetArgs;
use std::path::{Path, PathBuf};

/// Runs modules on arrays as they are, and writes everything that exists afterwards
///
/// The pipeline may hold one module or many; input modules are passed over. All image sets of a call are one group.
#[derive(clap::Args)]
#[command(after_help = "\
Written to DIR (DIR/1, DIR/2 … for more image sets than one): images/NAME.npy with .mask.npy and .crop.npy,
objects/NAME.npy with .unedited.npy and .small.npy (.planes.npy where objects overlap), grids/NAME.json,
measurements.json, workspace.json.

Exit status: 0 done; 1 a module refuses this input, as CellProfiler's would; 2 wrong usage; 3 a module or setting
is not native.

Examples:
  cpb module -p identify.cppipe --image DNA=dna.npy,mask=well.npy --out result
  cpb module -p measure.cppipe --image DNA=dna.npy --objects Nuclei=nuclei.npy --measurements before.json --out result
  cpb module -p illum.cppipe --image DNA=site1.npy --next --image DNA=site2.npy --out result")]
pub struct Args {
    /// The pipeline: .cppipe, .json or .cpproj
    #[arg(short, long, value_name = "FILE")]
    pipeline: PathBuf,

    #[command(flatten)]
    image_sets: ImageSetArgs,

    /// The group goes on after the last image set: does nothing that belongs to its end
    #[arg(long)]
    open: bool,

    /// Default Input Folder
    #[arg(short, long, value_name = "DIR", default_value = ".")]
    input_directory: PathBuf,

    /// Default Output Folder
    #[arg(short, long, value_name = "DIR", default_value = ".")]
    output_directory: PathBuf,

    /// The folder for everything that exists afterwards
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Runs the verb.
pub fn run(args: &Args) -> Ended {
    let usage = |message: String| Failed::new(Status::Usage, message);
    let name = args.pipeline.display();
    let bytes = std::fs::read(&args.pipeline).map_err(|e| usage(format!("cannot read `{name}`: {e}")))?;
    let pipeline = Pipeline::parse(&bytes).map_err(|e| usage(format!("`{name}`: {e}")))?;
    let image_sets = args.image_sets.load(&LocalFiles).map_err(usage)?;
    let folders =
        Folders { input: absolute(&args.input_directory)?, output: absolute(&args.output_directory)? };
    let out = absolute(&args.out)?;
    let call = ModuleCall {
        pipeline: &pipeline,
        image_sets: &image_sets,
        open: args.open,
        folders: &folders,
        source: &LocalFiles,
        sink: &LocalFiles,
        out: &out,
    };
    call.run().map_err(|error| Failed::new(status(&error), error))
}

fn status(error: &CallError) -> Status {
    match error {
        e if e.is_not_native() => Status::NotNative,
        e if e.is_internal() => Status::Internal,
        _ => Status::Refused,
    }
}

fn absolute(path: &Path) -> Result<String, Failed> {
    let path = std::path::absolute(path)
        .map_err(|e| Failed::new(Status::Usage, format!("`{}`: {e}", path.display())))?;
    let text = path
        .to_str()
        .ok_or_else(|| Failed::new(Status::Usage, format!("`{}` is not a path in UTF-8", path.display())))?;
    Ok(text.trim_end_matches("/.").to_string())
}
