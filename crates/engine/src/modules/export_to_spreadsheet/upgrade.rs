/// Brings the answers of an earlier revision into the order of revision 13.
///
/// Revisions before 6 (CellProfiler 2, 2010) are older than any pipeline that CellProfiler 4 is given, and are left
/// as they are: too few answers are a problem that says so.
pub(super) fn upgrade(revision: u32, values: Vec<String>) -> Vec<String> {
    let mut v = values;
    let insert = |after: u32, at: usize, answers: &[&str], v: &mut Vec<String>| {
        if revision <= after && revision >= 6 {
            let at = at.min(v.len());
            v.splice(at..at, answers.iter().map(|&a| a.to_string()));
        }
    };
    // GenePattern
    insert(6, 9, &["No", "Metadata", "None", "None"], &mut v);
    // how NaN is written
    insert(7, 15, &["NaN"], &mut v);
    if (6..=8).contains(&revision) && v.len() > 1 {
        // whether the output file's name came first
        v.remove(1);
    }
    // the prefix
    insert(9, 15, &["No", "MyExpt_"], &mut v);
    // whether files are replaced
    insert(10, 17, &["Yes"], &mut v);
    if (6..=11).contains(&revision) && v.len() > 2 {
        // the limit of Excel
        v.remove(2);
    }
    // file and folder names
    insert(12, 2, &["No"], &mut v);
    v
}
