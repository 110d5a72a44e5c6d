//! The line that begins a module: its name and attributes.

use super::escape::unescape;
use super::notes;
use crate::{Module, ParseError};

/// Returns the module that `line`, without the white space around it, begins.
pub(crate) fn read(line: &str, number: usize, at: usize) -> Result<Module, ParseError> {
    let head = || ParseError::ModuleHead { line: at, text: short(line) };
    let (name, attributes) = line.split_once(':').ok_or_else(head)?;
    // CellProfiler 2 wrote the class with its path, as `cellprofiler.modules.crop.Crop`.
    let name = name.trim().rsplit('.').next().unwrap_or_default().to_string();
    let mut module = Module {
        name: name.clone(),
        number,
        revision: 0,
        enabled: true,
        notes: Vec::new(),
        settings: Vec::new(),
    };
    let mut revision = None;
    for raw in split(attributes).ok_or_else(head)? {
        let plain = if raw.is_ascii() { unescape(raw.as_bytes()) } else { Some(raw.replace('\\', "")) };
        let attribute = || ParseError::Attribute { line: at, module: name.clone(), attribute: short(&raw) };
        let plain = plain.ok_or_else(attribute)?;
        let (key, value) = plain.split_once(':').ok_or_else(attribute)?;
        match key {
            "notes" => module.notes = notes::read(value),
            "variable_revision_number" => {
                let digits = value.trim().trim_matches(['\'', '"']);
                revision = Some(digits.parse().map_err(|_| ParseError::Number {
                    line: at,
                    key: format!("module {name}: {key}"),
                    value: value.to_string(),
                })?);
            }
            "enabled" => module.enabled = truth(value).ok_or_else(attribute)?,
            _ => {}
        }
    }
    module.revision = revision.ok_or(ParseError::NoRevision { line: at, module: name })?;
    Ok(module)
}

/// Returns the truth of a Python literal.
fn truth(value: &str) -> Option<bool> {
    match value.trim() {
        "True" => Some(true),
        "False" | "None" => Some(false),
        number => number.parse::<i64>().ok().map(|n| n != 0),
    }
}

/// Returns the attributes between the brackets, each `key:value`; a bar within the notes does not part them.
fn split(attributes: &str) -> Option<Vec<String>> {
    // NumPy's name of the batch state's type may hold a bar too.
    let text = attributes.replace("dtype='|S", "dtype='S");
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    let parts = |s: &str| s.split('|').map(String::from).collect::<Vec<_>>();
    let Some((start, end)) = only_notes(&text) else { return Some(parts(inner)) };
    let mut all = parts(text.get(1..start)?);
    all.push(text.get(start + 1..end - 1)?.to_string());
    all.extend(parts(text.get(end..)?.strip_suffix(']')?));
    Some(all)
}

/// Returns where `|notes:[…]|` is, bars included, when there is one such place.
fn only_notes(text: &str) -> Option<(usize, usize)> {
    const OPEN: &str = "|notes:[";
    let find = |from: usize| -> Option<(usize, usize)> {
        let start = from + text.get(from..)?.find(OPEN)?;
        let body = start + OPEN.len();
        Some((start, body + text.get(body..)?.find("]|")? + 2))
    };
    let found = find(0)?;
    find(found.1).is_none().then_some(found)
}

/// Returns the line that begins `module`: that of `old`, where there is one, with what has changed.
pub(crate) fn write(module: &Module, old: Option<&str>) -> String {
    let new = [
        ("module_num", module.number.to_string()),
        ("svn_version", "'Unknown'".into()),
        ("variable_revision_number", module.revision.to_string()),
        ("show_window", "False".into()),
        ("notes", notes::write(&module.notes)),
        ("batch_state", "array([], dtype=uint8)".into()),
        ("enabled", if module.enabled { "True" } else { "False" }.into()),
        ("wants_pause", "False".into()),
    ];
    let kept = old.and_then(|line| split(line.split_once(':')?.1)).unwrap_or_default();
    let attributes: Vec<String> = new
        .into_iter()
        .map(|(key, value)| {
            let ours = matches!(key, "svn_version" | "show_window" | "batch_state" | "wants_pause");
            let same = kept.iter().find(|raw| ours && raw.split_once(':').is_some_and(|(k, _)| k == key));
            same.cloned().unwrap_or_else(|| format!("{key}:{value}"))
        })
        .collect();
    format!("{}:[{}]", module.name, attributes.join("|"))
}

/// Returns the beginning of a line, for messages.
pub(crate) fn short(line: &str) -> String {
    const LONGEST: usize = 80;
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_within_the_notes_does_not_end_them() {
        let line = "Crop:[module_num:1|variable_revision_number:2|notes:['a|b', 'c']|batch_state:array([], dtype=uint8)|enabled:False]";
        let module = read(line, 7, 9).unwrap();
        assert_eq!(module.notes, ["a|b", "c"]);
        assert!(!module.enabled);
        assert_eq!((module.number, module.revision), (7, 2));
    }

    #[test]
    fn attributes_may_be_escaped_and_hold_a_bar() {
        let line = r"Crop:[svn_version:\'Unknown\'|variable_revision_number:2|notes:\x5B\'x\'\x5D|batch_state:array(\'\', dtype=\'\x7CS1\')|enabled:True]";
        assert_eq!(read(line, 1, 1).unwrap().notes, ["x"]);
        let line =
            "Crop:[variable_revision_number:2|notes:[]|batch_state:array(b'', dtype='|S1')|enabled:True]";
        assert_eq!(read(line, 1, 1).unwrap().revision, 2);
    }

    #[test]
    fn the_path_of_a_module_is_no_part_of_its_name() {
        let line = "cellprofiler.modules.crop.Crop:[variable_revision_number:2]";
        assert_eq!(read(line, 1, 1).unwrap().name, "Crop");
    }

    #[test]
    fn what_is_wrong_with_a_head_is_said() {
        let error = |line| read(line, 1, 12).unwrap_err().to_string();
        assert_eq!(error("Crop:[enabled:True]"), "line 12: module Crop has no `variable_revision_number`");
        assert!(error("Crop").contains("does not begin a module"));
        assert!(error("Crop:enabled").contains("does not begin a module"));
        assert!(error("Crop:[variable_revision_number:x]").contains("is `x`, which is not a whole number"));
        assert!(error("Crop:[enabled]").contains("`enabled` is not an attribute"));
        assert!(error("Crop:[enabled:Perhaps|variable_revision_number:1]").contains("not an attribute"));
    }

    #[test]
    fn a_changed_head_keeps_what_it_does_not_know() {
        let old = "Crop:[module_num:1|svn_version:'9'|variable_revision_number:2|show_window:True|notes:[]|batch_state:array([], dtype=uint8)|enabled:True|wants_pause:True]";
        let mut module = read(old, 1, 1).unwrap();
        assert_eq!(write(&module, Some(old)), old);
        module.enabled = false;
        module.notes = vec!["it's | new]|".into()];
        let new = write(&module, Some(old));
        assert!(new.contains("svn_version:'9'") && new.contains("show_window:True"));
        assert_eq!(read(&new, 1, 1).unwrap(), module);
    }
}
