//! The filter rules of the input modules: `and (extension does isimage) (file does contain "w1")`.

mod extension;
mod parse;

use crate::Pattern;
use crate::plane::Stack;
use crate::url::{file_name, folder_name};
pub use parse::RuleError;

/// A rule over files, or over the images that files hold.
#[derive(Clone, Debug)]
pub enum Rule {
    /// All hold.
    All(Vec<Rule>),
    /// At least one holds.
    Any(Vec<Rule>),
    /// The other does not hold.
    Not(Box<Rule>),
    /// The file's name is so.
    File(Text),
    /// The folder's path is so.
    Directory(Text),
    /// One of the file's extensions (`tif` and `ome.tif` of `a.ome.tif`) is so.
    Extension(Text),
    /// The metadata of this key is exactly this value.
    Metadata(String, String),
    /// The image is an interleaved or planar colour image.
    IsColor,
    /// The image is not a colour image.
    IsMonochrome,
    /// The image is a stack.
    IsStack,
    /// The image is a single plane.
    IsStackFrame,
}

/// A rule over a text.
#[derive(Clone, Debug)]
pub enum Text {
    /// All hold.
    All(Vec<Text>),
    /// At least one holds.
    Any(Vec<Text>),
    /// The other does not hold.
    Not(Box<Text>),
    /// The text has this within it.
    Contains(String),
    /// The expression matches somewhere in the text.
    Matches(Box<Pattern>),
    /// The text begins so.
    StartsWith(String),
    /// The text ends so.
    EndsWith(String),
    /// The text is this.
    Equals(String),
    /// The text is one of a family of extensions, in any case.
    IsExtension(Extensions),
}

/// A family of file extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extensions {
    /// All that Bio-Formats reads, less what is more often something else (`csv`, `txt`, `zip` …).
    Image,
    /// `tif`, `tiff`, `ome.tif`, `ome.tiff`.
    Tif,
    /// `jpg`, `jpeg`.
    Jpeg,
    /// `png`.
    Png,
    /// `flex`.
    Flex,
    /// `mov`, `avi`.
    Movie,
}

/// What a rule may speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Files: names, folders and extensions only.
    Files,
    /// Images: metadata and kinds of image too.
    Images,
}

impl Rule {
    /// Reads a rule.
    ///
    /// # Errors
    /// When the text is no rule, or speaks of what `subject` does not have.
    pub fn parse(text: &str, subject: Subject) -> Result<Self, RuleError> {
        parse::rule(text, subject)
    }

    /// Returns CellProfiler's rule for `Images only`: image files outside hidden folders.
    pub fn images_only() -> Self {
        let hidden = Pattern::new("[\\\\/]\\.").expect("the expression is a constant");
        Self::All(vec![
            Self::Extension(Text::IsExtension(Extensions::Image)),
            Self::Directory(Text::Not(Box::new(Text::Matches(Box::new(hidden))))),
        ])
    }

    /// Returns whether the rule holds for the file at `url`.
    pub fn holds_for_file(&self, url: &str) -> bool {
        self.eval(url, None)
    }

    /// Returns whether the rule holds for an image.
    pub(crate) fn holds_for(&self, image: &Stack) -> bool {
        self.eval(&image.first().url, Some(image))
    }

    fn eval(&self, url: &str, image: Option<&Stack>) -> bool {
        let is_color = image.is_some_and(Stack::is_color);
        let is_stack = image.is_some_and(|i| i.planes.len() > 1);
        match self {
            Self::All(rules) => rules.iter().all(|r| r.eval(url, image)),
            Self::Any(rules) => rules.iter().any(|r| r.eval(url, image)),
            Self::Not(rule) => !rule.eval(url, image),
            Self::File(text) => text.holds(&file_name(url)),
            Self::Directory(text) => text.holds(&folder_name(url)),
            Self::Extension(text) => {
                let name = file_name(url);
                name.rmatch_indices('.').any(|(dot, _)| text.holds(&name[dot + 1..]))
            }
            Self::Metadata(key, value) => {
                image.is_some_and(|i| i.planes.iter().all(|p| p.metadata.get(key) == Some(value.as_str())))
            }
            Self::IsColor => is_color,
            Self::IsMonochrome => !is_color,
            Self::IsStack => is_stack,
            Self::IsStackFrame => !is_stack,
        }
    }

