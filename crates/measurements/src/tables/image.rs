use super::{IMAGE_NUMBER, Missing, write_value};
use crate::{Column, Delimited, Kind, Record, Value};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// The table of image sets: one row each.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageTable {
    features: Vec<(String, Kind)>,
    missing: Missing,
}

impl ImageTable {
    /// Returns the table of `features`, which come in any order: the columns are sorted, `ImageNumber` among them.
    pub fn new<'c>(features: impl IntoIterator<Item = &'c Column>, missing: Missing) -> Self {
        let mut kinds: BTreeMap<String, Kind> =
            features.into_iter().map(|c| (c.feature.clone(), c.kind)).collect();
        kinds.insert(IMAGE_NUMBER.into(), Kind::Integer);
        Self { features: kinds.into_iter().collect(), missing }
    }

    /// Returns the names of the columns in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.features.iter().map(|(name, _)| name.as_str())
    }

    /// Writes the names of the columns.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn header<W: Write>(&self, out: &mut Delimited<W>) -> io::Result<()> {
        out.texts(self.names())
    }

    /// Writes the row of an image set; `aggregates` are features that are not in the record.
    ///
    /// What was not measured is an empty field. Infinities stay as they are, whatever stands for NaN.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn row<W: Write>(
        &self,
        out: &mut Delimited<W>,
        record: &Record,
        aggregates: &BTreeMap<String, f64>,
    ) -> io::Result<()> {
        for (name, kind) in &self.features {
            let value = match aggregates.get(name) {
                Some(&v) => Some(Value::Float(v)),
                None if name == IMAGE_NUMBER => Some(Value::Integer(record.image_number as i64)),
                None => record.image.get(name).cloned(),
            };
            match value {
                None => out.text(""),
                Some(Value::Float(v)) if v.is_nan() && self.missing == Missing::Null => out.text(""),
                Some(value) => write_value(out, &value, *kind),
            }
        }
        out.end_row()
    }
}
