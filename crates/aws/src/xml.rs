//! What CloudFormation, SNS and STS answer: elements without attributes, a name at one depth only where it is asked for.

/// Returns the insides of all elements of a name that are not inside another of that name, in order.
pub fn all<'t>(text: &'t str, name: &str) -> Vec<&'t str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(&open) {
        let inside = &rest[start + open.len()..];
        let (mut depth, mut at) = (1, 0);
        let end = loop {
            let Some(next) = inside[at..].find(&close) else { return found };
            depth += inside[at..at + next].matches(&open).count();
            depth -= 1;
            if depth == 0 {
                break at + next;
            }
            at += next + close.len();
        };
        found.push(&inside[..end]);
        rest = &inside[end + close.len()..];
    }
    found
}

/// Returns the text of the first element of a name.
pub fn text(xml: &str, name: &str) -> Option<String> {
    all(xml, name).first().map(|inside| plain(inside.trim()))
}

/// Returns the insides of the members of the first list of a name.
pub fn members<'t>(xml: &'t str, list: &str) -> Vec<&'t str> {
    all(xml, list).first().map(|inside| all(inside, "member")).unwrap_or_default()
}

fn plain(text: &str) -> String {
    let plain = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
    plain.replace("&apos;", "'").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_may_have_members() {
        let xml = "<A><Out><member><K>a &amp; b</K><Tags><member>x</member></Tags></member><member><K>c</K></member></Out></A>";
        let members = members(xml, "Out");
        assert_eq!(members.len(), 2);
        assert_eq!(text(members[0], "K").as_deref(), Some("a & b"));
        assert_eq!(text(members[1], "K").as_deref(), Some("c"));
        assert_eq!(text("<K>", "K"), None);
    }
}
