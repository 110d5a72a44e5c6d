use cppipe::PythonFloat;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// One image set: the files that are measured together, its number and its group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ImageSet {
    /// `ImageNumber`, from 1, as CellProfiler gives it after grouping.
    pub number: usize,
    /// `Group_Number`, from 1.
    pub group_number: usize,
    /// `Group_Index`: place in the group, from 1.
    pub group_index: usize,
    /// `Group_Length`.
    pub group_length: usize,
    /// The images and objects to load, in the order of the input module.
    pub channels: Vec<Channel>,
    /// `Metadata_…` without the prefix.
    pub metadata: BTreeMap<String, String>,
    /// Every column that the input modules write for the image set before its images are loaded, but for its number
    /// and group: `FileName_…`, `URL_…`, `Metadata_…` by their type, a table's own.
    pub columns: Vec<(String, Cell)>,
}

/// A value of a column that the input module writes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    /// A whole number.
    Integer(i64),
    /// A float.
    Float(#[serde(with = "any_float")] f64),
    /// Text.
    Text(String),
}

impl fmt::Display for Cell {
    /// Writes the value as Python's `str` does: `1.0`, `1e-05`, `nan`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(v) => write!(f, "{v}"),
            Self::Text(v) => f.write_str(v),
            Self::Float(v) => PythonFloat(*v).fmt(f),
        }
    }
}

impl ImageSet {
    /// Returns the values of metadata keys by which image sets are grouped; `None` where there is none.
    pub fn group_values(&self, keys: &[String]) -> Vec<String> {
        keys.iter().map(|key| self.metadata.get(key).cloned().unwrap_or_else(|| "None".into())).collect()
    }
}

/// One image, or set of objects, of an image set: where it is and how it is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Channel {
    /// The name other modules call it by.
    pub name: String,
    /// What it is to be.
    pub role: Role,
    /// Where the file is: a path, or a URL (`file:`, `http:`, `s3:` …).
    pub location: String,
    /// `FileName_` as written to the tables.
    pub file_name: String,
    /// `PathName_` as written to the tables.
    pub path_name: String,
    /// `URL_` as written to the tables.
    pub url: String,
    /// `Series_`: which image of a file of several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<usize>,
    /// `Frame_`: which plane (CellProfiler's index); `None` reads the file without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame: Option<usize>,
    /// Which channel of an interleaved or planar colour file, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colour_channel: Option<usize>,
    /// The planes of a volume, or the channels of a colour image that are planes of their own, by their file and index
    /// in it; empty when the image is one plane.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub planes: Vec<(String, Option<usize>)>,
    /// Relative pixel spacing in z, y, x; `None` when flat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spacing: Option<[f64; 3]>,
    /// How file values become [0, 1].
    pub rescale: Rescale,
}

/// What a file's pixels are taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Grey; colour is turned to grey.
    Grayscale,
    /// Colour; grey is tripled.
    Color,
    /// Grey or colour, whatever the file holds.
    AsStored,
    /// True where not zero.
    Mask,
    /// Labels.
    Objects,
    /// An illumination function: values as they are in the file.
    Illumination,
}

/// How file values become [0, 1].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rescale {
    /// By the scale in the file's metadata, else by its type.
    Metadata,
    /// By the type that the values are stored in.
    BitDepth,
    /// By this value.
    Manual(f64),
    /// Not at all.
    Off,
}

/// Floats in JSON, which has no NaN and no infinity: these are texts.
mod any_float {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        if value.is_finite() {
            serializer.serialize_f64(*value)
        } else {
            serializer.serialize_str(&value.to_string())
        }
    }

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Number(f64),
        Text(String),
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        match Written::deserialize(deserializer)? {
            Written::Number(value) => Ok(value),
            Written::Text(text) => text.parse().map_err(D::Error::custom),
        }
    }
}
