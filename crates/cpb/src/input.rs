//! What a pipeline is run on: the arguments that name it, and the image sets they make.

use crate::exit::{Failed, Status};
use crate::listing;
use crate::remote::RemoteArgs;
use cppipe::Pipeline;
use engine::{Given, Source, Upstream};
use imageset::{Input, PlanError, Selection};
use job::Anywhere;
use std::io;
use std::path::{Component, Path, PathBuf};

/// The pipeline, its images and which of the image sets are wanted.
#[derive(clap::Args, Clone, Default)]
pub struct InputArgs {
    /// The pipeline: .cppipe, or a .cpproj project
    #[arg(short, long, alias = "project", value_name = "FILE")]
    pub pipeline: PathBuf,

    /// Default Input Folder: searched for images unless a file list or a table is given
    #[arg(short, long, value_name = "DIR")]
    pub image_directory: Option<PathBuf>,

    /// The table that LoadData reads, in place of the one its settings name
    #[arg(long, value_name = "CSV")]
    pub data_file: Option<PathBuf>,

    /// A text file with an image's path or URL a line, in place of searching the input folder
    #[arg(long, value_name = "TXT")]
    pub file_list: Option<PathBuf>,

    /// First image set, by ImageNumber
    #[arg(short, long, value_name = "N")]
    pub first_image_set: Option<usize>,

    /// Last image set, by ImageNumber
    #[arg(short, long, value_name = "N")]
    pub last_image_set: Option<usize>,

    /// Only this group: KEY=VALUE,… of its metadata, as Metadata_Plate=P1,Metadata_Well=A01
    #[arg(short, long, value_name = "KEY=VALUE,…")]
    pub group: Option<String>,

    #[command(flatten)]
    pub remote: RemoteArgs,
}

/// What a pipeline is run on.
pub struct Planned {
    /// The pipeline's text.
    pub text: String,
    /// Default Input Folder, absolute.
    pub input_folder: String,
    /// All that was planned; its image sets are those that are wanted.
    pub plan: imageset::Plan,
}

impl InputArgs {
    /// Returns the arguments that name the same pipeline and images, as a shell takes them.
    pub fn command_line(&self) -> String {
        let flags = [
            ("-p", Some(&self.pipeline)),
            ("-i", self.image_directory.as_ref()),
            ("--data-file", self.data_file.as_ref()),
            ("--file-list", self.file_list.as_ref()),
        ];
        let given = flags.iter().filter_map(|(flag, path)| path.map(|p| format!("{flag} {}", quoted(p))));
        given.collect::<Vec<_>>().join(" ")
    }
}

/// Returns a path as a shell takes it for one word.
pub fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    let plain = text.chars().all(|c| c.is_alphanumeric() || "/._-+=:,@%".contains(c));
    if plain { text.into_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

impl Planned {
    /// Returns what the image sets bring, for those who check the pipeline.
    pub fn given(&self) -> Given {
        let upstream = Upstream { planned: Some((&self.plan).into()), ..Upstream::default() };
        Given { upstream, open: false }
    }
}

/// Reads the pipeline.
///
/// # Errors
/// When the file cannot be read or is no pipeline.
pub fn read_pipeline(path: &Path, files: &Anywhere) -> Result<Pipeline, Failed> {
    let fail = |e: &dyn std::fmt::Display| Failed::new(Status::Input, format!("{}: {e}", path.display()));
    let bytes = Source::read(files, &path.to_string_lossy()).map_err(|e| fail(&e))?;
    Pipeline::parse(&bytes).map_err(|e| fail(&e))
}

/// Reads the pipeline and makes its image sets.
///
/// # Errors
/// When the pipeline, the input or a table cannot be read, or they do not fit each other.
pub fn plan(
    args: &InputArgs,
    pipeline: &Pipeline,
    output_folder: &str,
    files: &Anywhere,
) -> Result<Planned, Failed> {
    let input_folder = absolute(args.image_directory.as_deref().unwrap_or(Path::new(".")))?;
    let urls = file_list(args, &input_folder, pipeline, files)?;
    let data_file = args.data_file.as_deref().map(absolute).transpose()?;
    let input = Input {
        urls: &urls,
        data_file: data_file.as_deref(),
        input_folder: &input_folder,
        output_folder,
        files,
    };
    let mut plan = imageset::plan(pipeline, input).map_err(|error| match error {
        PlanError::Settings(problems) => {
            Failed::from_problems(&args.pipeline.display().to_string(), &problems)
        }
        PlanError::Input(error) => Failed::new(Status::Input, error),
    })?;
    let groups = args.group.as_deref().map(Selection::parse_group).transpose();
    let groups = groups.map_err(|e| Failed::new(Status::Input, e))?.into_iter().collect();
    let wanted = Selection { first: args.first_image_set, last: args.last_image_set, groups };
    let selected = wanted.select(std::mem::take(&mut plan.image_sets), &plan.grouping);
    plan.image_sets = selected.map_err(|e| Failed::new(Status::Input, e))?;
    Ok(Planned { text: pipeline.to_text(), input_folder, plan })
}

/// Returns the images' addresses, sorted as CellProfiler sorts them.
fn file_list(
    args: &InputArgs,
    input_folder: &str,
    pipeline: &Pipeline,
    files: &Anywhere,
) -> Result<Vec<String>, Failed> {
    if let Some(list) = &args.file_list {
        let fail = |e: &dyn std::fmt::Display| {
            Failed::new(Status::Input, format!("cannot read `{}`: {e}", list.display()))
        };
        let bytes = Source::read(files, &list.to_string_lossy()).map_err(|e| fail(&e))?;
        let text = String::from_utf8(bytes).map_err(|e| fail(&e))?;
        return Ok(imageset::file_list(text.lines()));
    }
    if pipeline.modules.iter().any(|m| m.enabled && m.name == "LoadData") {
        return Ok(Vec::new());
    }
    if Anywhere::is_remote(input_folder) {
        let urls = files.list(input_folder).map_err(|e| Failed::new(Status::Input, e))?;
        return Ok(imageset::file_list(urls));
    }
    let files = listing::walk(Path::new(input_folder));
    let files =
        files.map_err(|e| Failed::new(Status::Input, format!("cannot list `{input_folder}`: {e}")))?;
    Ok(imageset::file_list(files.iter().map(|p| p.to_string_lossy())))
}

/// Returns the absolute path with `.` and `..` taken out by the letter: links stay, as tables name them. URLs stay, too.
fn absolute(path: &Path) -> Result<String, Failed> {
    if let Some(url) = remote_url(path) {
        return Ok(url);
    }
    let fail = |e: io::Error| Failed::new(Status::Input, format!("cannot read `{}`: {e}", path.display()));
    path.metadata().map_err(fail)?;
    let mut place = PathBuf::new();
    for part in std::path::absolute(path).map_err(fail)?.components() {
        match part {
            Component::ParentDir => {
                place.pop();
            }
            part => place.push(part),
        }
    }
    Ok(place.to_string_lossy().into_owned())
}

/// Returns an argument that is the URL of a remote file or folder, without a slash at its end.
pub fn remote_url(path: &Path) -> Option<String> {
    let url = path.to_string_lossy();
    Anywhere::is_remote(&url).then(|| url.trim_end_matches('/').to_string())
}
