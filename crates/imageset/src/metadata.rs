//! CellProfiler's Metadata: what file names, folders, tables and headers say of images.

mod extract;
mod import;
mod upgrade;

pub(crate) use extract::{Extractor, is_well_column, is_well_row};

use crate::images::rule;
use crate::literal::{Join, parse_joins};
use crate::{Comparison, Folder, Pattern, Rule, Subject};
use cppipe::{Module, Problem, Settings};
use std::collections::BTreeMap;

/// Settings of CellProfiler's Metadata module.
#[derive(Clone, Debug)]
pub struct Metadata {
    /// Whether metadata are asked for. CellProfiler runs the methods even where they are not, but then promises
    /// nothing of them and reads no headers.
    pub wanted: bool,
    /// What each key's values are, where that is chosen for each; `None` takes all for text.
    pub types: Option<BTreeMap<String, DataType>>,
    /// The methods in order.
    pub methods: Vec<Method>,
}

/// What the values of a key are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataType {
    /// Text.
    Text,
    /// Whole numbers.
    Integer,
    /// Floats.
    Float,
    /// Left out of what the module promises.
    None,
}

/// A way to come by metadata, and for which files.
#[derive(Clone, Debug)]
pub struct Method {
    /// The way.
    pub source: Source,
    /// The files that it is for; `None` is all.
    pub filter: Option<Rule>,
}

/// Where metadata come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// An expression on the file's name.
    FileName(Pattern),
    /// An expression on the folder's path.
    FolderName(Pattern),
    /// A table.
    Table {
        /// The folder it is in.
        folder: Folder,
        /// Its name.
        file: String,
        /// Which of its columns belong to which keys.
        joins: Vec<TableJoin>,
        /// Whether case does not count when values are matched.
        case_insensitive: bool,
    },
    /// The files' headers.
    Headers,
}

/// A column of a table and the key that it is matched with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableJoin {
    /// The column's name.
    pub column: String,
    /// The images' key.
    pub key: String,
}

#[derive(Clone, Copy)]
enum Way {
    Names,
    Table,
    Headers,
}

const WAY: &str = "Metadata extraction method";
const WAYS: [(&str, Way); 3] = [
    ("Extract from file/folder names", Way::Names),
    ("Import from file", Way::Table),
    ("Extract from image file headers", Way::Headers),
];
/// Keys that are numbers whatever their type is said to be.
const NUMERIC: [&str; 9] = ["T", "Z", "SizeC", "SizeT", "SizeZ", "SizeX", "SizeY", "Series", "Frame"];
/// Names of groups that CellProfiler keeps for itself.
const RESERVED: [&str; 8] = ["C", "T", "Z", "ColorFormat", "ChannelName", "Series", "Frame", "File_Location"];

impl Metadata {
    /// The newest revision of the settings.
    pub const REVISION: u32 = 6;

    /// Reads the settings of any revision.
    ///
    /// An expression that does not compile is a problem where metadata are asked for; elsewhere its method is left
    /// out, as in CellProfiler.
    ///
    /// # Errors
    /// All that is wrong with them.
    pub fn read(module: &Module) -> Result<Self, Vec<Problem>> {
        let values = module.settings.iter().map(|s| s.value.clone()).collect();
        let mut settings = Settings::upgraded(module, upgrade::upgrade(values, module.revision));
        let wanted = settings.yes("Extract metadata?");
        let choose = settings.choice("Metadata data type", &[("Text", false), ("Choose for each", true)]);
        let types = settings.text("Metadata types");
        let types = if choose { data_types(&mut settings, &types) } else { None };
        let count = settings.number("Extraction method count");
        let mut methods = Vec::new();
        for _ in 0..count {
            if settings.left() == 0 {
                settings.problem(
                    WAY,
                    format!("{count} methods are announced, {} are there", methods.len()),
                    None,
                );
                break;
            }
            methods.extend(method(&mut settings, wanted));
        }
        settings.finish(Self { wanted, types, methods })
    }

    /// Returns whether the files' headers are read.
    pub fn reads_headers(&self) -> bool {
        self.wanted && self.methods.iter().any(|m| matches!(m.source, Source::Headers))
    }

    /// Returns what the values of `key` are.
    pub fn data_type(&self, key: &str) -> DataType {
        if NUMERIC.contains(&key) {
            return DataType::Integer;
        }
        self.types.as_ref().map_or(DataType::Text, |t| t.get(key).copied().unwrap_or(DataType::Text))
    }

    /// Returns what kind of column `key` is written as: numbers are numbers only where types are chosen for each.
    pub(crate) fn column_type(&self, key: &str) -> DataType {
        if self.types.is_some() { self.data_type(key) } else { DataType::Text }
    }

