use crate::tables::{IMAGE_NUMBER, OBJECT_NUMBER};
use crate::{Column, EXPERIMENT, IMAGE, Kind, PythonFloat, Record, Value, Values};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A table whose columns have one type each: one row an image set, or an object of one set.
#[derive(Clone, Debug, PartialEq)]
pub struct TypedTable {
    name: String,
    object: String,
    columns: Vec<(String, Kind)>,
}

/// A value in the type of its column.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell<'r> {
    /// Nothing was measured.
    Missing,
    /// A whole number.
    Integer(i64),
    /// A float, NaN where CellProfiler has NaN.
    Float(f64),
    /// Text.
    Text(Cow<'r, str>),
}

/// A value that its column cannot hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{value}` of image set {image_number} does not fit the column {column} of {table}, which holds {kind:?}"
)]
pub struct Misfit {
    /// The value.
    pub value: String,
    /// Its image set.
    pub image_number: usize,
    /// The column.
    pub column: String,
    /// The table.
    pub table: String,
    /// What the column holds.
    pub kind: Kind,
}

impl TypedTable {
    /// Returns the tables of all measurements: of image sets first, then of each object set by name.
    pub fn all(columns: &[Column]) -> Vec<Self> {
        let mut tables: BTreeMap<&str, BTreeMap<&str, Kind>> = BTreeMap::new();
        tables.entry(IMAGE).or_default();
        for column in columns.iter().filter(|column| column.object != EXPERIMENT) {
            let features = tables.entry(&column.object).or_default();
            if ![IMAGE_NUMBER, OBJECT_NUMBER].contains(&column.feature.as_str()) {
                features.insert(&column.feature, column.kind);
            }
        }
        let table = |(object, features): (&str, BTreeMap<&str, Kind>)| {
            // An engine may name a table's file.
            let name = object.rsplit_once('.').map_or(object, |(stem, _)| stem).replace('/', "_");
            let columns = features.into_iter().map(|(name, kind)| (name.to_string(), kind)).collect();
            Self { name, object: object.to_string(), columns }
        };
        let (images, objects): (Vec<_>, Vec<_>) =
            tables.into_iter().partition(|(object, _)| *object == IMAGE);
        images.into_iter().chain(objects).map(table).collect()
    }

    /// Returns the name: `Image`, or that of the object set.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns whether a row is an object.
    pub fn is_of_objects(&self) -> bool {
        self.object != IMAGE
    }

    /// Returns name and kind of the columns: the numbers of image set and object first.
    pub fn columns(&self) -> impl Iterator<Item = (&str, Kind)> {
        let object = self.is_of_objects().then_some((OBJECT_NUMBER, Kind::Integer));
        let own = self.columns.iter().map(|(name, kind)| (name.as_str(), *kind));
        std::iter::once((IMAGE_NUMBER, Kind::Integer)).chain(object).chain(own)
    }

    /// Returns the rows of an image set.
    ///
    /// # Errors
    /// When a value does not fit its column.
    pub fn rows<'r>(&self, record: &'r Record) -> Result<Vec<Vec<Cell<'r>>>, Misfit> {
        let number = Cell::Integer(record.image_number as i64);
        let fit = |cell, column: &(String, Kind)| self.fit(cell, column, record.image_number);
        if !self.is_of_objects() {
            let cells = self.columns.iter().map(|column| fit(of_value(record.image.get(&column.0)), column));
            return Ok(vec![std::iter::once(Ok(number)).chain(cells).collect::<Result<_, _>>()?]);
        }
        let Some(features) = record.objects.get(&self.object) else { return Ok(Vec::new()) };
        let count = features.values().map(Values::len).max().unwrap_or(0);
        let values: Vec<Option<&Values>> = self.columns.iter().map(|(name, _)| features.get(name)).collect();
        let row = |i: usize| {
            let numbers = [Ok(number.clone()), Ok(Cell::Integer(i as i64 + 1))];
            let cells = self.columns.iter().zip(&values).map(|(column, v)| fit(of_values(*v, i), column));
            numbers.into_iter().chain(cells).collect()
        };
        (0..count).map(row).collect()
    }

    fn fit<'r>(
        &self,
        cell: Cell<'r>,
        (column, kind): &(String, Kind),
        image_number: usize,
    ) -> Result<Cell<'r>, Misfit> {
        let misfit = |value: String| {
            let (column, table) = (column.clone(), self.name.clone());
            Misfit { value, image_number, column, table, kind: *kind }
        };
        let whole = |v: f64| v.fract() == 0.0 && v.abs() < 9e15;
        Ok(match (cell, kind) {
            (Cell::Missing, _) => Cell::Missing,
            (Cell::Integer(v), Kind::Float) => Cell::Float(v as f64),
            (Cell::Integer(v), Kind::Text) => Cell::Text(v.to_string().into()),
            (Cell::Float(v), Kind::Text) => Cell::Text(PythonFloat(v).to_string().into()),
            (Cell::Float(v), Kind::Integer) if v.is_nan() => Cell::Missing,
            (Cell::Float(v), Kind::Integer) if whole(v) => Cell::Integer(v as i64),
            // Null stands for NaN in some tables of CellProfiler's.
            (Cell::Text(v), Kind::Integer | Kind::Float) if ["", "nan"].contains(&&*v) => Cell::Missing,
            (Cell::Text(v), Kind::Integer) => v.parse().map(Cell::Integer).map_err(|_| misfit(v.into()))?,
            (Cell::Text(v), Kind::Float) => v.parse().map(Cell::Float).map_err(|_| misfit(v.into()))?,
            (Cell::Float(v), Kind::Integer) => return Err(misfit(PythonFloat(v).to_string())),
            (cell @ Cell::Integer(_), Kind::Integer)
            | (cell @ Cell::Float(_), Kind::Float)
            | (cell @ Cell::Text(_), Kind::Text) => cell,
        })
    }
}

