//! Two tables, value by value.

use crate::Comparison;
use crate::rule::difference;
use anyhow::Result;
use std::collections::HashMap;
use std::fs;
use std::path::Path;

/// Columns of time, host, path and digest, which differ from run to run.
const LEFT_OUT: &[&str] = &[
    "ExecutionTime_",
    "ModuleError_",
    "PathName_",
    "URL_",
    "Image_PathName_",
    "Image_URL_",
    "MD5Digest_",
    "ImageSet_",
    "Image_ExecutionTime_",
    "Image_ModuleError_",
    // `Image_ExecutionTime_` as ExportToDatabase shortens it.
    "Image_ExctnT",
    "Image_ExecutinT",
];

/// Compares the table `got` with the table `expected`.
///
/// # Errors
/// When either cannot be read as a table.
pub fn compare(found: &mut Comparison, file: &str, expected: &Path, got: &Path) -> Result<()> {
    let case = fs::canonicalize(expected)?.ancestors().skip(2).map(Path::to_path_buf).collect::<Vec<_>>();
    let case = place_of(&case, file);
    let theirs = rows(&fs::read(expected)?, Some(case))?;
    let ours = rows(&fs::read(got)?, None)?;
    let heads = head_rows(&theirs);
    let (names_theirs, names_ours) = (names(&theirs, heads), names(&ours, heads));
    report_columns(found, file, &names_theirs, &names_ours);
    if theirs.len() != ours.len() {
        let (e, g) = (theirs.len() - heads.min(theirs.len()), ours.len() - heads.min(ours.len()));
        found.wrong.push(format!("{file}: {e} rows expected, {g} found"));
    }
    let place: HashMap<&str, usize> = names_ours.iter().enumerate().map(|(i, n)| (n.as_str(), i)).collect();
    for (i, name) in names_theirs.iter().enumerate().filter(|(_, n)| counts(n)) {
        let column = format!("{file} {name}");
        for (r, row) in theirs.iter().enumerate().skip(heads) {
            let e = row.get(i).map_or("", String::as_str);
            let g = place.get(name.as_str()).and_then(|&p| ours.get(r)?.get(p)).map(String::as_str);
            found.value(&column, e, g.unwrap_or("nothing"), difference(e, g));
        }
    }
    Ok(())
}

/// Returns the case's folder and the one above: the parents of the folder that holds `file`'s root.
fn place_of<'a>(ancestors: &'a [std::path::PathBuf], file: &str) -> (&'a Path, &'a Path) {
    let depth = Path::new(file).components().count() - 1;
    let at = |i: usize| ancestors.get(i).map_or(Path::new("/"), |p| p.as_path());
    (at(depth), at(depth + 1))
}

fn rows(bytes: &[u8], case: Option<(&Path, &Path)>) -> Result<Vec<Vec<String>>> {
    let mut text = String::from_utf8_lossy(bytes).into_owned();
    if let Some((case, cases)) = case {
        text = text.replace("{CASE}", &case.to_string_lossy()).replace("{CASES}", &cases.to_string_lossy());
    }
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    reader.records().map(|r| Ok(r?.iter().map(String::from).collect())).collect()
}

/// Returns how many rows name the columns: two where a table combines objects.
fn head_rows(rows: &[Vec<String>]) -> usize {
    let first = |r: usize| rows.get(r).and_then(|row| row.first()).map(String::as_str);
    let two = matches!(first(0), Some("Image" | "Experiment")) && first(1) == Some("ImageNumber");
    if two { 2 } else { 1 }
}

fn names(rows: &[Vec<String>], heads: usize) -> Vec<String> {
    let Some(first) = rows.first() else { return Vec::new() };
    let part = |r: usize, c: usize| rows.get(r).and_then(|row| row.get(c)).map_or("", String::as_str);
    (0..first.len()).map(|c| (0..heads).map(|r| part(r, c)).collect::<Vec<_>>().join("|")).collect()
}

fn counts(name: &str) -> bool {
    let feature = name.rsplit('|').next().unwrap_or_default();
    !LEFT_OUT.iter().any(|p| feature.starts_with(p))
}

fn report_columns(found: &mut Comparison, file: &str, theirs: &[String], ours: &[String]) {
    let only = |a: &[String], b: &[String]| -> Vec<String> {
        a.iter().filter(|n| counts(n) && !b.contains(n)).cloned().collect()
    };
    let (gone, extra) = (only(theirs, ours), only(ours, theirs));
    for (what, list) in [("missing", &gone), ("too many", &extra)] {
        if !list.is_empty() {
            let shown = list.iter().take(6).cloned().collect::<Vec<_>>().join(", ");
            found.wrong.push(format!("{file}: {} columns {what}: {shown}", list.len()));
        }
    }
    if gone.is_empty() && extra.is_empty() && theirs != ours {
        found.wrong.push(format!("{file}: the order of columns differs"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(expected: &str, got: &str) -> Comparison {
        let folder = tempfile::tempdir().unwrap();
        let (e, g) = (folder.path().join("e.csv"), folder.path().join("g.csv"));
        fs::write(&e, expected).unwrap();
        fs::write(&g, got).unwrap();
        let mut found = Comparison::default();
        compare(&mut found, "e.csv", &e, &g).unwrap();
        found
    }

    #[test]
    fn a_missing_row_and_a_missing_column_are_wrong() {
        let found = compared("A,B\r\n1,2\r\n3,4\r\n", "A\r\n1\r\n");
        assert_eq!(found.wrong.len(), 2, "{:?}", found.wrong);
        assert_eq!(found.totals(), (4, 1));
    }

    #[test]
    fn the_order_of_columns_counts() {
        assert_eq!(compared("A,B\n1,2\n", "B,A\n2,1\n").wrong, ["e.csv: the order of columns differs"]);
    }

    #[test]
    fn columns_of_time_are_left_out() {
        let found = compared("A,ExecutionTime_01X\n1,2\n", "A,ExecutionTime_01X\n1,3\n");
        assert_eq!((found.totals(), found.wrong.len()), ((1, 1), 0));
    }
}
