//! The queue of a bucket's jobs on this machine.

use crate::exit::{Failed, Status};
use job::queue::{Queue, QueueError};
use job::{Address, JobId};
use serde_json::{Value, json};
use std::path::PathBuf;

/// How often a job is taken up that cannot be brought to an end, before it is a dead letter.
const RECEIVES: u32 = 3;

/// Where the queue is.
#[derive(clap::Args, Clone, Default)]
pub struct QueueArgs {
    /// The queue's file, on a disk of this machine; without, .cpb/queue.sqlite in a bucket that is a folder
    #[arg(long, env = "CPB_QUEUE", value_name = "FILE")]
    queue: Option<PathBuf>,
}

impl QueueArgs {
    /// Opens the bucket's queue.
    pub fn open(&self, bucket: &Address) -> Result<Queue, Failed> {
        let path = match (&self.queue, bucket.as_path()) {
            (Some(path), _) => path.clone(),
            (None, Some(folder)) => folder.join(".cpb/queue.sqlite"),
            (None, None) => state_folder().join(format!("{}.sqlite", plain(bucket.as_str()))),
        };
        Queue::open(&path, RECEIVES).map_err(|error| failed(&error))
    }
}

/// Returns the failure to use a queue.
pub fn failed(error: &QueueError) -> Failed {
    Failed::new(Status::Input, error)
}

/// Returns the message that asks for work on a job: the ledger has the rest.
pub fn body(job: &JobId, output: &Address) -> String {
    json!({"job": job, "output": output}).to_string()
}

/// Reads a message.
pub fn read_body(body: &str) -> Option<(JobId, Address)> {
    let value: Value = serde_json::from_str(body).ok()?;
    let job = JobId::parse(value["job"].as_str()?)?;
    Some((job, Address::of_folder(value["output"].as_str()?).ok()?))
}

/// Returns where programs keep what is theirs between runs.
fn state_folder() -> PathBuf {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state = variable("XDG_STATE_HOME").or_else(|| variable("HOME").map(|home| home.join(".local/state")));
    state.unwrap_or_else(std::env::temp_dir).join("cpb")
}

fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect()
}
