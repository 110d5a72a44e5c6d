//! Reads messages with all their problems at once.

use super::{EngineChoice, Format, Message, OnError};
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;

/// One thing that is wrong with a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageProblem {
    /// Where, as a JSON path: `$[1].job_memory`.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What may have been meant.
    pub nearest: Option<String>,
}

impl fmt::Display for MessageProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)?;
        match &self.nearest {
            Some(nearest) => write!(f, "; did you mean `{nearest}`?"),
            None => Ok(()),
        }
    }
}

/// Fields that other systems write and that change nothing here.
const IGNORED: [&str; 1] = ["downloads"];

/// Reads one message or an array of them.
///
/// The AWS sample's messages and Distributed-CellProfiler's job files are read as they are: numbers may be strings,
/// groups may be objects with `Metadata`, and fields that begin with `_` are remarks.
///
/// # Errors
/// Everything that is wrong, each with its place.
pub fn messages(text: &str) -> Result<Vec<Message>, Vec<MessageProblem>> {
    let value: Value = serde_json::from_str(text).map_err(|e| {
        vec![MessageProblem { path: "$".into(), message: format!("this is not JSON: {e}"), nearest: None }]
    })?;
    let mut reader = Reader::default();
    let read = match &value {
        Value::Array(list) => {
            list.iter().enumerate().map(|(i, value)| reader.message(&format!("$[{i}]"), value)).collect()
        }
        value => vec![reader.message("$", value)],
    };
    if read.is_empty() {
        reader.problem("$", "there is no message in the array");
    }
    if reader.problems.is_empty() { Ok(read) } else { Err(reader.problems) }
}

#[derive(Default)]
struct Reader {
    problems: Vec<MessageProblem>,
}

impl Reader {
    fn problem(&mut self, path: &str, message: impl Into<String>) {
        self.problems.push(MessageProblem { path: path.into(), message: message.into(), nearest: None });
    }

    fn message(&mut self, path: &str, value: &Value) -> Message {
        let Value::Object(fields) = value else {
            self.problem(path, format!("a message is an object, this is {}", kind(value)));
            return Message::default();
        };
        let mut read = Fields { reader: self, path, fields, known: Vec::new() };
        let message = Message {
            pipeline: read.place("pipeline"),
            input: read.place("input"),
            output: read.place("output"),
            data_file: read.text("data_file"),
            file_list: read.text("file_list"),
            groups: read.groups("groups"),
            engine: read
                .choice(
                    "engine",
                    &[
                        ("auto", EngineChoice::Auto),
                        ("native", EngineChoice::Native),
                        ("cellprofiler", EngineChoice::Cellprofiler),
                    ],
                )
                .unwrap_or_default(),
            job_memory: read.number("job_memory"),
            job_vcpu: read.number("job_vcpu"),
            job_definition: read.text("job_definition"),
            job_queue: read.text("job_queue"),
            shard_size: read.number("shard_size"),
            on_error: read
                .choice("on_error", &[("continue", OnError::Continue), ("stop", OnError::Stop)])
                .unwrap_or_default(),
            resume: read.flag("resume").unwrap_or(true),
            formats: read.formats("formats"),
            output_structure: read.text("output_structure"),
            path_map: read.map("path_map"),
            image_set_timeout: read.number("image_set_timeout"),
        };
        read.refuse_unknown();
        message
    }
}

