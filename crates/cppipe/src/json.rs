//! Format version 6: JSON, as CellProfiler 4.2 reads and writes it (source: `pipeline/io/_v6.py`).

use crate::{Module, ParseError, Pipeline, Setting};
use serde_json::{Value, json};

/// All of a file that modules do not hold, so that it can be written back as it was.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Layout {
    pub(crate) date_revision: Option<u64>,
    pub(crate) file_list: Vec<String>,
    text: String,
    read: Vec<Module>,
}

/// Reads a pipeline of format version 6.
pub(crate) fn read(text: &str) -> Result<Pipeline, ParseError> {
    let value: Value = serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|e| ParseError::Json { line: e.line(), message: format!("the JSON is broken: {e}") })?;
    let wrong = |message: String| ParseError::Json { line: 1, message };
    match value.get("version").and_then(Value::as_str) {
        Some("v6") => {}
        Some(other) => {
            return Err(ParseError::NewerVersion { line: 1, version: other.trim_start_matches('v').into() });
        }
        None => return Err(wrong("this JSON is not a pipeline: it has no `\"version\": \"v6\"`".into())),
    }
    let list = value.get("modules").and_then(Value::as_array);
    let list = list.ok_or_else(|| wrong("the pipeline has no list of `modules`".into()))?;
    let modules = list
        .iter()
        .enumerate()
        .map(|(i, m)| module(m, i + 1).map_err(|what| wrong(format!("module {}: {what}", i + 1))))
        .collect::<Result<Vec<_>, _>>()?;
    let mut remarks = Vec::new();
    if let Some(said) = value.get("module_count").and_then(Value::as_u64)
        && said != modules.len() as u64
    {
        remarks.push(format!("`module_count` is `{said}`, but there are {} modules", modules.len()));
    }
    let urls = value.pointer("/file_list/urls").and_then(Value::as_array);
    let file_list = urls.into_iter().flatten().filter_map(|u| u.as_str().map(String::from)).collect();
    let layout = Layout {
        date_revision: value.get("date_revision").and_then(Value::as_u64),
        file_list,
        text: text.to_string(),
        read: modules.clone(),
    };
    Ok(Pipeline { modules, remarks, layout: crate::pipeline::Layout::Json(Box::new(layout)) })
}

fn module(value: &Value, number: usize) -> Result<Module, String> {
    let attributes = value.get("attributes").ok_or("it has no `attributes`")?;
    let name = attributes.get("module_name").and_then(Value::as_str).ok_or("it has no `module_name`")?;
    let revision = attributes.get("variable_revision_number").and_then(Value::as_u64);
    let revision = revision.and_then(|r| u32::try_from(r).ok());
    let revision = revision.ok_or_else(|| format!("{name} has no whole `variable_revision_number`"))?;
    let notes = attributes.get("notes").and_then(Value::as_array);
    let settings = value.get("settings").and_then(Value::as_array);
    let settings = settings.ok_or_else(|| format!("{name} has no list of `settings`"))?;
    Ok(Module {
        name: name.to_string(),
        number,
        revision,
        enabled: attributes.get("enabled").and_then(Value::as_bool).unwrap_or(true),
        notes: notes.into_iter().flatten().map(plain).collect(),
        settings: settings
            .iter()
            .enumerate()
            .map(|(i, s)| setting(s).ok_or_else(|| format!("{name}: setting {} has no `value`", i + 1)))
            .collect::<Result<_, _>>()?,
    })
}

fn setting(value: &Value) -> Option<Setting> {
    let label = value.get("text").map(plain).unwrap_or_default();
    Some(Setting { label, value: plain(value.get("value")?) })
}