    /// Returns how values of `key` are compared.
    pub(crate) fn comparison(&self, key: &str) -> Comparison {
        match self.data_type(key) {
            _ if !self.wanted => Comparison::CaseSensitive,
            DataType::Integer | DataType::Float => Comparison::Numeric,
            _ if self.ignores_case(key) => Comparison::CaseInsensitive,
            _ => Comparison::CaseSensitive,
        }
    }

    fn ignores_case(&self, key: &str) -> bool {
        self.methods.iter().any(|method| match &method.source {
            Source::Table { joins, case_insensitive: true, .. } => {
                joins.iter().any(|j| j.column == key || j.key == key)
            }
            _ => false,
        })
    }
}

fn method(settings: &mut Settings<'_>, wanted: bool) -> Option<Method> {
    const FILE: &str = "Regular expression to extract from file name";
    const FOLDER: &str = "Regular expression to extract from folder name";
    let way = settings.choice(WAY, &WAYS);
    let from_file = settings.choice("Metadata source", &[("File name", true), ("Folder name", false)]);
    let file_pattern = settings.text(FILE);
    let folder_pattern = settings.text(FOLDER);
    let choices = [("All images", false), ("Images matching a rule", true)];
    let filtered = settings.choice("Extract metadata from", &choices);
    let filter = if filtered {
        rule(settings, "Select the filtering criteria", Subject::Files)
    } else {
        settings.skip(1);
        None
    };
    let folder = settings.text("Metadata file location");
    let joins = settings.text("Match file and image metadata");
    let case_insensitive = settings.text("Use case insensitive matching?") == "Yes";
    let file = settings.text("Metadata file name");
    settings.skip(1);
    let source = match way {
        Way::Headers => Source::Headers,
        Way::Names if from_file => Source::FileName(pattern(settings, FILE, &file_pattern, wanted)?),
        Way::Names => Source::FolderName(pattern(settings, FOLDER, &folder_pattern, wanted)?),
        Way::Table => table(settings, &folder, file, &joins, case_insensitive, wanted)?,
    };
    Some(Method { source, filter })
}

fn pattern(settings: &mut Settings<'_>, label: &str, text: &str, wanted: bool) -> Option<Pattern> {
    match Pattern::new(text) {
        Ok(pattern) => {
            let reserved = pattern
                .names()
                .find(|n| RESERVED.iter().any(|r| r.eq_ignore_ascii_case(n)))
                .map(String::from);
            if let Some(name) = reserved.filter(|_| wanted) {
                let message =
                    format!("the name `{name}` of a group is kept by CellProfiler for itself: take another");
                settings.problem(label, message, None);
            }
            Some(pattern)
        }
        Err(error) => {
            if wanted {
                settings.problem(label, error.to_string(), None);
            }
            None
        }
    }
}

fn table(
    settings: &mut Settings<'_>,
    folder: &str,
    file: String,
    joins: &str,
    case_insensitive: bool,
    wanted: bool,
) -> Option<Source> {
    let folder = Folder::parse(folder);
    if folder.is_none() && wanted {
        settings.problem(
            "Metadata file location",
            "the folder is not one that CellProfiler knows".into(),
            None,
        );
    }
    let table_join = |join: &Join| {
        let side = |name: &str| join.get(name).cloned().flatten();
        Some(TableJoin { column: side("CSV Metadata")?, key: side("Image Metadata")? })
    };
    let joins: Option<Vec<TableJoin>> =
        parse_joins(joins).and_then(|joins| joins.iter().map(table_join).collect());
    if joins.is_none() && wanted {
        let message = "the answer does not say which columns and keys belong together".into();
        settings.problem("Match file and image metadata", message, None);
    }
    Some(Source::Table { folder: folder?, file, joins: joins?, case_insensitive })
}

fn data_types(settings: &mut Settings<'_>, text: &str) -> Option<BTreeMap<String, DataType>> {
    let parsed: Option<BTreeMap<String, String>> = parse_flat_json(text);
    let Some(parsed) = parsed else {
        settings.problem("Metadata types", format!("`{text}` does not say which key has which type"), None);
        return None;
    };
    let meaning = |name: &str| match name {
        "integer" => DataType::Integer,
        "float" => DataType::Float,
        "none" => DataType::None,
        _ => DataType::Text,
    };
    Some(parsed.into_iter().map(|(key, name)| (key, meaning(&name))).collect())
}

/// Reads a JSON object whose values are all text.
fn parse_flat_json(text: &str) -> Option<BTreeMap<String, String>> {
    // JSON's texts are texts of Python too, and so is an object of them.
    let joins = parse_joins(&format!("[{text}]"))?;
    let [join] = joins.as_slice() else { return None };
    join.iter().map(|(key, value)| Some((key.clone(), value.clone()?))).collect()
}
