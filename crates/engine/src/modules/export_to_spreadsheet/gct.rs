use cppipe::Settings;
use measurements::tables::ImageTable;
use measurements::{Delimited, Kind, Value};
use std::io::{self, Write};

/// What names a row of the GenePattern table.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum GctName {
    /// This feature of the image set.
    Feature(String),
    /// The file name of this image.
    FileOf(String),
}

impl GctName {
    /// Reads the four settings of GenePattern's table; `None` when it is not wanted.
    pub(super) fn read(s: &mut Settings<'_>) -> Option<Self> {
        let wanted = s.yes("Create a GenePattern GCT file?");
        let by_metadata =
            s.choice("Select source of sample row name", &[("Metadata", true), ("Image filename", false)]);
        let image = s.text("Select the image to use as the identifier");
        let feature = s.text("Select the metadata to use as the identifier");
        wanted.then_some(if by_metadata { Self::Feature(feature) } else { Self::FileOf(image) })
    }

    fn find(&self, names: &[&str]) -> Option<usize> {
        names.iter().position(|name| match self {
            Self::Feature(feature) => name == feature,
            Self::FileOf(image) => name.starts_with(&format!("FileName_{image}")),
        })
    }
}

/// Features that are no measurements for GenePattern begin with these.
const IGNORED: [&str; 13] = [
    "FileName_",
    "PathName_",
    "ImageNumber",
    "Group_Number",
    "Group_Index",
    "Description_",
    "ModuleError_",
    "TimeElapsed_",
    "ExecutionTime_",
    "URL",
    "MD5Digest",
    "Scaling",
    "Height",
];

fn is_ignored(feature: &str) -> bool {
    feature.starts_with("Width") || IGNORED.iter().any(|i| feature.starts_with(i))
}

/// GenePattern's table of image sets (GCT 1.2): name, description (the first path) and the measurements.
#[derive(Clone, Debug)]
pub(super) struct Gct {
    /// Places in the image table, names and kinds.
    measured: Vec<(usize, String, Kind)>,
    count: usize,
    /// The places of what fills the first two columns; without both there are no rows.
    identity: Option<[usize; 2]>,
}

impl Gct {
    /// Lays out the table by the columns of the image table.
    pub(super) fn new(name: &GctName, table: &ImageTable) -> Self {
        let columns: Vec<(usize, &str, Kind)> = table.columns().collect();
        let names: Vec<&str> = columns.iter().map(|c| c.1).collect();
        let count = columns.iter().filter(|c| !is_ignored(c.1) || table.is_aggregate(c.0)).count();
        let path = names.iter().position(|n| n.starts_with("PathName_"));
        let identity = name.find(&names).zip(path).map(|(a, b)| [columns[a].0, columns[b].0]);
        let measured = columns.iter().filter(|c| !is_ignored(c.1));
        Self { measured: measured.map(|&(i, n, k)| (i, n.to_string(), k)).collect(), count, identity }
    }

    pub(super) fn header<W: Write>(&self, out: &mut Delimited<W>, image_sets: usize) -> io::Result<()> {
        out.texts(["#1.2"])?;
        out.integer(image_sets as i64);
        out.integer(self.count as i64);
        out.end_row()?;
        out.texts(["NAME", "Description"].into_iter().chain(self.measured.iter().map(|(_, n, _)| n.as_str())))
    }

    pub(super) fn row<W: Write>(
        &self,
        out: &mut Delimited<W>,
        table: &ImageTable,
        values: &[Option<Value>],
    ) -> io::Result<()> {
        let Some(identity) = self.identity else { return Ok(()) };
        identity.iter().for_each(|&i| write_field(out, values[i].as_ref(), Kind::Text));
        for (i, _, kind) in &self.measured {
            match &values[*i] {
                None if table.is_aggregate(*i) => out.float(f64::NAN),
                value => write_field(out, value.as_ref(), *kind),
            }
        }
        out.end_row()
    }

    /// Returns the table's file name, given the image table's.
    pub(super) fn path(image_table: &str) -> String {
        let lower = image_table.to_lowercase();
        if lower.ends_with(".csv") || lower.ends_with("txt") {
            format!("{}gct", &image_table[..image_table.len() - 3])
        } else {
            image_table.to_string()
        }
    }
}

/// Writes a value; of binary data, which `b'…'` marks, CellProfiler writes the first byte alone.
fn write_field<W: Write>(out: &mut Delimited<W>, value: Option<&Value>, kind: Kind) {
    match value {
        None => out.text(""),
        Some(Value::Text(text)) => match text.strip_prefix("b'").and_then(first_byte) {
            Some(byte) => out.integer(byte),
            None => out.text(text),
        },
        Some(value) => out.value(value, kind),
    }
}

/// Returns the first byte of what is written in base64.
fn first_byte(base64: &str) -> Option<i64> {
    let six = |c: u8| match c {
        b'A'..=b'Z' => Some(i64::from(c - b'A')),
        b'a'..=b'z' => Some(i64::from(c - b'a') + 26),
        b'0'..=b'9' => Some(i64::from(c - b'0') + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let bytes = base64.as_bytes();
    Some(six(*bytes.first()?)? << 2 | six(*bytes.get(1)?)? >> 4)
}
