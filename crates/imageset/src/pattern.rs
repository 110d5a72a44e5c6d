//! Regular expressions that compile as Python's and match as Java's, as in CellProfiler's input modules.
//!
//! CellProfiler tests that an expression compiles in Python, turns Python's named groups into plain ones and keeps
//! their names beside, then matches in Java. Where the two agree, which is where an expression works in
//! CellProfiler at all, this does the same; backreferences and lookaround go through `fancy-regex`.

use std::fmt::Write;

/// A compiled expression with the names of its groups.
#[derive(Clone, Debug)]
pub struct Pattern {
    expression: String,
    matcher: Matcher,
    /// Name of each capturing group, as CellProfiler counts them; `None` where a group has no name.
    names: Vec<Option<String>>,
}

#[derive(Clone, Debug)]
enum Matcher {
    Plain(regex::Regex),
    Fancy(Box<fancy_regex::Regex>),
}

/// Why an expression is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{expression}` is not a regular expression that CellProfiler takes: {reason}")]
pub struct PatternError {
    /// The expression.
    pub expression: String,
    /// What is wrong with it, in one line.
    pub reason: String,
}

impl Pattern {
    /// Compiles an expression in Python's syntax.
    ///
    /// # Errors
    /// When Python or Java would refuse it.
    pub fn new(expression: &str) -> Result<Self, PatternError> {
        let fail = |reason: String| PatternError { expression: expression.to_string(), reason };
        let (java, names) = unname_groups(expression);
        let translated = translate(&java).map_err(fail)?;
        let matcher = if translated.fancy {
            let built = fancy_regex::RegexBuilder::new(&translated.text).backtrack_limit(1_000_000).build();
            Matcher::Fancy(Box::new(built.map_err(|e| fail(last_line(&e.to_string())))?))
        } else {
            let built = regex::RegexBuilder::new(&translated.text).size_limit(1 << 24).build();
            Matcher::Plain(built.map_err(|e| fail(last_line(&e.to_string())))?)
        };
        Ok(Self { expression: expression.to_string(), matcher, names })
    }

    /// Returns the expression as it was given.
    pub fn as_str(&self) -> &str {
        &self.expression
    }

    /// Returns whether the expression matches somewhere in `text`.
    pub fn is_found_in(&self, text: &str) -> bool {
        match &self.matcher {
            Matcher::Plain(regex) => regex.is_match(text),
            Matcher::Fancy(regex) => regex.is_match(text).unwrap_or(false),
        }
    }

    /// Returns the names of the named groups, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().filter_map(Option::as_deref)
    }

    /// Returns the named groups that took part in the first match in `text`, with what they matched.
    ///
    /// An expression that does not match gives nothing.
    pub fn extract(&self, text: &str) -> Vec<(&str, String)> {
        let groups: Vec<Option<String>> = match &self.matcher {
            Matcher::Plain(regex) => regex.captures(text).map_or(Vec::new(), |found| {
                found.iter().map(|g| g.map(|g| g.as_str().to_string())).collect()
            }),
            Matcher::Fancy(regex) => regex.captures(text).ok().flatten().map_or(Vec::new(), |found| {
                found.iter().map(|g| g.map(|g| g.as_str().to_string())).collect()
            }),
        };
        let pairs = self.names.iter().zip(groups.into_iter().skip(1));
        pairs.filter_map(|(name, group)| Some((name.as_deref()?, group?))).collect()
    }
}

fn last_line(message: &str) -> String {
    message.trim().lines().last().unwrap_or_default().trim_start_matches("error: ").to_string()
}

/// Replaces `(?P<name>` by `(` and lists the groups' names.
///
/// CellProfiler finds groups by the letter: a round bracket within square ones counts as a group without a name
/// (and shifts the names that follow), one behind a backslash does not.
fn unname_groups(expression: &str) -> (String, Vec<Option<String>>) {
    let mut result = String::with_capacity(expression.len());
    let mut names = Vec::new();
    let mut rest = expression;
    while let Some(c) = rest.chars().next() {
        let mut taken = c.len_utf8();
        if rest.starts_with("\\\\") || rest.starts_with("\\(") {
            taken = 2;
            result.push_str(&rest[..2]);
        } else if let Some((name, length)) = group_name(rest) {
            names.push(Some(name.to_string()));
            result.push('(');
            taken = length;
        } else {
            if c == '(' && !rest.starts_with("(?") {
                names.push(None);
            }
            result.push(c);
        }
        rest = &rest[taken..];
    }
    (result, names)
}

