//! Python's `unicode_escape`, and how CellProfiler 4.2 uses it on a setting's answer.

use std::fmt::Write;

/// Returns `raw` with Python's escapes undone, as `bytes.decode("unicode_escape")` of its UTF-8 does: a
/// character beyond ASCII comes back as the Latin-1 characters of its bytes, an unknown escape as it is.
///
/// `None` where Python raises. `\N{…}` counts as that: no pipeline has one.
pub(crate) fn unescape(raw: &[u8]) -> Option<String> {
    let mut out = String::with_capacity(raw.len());
    let mut at = 0;
    while at < raw.len() {
        let byte = raw[at];
        at += 1;
        if byte != b'\\' {
            out.push(char::from(byte));
            continue;
        }
        let escape = *raw.get(at)?;
        at += 1;
        let digits = match escape {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            b'0'..=b'7' => {
                let octal = raw[at - 1..].iter().take(3).take_while(|b| (b'0'..=b'7').contains(b)).count();
                let value = raw[at - 1..at - 1 + octal].iter().fold(0, |v, b| v * 8 + u32::from(b - b'0'));
                out.push(char::from_u32(value)?);
                at += octal - 1;
                continue;
            }
            b'\n' => continue,
            b'N' => return None,
            _ => {
                match escape {
                    b'\\' | b'\'' | b'"' => out.push(char::from(escape)),
                    b'a' => out.push('\x07'),
                    b'b' => out.push('\x08'),
                    b'f' => out.push('\x0c'),
                    b'n' => out.push('\n'),
                    b'r' => out.push('\r'),
                    b't' => out.push('\t'),
                    b'v' => out.push('\x0b'),
                    _ => out.extend(['\\', char::from(escape)]),
                }
                continue;
            }
        };
        let hex = raw.get(at..at + digits)?;
        at += digits;
        let value =
            hex.iter().try_fold(0u32, |v, b| Some(v.checked_mul(16)? + char::from(*b).to_digit(16)?))?;
        if value > 0x10_ffff {
            return None;
        }
        // Python keeps half a surrogate pair, which no text file can hold.
        out.push(char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    Some(out)
}

/// Returns a setting's answer as CellProfiler 4.2 understands what stands behind the colon.
pub(crate) fn read_value(raw: &str) -> String {
    let mut value = raw.to_string();
    if value.contains(r"\\\\g<") {
        value = if value.contains(r"\x7C") {
            value.replace(r"\x7C\\\\g<", r"|\g<")
        } else {
            value.replace(r"\\\\g<", r"\g<")
        };
    }
    if value.contains(r"\x")
        && let Some(plain) = unescape(value.as_bytes())
    {
        value = plain;
    }
    // Versions 2 and 3 hold UTF-16 with its mark: CellProfiler drops what is left of that.
    if value.chars().nth(1).is_some() {
        value = value.replace('\0', "").trim_matches(['ÿ', 'þ']).to_string();
    }
    value
}

/// Returns `value` as it must stand behind the colon to be read as `value`: as it is, as CellProfiler 4.2
/// writes it, unless reading would change it.
///
/// An answer with a NUL, or with `ÿ` or `þ` at its ends, cannot be written: CellProfiler drops those.
pub(crate) fn write_value(value: &str) -> String {
    let breaks = value.contains(['\n', '\r']) || value.ends_with(is_space);
    if !breaks && read_value(value) == value {
        return value.to_string();
    }
    escape(value, "")
}

/// Returns a setting's question as it must stand before the colon.
pub(crate) fn write_label(label: &str) -> String {
    if !label.contains([':', '\n', '\r', '\\']) && strip(label) == label {
        return label.to_string();
    }
    escape(label, ":")
}

fn escape(text: &str, also: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let last = text.chars().count().saturating_sub(1);
    for (i, c) in text.chars().enumerate() {
        let inner_space = c == ' ' && i > 0 && i < last;
        let plain = (c.is_ascii_graphic() || inner_space) && c != '\\' && !also.contains(c);
        let code = u32::from(c);
        let _ = match code {
            _ if plain => write!(out, "{c}"),
            0..=0xff => write!(out, "\\x{code:02X}"),
            0x100..=0xffff => write!(out, "\\u{code:04x}"),
            _ => write!(out, "\\U{code:08x}"),
        };
    }
    if out.contains('\\') && !out.contains(r"\x") {
        // CellProfiler undoes escapes only where there is a `\x`, and drops NULs.
        out.push_str(r"\x00");
    }
    out
}

/// Returns a setting's question as a person would read it. CellProfiler does not look at it.
pub(crate) fn read_label(raw: &str) -> String {
    if !raw.contains('\\') {
        return raw.to_string();
    }
    let Some(plain) = unescape(raw.as_bytes()) else { return raw.to_string() };
    let latin: Option<Vec<u8>> = plain.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    latin.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or(plain)
}

/// Returns whether Python's `str.strip` takes `c` away.
pub(crate) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}

/// Returns `text` as Python's `str.strip` leaves it.
pub(crate) fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes_are_undone_as_python_does() {
        let cases: [(&str, Option<&str>); 12] = [
            (r"a\x7Cb", Some("a|b")),
            (r"\\\\", Some(r"\\")),
            (r"\'\n\t", Some("'\n\t")),
            (r"\g<Well>", Some(r"\g<Well>")),
            (r"\u00e9\U0001F600", Some("é😀")),
            (r"\101\7", Some("A\x07")),
            (r"\400", Some("Ā")),
            ("é", Some("Ã©")),
            (r"\x4", None),
            (r"\U00110000", None),
            ("\\", None),
            ("a\\\nb", Some("ab")),
        ];
        for (raw, plain) in cases {
            assert_eq!(unescape(raw.as_bytes()).as_deref(), plain, "{raw}");
        }
    }

    #[test]
    fn answers_of_version_3_are_utf_16_in_escapes() {
        assert_eq!(read_value(r"\xff\xfeD\x00N\x00A\x00"), "DNA");
        assert_eq!(read_value(r"\xff\xfe"), "");
        assert_eq!(read_value(r"Elsewhere...\x7C\\\\g<Plate>"), r"Elsewhere...|\g<Plate>");
        assert_eq!(read_value(r"\\\\g<Plate>_IllumDNA"), r"\g<Plate>_IllumDNA");
        assert_eq!(read_value(r"C:\Users\x"), r"C:\Users\x");
        assert_eq!(read_value("þ"), "þ");
    }

    proptest! {
        #[test]
        fn an_answer_that_is_written_is_read_again(value in r"[^\x00ÿþ]*") {
            let raw = write_value(&value);
            prop_assert!(!raw.contains(['\n', '\r']));
            let line = format!("a:{raw}");
            prop_assert_eq!(strip(&line), &line);
            prop_assert_eq!(read_value(&raw), value);
        }

        #[test]
        fn a_question_that_is_written_is_read_again(label in r"[ -~\n]*") {
            let raw = write_label(&label);
            prop_assert!(!raw.contains([':', '\n']));
            // NULs that only switch the escapes on may stay behind.
            prop_assert_eq!(read_label(&raw).replace('\0', ""), label);
        }
    }
}