/// Returns a value as Python's `str` gives it.
fn plain(value: &Value) -> String {
    match value {
        Value::String(s) => s.clone(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Null => "None".into(),
        other => other.to_string(),
    }
}

/// Returns `modules` as JSON: the text that was read where nothing has changed, else as Python's
/// `json.dump(…, indent=4)` writes it.
pub(crate) fn write(modules: &[Module], layout: &Layout) -> String {
    if modules == layout.read {
        return layout.text.clone();
    }
    let text = layout.text.trim_start_matches('\u{feff}');
    let mut value: Value = serde_json::from_str(text).expect("it was read from this text");
    let old = value.get("modules").and_then(Value::as_array).cloned().unwrap_or_default();
    let new: Vec<Value> = modules
        .iter()
        .map(|module| {
            let i = layout.read.iter().position(|m| m.number == module.number && m.name == module.name);
            update(i.and_then(|i| old.get(i)).cloned(), module)
        })
        .collect();
    value["module_count"] = json!(new.len());
    value["modules"] = Value::Array(new);
    dump(&value)
}

fn update(old: Option<Value>, module: &Module) -> Value {
    let mut value = old.unwrap_or_else(|| {
        json!({"attributes": {"module_num": 0, "notes": [], "show_window": false, "wants_pause": false,
            "svn_version": "Unknown", "enabled": true, "variable_revision_number": 0,
            "batch_state": "array([], dtype=uint8)", "module_name": module.name,
            "module_path": format!("cellprofiler.modules.{}.{}", module.name.to_lowercase(), module.name)},
            "settings": []})
    });
    let attributes = &mut value["attributes"];
    attributes["module_num"] = json!(module.number);
    attributes["notes"] = json!(module.notes);
    attributes["enabled"] = json!(module.enabled);
    attributes["variable_revision_number"] = json!(module.revision);
    let old = value["settings"].as_array().cloned().unwrap_or_default();
    let settings = module.settings.iter().enumerate().map(|(i, new)| match old.get(i) {
        Some(v) if setting(v).as_ref() == Some(new) => v.clone(),
        Some(v) => {
            let mut v = v.clone();
            v["text"] = json!(new.label);
            v["value"] = json!(new.value);
            v
        }
        None => json!({"name": "cellprofiler_core.setting.text._text.Text", "text": new.label, "value": new.value}),
    });
    value["settings"] = settings.collect();
    value
}

/// Writes JSON as Python does: four spaces, ASCII only, no line end.
fn dump(value: &Value) -> String {
    use serde::Serialize;
    let mut bytes = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
    value.serialize(&mut serializer).expect("a JSON value is written to memory");
    let text = String::from_utf8(bytes).expect("serde_json writes UTF-8");
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, ' '..='~' | '\n') {
            out.push(c);
        } else {
            let mut pair = [0; 2];
            out.extend(c.encode_utf16(&mut pair).iter().map(|u| format!("\\u{u:04x}")));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use crate::Pipeline;

    fn sample() -> String {
        let module = |n: usize| {
            format!(
                "        {{\n            \"attributes\": {{\n                \"module_num\": {n},\n                \"notes\": [],\n                \
                 \"enabled\": true,\n                \"variable_revision_number\": 2,\n                \"module_name\": \"Crop\"\n            }},\n            \
                 \"settings\": [\n                {{\n                    \"name\": \"x\",\n                    \"text\": \"Image\",\n                    \
                 \"value\": \"\\u00e9\\ud83d\\ude00\"\n                }}\n            ]\n        }}"
            )
        };
        format!(
            "{{\n    \"has_image_plane_details\": false,\n    \"date_revision\": 428,\n    \"module_count\": 2,\n    \"modules\": [\n{},\n{}\n    ],\n    \"version\": \"v6\"\n}}",
            module(1),
            module(2)
        )
    }

    #[test]
    fn version_6_is_read_and_written_back() {
        let text = sample();
        let mut pipeline = Pipeline::parse(text.as_bytes()).unwrap();
        assert_eq!(pipeline.format_version(), 6);
        assert_eq!(pipeline.modules[1].settings[0].value, "é😀");
        assert_eq!(pipeline.to_text(), text);
        pipeline.modules[0].settings[0].value = "|".into();
        let changed = text.replacen("\\u00e9\\ud83d\\ude00", "|", 1);
        assert_eq!(pipeline.to_text(), changed);
    }

    #[test]
    fn what_is_wrong_with_json_is_said() {
        let error = |text: &str| Pipeline::parse(text.as_bytes()).unwrap_err().to_string();
        assert!(error("{\n\"version\": ").contains("line 2: the JSON is broken"));
        assert!(error("{}").contains("not a pipeline"));
        assert!(error("{\"version\": \"v7\"}").contains("format version `7`"));
        assert!(error("{\"version\": \"v6\"}").contains("no list of `modules`"));
        assert!(
            error("{\"version\": \"v6\", \"modules\": [{}]}").contains("module 1: it has no `attributes`")
        );
    }
}
