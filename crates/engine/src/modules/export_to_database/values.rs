//! Measurements as values of a database.

use crate::RunError;
use measurements::{Column, Kind, Value, Values};
use rusqlite::types::{ToSqlOutput, Value as Sql};

/// Returns a measurement of an image as its column's type asks for.
pub(super) fn image_value(column: &Column, value: &Value) -> Result<Sql, RunError> {
    Ok(match (column.declared, value) {
        (Some(Kind::Float), Value::Integer(v)) => Sql::Real(*v as f64),
        (Some(Kind::Integer), Value::Float(v)) if v.is_finite() => Sql::Integer(*v as i64),
        (Some(Kind::Integer), Value::Float(v)) => {
            return Err(RunError::Refused(format!("`{}` is {v}, not a whole number", column.feature)));
        }
        (_, Value::Float(v)) => float(*v),
        (_, Value::Integer(v)) => Sql::Integer(*v),
        // CellProfiler notes that a file has none.
        (_, Value::Text(v)) if v.is_empty() && column.feature == "Metadata_FileLocation" => Sql::Null,
        (_, Value::Text(v)) => Sql::Text(v.clone()),
    })
}

/// Returns the value of the object at `i`; a text that is missing is `None`, as in CellProfiler.
pub(super) fn object_value<'r>(values: Option<&'r Values>, i: usize, is_text: bool) -> ToSqlOutput<'r> {
    match values {
        Some(Values::Integers(v)) if i < v.len() => v[i].into(),
        Some(Values::Floats(v)) if i < v.len() && v[i].is_finite() => v[i].into(),
        Some(Values::Texts(v)) if i < v.len() => v[i].as_str().into(),
        _ if is_text => "None".into(),
        _ => ToSqlOutput::Owned(Sql::Null),
    }
}

/// Returns a number; none where it is not finite.
pub(super) fn float(value: f64) -> Sql {
    if value.is_finite() { Sql::Real(value) } else { Sql::Null }
}

/// Returns a value as MySQL reads it in a statement.
pub(super) fn literal(value: &Sql) -> String {
    match value {
        Sql::Null => "null".into(),
        Sql::Integer(v) => v.to_string(),
        Sql::Real(v) => format!("{v:?}"),
        Sql::Text(v) => format!("'{}'", escaped(v)),
        Sql::Blob(v) => format!("X'{}'", v.iter().map(|byte| format!("{byte:02X}")).collect::<String>()),
    }
}

/// Returns a text as MySQL escapes it, which CellProfiler takes for SQLite too: a text with a quote then fails, and
/// double quotes keep a backslash.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\0' => escaped.push_str("\\0"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\u{1a}' => escaped.push_str("\\Z"),
            '\\' | '\'' | '"' => escaped.extend(['\\', c]),
            _ => escaped.push(c),
        }
    }
    escaped
}
