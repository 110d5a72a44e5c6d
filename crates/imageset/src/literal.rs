//! Lists of dictionaries as Python writes them: how CellProfiler keeps which metadata belong together.

use std::collections::BTreeMap;

/// One join: for each channel (or table) the key that takes part; `None` where none does.
pub type Join = BTreeMap<String, Option<String>>;

/// Reads `[{u'DNA': u'Well', u'Illum': None}, …]`.
///
/// Returns `None` when the text is something else.
pub fn parse_joins(text: &str) -> Option<Vec<Join>> {
    let mut reader = Reader { rest: text.trim() };
    let joins = reader.list()?;
    reader.rest.is_empty().then_some(joins)
}

struct Reader<'t> {
    rest: &'t str,
}

impl Reader<'_> {
    fn list(&mut self) -> Option<Vec<Join>> {
        self.take('[')?;
        let mut joins = Vec::new();
        while !self.taken(']') {
            joins.push(self.dictionary()?);
            if !self.taken(',') {
                self.take(']')?;
                break;
            }
        }
        Some(joins)
    }

    fn dictionary(&mut self) -> Option<Join> {
        self.take('{')?;
        let mut join = Join::new();
        while !self.taken('}') {
            let key = self.string()?;
            self.take(':')?;
            let value = match self.rest.strip_prefix("None") {
                Some(rest) => {
                    self.rest = rest.trim_start();
                    None
                }
                None => Some(self.string()?),
            };
            join.insert(key, value);
            if !self.taken(',') {
                self.take('}')?;
                break;
            }
        }
        Some(join)
    }

    fn string(&mut self) -> Option<String> {
        let text = self.rest.strip_prefix(['u', 'b']).unwrap_or(self.rest);
        let quote = text.chars().next().filter(|c| *c == '\'' || *c == '"')?;
        let mut letters = text[1..].char_indices();
        let mut result = String::new();
        while let Some((i, c)) = letters.next() {
            match c {
                '\\' => match letters.next()?.1 {
                    'n' => result.push('\n'),
                    't' => result.push('\t'),
                    'x' => result.push(code(&mut letters, 2)?),
                    'u' => result.push(code(&mut letters, 4)?),
                    other => result.push(other),
                },
                c if c == quote => {
                    self.rest = text[1 + i + 1..].trim_start();
                    return Some(result);
                }
                c => result.push(c),
            }
        }
        None
    }

    fn take(&mut self, c: char) -> Option<()> {
        self.taken(c).then_some(())
    }

    fn taken(&mut self, c: char) -> bool {
        match self.rest.strip_prefix(c) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }
}

fn code(letters: &mut std::str::CharIndices<'_>, digits: usize) -> Option<char> {
    let text: String = letters.take(digits).map(|(_, c)| c).collect();
    char::from_u32(u32::from_str_radix(&text, 16).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_of_python_two_and_three_are_read() {
        let joins = parse_joins("[{u'DNA': u'Well', 'Illum': None}, {\"DNA\": 'a\\'b'}]").expect("joins");
        assert_eq!(joins.len(), 2);
        assert_eq!(joins[0]["DNA"], Some("Well".into()));
        assert_eq!(joins[0]["Illum"], None);
        assert_eq!(joins[1]["DNA"], Some("a'b".into()));
        assert_eq!(parse_joins("[]"), Some(vec![]));
    }

    #[test]
    fn anything_else_is_refused() {
        for bad in ["", "[", "[{]", "[{'a': 1}]", "[] x", "[{'a' 'b'}]", "['a']", "[{'a: 'b'}]"] {
            assert_eq!(parse_joins(bad), None, "{bad}");
        }
    }
}
