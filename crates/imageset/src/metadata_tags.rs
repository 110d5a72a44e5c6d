//! Metadata tags in file and folder names: `\g<Plate>` or `(?<Plate>)` stands for the image set's plate.

use crate::ImageSet;

/// Returns the names of the tags in `pattern`, in order.
pub fn metadata_tags(pattern: &str) -> Vec<&str> {
    let mut tags = Vec::new();
    let mut rest = pattern;
    // A tag in round brackets is found first, even behind others: CellProfiler looks for one form after the other.
    while let Some((_, tag, after)) =
        find(rest, "(?<", ">").or_else(|| find(rest, "\\g<", ">")).or_else(|| find(rest, "(?P<", ">"))
    {
        tags.push(tag);
        rest = after;
    }
    tags
}

/// Returns `pattern` with each tag replaced by the image set's value, and `\\` by `\`.
///
/// `Series` and `Frame` stand for the greatest among the image set's files; a tag without a value becomes `None`, as
/// in CellProfiler.
pub fn substitute_metadata(pattern: &str, image_set: &ImageSet) -> String {
    let pieces = pattern.split("\\\\").map(|piece| {
        let mut result = String::new();
        let mut rest = piece;
        while let Some((before, tag, after)) = find(rest, "(?<", ">)").or_else(|| find(rest, "\\g<", ">")) {
            result.push_str(before);
            result.push_str(&value(tag, image_set));
            rest = after;
        }
        result + rest
    });
    pieces.collect::<Vec<_>>().join("\\")
}

/// Finds the first non-empty text between `open` and `close`: what is before, the text, what is after.
fn find<'p>(pattern: &'p str, open: &str, close: &str) -> Option<(&'p str, &'p str, &'p str)> {
    pattern.match_indices(open).find_map(|(start, _)| {
        let inner = &pattern[start + open.len()..];
        let first = inner.chars().next()?.len_utf8();
        let end = first + inner[first..].find(close)?;
        Some((&pattern[..start], &inner[..end], &inner[end + close.len()..]))
    })
}

fn value(tag: &str, image_set: &ImageSet) -> String {
    let greatest = |of: fn(&crate::Channel) -> Option<usize>| {
        image_set.channels.iter().filter_map(of).max().unwrap_or(0).to_string()
    };
    match tag {
        "Series" => greatest(|c| c.series),
        "Frame" => greatest(|c| c.frame),
        _ => image_set.metadata.get(tag).cloned().unwrap_or_else(|| "None".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image_set() -> ImageSet {
        let metadata = [("Plate", "P1"), ("Well", "A01")];
        ImageSet { metadata: metadata.map(|(k, v)| (k.into(), v.into())).into(), ..ImageSet::default() }
    }

    #[test]
    fn tags_are_found_and_replaced_in_both_forms() {
        assert_eq!(metadata_tags(r"\g<Plate>/\g<Well>"), ["Plate", "Well"]);
        assert_eq!(metadata_tags("(?<Well>)_x"), ["Well"]);
        assert_eq!(substitute_metadata(r"\g<Plate>_\g<Well>.csv", &image_set()), "P1_A01.csv");
        assert_eq!(substitute_metadata("(?<Well>)_x", &image_set()), "A01_x");
    }

    #[test]
    fn a_doubled_backslash_is_a_backslash_and_hides_a_tag() {
        assert_eq!(substitute_metadata(r"a\\b", &image_set()), r"a\b");
        assert_eq!(substitute_metadata(r"\\g<Plate>", &image_set()), r"\g<Plate>");
    }

    #[test]
    fn a_tag_without_a_value_becomes_none_and_an_unclosed_one_stays() {
        assert_eq!(substitute_metadata(r"\g<Dose>", &image_set()), "None");
        assert_eq!(substitute_metadata(r"\g<Dose", &image_set()), r"\g<Dose");
        assert_eq!(metadata_tags(r"\g<>"), Vec::<&str>::new());
    }
}
