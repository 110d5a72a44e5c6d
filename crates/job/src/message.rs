//! What is asked for: a few lines of JSON, the same on every executor.

mod read;

pub use read::{MessageProblem, messages};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A job as it is asked for.
///
/// Places (`pipeline`, `input`, `output`, `data_file`, `file_list`) are keys of the bucket, URLs or absolute paths.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Cell Painting Batch message")]
pub struct Message {
    /// The CellProfiler pipeline (`.cppipe`, `.cpproj`).
    pub pipeline: String,
    /// The folder of the images: CellProfiler's Default Input Folder.
    pub input: String,
    /// The folder of the results: CellProfiler's Default Output Folder.
    pub output: String,
    /// The table that LoadData reads, in place of the one its settings name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_file: Option<String>,
    /// A text file with an image's path or URL a line, in place of listing the input folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_list: Option<String>,
    /// Only these groups: each `KEY=VALUE,…`, as `Metadata_Plate=P1,Metadata_Well=A01`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "read::groups_schema")]
    pub groups: Vec<String>,
    /// What runs the pipeline.
    #[serde(default)]
    pub engine: EngineChoice,
    /// Memory of a shard, in MiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "read::number_schema")]
    pub job_memory: Option<u64>,
    /// Processors of a shard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "read::number_schema")]
    pub job_vcpu: Option<u64>,
    /// AWS Batch: the job definition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_definition: Option<String>,
    /// AWS Batch: the job queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_queue: Option<String>,
    /// How many image sets a shard has, at the most where groups may be cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "read::number_schema")]
    pub shard_size: Option<u64>,
    /// What becomes of the others when an image set fails.
    #[serde(default)]
    pub on_error: OnError,
    /// Whether what is done already is kept.
    #[serde(default = "yes")]
    #[schemars(schema_with = "read::flag_schema")]
    pub resume: bool,
    /// Further forms of the tables, beside the files that the pipeline exports.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub formats: Vec<Format>,
    /// A folder below `output` for the results of each image set or group, by its metadata, as
    /// `Metadata_Plate/Metadata_Well`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_structure: Option<String>,
    /// For tables that name folders of another machine: where a path starts there → where it starts here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub path_map: BTreeMap<String, String>,
    /// How long an image set may take, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "read::number_schema")]
    pub image_set_timeout: Option<u64>,
}

fn yes() -> bool {
    true
}

/// What runs a pipeline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EngineChoice {
    /// The native engine where every module and setting is native, else CellProfiler.
    #[default]
    Auto,
    /// The native engine.
    Native,
    /// The real CellProfiler.
    Cellprofiler,
}

/// What becomes of the others when an image set fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnError {
    /// They go on; the failed one keeps its row.
    #[default]
    Continue,
    /// The job stops.
    Stop,
}

/// A form of the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// What the pipeline exports: always written.
    Csv,
    /// A Parquet file an object set.
    Parquet,
    /// One SQLite file.
    Sqlite,
}

impl Message {
    /// Returns what the results depend on, as JSON with the fields in a fixed order; sizes and places of machines and
    /// queues are left out: the same work on other machines is the same job.
    pub fn canonical(&self) -> String {
        let result = Self {
            job_memory: None,
            job_vcpu: None,
            job_definition: None,
            job_queue: None,
            shard_size: None,
            image_set_timeout: None,
            resume: true,
            input: trimmed(&self.input),
            output: trimmed(&self.output),
            ..self.clone()
        };
        serde_json::to_string(&result).expect("a message is plain data")
    }
}

/// `output5` means `output5/`.
fn trimmed(folder: &str) -> String {
    folder.trim_end_matches('/').to_string()
}

/// Returns the JSON Schema of a message, or of an array of them.
pub fn schema() -> serde_json::Value {
    let one = schemars::schema_for!(OneOrMore);
    serde_json::to_value(one).expect("a schema is plain data")
}

/// One message, or an array of them.
#[derive(JsonSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "only its schema is used")]
enum OneOrMore {
    One(Box<Message>),
    More(Vec<Message>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_is_the_same_for_the_same_work() {
        let message =
            Message { output: "out/".into(), job_memory: Some(4096), resume: false, ..Message::default() };
        let same = Message { output: "out".into(), shard_size: Some(3), resume: true, ..Message::default() };
        assert_eq!(message.canonical(), same.canonical());
        let other = Message { formats: vec![Format::Parquet], ..same.clone() };
        assert_ne!(other.canonical(), same.canonical());
    }

    #[test]
    fn the_schema_names_every_field_of_the_contract() {
        let schema = schema().to_string();
        let fields = [
            "pipeline",
            "input",
            "output",
            "data_file",
            "file_list",
            "groups",
            "engine",
            "job_memory",
            "job_vcpu",
            "job_definition",
            "job_queue",
            "shard_size",
            "on_error",
            "resume",
            "formats",
            "output_structure",
            "path_map",
            "image_set_timeout",
        ];
        for field in fields {
            assert!(schema.contains(&format!("\"{field}\"")), "{field} is not in {schema}");
        }
    }
}