    /// Adds the metadata keys that the rule speaks of.
    pub fn metadata_keys<'r>(&'r self, keys: &mut Vec<&'r str>) {
        match self {
            Self::All(rules) | Self::Any(rules) => rules.iter().for_each(|r| r.metadata_keys(keys)),
            Self::Not(rule) => rule.metadata_keys(keys),
            Self::Metadata(key, _) => keys.push(key),
            _ => {}
        }
    }
}

impl Text {
    fn holds(&self, text: &str) -> bool {
        match self {
            Self::All(rules) => rules.iter().all(|r| r.holds(text)),
            Self::Any(rules) => rules.iter().any(|r| r.holds(text)),
            Self::Not(rule) => !rule.holds(text),
            Self::Contains(part) => text.contains(part.as_str()),
            Self::Matches(pattern) => pattern.is_found_in(text),
            Self::StartsWith(part) => text.starts_with(part.as_str()),
            Self::EndsWith(part) => text.ends_with(part.as_str()),
            Self::Equals(other) => text == other,
            Self::IsExtension(family) => family.holds(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Role;
    use crate::plane::Plane;
    use crate::plane_metadata::{PlaneMetadata, Texts};

    fn holds(rule: &str, url: &str) -> bool {
        Rule::parse(rule, Subject::Files).expect("a rule").holds_for_file(url)
    }

    #[test]
    fn a_rule_looks_at_names_folders_and_extensions() {
        assert!(holds("and (extension does isimage) (file does contain \"w1\")", "file:/d/a_w1.TIF"));
        assert!(!holds("and (extension does isimage) (file does contain \"w1\")", "file:/d/a_w1.csv"));
        assert!(holds("or (file does eq \"a b.npy\") (extension does isjpeg)", "file:/d/a%20b.npy"));
        assert!(holds("and (directory does endwith \"d\") (file doesnot startwith \"b\")", "file:/d/a"));
        assert!(holds("and (or (file does contain \"a\") (file does contain \"c\"))", "file:/d/xc"));
        assert!(holds("and (file does contain \"a\"))", "file:/a"), "a bracket too many does not count");
    }

    #[test]
    fn each_extension_of_a_file_is_tried() {
        assert!(holds("extension does istif", "file:/d/a.ome.tif"));
        assert!(!holds("extension doesnot istif", "file:/d/a.ome.tif"));
        assert!(holds("extension doesnot istif", "file:/d/a.b.tif"), "`b.tif` is an extension too");
        assert!(
            !holds("extension doesnot istif", "file:/d/a"),
            "a file without extension passes no rule of them"
        );
    }

    #[test]
    fn images_only_leaves_out_hidden_folders_and_tables() {
        let rule = Rule::images_only();
        assert!(rule.holds_for_file("file:/d/a.png"));
        assert!(!rule.holds_for_file("file:/d/.hidden/a.png"));
        assert!(!rule.holds_for_file("file:/d/a.csv"));
        assert!(!rule.holds_for_file("file:/d/a.npy"));
    }

    #[test]
    fn a_rule_of_images_knows_their_metadata() {
        let rule = Rule::parse("and (metadata does Ch\\ 1 \"x\\\"y\")", Subject::Images).expect("a rule");
        let metadata = [("Ch 1".to_string(), "x\"y".to_string())].into();
        let metadata = PlaneMetadata::new(&metadata, &mut Texts::default());
        let image = |metadata| {
            let plane = Plane { url: "file:/a".into(), metadata, ..Plane::default() };
            Stack { planes: vec![plane.into()], channel: Stack::MONOCHROME, role: Role::Grayscale }
        };
        assert!(rule.holds_for(&image(metadata)));
        assert!(!rule.holds_for(&image(PlaneMetadata::default())));
    }

    #[test]
    fn what_is_no_rule_is_refused_with_the_reason() {
        for bad in [
            "",
            "and (file does contain \"a\"",
            "and (file does",
            "and (file does contian \"a\")",
            "and (image does iscolor)",
            "and (file does contain \"a)",
            "and (file does containregexp \"[\")",
            "not (file does contain \"a\")",
        ] {
            assert!(Rule::parse(bad, Subject::Files).is_err(), "{bad}");
        }
    }
}