/// The fields of one message.
struct Fields<'a> {
    reader: &'a mut Reader,
    path: &'a str,
    fields: &'a Map<String, Value>,
    known: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    /// Returns a field's value; `null` and an empty text are no value.
    fn get(&mut self, name: &'static str) -> Option<&'a Value> {
        self.known.push(name);
        let value = self.fields.get(name)?;
        (!value.is_null() && value.as_str() != Some("")).then_some(value)
    }

    fn problem(&mut self, at: &str, message: impl Into<String>) {
        let path = format!("{}.{at}", self.path);
        self.reader.problem(&path, message);
    }

    fn wrong_kind(&mut self, at: &str, wanted: &str, value: &Value) {
        self.problem(at, format!("{wanted} is wanted, this is {}", kind(value)));
    }

    fn text(&mut self, name: &'static str) -> Option<String> {
        match self.get(name)? {
            Value::String(text) => Some(text.clone()),
            value => {
                self.wrong_kind(name, "a text", value);
                None
            }
        }
    }

    fn place(&mut self, name: &'static str) -> String {
        if self.get(name).is_none() {
            self.problem(name, "this field is required: a key of the bucket, a URL or an absolute path");
        }
        self.text(name).unwrap_or_default()
    }

    fn number(&mut self, name: &'static str) -> Option<u64> {
        let value = self.get(name)?;
        let number = match value {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        if number.is_none_or(|n| n == 0) {
            self.problem(name, format!("a whole number above 0 is wanted, this is {}", kind(value)));
        }
        number
    }

    fn flag(&mut self, name: &'static str) -> Option<bool> {
        let value = self.get(name)?;
        let flag = match value {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) => text.trim().to_lowercase().parse().ok(),
            _ => None,
        };
        if flag.is_none() {
            self.wrong_kind(name, "true or false", value);
        }
        flag
    }

    fn choice<T: Copy>(&mut self, name: &'static str, choices: &[(&str, T)]) -> Option<T> {
        let text = self.text(name)?;
        self.one_of(name, &text, choices)
    }

    fn one_of<T: Copy>(&mut self, at: &str, text: &str, choices: &[(&str, T)]) -> Option<T> {
        let found =
            choices.iter().find(|(known, _)| known.eq_ignore_ascii_case(text)).map(|(_, choice)| *choice);
        if found.is_none() {
            let names: Vec<String> = choices.iter().map(|(name, _)| format!("`{name}`")).collect();
            let nearest = cppipe::nearest(text, choices.iter().map(|(name, _)| *name));
            let message = format!("`{text}` is not one of {}", names.join(", "));
            self.reader.problems.push(MessageProblem {
                path: format!("{}.{at}", self.path),
                message,
                nearest,
            });
        }
        found
    }

    fn formats(&mut self, name: &'static str) -> Vec<Format> {
        const CHOICES: [(&str, Format); 3] =
            [("csv", Format::Csv), ("parquet", Format::Parquet), ("sqlite", Format::Sqlite)];
        let listed: Vec<String> = match self.get(name) {
            None => return Vec::new(),
            Some(Value::String(text)) => text.split(',').map(|t| t.trim().to_string()).collect(),
            Some(Value::Array(list)) if list.iter().all(Value::is_string) => {
                list.iter().filter_map(Value::as_str).map(String::from).collect()
            }
            Some(value) => {
                self.wrong_kind(name, "a list of texts", value);
                return Vec::new();
            }
        };
        let read = listed.iter().enumerate().map(|(i, t)| self.one_of(&format!("{name}[{i}]"), t, &CHOICES));
        let mut formats: Vec<Format> = read.flatten().collect();
        formats.sort_unstable();
        formats.dedup();
        formats
    }

    /// Reads a `-g` text, a list of them, or Distributed-CellProfiler's list of `{"Metadata": …}`.
    fn groups(&mut self, name: &'static str) -> Vec<String> {
        let listed: Vec<&Value> = match self.get(name) {
            None => return Vec::new(),
            Some(Value::Array(list)) => list.iter().collect(),
            Some(value) => vec![value],
        };
        let mut groups = Vec::new();
        for (i, value) in listed.into_iter().enumerate() {
            let text = match value {
                Value::String(text) => Some(text),
                Value::Object(fields) => fields.get("Metadata").and_then(|m| match m {
                    Value::String(text) => Some(text),
                    _ => None,
                }),
                _ => None,
            };
            let at = format!("{name}[{i}]");
            match text {
                None => self.wrong_kind(&at, "`KEY=VALUE,…` or {\"Metadata\": \"KEY=VALUE,…\"}", value),
                Some(text) => match imageset::Selection::parse_group(text) {
                    Ok(_) => groups.push(text.clone()),
                    Err(error) => self.problem(&at, error.to_string()),
                },
            }
        }
        groups
    }

    fn map(&mut self, name: &'static str) -> BTreeMap<String, String> {
        match self.get(name) {
            None => BTreeMap::new(),
            Some(Value::Object(pairs)) if pairs.values().all(Value::is_string) => {
                let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
                pairs.iter().map(|(from, to)| (from.clone(), text(to))).collect()
            }
            Some(value) => {
                self.wrong_kind(name, "an object of prefix → prefix", value);
                BTreeMap::new()
            }
        }
    }

    fn refuse_unknown(&mut self) {
        for name in self.fields.keys() {
            let remark = name.starts_with('_') || IGNORED.contains(&name.as_str());
            if remark || self.known.contains(&name.as_str()) {
                continue;
            }
            let nearest = cppipe::nearest(name, self.known.iter().copied());
            let (path, message) = (format!("{}.{name}", self.path), "there is no such field".to_string());
            self.reader.problems.push(MessageProblem { path, message, nearest });
        }
    }
}

fn kind(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(_) | Value::Number(_) => format!("`{value}`"),
        Value::String(text) => format!("the text `{text}`"),
        Value::Array(_) => "an array".into(),
        Value::Object(_) => "an object".into(),
    }
}

