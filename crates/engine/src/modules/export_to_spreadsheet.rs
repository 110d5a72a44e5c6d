//! Writes the measurements as tables of delimited text, at the end of the run.

mod exporter;
mod gct;
mod layout;
mod selection;
mod sheet;
mod upgrade;

use crate::aggregates::Aggregate;
use crate::{Declaration, Kind, Module, RecordSink, RunError, RunFacts, Scope, Upstream, Workspace};
use cppipe::{Problem, Settings};
use exporter::Exporter;
use gct::GctName;
use imageset::Folder;
use measurements::tables::Missing;
use measurements::{EXPERIMENT, IMAGE};
use selection::Selection;

/// The module as the pipeline knows it.
pub const KIND: Kind = Kind {
    name: "ExportToSpreadsheet",
    former_names: &[],
    newest_revision: 13,
    summary: "Writes measurements as .csv tables",
    read: |module| Ok(Box::new(ExportToSpreadsheet::read(module)?)),
};

/// The table of the relationships of objects.
const RELATIONSHIPS: &str = "Object relationships";

/// The settings of ExportToSpreadsheet.
#[derive(Clone, Debug, PartialEq)]
struct ExportToSpreadsheet {
    delimiter: Delimiter,
    folder: Folder,
    prefix: Option<String>,
    overwrite: bool,
    add_metadata: bool,
    add_file_names: bool,
    selection: Option<Selection>,
    aggregates: Vec<Aggregate>,
    missing: Missing,
    gct: Option<GctName>,
    tables: Tables,
}

/// What lies between two fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Delimiter {
    Comma,
    Tab,
    Other(char),
}

impl Delimiter {
    fn char(self) -> char {
        match self {
            Self::Comma => ',',
            Self::Tab => '\t',
            Self::Other(c) => c,
        }
    }

    fn extension(self) -> &'static str {
        if self == Self::Comma { "csv" } else { "txt" }
    }
}

/// Which tables are written.
#[derive(Clone, Debug, PartialEq)]
enum Tables {
    /// Image, Experiment and one for each object set.
    All,
    /// These.
    These(Vec<TableChoice>),
}

/// One table to be written.
#[derive(Clone, Debug, PartialEq)]
struct TableChoice {
    data: Data,
    /// The file's name, with metadata tags; `None` is the name of the data.
    file_name: Option<String>,
}

/// What a table holds.
#[derive(Clone, Debug, PartialEq)]
enum Data {
    Image,
    Experiment,
    Relationships,
    /// One object set, or several side by side.
    Objects(Vec<String>),
}

impl Data {
    fn name(&self) -> &str {
        match self {
            Self::Image => IMAGE,
            Self::Experiment => EXPERIMENT,
            Self::Relationships => RELATIONSHIPS,
            Self::Objects(names) => names.first().map_or("", String::as_str),
        }
    }
}

const FOLDER: &str = "Output file location";
const DATA: &str = "Data to export";

impl ExportToSpreadsheet {
    fn read(module: &cppipe::Module) -> Result<Self, Vec<Problem>> {
        let values = module.settings.iter().map(|s| s.value.clone()).collect();
        let mut s = Settings::upgraded(module, upgrade::upgrade(module.revision, values));
        let delimiter = Self::read_delimiter(&mut s);
        let add_metadata = s.yes("Add image metadata columns to your object data file?");
        let add_file_names = s.yes("Add image file and folder names to your object data file?");
        let select = s.yes("Select the measurements to export");
        let mut aggregates = Vec::new();
        for aggregate in [Aggregate::Mean, Aggregate::Median, Aggregate::StDev] {
            if s.yes(aggregate.question()) {
                aggregates.push(aggregate);
            }
        }
        let folder = Self::read_folder(&mut s);
        let gct = GctName::read(&mut s);
        let everything = s.yes("Export all measurement types?");
        let chosen = s.text("Press button to select measurements");
        let missing =
            s.choice("Representation of Nan/Inf", &[("NaN", Missing::Nan), ("Null", Missing::Null)]);
        let has_prefix = s.yes("Add a prefix to file names?");
        let prefix = s.text("Filename prefix");
        let overwrite = s.yes("Overwrite existing files without warning?");
        let listed = Self::read_tables(&mut s);
        let tables = if everything { Tables::All } else { Tables::These(listed) };
        s.finish(Self {
            delimiter,
            folder,
            prefix: has_prefix.then_some(prefix),
            overwrite,
            add_metadata,
            add_file_names,
            selection: select.then(|| Selection::parse(&chosen)),
            aggregates,
            missing,
            gct,
            tables,
        })
    }

