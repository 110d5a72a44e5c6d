//! The table of a comparison: case × module.

use crate::Comparison;
use cppipe::Pipeline;
use engine::Analysis;
use std::fmt::Write;

/// One module's line of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Number and name of the module that made the columns; `-` where none says so.
    pub module: String,
    /// Columns, images and label matrices.
    pub columns: usize,
    /// Values in them.
    pub values: usize,
    /// Values that are equal.
    pub equal: usize,
    /// The largest relative difference.
    pub worst: f64,
    /// The first column that is not all equal.
    pub first_off: String,
}

/// Returns the scores of a comparison by the module that declares each column, in the pipeline's order.
pub fn by_module(comparison: &Comparison, pipeline: &Pipeline) -> Vec<Row> {
    let analysis = Analysis::read(pipeline).ok();
    let mut rows: Vec<(usize, Row)> = Vec::new();
    for (column, score) in &comparison.columns {
        let number = maker(column, pipeline, analysis.as_ref());
        let at = rows.iter().position(|(n, _)| *n == number).unwrap_or_else(|| {
            let name = pipeline.modules.iter().find(|m| m.number == number);
            let module = name.map_or("-".into(), |m| format!("{:02} {}", m.number, m.name));
            rows.push((
                number,
                Row { module, columns: 0, values: 0, equal: 0, worst: 0.0, first_off: String::new() },
            ));
            rows.len() - 1
        });
        let row = &mut rows[at].1;
        row.columns += 1;
        row.values += score.values;
        row.equal += score.equal;
        if score.equal < score.values {
            row.worst = row.worst.max(score.worst);
            if row.first_off.is_empty() {
                row.first_off = column.clone();
            }
        }
    }
    rows.sort_by_key(|(number, _)| *number);
    rows.into_iter().map(|(_, row)| row).collect()
}

/// Returns the number of the module that made a column, 0 when none says so.
fn maker(column: &str, pipeline: &Pipeline, analysis: Option<&Analysis>) -> usize {
    if let Some(key) = column.strip_prefix("labels ") {
        let number = key.split("_m").nth(1).and_then(|rest| rest.split('_').next());
        return number.and_then(|n| n.parse().ok()).unwrap_or(0);
    }
    let named =
        |name: &str| pipeline.modules.iter().find(|m| m.enabled && m.name == name).map_or(0, |m| m.number);
    let Some((file, feature)) = column.split_once(".csv ") else { return named("SaveImages") };
    let (object, feature) = feature.split_once('|').unwrap_or((file, feature));
    let steps = analysis.map(Analysis::steps).unwrap_or_default();
    let declares = |same_object: bool| {
        let step = steps.iter().find(|s| {
            let columns = &s.declaration.columns;
            columns
                .iter()
                .any(|c| c.feature == feature && (!same_object || object.ends_with(c.object.as_str())))
        });
        step.map(|s| s.number)
    };
    let aggregate = ["Mean_", "Median_", "StDev_"].iter().any(|p| feature.starts_with(p));
    let found = declares(true).or_else(|| declares(false));
    found.unwrap_or_else(|| if aggregate { named("ExportToSpreadsheet") } else { 0 })
}

/// Returns the rows as a table, a line a module.
pub fn table(case: &str, rows: &[Row]) -> String {
    let mut out = String::new();
    for row in rows {
        let percent = 100.0 * row.equal as f64 / row.values.max(1) as f64;
        let worst = if row.first_off.is_empty() { "-".to_string() } else { format!("{:.1e}", row.worst) };
        let _ = writeln!(
            out,
            "{case:<22} {:<38} {:>6} {:>9} {percent:>9.4} {worst:>10}  {}",
            row.module, row.columns, row.values, row.first_off
        );
    }
    out
}
