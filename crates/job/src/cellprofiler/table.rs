//! A table that CellProfiler wrote, as records and back: every cell comes out as it went in.

use csv::{ReaderBuilder, StringRecord};
use measurements::tables::{IMAGE_NUMBER, OBJECT_NUMBER};
use measurements::{Kind, PythonFloat, Record, Relationship, Value, Values};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What CellProfiler's users choose as delimiters.
const DELIMITERS: [char; 6] = [',', '\t', ';', '|', ':', ' '];

/// Features that are text, whatever they look like.
const TEXTS: [&str; 6] = ["Metadata_", "FileName_", "PathName_", "URL_", "MD5Digest_", "ImageSet_"];

/// What the merge must know of a table beside its rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct TableNote {
    /// Where it is, below the output.
    pub path: String,
    pub delimiter: char,
    pub content: Content,
    /// The names of columns; before them those of their objects, where several stand side by side.
    pub header: Vec<Vec<String>>,
    /// The narrowest kind that holds all values of a column.
    #[serde(with = "kinds")]
    pub kinds: Vec<Kind>,
    /// The image sets that have rows.
    pub image_sets: BTreeSet<usize>,
    /// The rows of the run's own table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<(String, String)>,
}

/// What a table has a row for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Content {
    Images,
    Objects,
    Relationships,
    Experiment,
}

/// A table with its rows.
pub(super) struct Table {
    pub note: TableNote,
    rows: Vec<StringRecord>,
}

impl TableNote {
    /// Returns a name for each column that no other has.
    pub fn columns(&self) -> Vec<String> {
        let names = self.header.last().map_or(&[][..], Vec::as_slice);
        let mut columns: Vec<String> = match self.header.as_slice() {
            [objects, _] => {
                objects.iter().zip(names).map(|(object, name)| format!("{object}_{name}")).collect()
            }
            _ => names.to_vec(),
        };
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for name in &mut columns {
            let times = seen.entry(name.clone()).or_default();
            *times += 1;
            if *times > 1 {
                *name = format!("{name}_{times}");
            }
        }
        columns
    }
}

impl Table {
    /// Reads a file, if it is one of the tables that ExportToSpreadsheet writes.
    pub fn read(path: &str, text: &str) -> Option<Self> {
        DELIMITERS.iter().find_map(|&delimiter| {
            let rows = |text| {
                let mut reader = ReaderBuilder::new();
                reader.has_headers(false).flexible(true).delimiter(delimiter as u8);
                reader.from_reader(str::as_bytes(text)).into_records()
            };
            let head: Vec<StringRecord> = rows(text).take(2).collect::<Result<_, _>>().ok()?;
            let (content, headers) = content(&head)?;
            let mut all: Vec<StringRecord> = rows(text).collect::<Result<_, _>>().ok()?;
            let header: Vec<Vec<String>> =
                all.drain(..headers).map(|row| row.iter().map(String::from).collect()).collect();
            let width = header[0].len();
            if header.iter().any(|row| row.len() != width) || all.iter().any(|row| row.len() != width) {
                return None;
            }
            let mut note = TableNote {
                path: path.to_string(),
                delimiter,
                content,
                header,
                kinds: Vec::new(),
                image_sets: BTreeSet::new(),
                rows: Vec::new(),
            };
            if content == Content::Experiment {
                note.rows = all.drain(..).map(|row| (row[0].to_string(), row[1].to_string())).collect();
            }
            note.kinds = kinds_of(&note, &all);
            let number = note.number_column()?;
            note.image_sets = all.iter().filter_map(|row| row[number].parse().ok()).collect();
            Some(Self { note, rows: all })
        })
    }

    /// Adds the rows to the records of their image sets.
    ///
    /// # Errors
    /// Which row is of no image set that was wanted.
    pub fn add_to(&self, records: &mut BTreeMap<usize, Record>) -> Result<(), String> {
        let Some(column) = self.note.number_column() else { return Ok(()) };
        let columns = self.note.columns();
        let mut rows = self.rows.as_slice();
        while let Some(first) = rows.first() {
            let number = &first[column];
            let count = rows.iter().take_while(|row| row[column] == *number).count();
            let (these, others) = rows.split_at(count);
            rows = others;
            let record = number.parse().ok().and_then(|number: usize| records.get_mut(&number));
            let record = record.ok_or_else(|| {
                format!(
                    "CellProfiler's table `{}` has a row of image set {number}, which it was not to run",
                    self.note.path
                )
            })?;
            match self.note.content {
                Content::Images => these.iter().for_each(|row| self.add_image(row, record)),
                Content::Objects => self.add_objects(&columns, these, record),
                Content::Relationships => these.iter().try_for_each(|row| add_pair(row, record))?,
                Content::Experiment => {}
            }
        }
        Ok(())
    }

    fn add_image(&self, row: &StringRecord, record: &mut Record) {
        for (name, cell) in self.note.header[0].iter().zip(row) {
            if name != IMAGE_NUMBER && !cell.is_empty() {
                record.image.insert(name.clone(), value(name, cell));
            }
        }
    }

    fn add_objects(&self, columns: &[String], rows: &[StringRecord], record: &mut Record) {
        let features = record.objects.entry(self.note.path.clone()).or_default();
        for (i, name) in columns.iter().enumerate().skip(1) {
            let cells = rows.iter().map(|row| value(name, &row[i]));
            features.insert(name.clone(), values(cells.collect(), rows.iter().map(|row| &row[i])));
        }
    }
}

