//! Which bucket, which message, which job: the arguments that the verbs share.

use crate::exit::{Failed, Status};
use job::ledger::{JobIndex, Ledger};
use job::plan::{PlanJobError, Request};
use job::{Address, Message, Places};
use std::fs;
use std::io::Read;

/// Where jobs are.
#[derive(clap::Args, Clone, Default)]
pub struct BucketArgs {
    /// The bucket that a message's keys are of: a folder or an s3:// URL
    #[arg(long, env = "AWS_BUCKET", value_name = "FOLDER|URL", default_value = ".")]
    pub bucket: String,
}

/// A job that was submitted before.
#[derive(clap::Args, Clone, Default)]
pub struct JobArgs {
    #[command(flatten)]
    pub bucket: BucketArgs,

    /// The job: its id, the beginning of it, or its output; without, the newest
    #[arg(value_name = "JOB")]
    pub job: Option<String>,
}

impl BucketArgs {
    /// Returns the bucket's address. A plain name, as AWS_BUCKET holds it, is a bucket of S3 unless it is a folder.
    pub fn address(&self) -> Result<Address, Failed> {
        let plain = !self.bucket.contains(['/', '.', ':']) && !std::path::Path::new(&self.bucket).exists();
        let text = if plain { format!("s3://{}", self.bucket) } else { self.bucket.clone() };
        Address::of_folder(&text).map_err(|e| Failed::new(Status::Usage, e))
    }
}

impl JobArgs {
    /// Finds the job.
    pub fn find(&self, places: &Places) -> Result<(Ledger, JobIndex), Failed> {
        let bucket = self.bucket.address()?;
        let jobs = job::submit::jobs(places, &bucket).map_err(Failed::from_ledger)?;
        let wanted = self.job.as_deref().unwrap_or("");
        let output = Address::in_bucket(&bucket, wanted).ok();
        let found: Vec<&JobIndex> = match wanted {
            "" => jobs.iter().take(1).collect(),
            id => {
                let by_id = jobs.iter().filter(|index| index.job.as_str().starts_with(id));
                let by_id: Vec<&JobIndex> = by_id.collect();
                let by_output = jobs.iter().filter(|index| Some(&index.output) == output.as_ref()).take(1);
                if by_id.is_empty() { by_output.collect() } else { by_id }
            }
        };
        match found.as_slice() {
            [index] => {
                let ledger = Ledger::new(places, &index.output, &index.job).map_err(Failed::from_ledger)?;
                Ok((ledger, (*index).clone()))
            }
            [] => {
                let message = match wanted {
                    "" => format!("there is no job in `{bucket}` yet: `cpb submit` makes one"),
                    id => format!("there is no job `{id}` in `{bucket}`: `cpb list` shows those there are"),
                };
                Err(Failed::new(Status::Input, message))
            }
            more => {
                let ids: Vec<String> = more.iter().map(|index| index.job.to_string()).collect();
                let message = format!("`{wanted}` is the beginning of several jobs: {}", ids.join(", "));
                Err(Failed::new(Status::Usage, message))
            }
        }
    }
}

/// Returns where addresses lead.
pub fn places() -> Places {
    Places::new(storage::Stores::default())
}

/// Reads messages: from a file, from standard input (`-`), or the JSON itself.
pub fn read_messages(argument: &str) -> Result<Vec<Message>, Failed> {
    let text = match argument {
        "-" => {
            let mut text = String::new();
            let read = std::io::stdin().read_to_string(&mut text);
            read.map_err(|e| Failed::new(Status::Input, format!("cannot read standard input: {e}")))?;
            text
        }
        json if json.trim_start().starts_with(['{', '[']) => json.to_string(),
        path => fs::read_to_string(path)
            .map_err(|e| Failed::new(Status::Input, format!("cannot read the message `{path}`: {e}")))?,
    };
    job::messages(&text).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(|p| format!("  {p}")).collect();
        let hint = "`cpb schema` prints what a message may hold";
        Failed::new(Status::Input, format!("the message cannot be used:\n{}\n{hint}", lines.join("\n")))
    })
}

/// Finds a message's places.
pub fn request(message: Message, bucket: &Address) -> Result<Request, Failed> {
    Request::new(message, bucket).map_err(|e| Failed::new(Status::Input, e))
}

/// Returns the failure to plan a job.
pub fn not_planned(error: &PlanJobError) -> Failed {
    let status = match error {
        PlanJobError::Problems { problems, .. } if problems.iter().all(|p| p.not_native) => Status::NotNative,
        _ => Status::Input,
    };
    Failed::new(status, error)
}
