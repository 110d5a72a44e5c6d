use super::{Extensions, Rule, Subject, Text};
use crate::Pattern;
use cppipe::nearest;

/// Why a text is no rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// The rule ends too early.
    #[error("the rule ends where {0} should follow")]
    Ends(&'static str),
    /// A word that has no meaning at its place.
    #[error("`{word}` is not {wanted}{}", .near.as_ref().map(|n| format!("; did you mean `{n}`?")).unwrap_or_default())]
    Word {
        /// The word.
        word: String,
        /// What should stand there.
        wanted: &'static str,
        /// The nearest word that has a meaning there.
        near: Option<String>,
    },
    /// An expression that does not compile.
    #[error(transparent)]
    Pattern(#[from] crate::PatternError),
    /// More round brackets within each other than any rule needs.
    #[error("the rule has too many brackets within each other")]
    Deep,
}

/// Greatest depth of brackets and chained words.
const DEEPEST: usize = 64;

const RULE_WORDS: [&str; 12] = [
    "and",
    "or",
    "does",
    "doesnot",
    "file",
    "directory",
    "extension",
    "metadata",
    "image",
    "iscolor",
    "ismonochrome",
    "isstack",
];
const TEXT_WORDS: [&str; 15] = [
    "does",
    "doesnot",
    "and",
    "or",
    "contain",
    "containregexp",
    "startwith",
    "endwith",
    "eq",
    "isimage",
    "istif",
    "isjpeg",
    "ispng",
    "isflex",
    "ismovie",
];

pub(super) fn rule(text: &str, subject: Subject) -> Result<Rule, RuleError> {
    let mut reader = Reader { rest: text.trim(), subject, depth: 0 };
    // What follows the end of the rule, as a bracket too many, does not count, as in CellProfiler.
    reader.rule()
}

struct Reader<'t> {
    rest: &'t str,
    subject: Subject,
    depth: usize,
}