    fn read_delimiter(s: &mut Settings<'_>) -> Delimiter {
        const LABEL: &str = "Select the column delimiter";
        let answer = s.text(LABEL);
        let mut chars = answer.chars();
        match (answer.as_str(), chars.next(), chars.next()) {
            ("Comma (\",\")", ..) => Delimiter::Comma,
            ("Tab", ..) => Delimiter::Tab,
            (_, Some(c), None) => Delimiter::Other(c),
            _ => {
                s.problem(LABEL, format!("`{answer}` is not Comma (\",\"), Tab or a single character"), None);
                Delimiter::Comma
            }
        }
    }

    fn read_folder(s: &mut Settings<'_>) -> Folder {
        let answer = s.text(FOLDER);
        Folder::parse(&answer).unwrap_or_else(|| {
            let near = cppipe::nearest(answer.split('|').next().unwrap_or(""), Folder::base_names());
            s.problem(FOLDER, format!("`{answer}` does not start with a known folder"), near);
            Folder { base: imageset::FolderBase::Output, path: String::new() }
        })
    }

    /// Reads the list of tables; objects that say so go into the table of the objects before them.
    fn read_tables(s: &mut Settings<'_>) -> Vec<TableChoice> {
        let mut tables: Vec<TableChoice> = Vec::new();
        while s.left() > 0 {
            let name = s.text(DATA);
            let combine = s.yes("Combine these object measurements with those of the previous object?");
            let file_name = s.text("File name");
            let automatic = s.yes("Use the object name for the file name?");
            let data = match name.as_str() {
                IMAGE => Data::Image,
                EXPERIMENT => Data::Experiment,
                RELATIONSHIPS => Data::Relationships,
                _ => Data::Objects(vec![name.clone()]),
            };
            match (&data, tables.last_mut()) {
                (Data::Objects(_), Some(TableChoice { data: Data::Objects(before), .. })) if combine => {
                    before.push(name);
                }
                _ => tables.push(TableChoice { data, file_name: (!automatic).then_some(file_name) }),
            }
        }
        tables
    }

    /// Returns the tables to write, given the measurements that are made.
    fn tables(&self, columns: &[measurements::Column]) -> Vec<TableChoice> {
        match &self.tables {
            Tables::These(tables) => tables.clone(),
            Tables::All => {
                let mut names: Vec<&str> = columns.iter().map(|c| c.object.as_str()).collect();
                names.extend([IMAGE, EXPERIMENT]);
                names.sort_unstable();
                names.dedup();
                let data = |name| match name {
                    IMAGE => Data::Image,
                    EXPERIMENT => Data::Experiment,
                    _ => Data::Objects(vec![name.to_string()]),
                };
                names.into_iter().map(|name| TableChoice { data: data(name), file_name: None }).collect()
            }
        }
    }
}

impl Module for ExportToSpreadsheet {
    fn declare(&self, upstream: &Upstream) -> Declaration {
        let mut declaration =
            Declaration { scope: Scope::ImageSet, ends_record: true, ..Declaration::default() };
        for table in self.tables(&upstream.columns) {
            if let (Data::Objects(names), Tables::These(_)) = (&table.data, &self.tables) {
                declaration.needs.extend(names.iter().map(|n| crate::Need::objects(n, DATA)));
            }
            let name = table
                .file_name
                .unwrap_or_else(|| format!("{}.{}", table.data.name(), self.delimiter.extension()));
            declaration.files.push(format!("{}{name}", self.prefix.as_deref().unwrap_or("")));
        }
        declaration
    }

    fn run(&self, _workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        Ok(())
    }

    fn record_sink<'a>(&'a self, run: RunFacts<'a>) -> Result<Option<Box<dyn RecordSink + 'a>>, RunError> {
        Ok(Some(Box::new(Exporter::new(self, run)?)))
    }
}
