//! Text to modules.

use super::escape::{read_label, read_value, strip};
use super::head::{self, short};
use super::{Entry, Layout};
use crate::{ParseError, Pipeline, Setting};

/// The newest version of the text format.
const NEWEST: u32 = 5;

/// A line: its number, what it says without white space around it, and all of it.
#[derive(Clone, Copy)]
struct Line<'t> {
    number: usize,
    text: &'t str,
    raw: &'t str,
}

/// Returns the lines of `text`, ended by LF, CR LF or CR as Python's universal newlines.
fn lines(text: &str) -> Vec<Line<'_>> {
    let mut out = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = match rest.find(['\n', '\r']) {
            Some(i) if rest[i..].starts_with("\r\n") => i + 2,
            Some(i) => i + 1,
            None => rest.len(),
        };
        let (raw, after) = rest.split_at(end);
        out.push(Line { number: out.len() + 1, text: strip(raw), raw });
        rest = after;
    }
    out
}

/// Returns whether `line` is a pipeline's first, also after a mail filter rewrote the address in it.
fn is_first(line: &str) -> bool {
    line.starts_with("CellProfiler Pipeline: http://www.cellprofiler.org")
        || (line.starts_with("CellProfiler Pipeline: http")
            && line.contains("proofpoint.com")
            && line.contains("http-3A__www.cellprofiler.org"))
}

/// Reads a pipeline of format version 1 to 5.
pub(crate) fn read(text: &str) -> Result<Pipeline, ParseError> {
    let bom = text.starts_with('\u{feff}');
    let lines = lines(text.strip_prefix('\u{feff}').unwrap_or(text));
    let first = lines.first().map_or("", |l| l.text);
    if !is_first(first) {
        return Err(ParseError::NotAPipeline { found: short(first) });
    }
    let mut reader = Reader { lines, at: 1, layout: Layout { bom, ..Layout::default() } };
    let count = reader.head()?;
    reader.modules(count)?;
    reader.finish(count)
}

struct Reader<'t> {
    lines: Vec<Line<'t>>,
    at: usize,
    layout: Layout,
}

/// What `ModuleCount` says, and in which line.
type Count = Option<(usize, usize)>;