fn of_value(value: Option<&Value>) -> Cell<'_> {
    match value {
        None => Cell::Missing,
        Some(Value::Integer(v)) => Cell::Integer(*v),
        Some(Value::Float(v)) => Cell::Float(*v),
        Some(Value::Text(v)) => Cell::Text(v.into()),
    }
}

fn of_values(values: Option<&Values>, i: usize) -> Cell<'_> {
    let cell = match values {
        None => None,
        Some(Values::Integers(v)) => v.get(i).map(|v| Cell::Integer(*v)),
        Some(Values::Floats(v)) => v.get(i).map(|v| Cell::Float(*v)),
        Some(Values::Texts(v)) => v.get(i).map(|v| Cell::Text(v.into())),
    };
    cell.unwrap_or(Cell::Missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_have_the_kinds_of_their_columns() {
        let columns = [
            Column::float(IMAGE, "Count_Nuclei"),
            Column::text(IMAGE, "Metadata_Well"),
            Column::integer("Nuclei", "Number_Object_Number"),
            Column::float("Nuclei", "AreaShape_Area"),
            Column::text(EXPERIMENT, "Run_Timestamp"),
        ];
        let tables = TypedTable::all(&columns);
        assert_eq!(tables.iter().map(TypedTable::name).collect::<Vec<_>>(), ["Image", "Nuclei"]);
        let names: Vec<&str> = tables[1].columns().map(|(name, _)| name).collect();
        assert_eq!(names, ["ImageNumber", "ObjectNumber", "AreaShape_Area", "Number_Object_Number"]);
        let mut record = Record::new(7);
        record.image_integer("Count_Nuclei", 2);
        record.object_floats("Nuclei", "AreaShape_Area", vec![1.5, f64::NAN]);
        record.object_floats("Nuclei", "Number_Object_Number", vec![1.0]);
        let number = Cell::Integer(7);
        assert_eq!(tables[0].rows(&record).unwrap(), [[number.clone(), Cell::Float(2.0), Cell::Missing]]);
        let rows = tables[1].rows(&record).unwrap();
        assert_eq!(rows[0], [number, Cell::Integer(1), Cell::Float(1.5), Cell::Integer(1)]);
        assert_eq!(rows[1][3], Cell::Missing);
        assert!(matches!(rows[1][2], Cell::Float(v) if v.is_nan()));
    }

    #[test]
    fn a_value_that_would_be_lost_is_an_error() {
        let table = &TypedTable::all(&[Column::integer(IMAGE, "Count")])[0];
        let mut record = Record::new(1);
        record.image_float("Count", 1.5);
        assert_eq!(table.rows(&record).unwrap_err().value, "1.5");
        record.image_text("Count", "many");
        assert_eq!(table.rows(&record).unwrap_err().value, "many");
        record.image_text("Count", "nan");
        assert_eq!(table.rows(&record).unwrap()[0][1], Cell::Missing);
    }
}
