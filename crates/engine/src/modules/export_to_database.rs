//! Writes the measurements into a SQLite database, or as tables and a script for MySQL, with files that tell CellProfiler Analyst about it.

mod column_names;
mod database;
mod mysql;
mod properties;
mod schema;
mod settings;
mod thumbnail;
mod upgrade;
mod values;
mod workspace_file;

use crate::aggregates::Aggregate;
use crate::{Declaration, Kind, Module, Need, RecordSink, RunError, RunFacts, Upstream, Workspace};
use database::Database;
use imageset::Folder;
use measurements::{Column, IMAGE};
use workspace_file::Plot;

/// The module as the pipeline knows it.
pub const KIND: Kind = Kind {
    name: "ExportToDatabase",
    former_names: &[],
    newest_revision: 28,
    summary: "Writes measurements into a SQLite database, or as tables and a script for MySQL",
    read: |module| Ok(Box::new(ExportToDatabase::read(module)?)),
};

/// The settings of ExportToDatabase.
#[derive(Clone, Debug, PartialEq)]
struct ExportToDatabase {
    file: String,
    /// The MySQL server that is to have the tables, if not a file of SQLite's.
    server: Option<MySql>,
    folder: Folder,
    /// What the names of tables begin with.
    prefix: String,
    experiment: String,
    overwrite: Overwrite,
    aggregates: Vec<Aggregate>,
    objects: Objects,
    tables: ObjectTables,
    /// The most characters that a column's name may have.
    longest_name: usize,
    relationships: bool,
    thumbnails: Option<Thumbnails>,
    /// Whose places stand for those of all objects in one table.
    location_objects: String,
    writes_properties: bool,
    properties: Properties,
    plots: Option<Vec<Plot>>,
}

/// A MySQL server and a database on it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct MySql {
    database: String,
    host: String,
    user: String,
    password: String,
}

/// What becomes of tables that are there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Overwrite {
    /// They stay and nothing is done.
    Never,
    /// They keep their columns, and rows of other image sets.
    Data,
    /// They are made anew.
    All,
}

/// Which object sets have tables.
#[derive(Clone, Debug, PartialEq)]
enum Objects {
    All,
    None,
    These(Vec<String>),
}

impl Objects {
    fn any(&self) -> bool {
        *self != Self::None
    }

    fn has(&self, object: &str) -> bool {
        match self {
            Self::All => true,
            Self::None => false,
            Self::These(names) => names.iter().any(|name| name == object),
        }
    }
}

/// How objects are spread over tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ObjectTables {
    /// A table for each object set.
    Each,
    /// One table with all object sets side by side.
    One,
    /// A table for each, and a view of them side by side.
    View,
}

/// Of which images thumbnails are kept.
#[derive(Clone, Debug, PartialEq)]
struct Thumbnails {
    images: Vec<String>,
    stretched: bool,
}

/// What the properties file says beyond tables and columns.
#[derive(Clone, Debug, PartialEq)]
struct Properties {
    /// What image paths are to begin with.
    address: Option<String>,
    plate_type: Option<String>,
    plate: Option<String>,
    well: Option<String>,
    /// The images that are listed; `None` for all that have files.
    images: Option<Vec<ImageChoice>>,
    class_table: String,
    classifies_images: bool,
    /// Name and columns of each group.
    groups: Vec<(String, String)>,
    filters: Option<Filters>,
}

/// An image of the properties file.
#[derive(Clone, Debug, PartialEq)]
struct ImageChoice {
    image: String,
    /// What it is shown as, if not by its own name.
    name: Option<String>,
    colour: String,
}

impl ImageChoice {
    fn shown(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.image.clone())
    }
}

/// Selections of image sets.
#[derive(Clone, Debug, PartialEq)]
struct Filters {
    of_plates: bool,
    /// Name and condition of each.
    own: Vec<(String, String)>,
}

impl ExportToDatabase {
    /// Returns the full path of a file; `per_image_set` if its folder may depend on metadata, which are the last image
    /// set's.
    fn path(&self, run: &RunFacts<'_>, name: &str, per_image_set: bool) -> String {
        let set = run.image_sets.last().filter(|_| per_image_set);
        let folder = self.folder.resolve(&run.folders.input, &run.folders.output, set);
        if name.starts_with('/') { name.into() } else { format!("{}/{name}", folder.trim_end_matches('/')) }
    }

    /// Returns the name of the file that is written in any case: the database, or the script that makes it.
    fn written_file(&self) -> String {
        if self.server.is_some() { format!("{}_SETUP.SQL", self.base_name()) } else { self.file.clone() }
    }

    /// Returns what the names of the files for CellProfiler Analyst begin with.
    fn base_name(&self) -> String {
        let start = self.file.rfind('/').map_or(0, |at| at + 1);
        let dot = self.file[start..].rfind('.').filter(|&at| at > 0);
        let name = match &self.server {
            Some(server) => &server.database,
            None => dot.map_or(self.file.as_str(), |at| &self.file[..start + at]),
        };
        let prefix = self.prefix.strip_suffix('_').unwrap_or(&self.prefix);
        if self.prefix.is_empty() { name.into() } else { format!("{name}_{prefix}") }
    }

    /// Notes how many channels the images have, which the properties file says.
    fn note_channels(workspace: &mut Workspace<'_>) {
        let here = workspace.images.iter().map(|(name, image)| (name, image.shape().channels));
        let gone = workspace.channels_of_gone.iter().map(|(name, n)| (name, *n));
        let (names, channels) = here.chain(gone).map(|(name, n)| (name.clone(), n as i64)).unzip();
        let object = workspace.record.objects.entry(properties::CHANNELS_OBJECT.into()).or_default();
        object.insert(properties::CHANNEL_IMAGES.into(), measurements::Values::Texts(names));
        object.insert(properties::CHANNELS.into(), measurements::Values::Integers(channels));
    }
}

impl Module for ExportToDatabase {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let images = self.thumbnails.as_ref().map_or(&[][..], |t| t.images.as_slice());
        let mut needs: Vec<Need> =
            images.iter().map(|name| Need::image(name, settings::THUMBNAIL_IMAGES)).collect();
        if let Objects::These(names) = &self.objects {
            needs.extend(names.iter().map(|name| Need::objects(name, settings::OBJECTS)));
        }
        let mut files = vec![self.written_file()];
        if self.writes_properties {
            files.push(format!("{}.properties", self.base_name()));
        }
        if self.plots.is_some() {
            files.push(format!("{}.workspace", self.base_name()));
        }
        Declaration {
            needs,
            columns: images.iter().map(|name| Column::text(IMAGE, format!("Thumbnail_{name}"))).collect(),
            files,
            ends_record: true,
            ..Declaration::default()
        }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        if let Some(Thumbnails { images, stretched }) = &self.thumbnails {
            for name in images {
                let image = workspace.image(name)?;
                let text = thumbnail::thumbnail(&image, name, *stretched)?;
                workspace.record.image_text(format!("Thumbnail_{name}"), text);
            }
        }
        if self.writes_properties {
            Self::note_channels(workspace);
        }
        Ok(())
    }

    fn record_sink<'a>(&'a self, run: RunFacts<'a>) -> Result<Option<Box<dyn RecordSink + 'a>>, RunError> {
        Ok(Some(Box::new(Database::new(self, run)?)))
    }
}