impl Reader<'_> {
    fn peek(&self) -> Option<Line<'_>> {
        self.lines.get(self.at).copied()
    }

    fn last_line(&self) -> usize {
        self.lines.len()
    }

    fn raw(&self, from: usize, to: usize) -> String {
        self.lines[from..to].iter().map(|l| l.raw).collect()
    }

    /// Reads up to and with the blank lines before the first module.
    fn head(&mut self) -> Result<Count, ParseError> {
        let mut count = None;
        loop {
            let Some(line) = self.peek() else {
                if count.is_some_and(|(n, _)| n == 0) {
                    break;
                }
                return Err(ParseError::Truncated { line: self.last_line(), within: "its head".into() });
            };
            let (number, text) = (line.number, line.text.to_string());
            self.at += 1;
            if text.is_empty() {
                break;
            }
            let wrong = || ParseError::Header { line: number, text: short(&text) };
            let (key, value) = text.split_once(':').ok_or_else(wrong)?;
            let no_number = || ParseError::Number { line: number, key: key.into(), value: value.to_string() };
            match key {
                "Version" => {
                    let version: u32 = value.trim().parse().map_err(|_| no_number())?;
                    if version > NEWEST {
                        return Err(ParseError::NewerVersion { line: number, version: value.into() });
                    }
                    self.layout.version = version;
                }
                "DateRevision" | "SVNRevision" => {
                    self.layout.date_revision = Some(value.trim().parse().map_err(|_| no_number())?);
                }
                "ModuleCount" => {
                    count = Some((value.trim().parse().map_err(|_| no_number())?, number));
                }
                "HasImagePlaneDetails" => self.layout.has_file_list = value == "True",
                _ => {}
            }
        }
        self.skip_blank();
        self.layout.head = self.raw(0, self.at);
        Ok(count)
    }

    fn skip_blank(&mut self) {
        while self.peek().is_some_and(|l| l.text.is_empty()) {
            self.at += 1;
        }
    }

    fn modules(&mut self, count: Count) -> Result<(), ParseError> {
        let most = count.map_or(usize::MAX, |(n, _)| n);
        while self.layout.entries.len() < most {
            let Some(line) = self.peek() else { break };
            if self.layout.has_file_list && line.text.starts_with("\"Version\"") {
                break;
            }
            let number = self.layout.entries.len() + 1;
            let mut module = head::read(line.text, number, line.number)?;
            let head = line.raw.to_string();
            self.at += 1;
            let mut settings = Vec::new();
            while let Some(line) = self.peek().filter(|l| !l.text.is_empty()) {
                let Some((label, value)) = line.text.split_once(':') else {
                    let (line, text) = (line.number, short(line.text));
                    return Err(if line == self.last_line() && !ends_line(self.lines[line - 1].raw) {
                        ParseError::Truncated { line, within: format!("module {}", module.name) }
                    } else {
                        ParseError::Setting { line, module: module.name, text }
                    });
                };
                module.settings.push(Setting { label: read_label(label), value: read_value(value) });
                settings.push(line.raw.to_string());
                self.at += 1;
            }
            let blank = self.at;
            self.skip_blank();
            let after = self.raw(blank, self.at);
            self.layout.entries.push(Entry { module, head, settings, after });
        }
        Ok(())
    }

    fn finish(mut self, count: Count) -> Result<Pipeline, ParseError> {
        let found = self.layout.entries.len();
        let whole = self.lines.last().is_none_or(|l| ends_line(l.raw));
        let mut remarks = Vec::new();
        if let Some((said, line)) = count {
            if found < said && !whole {
                let within = format!("module {found} of {said}");
                return Err(ParseError::Truncated { line: self.last_line(), within });
            }
            if found < said {
                remarks.push(format!("line {line}: ModuleCount is `{said}`, but there are {found} modules"));
            }
        }
        let tail = self.at;
        if self.layout.has_file_list {
            self.file_list()?;
        } else if let Some(line) = self.peek() {
            remarks.push(format!(
                "line {}: what stands after the {found} modules of ModuleCount is not read, as by CellProfiler",
                line.number
            ));
        }
        self.layout.tail = self.raw(tail, self.lines.len());
        let modules = self.layout.entries.iter().map(|e| e.module.clone()).collect();
        Ok(Pipeline { modules, remarks, layout: crate::pipeline::Layout::Text(Box::new(self.layout)) })
    }

    /// Reads the addresses of images that stand behind the modules.
    fn file_list(&mut self) -> Result<(), ParseError> {
        let wrong = |line, message: &str| ParseError::FileList { line, message: message.into() };
        let end = self.last_line();
        let Some(line) = self.peek() else { return Err(wrong(end, "it is not there")) };
        let planes = line.text.split_once("\"PlaneCount\":\"").and_then(|(_, rest)| rest.split('"').next());
        let planes: usize = planes
            .and_then(|n| n.parse().ok())
            .ok_or_else(|| wrong(line.number, "its first line does not say how many files there are"))?;
        if line.text.split_once("\"Version\":\"").is_none_or(|(_, rest)| !rest.starts_with("1\"")) {
            return Err(wrong(line.number, "its version is not 1"));
        }
        self.at += 2;
        for i in 0..planes {
            let Some(line) = self.peek() else {
                return Err(wrong(end, &format!("it ends after {i} of {planes} files")));
            };
            let url = first_field(line.text)
                .ok_or_else(|| wrong(line.number, "a line reads `\"address\",,,`"))?
                .to_string();
            self.layout.file_list.push(url);
            self.at += 1;
        }
        Ok(())
    }
}

/// Returns what stands between the quotes at the beginning of `line`; a backslash guards the next character.
fn first_field(line: &str) -> Option<&str> {
    let body = line.strip_prefix('"')?;
    let mut escaped = false;
    let end = body.char_indices().find(|&(i, c)| {
        let next = body[i + c.len_utf8()..].chars().next();
        let ends = c == '"' && i > 0 && !escaped && next.is_none_or(|n| n == ',' || n.is_whitespace());
        escaped = c == '\\' && !escaped;
        ends
    })?;
    Some(&body[..end.0])
}

fn ends_line(raw: &str) -> bool {
    raw.ends_with(['\n', '\r'])
}
