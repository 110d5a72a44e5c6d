use crate::{Cell, InputError};
use flate2::read::MultiGzDecoder;
use std::io::Read;

/// A table of image sets as LoadData reads it: columns with a type each, and rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// The columns' names, `Image_` taken away from those of files.
    pub columns: Vec<String>,
    /// The columns' types: what all values of a column are, over the whole table.
    pub types: Vec<ColumnType>,
    /// The rows that count.
    pub rows: Vec<Vec<String>>,
}

/// What the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// Whole numbers of 32 bits.
    Integer,
    /// Floats.
    Float,
    /// Text.
    Text,
}

const FILE_CATEGORIES: [&str; 6] =
    ["PathName", "FileName", "URL", "ObjectsFileName", "ObjectsPathName", "ObjectsURL"];

impl Table {
    /// Reads a table (`.csv`, or the same compressed by gzip); `rows` are the first and last row that count, from 1.
    ///
    /// Types come from all rows, as in CellProfiler: a column of `01` and `2` is of whole numbers and loses its zeros,
    /// unless it is the column of a well.
    ///
    /// # Errors
    /// When the bytes are no table, or a row has fewer values than there are columns.
    pub fn read(location: &str, bytes: &[u8], rows: Option<(usize, usize)>) -> Result<Self, InputError> {
        let fail = |reason: String| InputError::Table { location: location.to_string(), reason };
        let mut unpacked = Vec::new();
        let text = if bytes.starts_with(&[0x1f, 0x8b]) {
            // A table of a plate is a few megabytes: more than a gigabyte is a mistake.
            let mut reader = MultiGzDecoder::new(bytes).take(1 << 30);
            reader.read_to_end(&mut unpacked).map_err(|e| fail(format!("it is not gzip: {e}")))?;
            unpacked.as_slice()
        } else {
            bytes
        };
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text);
        let mut records = reader.records();
        let header =
            records.next().ok_or_else(|| fail("it is empty".into()))?.map_err(|e| fail(e.to_string()))?;
        let columns: Vec<String> = header.iter().map(column_name).collect();
        let mut types: Vec<ColumnType> = columns.iter().map(|name| first_type(name)).collect();
        let mut kept = Vec::new();
        for (i, record) in records.enumerate() {
            let record = record.map_err(|e| fail(e.to_string()))?;
            for (kind, value) in types.iter_mut().zip(&record) {
                *kind = kind.with(value);
            }
            if rows.is_some_and(|(first, last)| i + 1 < first || i + 1 > last) {
                continue;
            }
            // What a line has more than the header is passed over, but not where rows are chosen.
            if record.len() < columns.len() || rows.is_some() && record.len() > columns.len() {
                let line = record.position().map_or(i as u64 + 2, csv::Position::line);
                let (found, wanted) = (record.len(), columns.len());
                return Err(fail(format!("line {line} has {found} values where the header has {wanted}")));
            }
            kept.push(record.iter().take(columns.len()).map(String::from).collect());
        }
        Ok(Self { columns, types, rows: kept })
    }

    /// Returns the place of a column.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| c == name)
    }

    /// Returns a value by the type of its column.
    pub fn cell(&self, row: usize, column: usize) -> Cell {
        let text = self.rows[row][column].as_str();
        let cell = match self.types[column] {
            ColumnType::Integer => integer(text).map(Cell::Integer),
            ColumnType::Float => float(text).map(Cell::Float),
            ColumnType::Text => None,
        };
        cell.unwrap_or_else(|| Cell::Text(text.to_string()))
    }
}

fn column_name(header: &str) -> String {
    let file = header.strip_prefix("Image_").filter(|rest| {
        FILE_CATEGORIES.iter().any(|c| rest.strip_prefix(c).is_some_and(|r| r.starts_with('_')))
    });
    file.unwrap_or(header).to_string()
}

/// A column of files, or of a well's column, is text whatever it holds.
fn first_type(name: &str) -> ColumnType {
    let of_well = name
        .strip_prefix("Metadata_")
        .and_then(|rest| rest.split('_').next())
        .is_some_and(crate::metadata::is_well_column);
    if of_well || FILE_CATEGORIES.iter().any(|c| name.starts_with(c)) {
        ColumnType::Text
    } else {
        ColumnType::Integer
    }
}

