//! A module's notes: a Python list of strings within an attribute.

use super::escape::unescape;
use std::fmt::Write;

/// Returns the notes in an attribute's value, as CellProfiler 4.2 understands it after its first unescaping.
pub(crate) fn read(value: &str) -> Vec<String> {
    let notes = parse_list(value).unwrap_or_else(|| {
        let inner = value.strip_prefix('[').unwrap_or(value);
        let inner = inner.strip_suffix(']').unwrap_or(inner);
        inner.replace(['"', '\''], "").split(',').map(String::from).collect()
    });
    if !notes.iter().any(|line| line.contains('\u{e2}')) {
        return notes;
    }
    // UTF-8 that was taken for Latin-1 when the file was written.
    let mended: Option<Vec<String>> = notes.iter().map(|line| mend(line)).collect();
    mended.unwrap_or(notes)
}

fn mend(line: &str) -> Option<String> {
    let bytes: Option<Vec<u8>> = line.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    String::from_utf8(bytes?).ok()
}

/// Returns the strings of a Python list of string literals; `None` when it is not that.
fn parse_list(text: &str) -> Option<Vec<String>> {
    let mut rest = text.trim().strip_prefix('[')?.trim_start();
    let mut strings = Vec::new();
    loop {
        if let Some(end) = rest.strip_prefix(']') {
            return end.trim().is_empty().then_some(strings);
        }
        rest = rest.strip_prefix('u').unwrap_or(rest);
        let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        let body = &rest[1..];
        let mut escaped = false;
        let end = body.char_indices().find(|&(_, c)| {
            let ends = c == quote && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        })?;
        let literal = &body[..end.0];
        if literal.contains('\n') {
            return None;
        }
        strings.push(if literal.is_ascii() {
            unescape(literal.as_bytes())?
        } else {
            unescape_unicode(literal)?
        });
        rest = body[end.0 + 1..].trim_start();
        if let Some(next) = rest.strip_prefix(',') {
            rest = next.trim_start();
        } else if !rest.starts_with(']') {
            return None;
        }
    }
}

/// Undoes the escapes of a literal that has other characters too: those stay.
fn unescape_unicode(literal: &str) -> Option<String> {
    let mut out = String::new();
    let mut ascii = String::new();
    for c in literal.chars() {
        if c.is_ascii() {
            ascii.push(c);
        } else {
            out.push_str(&unescape(ascii.as_bytes())?);
            ascii.clear();
            out.push(c);
        }
    }
    out.push_str(&unescape(ascii.as_bytes())?);
    Some(out)
}

/// Returns `notes` as an attribute's value: a Python list, escaped once more so that no character in it can be
/// taken for the end of the list or of the attribute.
pub(crate) fn write(notes: &[String]) -> String {
    let mut out = String::from("[");
    for (i, note) in notes.iter().enumerate() {
        out.push_str(if i == 0 { "'" } else { ", '" });
        for c in note.chars() {
            let code = u32::from(c);
            let plain = matches!(c, ' '..='~') && !matches!(c, '\\' | '\'' | '|' | '[' | ']');
            let _ = match code {
                _ if plain => write!(out, "{c}"),
                0..=0xff => write!(out, "\\\\x{code:02x}"),
                0x100..=0xffff => write!(out, "\\\\u{code:04x}"),
                _ => write!(out, "\\\\U{code:08x}"),
            };
        }
        out.push('\'');
    }
    out.push(']');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn notes_are_a_python_list() {
        assert_eq!(read("[]"), Vec::<String>::new());
        assert_eq!(read(r#"['a', "it's", 'b\'c']"#), ["a", "it's", "b'c"]);
        assert_eq!(read("[u'old', 'x|y']"), ["old", "x|y"]);
        assert_eq!(read("['it's broken', 'b']"), ["its broken", " b"]);
        assert_eq!(read("['the cell\u{e2}\u{80}\u{99}s edge']"), ["the cell\u{2019}s edge"]);
    }

    proptest! {
        #[test]
        fn notes_that_are_written_are_read_again(notes in prop::collection::vec("[^\u{e2}]*", 0..4)) {
            let raw = write(&notes);
            let plain = unescape(raw.as_bytes()).unwrap();
            prop_assert_eq!(read(&plain), notes);
        }
    }
}