/// The name of the group that `text` begins with, and the length up to and with its `>`.
fn group_name(text: &str) -> Option<(&str, usize)> {
    let inner = text.strip_prefix("(?P<")?;
    let end = inner.find('>').filter(|&end| end > 0)?;
    Some((&inner[..end], "(?P<".len() + end + 1))
}

/// An expression in the syntax of the crates `regex` and `fancy-regex`.
struct Translated {
    text: String,
    /// Whether it needs backreferences or lookaround.
    fancy: bool,
}

/// Greatest depth of groups, or of classes, within each other.
const DEEPEST: usize = 100;

/// Translates from what Python and Java have in common.
fn translate(java: &str) -> Result<Translated, String> {
    let mut text = String::with_capacity(java.len() + 16);
    let mut fancy = false;
    let chars: Vec<char> = java.chars().collect();
    let mut depth_of_class = 0usize;
    // Whether a quantifier may follow: not at the start of an alternative, nor after an anchor.
    let mut repeatable = false;
    let mut depth = 0usize;
    let mut counting = false;
    let mut i = 0;
    while i < chars.len() {
        let next = chars.get(i + 1).copied();
        let begins = chars[i];
        match begins {
            '\\' => {
                let c = next.ok_or("a backslash stands at the end")?;
                i += 1 + escape(c, &chars[i + 2..], depth_of_class > 0, &mut text, &mut fancy)?;
            }
            '[' => {
                depth_of_class += 1;
                text.push('[');
                if next == Some('^') {
                    text.push('^');
                    i += 1;
                }
                // A closing bracket right after the opening one is a letter of the class.
                if depth_of_class == 1 && chars.get(i + 1) == Some(&']') {
                    text.push_str("\\]");
                    i += 1;
                }
            }
            ']' if depth_of_class > 0 => {
                depth_of_class -= 1;
                text.push(']');
            }
            // What Rust would take for an operation on classes and Java takes for two letters.
            c @ ('-' | '~') if depth_of_class > 0 && next == Some(c) => {
                write!(text, "\\{c}").map_err(|e| e.to_string())?;
            }
            '.' if depth_of_class == 0 => text.push_str("[^\\n\\r\\u{85}\\u{2028}\\u{2029}]"),
            '(' if depth_of_class == 0 && next == Some('?') => {
                fancy |= check_group(&chars[i + 2..])?;
                text.push('(');
            }
            c @ ('*' | '+' | '?' | '}') if depth_of_class == 0 && (c != '}' || counting) => {
                let lazy = next == Some('?');
                let after = chars.get(i + 1 + usize::from(lazy)).copied();
                if matches!(after, Some('*' | '+')) || (lazy && after == Some('?')) {
                    return Err(format!("what follows `{c}` repeats what is repeated already"));
                }
                if !repeatable && c != '}' && !text.ends_with("(") {
                    return Err(format!("there is nothing that `{c}` could repeat"));
                }
                counting = false;
                text.push(c);
            }
            '{' if depth_of_class == 0 => {
                counting = true;
                text.push('{');
            }
            c => text.push(c),
        }
        if depth_of_class == 0 {
            depth = match begins {
                '(' => depth + 1,
                ')' => depth.saturating_sub(1),
                _ => depth,
            };
        }
        if depth.max(depth_of_class) > DEEPEST {
            return Err("it has too many brackets within each other".into());
        }
        repeatable = match begins {
            '^' | '$' | '|' | '(' => depth_of_class > 0,
            '\\' => depth_of_class > 0 || !matches!(next, Some('A' | 'Z' | 'b' | 'B')),
            _ => true,
        };
        i += 1;
    }
    Ok(Translated { text, fancy })
}

/// Checks what follows `(?`; returns whether it is lookaround.
fn check_group(rest: &[char]) -> Result<bool, String> {
    match (rest.first(), rest.get(1)) {
        (Some('=' | '!'), _) | (Some('<'), Some('=' | '!')) => Ok(true),
        (Some(':'), _) => Ok(false),
        (Some(c), _) if "imsux-".contains(*c) => Ok(false),
        (Some('<' | '>' | 'P' | '#' | '('), _) => {
            let shown: String = rest.iter().take(2).collect();
            Err(format!("the group `(?{shown}` is not known to both Python and Java"))
        }
        _ => Err("the group `(?` is not complete".into()),
    }
}

