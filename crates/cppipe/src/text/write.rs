//! Modules to text.

use super::escape::{write_label, write_value};
use super::head;
use super::{Entry, Layout};
use crate::{Module, Setting};

/// What CellProfiler 4.2.8 calls itself.
const DATE_REVISION: u32 = 428;

/// Returns `modules` as text: what was read stays as it was, byte for byte; what is new or changed is written
/// as CellProfiler 4.2.8 writes it, escaped where it would not be read again otherwise.
pub(crate) fn write(modules: &[Module], layout: &Layout) -> String {
    let newline = if layout.head.contains("\r\n") { "\r\n" } else { "\n" };
    let mut out = String::new();
    if layout.bom {
        out.push('\u{feff}');
    }
    if layout.head.is_empty() {
        out.push_str(&first_lines(modules.len()));
    } else if modules.len() == layout.entries.len() {
        out.push_str(&layout.head);
    } else {
        out.push_str(&recount(&layout.head, modules.len(), newline));
    }
    for (i, module) in modules.iter().enumerate() {
        let entry = layout.entries.iter().find(|e| e.module.number == module.number);
        let entry = entry.filter(|e| e.module.name == module.name);
        end_line(&mut out, newline);
        if entry.is_none() && !out.ends_with(&format!("{newline}{newline}")) {
            out.push_str(newline);
        }
        write_module(&mut out, module, entry, newline);
        match entry {
            Some(entry) => out.push_str(&entry.after),
            None if i + 1 < modules.len() => out.push_str(newline),
            None => {}
        }
    }
    if !layout.tail.is_empty() {
        end_line(&mut out, newline);
        out.push_str(&layout.tail);
    }
    out
}

fn first_lines(count: usize) -> String {
    format!(
        "CellProfiler Pipeline: http://www.cellprofiler.org\nVersion:5\nDateRevision:{DATE_REVISION}\n\
         GitHash:\nModuleCount:{count}\nHasImagePlaneDetails:False\n\n"
    )
}

/// Returns the head with another number of modules.
fn recount(head: &str, count: usize, newline: &str) -> String {
    let line = |l: &str| {
        if l.trim_start().starts_with("ModuleCount:") {
            format!("ModuleCount:{count}{newline}")
        } else {
            l.to_string()
        }
    };
    head.split_inclusive('\n').map(line).collect()
}

fn write_module(out: &mut String, module: &Module, entry: Option<&Entry>, newline: &str) {
    let Some(entry) = entry else {
        out.push_str(&head::write(module, None));
        out.push_str(newline);
        for setting in &module.settings {
            write_setting(out, setting, None, newline);
        }
        return;
    };
    let old = &entry.module;
    let same = (old.revision, old.enabled, &old.notes) == (module.revision, module.enabled, &module.notes);
    if same {
        out.push_str(&entry.head);
    } else {
        out.push_str(&head::write(module, Some(super::escape::strip(&entry.head))));
        out.push_str(newline);
    }
    for (i, setting) in module.settings.iter().enumerate() {
        let before = old.settings.get(i).zip(entry.settings.get(i));
        end_line(out, newline);
        write_setting(out, setting, before, newline);
    }
}

fn write_setting(out: &mut String, new: &Setting, before: Option<(&Setting, &String)>, newline: &str) {
    let label = match before {
        Some((old, raw)) if old == new => {
            out.push_str(raw);
            return;
        }
        Some((old, raw)) if old.label == new.label => raw.split_once(':').map(|(label, _)| label.to_string()),
        _ => None,
    };
    let label = label.unwrap_or_else(|| format!("    {}", write_label(&new.label)));
    out.push_str(&label);
    out.push(':');
    out.push_str(&write_value(&new.value));
    out.push_str(newline);
}

fn end_line(out: &mut String, newline: &str) {
    if !out.is_empty() && !out.ends_with(['\n', '\r', '\u{feff}']) {
        out.push_str(newline);
    }
}