impl ColumnType {
    /// The type of a column of this type that holds `value` too.
    fn with(self, value: &str) -> Self {
        let of_value = match integer(value) {
            Some(v) if i32::try_from(v).is_ok() => Self::Integer,
            Some(_) => Self::Text,
            None if float(value).is_some() => Self::Float,
            None => Self::Text,
        };
        match (self, of_value) {
            (Self::Text, _) | (_, Self::Text) => Self::Text,
            (Self::Float, _) | (_, Self::Float) => Self::Float,
            _ => Self::Integer,
        }
    }
}

/// Reads a whole number as Python's `int`: spaces around it, a sign, and `_` between digits are fine.
pub(crate) fn integer(text: &str) -> Option<i64> {
    let text = digits_joined(text.trim())?;
    // One sign at the most: `+` may stand before digits only, which `parse` alone does not say.
    let signed = text.strip_prefix(['+', '-']).unwrap_or(&text);
    signed.starts_with(|c: char| c.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// Reads a float as Python's `float`.
pub(crate) fn float(text: &str) -> Option<f64> {
    let text = digits_joined(text.trim())?;
    let lower = text.trim_start_matches(['+', '-']).to_ascii_lowercase();
    let named = matches!(lower.as_str(), "nan" | "inf" | "infinity");
    let begins = lower.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    (named || begins).then(|| text.parse().ok()).flatten()
}

/// Takes out underscores, which Python allows between digits only.
fn digits_joined(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let digit = |i: Option<usize>| i.and_then(|i| bytes.get(i)).is_some_and(u8::is_ascii_digit);
    let fine = |i: usize| bytes[i] != b'_' || (digit(i.checked_sub(1)) && digit(Some(i + 1)));
    (0..bytes.len()).all(fine).then(|| text.replace('_', ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Table {
        Table::read("t.csv", text.as_bytes(), None).expect("a table")
    }

    #[test]
    fn a_column_is_of_what_all_its_values_are() {
        let t = table("A,B,C,D,Metadata_WellCol,Image_FileName_X\n01,1,x,3000000000,01,7\n2,1.5,2,1,2,8\n");
        use ColumnType::{Float, Integer, Text};
        assert_eq!(t.types, [Integer, Float, Text, Text, Text, Text]);
        assert_eq!(t.columns[5], "FileName_X");
        assert_eq!(t.cell(0, 0), Cell::Integer(1));
        assert_eq!(t.cell(0, 1), Cell::Float(1.0));
        assert_eq!(t.cell(0, 4), Cell::Text("01".into()));
    }

    #[test]
    fn numbers_have_one_sign_at_the_most() {
        let t = table("A,B,C\n+15,++15,+-1\n-2,2,3\n");
        assert_eq!(t.types, [ColumnType::Integer, ColumnType::Text, ColumnType::Text]);
        assert_eq!(t.cell(0, 0), Cell::Integer(15));
    }

    #[test]
    fn types_come_from_all_rows_also_from_those_that_do_not_count() {
        let t = Table::read("t.csv", b"A\n1\n2\nx\n", Some((1, 2))).expect("a table");
        assert_eq!((t.types[0], t.rows.len()), (ColumnType::Text, 2));
    }

    #[test]
    fn quotes_empty_lines_and_where_all_rows_count_long_ones_are_fine_and_short_rows_are_not() {
        let t = table("A,B\n\"x,\"\"y\",1,too many\n\n");
        assert_eq!(t.rows, [["x,\"y", "1"]]);
        assert!(Table::read("t.csv", b"A,B\n1,2,too many\n", Some((1, 1))).is_err());
        let error = Table::read("t.csv", b"A,B\n1,2\n3\n", None).expect_err("a short row");
        assert_eq!(
            error.to_string(),
            "cannot use the table `t.csv`: line 3 has 1 values where the header has 2"
        );
    }

    #[test]
    fn numbers_are_read_as_python_reads_them() {
        assert_eq!(
            ["+5", " 1_000 ", "-3", "1.0", "1__0", "+-1", ""].map(integer),
            [Some(5), Some(1000), Some(-3), None, None, None, None]
        );
        assert_eq!(
            ["1e5", ".5", "-inf", "x", "+-1", "infinit"].map(float),
            [Some(1e5), Some(0.5), Some(f64::NEG_INFINITY), None, None, None]
        );
    }

    #[test]
    fn a_compressed_table_is_a_table() {
        use std::io::Write;
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packed.write_all(b"A\n1\n").expect("memory takes it");
        let bytes = packed.finish().expect("memory takes it");
        assert_eq!(Table::read("t.csv.gz", &bytes, None).expect("a table").rows, [["1"]]);
    }
}