impl TableNote {
    fn number_column(&self) -> Option<usize> {
        let names = self.header.last()?;
        match self.content {
            Content::Relationships => Some(4),
            Content::Experiment => Some(0),
            _ => names.iter().position(|name| name == IMAGE_NUMBER),
        }
    }
}

/// Tells a table by its first rows; returns how many of them are its header.
fn content(head: &[StringRecord]) -> Option<(Content, usize)> {
    let first = head.first()?;
    let objects = |row: &StringRecord| row.get(0) == Some(IMAGE_NUMBER) && row.get(1) == Some(OBJECT_NUMBER);
    if objects(first) {
        return Some((Content::Objects, 1));
    }
    if first.get(0) == Some("Image") && head.get(1).is_some_and(objects) {
        return Some((Content::Objects, 2));
    }
    if first.iter().eq(["Key", "Value"]) {
        return Some((Content::Experiment, 1));
    }
    if first.len() == 9 && first.iter().take(3).eq(["Module", "Module Number", "Relationship"]) {
        return Some((Content::Relationships, 1));
    }
    first.iter().any(|name| name == IMAGE_NUMBER).then_some((Content::Images, 1))
}

/// Adds a row of a table of relationships.
fn add_pair(row: &StringRecord, record: &mut Record) -> Result<(), String> {
    let number =
        |i: usize| row[i].parse().map_err(|_| format!("`{}` is no number of a relationship", &row[i]));
    let pair: [u32; 4] = [number(4)?, number(5)?, number(7)?, number(8)?];
    let module: u32 = number(1)?;
    let relationship = Relationship {
        module: module as usize,
        relationship: row[2].to_string(),
        first: row[3].to_string(),
        second: row[6].to_string(),
        pairs: Vec::new(),
    };
    let same = |known: &&mut Relationship| {
        (known.module, &known.relationship, &known.first, &known.second)
            == (relationship.module, &relationship.relationship, &relationship.first, &relationship.second)
    };
    match record.relationships.iter_mut().find(same) {
        Some(known) => known.pairs.push(pair),
        None => record.relationships.push(Relationship { pairs: vec![pair], ..relationship }),
    }
    Ok(())
}

/// Returns a cell as the narrowest value that is written as it is.
fn value(name: &str, cell: &str) -> Value {
    if TEXTS.iter().any(|start| name.starts_with(start)) {
        return Value::Text(cell.to_string());
    }
    if let Some(integer) = cell.parse::<i64>().ok().filter(|integer| integer.to_string() == cell) {
        return Value::Integer(integer);
    }
    match cell.parse::<f64>() {
        Ok(float) if PythonFloat(float).to_string() == cell => Value::Float(float),
        _ => Value::Text(cell.to_string()),
    }
}

/// Returns a value as its cell was.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::Integer(value) => value.to_string(),
        Value::Float(value) => PythonFloat(*value).to_string(),
        Value::Text(value) => value.clone(),
    }
}

/// Returns the cells of a column in one kind.
fn values<'c>(found: Vec<Value>, cells: impl Iterator<Item = &'c str>) -> Values {
    let integers = found.iter().map(|v| if let Value::Integer(v) = v { Some(*v) } else { None });
    if let Some(integers) = integers.collect() {
        return Values::Integers(integers);
    }
    let floats = found.iter().map(|v| if let Value::Float(v) = v { Some(*v) } else { None });
    match floats.collect() {
        Some(floats) => Values::Floats(floats),
        None => Values::Texts(cells.map(String::from).collect()),
    }
}

fn kinds_of(note: &TableNote, rows: &[StringRecord]) -> Vec<Kind> {
    let names = note.columns();
    let mut kinds = vec![Kind::Integer; names.len()];
    for (i, name) in names.iter().enumerate() {
        if TEXTS.iter().any(|start| name.starts_with(start)) {
            kinds[i] = Kind::Text;
        }
        for cell in rows.iter().map(|row| &row[i]).filter(|cell| !cell.is_empty() && *cell != "nan") {
            kinds[i] = wider(
                kinds[i],
                match value(name, cell) {
                    Value::Integer(_) => Kind::Integer,
                    Value::Float(_) => Kind::Float,
                    Value::Text(_) => Kind::Text,
                },
            );
        }
    }
    kinds
}

/// Returns the kind that holds the values of both.
pub(super) fn wider(a: Kind, b: Kind) -> Kind {
    match (a, b) {
        (Kind::Text, _) | (_, Kind::Text) => Kind::Text,
        (Kind::Float, _) | (_, Kind::Float) => Kind::Float,
        _ => Kind::Integer,
    }
}

/// Kinds as letters: `ift`.
mod kinds {
    use measurements::Kind;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(kinds: &[Kind], serializer: S) -> Result<S::Ok, S::Error> {
        let letter = |kind: &Kind| match kind {
            Kind::Integer => 'i',
            Kind::Float => 'f',
            Kind::Text => 't',
        };
        serializer.serialize_str(&kinds.iter().map(letter).collect::<String>())
    }

    pub fn deserialize<'d, D: Deserializer<'d>>(deserializer: D) -> Result<Vec<Kind>, D::Error> {
        let kind = |letter| match letter {
            'i' => Ok(Kind::Integer),
            'f' => Ok(Kind::Float),
            't' => Ok(Kind::Text),
            other => Err(D::Error::custom(format!("`{other}` is no kind of a column"))),
        };
        String::deserialize(deserializer)?.chars().map(kind).collect()
    }
}
