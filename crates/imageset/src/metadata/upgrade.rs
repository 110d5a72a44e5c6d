//! Brings Metadata's answers of earlier revisions into the order of the newest.

pub(super) fn upgrade(mut values: Vec<String>, revision: u32) -> Vec<String> {
    let mut revision = revision;
    if revision == 1 {
        values = regroup(values, 1, 8, |group| group.push("No".into()));
        revision = 2;
    }
    if revision == 2 {
        values = regroup(values, 1, 9, |group| rename(group));
        revision = 3;
    }
    if revision == 3 {
        let at = 1.min(values.len());
        values.splice(at..at, ["Text".into(), "{}".into()]);
        revision = 4;
    }
    if revision == 4 {
        values = regroup(values, 3, 9, split_location);
        revision = 5;
    }
    if revision == 5 {
        values = regroup(values, 3, 10, |group| group.push("No".into()));
    }
    values
}

/// Gives the choices the names they have since revision 3.
fn rename(group: &mut [String]) {
    if group.len() < 5 {
        return;
    }
    group[0] = match group[0].as_str() {
        "Automatic" => "Extract from image file headers",
        "Manual" => "Extract from file/folder names",
        _ => "Import from file",
    }
    .into();
    group[1] = if group[1] == "From file name" { "File name" } else { "Folder name" }.into();
    let filtered = group[4] == "Images selected using a filter";
    group[4] = if filtered { "Images matching a rule" } else { "All images" }.into();
}

/// Takes a table's location apart into folder and name.
fn split_location(group: &mut Vec<String>) {
    if group.len() < 7 {
        return;
    }
    let location = group[6].clone();
    let (folder, file) = location.rsplit_once('/').unwrap_or(("", &location));
    let lower = location.to_lowercase();
    let is_url = ["http:", "https:", "ftp:"].iter().any(|scheme| lower.starts_with(scheme));
    let base = if is_url { "URL" } else { "Elsewhere..." };
    group[6] = format!("{base}|{folder}");
    group.push(file.to_string());
}

/// Changes each method's answers: `size` of them, after the number of methods at `count_at`.
fn regroup(
    values: Vec<String>,
    count_at: usize,
    size: usize,
    change: impl Fn(&mut Vec<String>),
) -> Vec<String> {
    let count = values.get(count_at).and_then(|v| v.trim().parse::<usize>().ok()).unwrap_or(0);
    let mut result: Vec<String> = values.iter().take(count_at + 1).cloned().collect();
    let rest = values.get(count_at + 1..).unwrap_or_default();
    for group in rest.chunks(size).take(count) {
        let mut group = group.to_vec();
        change(&mut group);
        result.extend(group);
    }
    result
}
