use super::{IMAGE_NUMBER, Missing, OBJECT_NUMBER};
use crate::{Column, Delimited, IMAGE, Kind, Record, Value, Values};
use std::io::{self, Write};

/// The table of one object set, or of several side by side: one row an object.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectTable {
    objects: Vec<String>,
    columns: Vec<ObjectColumn>,
    missing: Missing,
}

/// A column of an [`ObjectTable`].
#[derive(Clone, Debug, PartialEq)]
pub enum ObjectColumn {
    /// A feature of the image set, the same in every row.
    Image(Column),
    /// A feature of the objects.
    Object(Column),
}

/// The values of a column in the rows of one image set.
enum Cells<'r> {
    Image(i64),
    Number,
    Same(Option<&'r Value>, Kind),
    Each(Option<&'r Values>, Kind),
}

impl ObjectTable {
    /// Returns the table of `objects` with `columns` after the image's and the object's number.
    pub fn new(objects: Vec<String>, columns: Vec<ObjectColumn>, missing: Missing) -> Self {
        Self { objects, columns, missing }
    }

    /// Returns the names of the object sets.
    pub fn objects(&self) -> &[String] {
        &self.objects
    }

    /// Writes the header: one row of feature names, with a row of object names above when there are several objects.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn header<W: Write>(&self, out: &mut Delimited<W>) -> io::Result<()> {
        let own = self.columns.iter().map(|c| match c {
            ObjectColumn::Image(c) | ObjectColumn::Object(c) => (c.object.as_str(), c.feature.as_str()),
        });
        let first = self.objects.first().map_or("", String::as_str);
        let names = [(IMAGE, IMAGE_NUMBER), (first, OBJECT_NUMBER)].into_iter().chain(own);
        if self.objects.len() > 1 {
            out.texts(names.clone().map(|n| n.0))?;
        }
        out.texts(names.map(|n| n.1))
    }

    /// Writes the rows of an image set: as many as its greatest `Count_` of the objects says.
    ///
    /// An object set that has fewer objects, and a feature that was not measured, give NaN. An image set with a count
    /// that is missing has no rows.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn rows<W: Write>(&self, out: &mut Delimited<W>, record: &Record) -> io::Result<()> {
        let cells: Vec<Cells<'_>> = self.cells(record);
        for i in 0..self.count(record) {
            cells.iter().for_each(|c| self.cell(out, c, i));
            out.end_row()?;
        }
        Ok(())
    }

    fn cells<'r>(&self, record: &'r Record) -> Vec<Cells<'r>> {
        let own = self.columns.iter().map(|c| match c {
            ObjectColumn::Image(c) => Cells::Same(record.image.get(&c.feature), c.kind),
            ObjectColumn::Object(c) => Cells::Each(record.object(&c.object, &c.feature), c.kind),
        });
        [Cells::Image(record.image_number as i64), Cells::Number].into_iter().chain(own).collect()
    }

    fn count(&self, record: &Record) -> usize {
        let mut greatest = 0.0_f64;
        for object in &self.objects {
            match record.image.get(&format!("Count_{object}")) {
                Some(Value::Integer(v)) => greatest = greatest.max(*v as f64),
                Some(Value::Float(v)) if !v.is_nan() => greatest = greatest.max(*v),
                _ => return 0,
            }
        }
        greatest as usize
    }

    fn cell<W: Write>(&self, out: &mut Delimited<W>, cells: &Cells<'_>, i: usize) {
        match cells {
            Cells::Image(number) => out.integer(*number),
            Cells::Number => out.integer(i as i64 + 1),
            Cells::Same(None, _) => out.text(""),
            Cells::Same(Some(Value::Float(v)), _) => self.float(out, *v),
            Cells::Same(Some(value), kind) => out.value(value, *kind),
            Cells::Each(Some(Values::Floats(v)), _) if i < v.len() => self.float(out, v[i]),
            Cells::Each(Some(Values::Integers(v)), Kind::Float) if i < v.len() => out.float(v[i] as f64),
            Cells::Each(Some(Values::Integers(v)), _) if i < v.len() => out.integer(v[i]),
            Cells::Each(Some(Values::Texts(v)), _) if i < v.len() => out.text(&v[i]),
            Cells::Each(..) => self.float(out, f64::NAN),
        }
    }

    fn float<W: Write>(&self, out: &mut Delimited<W>, value: f64) {
        if self.missing == Missing::Null && !value.is_finite() {
            out.text("");
        } else {
            out.float(value);
        }
    }
}