pub(super) fn number_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"oneOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": "^[0-9]+$"}]})
}

pub(super) fn flag_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"oneOf": [{"type": "boolean"}, {"type": "string", "enum": ["true", "false"]}]})
}

pub(super) fn groups_schema(_: &mut SchemaGenerator) -> Schema {
    let one = serde_json::json!({"oneOf": [
        {"type": "string"},
        {"type": "object", "properties": {"Metadata": {"type": "string"}}, "required": ["Metadata"]}
    ]});
    json_schema!({"oneOf": [{"type": "string"}, {"type": "array", "items": one}]})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<String> {
        messages(text).expect_err("a bad message").iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_samples_messages_are_read_as_they_are() {
        let one = r#"{"pipeline": "examples/ExampleVitraImages/ExampleVitra.cppipe",
            "input": "examples/ExampleVitraImages/images/", "output": "examples/ExampleVitraImages/output0/"}"#;
        let read = messages(one).expect("a message");
        assert_eq!(read[0].input, "examples/ExampleVitraImages/images/");
        assert_eq!((read[0].on_error, read[0].resume), (OnError::Continue, true));
        let more = format!("[{one}, {one}]");
        assert_eq!(messages(&more).expect("messages").len(), 2);
        let sized = r#"{"pipeline": "p", "input": "i", "output": "o", "job_memory": "8192", "job_vcpu": 4,
            "job_queue": "arn:aws:batch:us-east-1:1:job-queue/q", "job_definition": "arn:aws:batch:us-east-1:1:d"}"#;
        let read = &messages(sized).expect("a message")[0];
        assert_eq!((read.job_memory, read.job_vcpu), (Some(8192), Some(4)));
    }

    #[test]
    fn a_job_file_of_distributed_cellprofiler_is_read_as_it_is() {
        let read = &messages(
            r#"{"_comment1": "Paths are relative to the root of your S3 bucket", "pipeline": "projects/analysis.cppipe",
            "data_file": "projects/list_of_images.csv", "input": "projects/input/", "output": "projects/output/",
            "output_structure": "Metadata_Plate-Metadata_Well-Metadata_Site", "_comment2": "each is a task",
            "groups": [{"Metadata": "Metadata_Plate=P1,Metadata_Well=A01"},
                       {"Metadata": "Metadata_Plate=P1,Metadata_Well=A02"}]}"#,
        )
        .expect("a message")[0];
        assert_eq!(
            read.groups,
            ["Metadata_Plate=P1,Metadata_Well=A01", "Metadata_Plate=P1,Metadata_Well=A02"]
        );
    }

    #[test]
    fn every_problem_is_told_with_its_path_and_the_nearest_name() {
        assert_eq!(
            said(
                r#"[{"pipeline": "p", "input": "i", "output": "o", "shard_sise": 4, "engine": "natve"},
                {"pipeline": 3, "input": "i", "output": "o", "job_memory": "much", "groups": [{"Meta": "a"}, "Plate"]}]"#
            ),
            [
                "$[0].engine: `natve` is not one of `auto`, `native`, `cellprofiler`; did you mean `native`?",
                "$[0].shard_sise: there is no such field; did you mean `shard_size`?",
                "$[1].pipeline: a text is wanted, this is `3`",
                "$[1].groups[0]: `KEY=VALUE,…` or {\"Metadata\": \"KEY=VALUE,…\"} is wanted, this is an object",
                "$[1].groups[1]: `Plate` is not a group: write `Metadata_Plate=P1,Metadata_Well=A01`",
                "$[1].job_memory: a whole number above 0 is wanted, this is the text `much`",
            ]
        );
        assert_eq!(said("{}").len(), 3);
        assert_eq!(said("[]"), ["$: there is no message in the array"]);
        assert!(said("{'pipeline'").first().is_some_and(|s| s.starts_with("$: this is not JSON")));
        assert_eq!(said("7"), ["$: a message is an object, this is `7`"]);
    }

    #[test]
    fn what_is_written_is_read_as_the_same() {
        let text = r#"{"pipeline": "p", "input": "i", "output": "o", "formats": "parquet, csv", "resume": "False",
            "path_map": {"/home/ubuntu/bucket": "s3://bucket"}, "groups": "Metadata_Plate=P1", "shard_size": "7"}"#;
        let read = messages(text).expect("a message");
        let again = messages(&serde_json::to_string(&read).expect("JSON")).expect("messages");
        assert_eq!(read, again);
        assert_eq!(read[0].formats, [Format::Csv, Format::Parquet]);
    }
}
