//! Brings NamesAndTypes' answers of earlier revisions into the order of the newest.

pub(super) fn upgrade(mut values: Vec<String>, revision: u32) -> Vec<String> {
    if values.is_empty() {
        return values;
    }
    let mut revision = revision;
    if revision == 1 {
        values[0] =
            if values[0] == "Assign all images" { "All images" } else { "Images matching rules" }.into();
        revision = 2;
    }
    if revision == 2 {
        values = regroup(values, 5, None, 6, |group| group.push("Image metadata".into()), [4, 0]);
        values.insert(5, "Image metadata".into());
        revision = 3;
    }
    if revision == 3 {
        let add = |group: &mut Vec<String>| group.extend(["No".into(), "LoadedObjects".into()]);
        values = regroup(values, 6, None, 7, add, [5, 0]);
        revision = 4;
    }
    if revision == 4 {
        values.insert(7.min(values.len()), "0".into());
        revision = 5;
    }
    if revision == 5 {
        values = regroup(values, 6, Some(7), 8, |group| group.push("255".into()), [7, 7]);
        values.insert(8.min(values.len()), "255".into());
        revision = 6;
    }
    if revision == 6 {
        let at = 9.min(values.len());
        values.splice(at..at, ["No", "1.0", "1.0", "1.0"].map(String::from));
        revision = 7;
    }
    if revision == 7 {
        let without_outlines = |group: &mut Vec<String>| {
            if group.len() == 8 {
                group.drain(5..7);
            }
        };
        values = regroup(values, 6, Some(7), 13, without_outlines, [8, 8]);
    }
    values
}

/// Changes each group of answers: those of the assignments, then those of the single images.
fn regroup(
    values: Vec<String>,
    assignments_at: usize,
    singles_at: Option<usize>,
    first: usize,
    change: impl Fn(&mut Vec<String>),
    [assignment, single]: [usize; 2],
) -> Vec<String> {
    let count = |at: usize| values.get(at).and_then(|v| v.trim().parse::<usize>().ok()).unwrap_or(0);
    let (assignments, singles) = (count(assignments_at), singles_at.map_or(0, count));
    let mut result: Vec<String> = values.iter().take(first).cloned().collect();
    let mut rest = values.get(first..).unwrap_or_default();
    let sizes = std::iter::repeat_n(assignment, assignments).chain(std::iter::repeat_n(single, singles));
    for size in sizes {
        if rest.is_empty() {
            break;
        }
        let (group, after) = rest.split_at(size.min(rest.len()));
        let mut group = group.to_vec();
        change(&mut group);
        result.extend(group);
        rest = after;
    }
    result
}