impl Reader<'_> {
    fn rule(&mut self) -> Result<Rule, RuleError> {
        self.deeper(Self::rule_at_depth)
    }

    fn rule_at_depth(&mut self) -> Result<Rule, RuleError> {
        let word = self.word("a rule")?;
        let images = self.subject == Subject::Images;
        Ok(match word.as_str() {
            "and" => Rule::All(self.list(Self::rule)?),
            "or" => Rule::Any(self.list(Self::rule)?),
            "does" => self.one(Self::rule)?,
            "doesnot" => Rule::Not(Box::new(self.one(Self::rule)?)),
            "file" => Rule::File(self.one(Self::text)?),
            "directory" => Rule::Directory(self.one(Self::text)?),
            "extension" => Rule::Extension(self.one(Self::text)?),
            "metadata" if images => self.metadata()?,
            "image" if images => self.one(Self::rule)?,
            "iscolor" if images => Rule::IsColor,
            "ismonochrome" if images => Rule::IsMonochrome,
            "isstack" if images => Rule::IsStack,
            "isstackframe" if images => Rule::IsStackFrame,
            _ => return Err(unknown(word, "a rule", &RULE_WORDS)),
        })
    }

    fn text(&mut self) -> Result<Text, RuleError> {
        self.deeper(Self::text_at_depth)
    }

    fn text_at_depth(&mut self) -> Result<Text, RuleError> {
        let word = self.word("a condition")?;
        Ok(match word.as_str() {
            "and" => Text::All(self.list(Self::text)?),
            "or" => Text::Any(self.list(Self::text)?),
            "does" => self.one(Self::text)?,
            "doesnot" => Text::Not(Box::new(self.one(Self::text)?)),
            "contain" => Text::Contains(self.literal()?),
            "containregexp" => Text::Matches(Box::new(Pattern::new(&self.literal()?)?)),
            "startwith" => Text::StartsWith(self.literal()?),
            "endwith" => Text::EndsWith(self.literal()?),
            "eq" => Text::Equals(self.literal()?),
            "isimage" => Text::IsExtension(Extensions::Image),
            "istif" => Text::IsExtension(Extensions::Tif),
            "isjpeg" => Text::IsExtension(Extensions::Jpeg),
            "ispng" => Text::IsExtension(Extensions::Png),
            "isflex" => Text::IsExtension(Extensions::Flex),
            "ismovie" => Text::IsExtension(Extensions::Movie),
            _ => return Err(unknown(word, "a condition", &TEXT_WORDS)),
        })
    }

    fn metadata(&mut self) -> Result<Rule, RuleError> {
        let word = self.word("`does` or `doesnot`")?;
        let key = |reader: &mut Self| {
            let key = reader.word("a metadata key")?;
            Ok(Rule::Metadata(key, reader.literal()?))
        };
        match word.as_str() {
            "does" => key(self),
            "doesnot" => Ok(Rule::Not(Box::new(key(self)?))),
            _ => Err(unknown(word, "`does` or `doesnot`", &["does", "doesnot"])),
        }
    }

    /// Reads one item, in brackets or not.
    fn one<T>(&mut self, item: impl Fn(&mut Self) -> Result<T, RuleError>) -> Result<T, RuleError> {
        if self.rest.starts_with('(') { self.bracketed(&item) } else { item(self) }
    }

    /// Reads all items in brackets that follow, or the one without.
    fn list<T>(&mut self, item: impl Fn(&mut Self) -> Result<T, RuleError>) -> Result<Vec<T>, RuleError> {
        if !self.rest.starts_with('(') {
            return Ok(vec![item(self)?]);
        }
        let mut items = Vec::new();
        while self.rest.starts_with('(') {
            items.push(self.bracketed(&item)?);
        }
        Ok(items)
    }

    fn bracketed<T>(&mut self, item: &impl Fn(&mut Self) -> Result<T, RuleError>) -> Result<T, RuleError> {
        self.rest = &self.rest[1..];
        let found = item(self)?;
        let rest = self.rest.strip_prefix(')').ok_or(RuleError::Ends("a closing bracket"))?;
        self.rest = rest.strip_prefix(' ').unwrap_or(rest);
        Ok(found)
    }

    /// Reads up to a space or closing bracket; a backslash takes the meaning of the letter behind it.
    fn word(&mut self, wanted: &'static str) -> Result<String, RuleError> {
        let mut word = String::new();
        let mut letters = self.rest.char_indices();
        let mut end = self.rest.len();
        while let Some((i, c)) = letters.next() {
            match c {
                ' ' | ')' => {
                    end = i;
                    break;
                }
                '\\' => word.push(letters.next().ok_or(RuleError::Ends(wanted))?.1),
                c => word.push(c),
            }
        }
        if end == 0 {
            return Err(RuleError::Ends(wanted));
        }
        let rest = &self.rest[end..];
        self.rest = rest.strip_prefix(' ').unwrap_or(rest);
        Ok(word)
    }

    fn literal(&mut self) -> Result<String, RuleError> {
        const WANTED: &str = "a text in quotation marks";
        let inner = self.rest.strip_prefix('"').ok_or(RuleError::Ends(WANTED))?;
        let mut literal = String::new();
        let mut letters = inner.char_indices();
        while let Some((i, c)) = letters.next() {
            match c {
                '"' => {
                    let rest = &inner[i + 1..];
                    self.rest = rest.strip_prefix(' ').unwrap_or(rest);
                    return Ok(literal);
                }
                '\\' => literal.push(letters.next().ok_or(RuleError::Ends(WANTED))?.1),
                c => literal.push(c),
            }
        }
        Err(RuleError::Ends("the closing quotation mark"))
    }

    fn deeper<T>(&mut self, read: impl Fn(&mut Self) -> Result<T, RuleError>) -> Result<T, RuleError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(RuleError::Deep);
        }
        let found = read(self);
        self.depth -= 1;
        found
    }
}

fn unknown(word: String, wanted: &'static str, known: &[&str]) -> RuleError {
    let near = nearest(&word, known.iter().copied());
    RuleError::Word { word, wanted, near }
}
