use crate::{Kind, PythonFloat, Value};
use std::fmt::Display;
use std::io::{self, Write};

/// Writes rows as Python's `csv.writer` does: a field is quoted when it holds the delimiter, a quote or an end of line,
/// or when it is empty and alone in its row; rows end with `\r\n`.
pub struct Delimited<W: Write> {
    out: W,
    delimiter: char,
    row: Vec<u8>,
    fields: usize,
}

impl<W: Write> Delimited<W> {
    /// Starts at the first row of `out`.
    pub fn new(out: W, delimiter: char) -> Self {
        Self { out, delimiter, row: Vec::new(), fields: 0 }
    }

    /// Adds a field of text to the row.
    pub fn text(&mut self, field: &str) {
        self.separate();
        let special = |c| c == self.delimiter || matches!(c, '"' | '\r' | '\n');
        if field.contains(special) {
            self.row.push(b'"');
            for (i, part) in field.split('"').enumerate() {
                if i > 0 {
                    self.row.extend_from_slice(b"\"\"");
                }
                self.row.extend_from_slice(part.as_bytes());
            }
            self.row.push(b'"');
        } else {
            self.row.extend_from_slice(field.as_bytes());
        }
    }

    /// Adds a whole number to the row.
    pub fn integer(&mut self, field: i64) {
        self.plain(field);
    }

    /// Adds a float to the row, with the digits that Python would write.
    pub fn float(&mut self, field: f64) {
        self.plain(PythonFloat(field));
    }

    /// Adds a value to the row, in the kind its column has: CellProfiler stores a column as one type, so that a whole
    /// number among floats is written as a float.
    pub fn value(&mut self, field: &Value, kind: Kind) {
        match (field, kind) {
            (Value::Integer(v), Kind::Float) => self.float(*v as f64),
            (Value::Integer(v), _) => self.integer(*v),
            (Value::Float(v), _) => self.float(*v),
            (Value::Text(v), _) => self.text(v),
        }
    }

    fn plain(&mut self, field: impl Display) {
        self.separate();
        let before = self.row.len();
        write!(self.row, "{field}").expect("memory takes every write");
        // Who asks for a digit or a point as delimiter gets numbers in quotes, as from Python.
        if !self.delimiter.is_alphanumeric() && !matches!(self.delimiter, '.' | '-' | '+') {
            return;
        }
        let written = String::from_utf8_lossy(&self.row[before..]).into_owned();
        if written.contains(self.delimiter) {
            self.row.truncate(before);
            self.row.extend_from_slice(format!("\"{written}\"").as_bytes());
        }
    }

    fn separate(&mut self) {
        if self.fields > 0 {
            let mut buffer = [0; 4];
            self.row.extend_from_slice(self.delimiter.encode_utf8(&mut buffer).as_bytes());
        }
        self.fields += 1;
    }

    /// Ends the row.
    ///
    /// # Errors
    /// When the rows cannot be written.
    pub fn end_row(&mut self) -> io::Result<()> {
        if self.fields == 1 && self.row.is_empty() {
            self.row.extend_from_slice(b"\"\"");
        }
        self.row.extend_from_slice(b"\r\n");
        self.out.write_all(&self.row)?;
        self.row.clear();
        self.fields = 0;
        Ok(())
    }

    /// Writes a row of texts.
    ///
    /// # Errors
    /// When the rows cannot be written.
    pub fn texts<'t>(&mut self, fields: impl IntoIterator<Item = &'t str>) -> io::Result<()> {
        fields.into_iter().for_each(|f| self.text(f));
        self.end_row()
    }

    /// Returns what the rows were written to.
    pub fn into_inner(self) -> W {
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_where_python_quotes_them() {
        let rows: [&[&str]; 5] = [
            &["plain", "with space", " leading", "#hash", "it's"],
            &["a,b", "say \"hi\"", "line\nbreak", "carriage\rreturn", "tab\there"],
            &["", "", "x", "", "µm"],
            &[""],
            &["b'eJwz'", "-1", "1.5", "nan", "C:\\folder"],
        ];
        let expected: [(char, &[u8]); 2] = [
            (',', include_bytes!("../tests/golden/delimited.csv")),
            ('\t', include_bytes!("../tests/golden/delimited.txt")),
        ];
        for (delimiter, bytes) in expected {
            let mut out = Delimited::new(Vec::new(), delimiter);
            for row in rows {
                out.texts(row.iter().copied()).expect("memory");
            }
            assert_eq!(out.into_inner(), bytes);
        }
    }

    #[test]
    fn a_number_that_holds_the_delimiter_is_quoted() {
        let mut out = Delimited::new(Vec::new(), '.');
        out.integer(1);
        out.float(1.5);
        out.end_row().expect("memory");
        assert_eq!(out.into_inner(), b"1.\"1.5\"\r\n");
    }
}