/// Writes what stands for a backslash and `c`; returns how many letters after `c` were used too.
fn escape(
    c: char,
    rest: &[char],
    in_class: bool,
    text: &mut String,
    fancy: &mut bool,
) -> Result<usize, String> {
    let plain = match c {
        'd' => "[0-9]",
        'D' => "[^0-9]",
        'w' => "[a-zA-Z0-9_]",
        'W' => "[^a-zA-Z0-9_]",
        's' => "[ \\t\\n\\x0B\\x0C\\r]",
        'S' => "[^ \\t\\n\\x0B\\x0C\\r]",
        't' => "\\t",
        'n' => "\\n",
        'r' => "\\r",
        'f' => "\\x0C",
        'a' => "\\x07",
        'v' => "\\x0B",
        'A' if !in_class => "\\A",
        'Z' if !in_class => "\\z",
        'b' if !in_class => "\\b",
        'B' if !in_class => "\\B",
        _ => "",
    };
    if !plain.is_empty() {
        text.push_str(plain);
        return Ok(0);
    }
    let digits = match c {
        'x' => 2,
        'u' => 4,
        _ => 0,
    };
    if digits > 0 {
        let code: String = rest.iter().take(digits).collect();
        if code.len() < digits || !code.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(format!("`\\{c}` wants {digits} hexadecimal digits"));
        }
        text.push_str(&format!("\\x{{{code}}}"));
        return Ok(digits);
    }
    if c.is_ascii_digit() && c != '0' && !in_class {
        *fancy = true;
        text.push_str(&format!("(?:\\{c})"));
        return Ok(0);
    }
    if c.is_ascii_alphanumeric() {
        return Err(format!("the escape `\\{c}` is not known to both Python and Java"));
    }
    // All of these but two may stand behind a backslash in Rust too, within classes and outside.
    if c.is_ascii_punctuation() && !matches!(c, '<' | '>') {
        text.push('\\');
    }
    text.push(c);
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extract(expression: &str, text: &str) -> Vec<(String, String)> {
        let pattern = Pattern::new(expression).expect("an expression");
        pattern.extract(text).into_iter().map(|(k, v)| (k.to_string(), v)).collect()
    }

    #[test]
    fn named_groups_are_extracted_by_name() {
        let expression = "^(?P<Plate>.*)_(?P<Well>[A-P][0-9]{2})_s(?P<Site>[0-9])_w(?P<ChannelNumber>[0-9])";
        let found = extract(expression, "P-1_2_A01_s3_w1.tif");
        let names = found.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>();
        assert_eq!(names, ["Plate=P-1_2", "Well=A01", "Site=3", "ChannelNumber=1"]);
        assert!(extract(expression, "nothing.tif").is_empty());
    }

    #[test]
    fn groups_without_a_name_or_a_part_in_the_match_are_left_out() {
        assert_eq!(extract("(a)(?:b)(?P<C>c)?(?P<D>d)", "abd"), [("D".into(), "d".into())]);
    }

    #[test]
    fn a_round_bracket_in_square_ones_shifts_the_names() {
        assert_eq!(extract("[(](?P<A>a)(?P<B>b)", "(ab"), [("A".into(), "b".into())]);
        assert_eq!(extract("\\((?P<A>a)", "(a"), [("A".into(), "a".into())]);
    }

    #[test]
    fn classes_are_of_ascii_letters_as_in_java() {
        assert!(!Pattern::new("^\\w+$").expect("an expression").is_found_in("é"));
        assert!(Pattern::new("[\\\\/]\\.").expect("an expression").is_found_in("/a/.b"));
        assert!(Pattern::new("[]x]").expect("an expression").is_found_in("]"));
        assert!(Pattern::new("[\\d_]\\_x").expect("an expression").is_found_in("1_x"));
    }

    #[test]
    fn lookaround_and_backreferences_work() {
        assert!(Pattern::new("a(?!b)").expect("an expression").is_found_in("ac"));
        assert!(!Pattern::new("a(?!b)").expect("an expression").is_found_in("ab"));
        assert_eq!(extract("(?P<A>.)\\1", "xyyz"), [("A".into(), "y".into())]);
    }

    #[test]
    fn what_python_or_java_refuses_is_refused() {
        for bad in
            ["(?P<A", "(", "a**", "a*+", "(?<A>x)", "\\h", "[a", "\\", "(?P=A)", "(?#x)", "(?P<A>x))", "\\z"]
        {
            assert!(Pattern::new(bad).is_err(), "{bad}");
        }
    }
}
