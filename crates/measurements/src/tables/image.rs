use super::{IMAGE_NUMBER, Missing};
use crate::{Column, Delimited, Kind, Record, Value};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// The table of image sets: one row each.
///
/// Its columns are those that were measured at least once, which the first rows tell: take the [`ImageTable::values`] of
/// some records, give them to [`ImageTable::settle`], then write header and rows.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageTable {
    columns: Vec<ImageColumn>,
    missing: Missing,
}

#[derive(Clone, Debug, PartialEq)]
struct ImageColumn {
    name: String,
    kind: Kind,
    /// Whether it sums up objects: NaN, not empty, where it is missing.
    aggregate: bool,
    kept: bool,
}

impl ImageTable {
    /// Returns the table of `features` and `aggregates`, in any order: the columns are sorted by name, `ImageNumber`
    /// among them.
    pub fn new<'c>(
        features: impl IntoIterator<Item = &'c Column>,
        aggregates: impl IntoIterator<Item = &'c str>,
        missing: Missing,
    ) -> Self {
        let mut columns: BTreeMap<String, (Kind, bool)> =
            features.into_iter().map(|c| (c.feature.clone(), (c.kind, false))).collect();
        columns.insert(IMAGE_NUMBER.into(), (Kind::Integer, false));
        columns.extend(aggregates.into_iter().map(|name| (name.to_string(), (Kind::Float, true))));
        let column = |(name, (kind, aggregate))| ImageColumn { name, kind, aggregate, kept: true };
        Self { columns: columns.into_iter().map(column).collect(), missing }
    }

    /// Returns the values of an image set in the order of the columns; `aggregates` are not in the record.
    pub fn values(&self, record: &Record, aggregates: &BTreeMap<String, f64>) -> Vec<Option<Value>> {
        let value = |c: &ImageColumn| match c.aggregate {
            true => aggregates.get(&c.name).map(|&v| Value::Float(v)),
            false if c.name == IMAGE_NUMBER => Some(Value::Integer(record.image_number as i64)),
            false => record.image.get(&c.name).cloned(),
        };
        self.columns.iter().map(value).collect()
    }

    /// Leaves out the columns that have no value in `rows`; a column of whole numbers that has a float among them
    /// becomes one of floats.
    pub fn settle(&mut self, rows: &[Vec<Option<Value>>]) {
        for (i, column) in self.columns.iter_mut().enumerate() {
            let mut values = rows.iter().filter_map(|row| row[i].as_ref()).peekable();
            column.kept = values.peek().is_some();
            if column.kind == Kind::Integer && values.any(|v| matches!(v, Value::Float(_))) {
                column.kind = Kind::Float;
            }
        }
    }

    /// Returns place, name and kind of the columns that are kept.
    pub fn columns(&self) -> impl Iterator<Item = (usize, &str, Kind)> {
        let kept = self.columns.iter().enumerate().filter(|(_, c)| c.kept);
        kept.map(|(i, c)| (i, c.name.as_str(), c.kind))
    }

    /// Returns whether the column at a place sums up objects.
    pub fn is_aggregate(&self, place: usize) -> bool {
        self.columns[place].aggregate
    }

    /// Writes the names of the columns.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn header<W: Write>(&self, out: &mut Delimited<W>) -> io::Result<()> {
        out.texts(self.columns().map(|(_, name, _)| name))
    }

    /// Writes a row of values, which have the order of [`ImageTable::values`].
    ///
    /// What was not measured is an empty field. Infinities stay as they are, whatever stands for NaN.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn row<W: Write>(&self, out: &mut Delimited<W>, values: &[Option<Value>]) -> io::Result<()> {
        for (i, column) in self.columns.iter().enumerate().filter(|(_, c)| c.kept) {
            match &values[i] {
                None if column.aggregate && self.missing == Missing::Nan => out.float(f64::NAN),
                None => out.text(""),
                Some(Value::Float(v)) if v.is_nan() && self.missing == Missing::Null => out.text(""),
                Some(value) => out.value(value, column.kind),
            }
        }
        out.end_row()
    }
}
