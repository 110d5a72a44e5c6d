use super::{DataType, Metadata, TableJoin};
use crate::{Comparison, Files, InputError};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// A table of metadata, ready to be looked up.
pub(super) struct Table {
    joins: Vec<(String, Comparison)>,
    keys: Vec<String>,
    /// Values of the joined columns and of the others, in the order of the former.
    rows: Vec<(Vec<String>, Vec<String>)>,
}

impl Table {
    /// Reads a table; of rows with the same joined values the last one counts.
    ///
    /// # Errors
    /// When it cannot be read, a joined column is missing or twice there, or a row is too short.
    pub fn read(
        location: &str,
        joins: &[TableJoin],
        case_insensitive: bool,
        metadata: &Metadata,
        files: &dyn Files,
    ) -> Result<Self, InputError> {
        let fail = |reason: String| InputError::Table { location: location.to_string(), reason };
        let bytes = files.read(location).map_err(|e| InputError::unreadable(location, e))?;
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes.as_slice());
        let mut records = reader.records();
        let header = records
            .next()
            .ok_or_else(|| fail("it has no header line".into()))?
            .map_err(|e| fail(e.to_string()))?;
        let mut positions = Vec::new();
        for join in joins {
            let mut found =
                header.iter().enumerate().filter(|(_, name)| *name == join.column).map(|(i, _)| i);
            match (found.next(), found.next()) {
                (Some(i), None) => positions.push(i),
                (None, _) => return Err(fail(format!("it has no column `{}`", join.column))),
                _ => return Err(fail(format!("the column `{}` is there twice", join.column))),
            }
        }
        let others: Vec<usize> = (0..header.len()).filter(|i| !positions.contains(i)).collect();
        let comparison = |join: &TableJoin| {
            let numeric = |key: &str| matches!(metadata.data_type(key), DataType::Integer | DataType::Float);
            if numeric(&join.column) && numeric(&join.key) {
                Comparison::Numeric
            } else if case_insensitive {
                Comparison::CaseInsensitive
            } else {
                Comparison::CaseSensitive
            }
        };
        let mut table = Self {
            joins: joins.iter().map(|j| (j.key.clone(), comparison(j))).collect(),
            keys: others.iter().map(|&i| header[i].to_string()).collect(),
            rows: Vec::new(),
        };
        for (line, record) in records.enumerate() {
            let record = record.map_err(|e| fail(e.to_string()))?;
            if record.len() < header.len() {
                let (number, found, wanted) = (line + 2, record.len(), header.len());
                return Err(fail(format!("line {number} has {found} values where the header has {wanted}")));
            }
            let pick = |places: &[usize]| places.iter().map(|&i| record[i].to_string()).collect();
            table.rows.push((pick(&positions), pick(&others)));
        }
        // A stable sort from the last row on puts the last of equal rows first.
        table.rows.reverse();
        let comparisons: Vec<Comparison> = table.joins.iter().map(|(_, c)| *c).collect();
        table.rows.sort_by(|(a, _), (b, _)| compare(&comparisons, a, b));
        Ok(table)
    }

    /// Returns the names of the columns that are not joined.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(String::as_str)
    }

    /// Returns what the row that matches `metadata` says.
    pub fn find(&self, metadata: &BTreeMap<String, String>) -> Vec<(String, String)> {
        let wanted: Option<Vec<String>> =
            self.joins.iter().map(|(key, _)| metadata.get(key).cloned()).collect();
        let Some(wanted) = wanted else { return Vec::new() };
        let comparisons: Vec<Comparison> = self.joins.iter().map(|(_, c)| *c).collect();
        let at = self.rows.partition_point(|(row, _)| compare(&comparisons, row, &wanted).is_lt());
        match self.rows.get(at) {
            Some((row, values)) if compare(&comparisons, row, &wanted).is_eq() => {
                self.keys.iter().cloned().zip(values.iter().cloned()).collect()
            }
            _ => Vec::new(),
        }
    }
}

fn compare(comparisons: &[Comparison], a: &[String], b: &[String]) -> Ordering {
    let pairs = comparisons.iter().zip(a.iter().zip(b));
    pairs.map(|(c, (a, b))| c.compare(a, b)).find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
}
