//! The properties file of CellProfiler Analyst: where it finds tables, columns and images.

use super::schema::{NUMBER, Schema};
use super::{ExportToDatabase, ImageChoice, MySql, ObjectTables, Objects};
use crate::{RunFacts, timestamp};
use measurements::IMAGE;
use measurements::tables::{IMAGE_NUMBER, OBJECT_NUMBER};

/// The file's text as CellProfiler 4.2.8 writes it, with `{names}` where something is to be put in.
const TEMPLATE: &str = include_str!("properties.txt");

/// Where a record holds the number of channels of each image, as CellProfiler's measurements do.
pub(super) const CHANNELS_OBJECT: &str = "ExportToDb";
/// The numbers of channels.
pub(super) const CHANNELS: &str = "ExportToDb_Channels";
/// The names of the images that [`CHANNELS`] are of.
pub(super) const CHANNEL_IMAGES: &str = "ExportToDb_Images";

const COLOURS: [&str; 7] = ["red", "green", "blue", "cyan", "magenta", "yellow", "gray"];

/// A properties file.
pub(super) struct PropertiesFile {
    /// Whose: `Object` where one table holds all objects.
    pub(super) object: String,
    pub(super) name: String,
    pub(super) text: String,
}

impl PropertiesFile {
    /// Returns the properties, each once, with the last value that it is given.
    pub(super) fn properties(&self) -> Vec<(String, String)> {
        let mut found: Vec<(String, String)> = Vec::new();
        for line in self.text.split('\n').map(str::trim).filter(|l| !l.starts_with('#')) {
            let Some((key, value)) = line.split_once('=') else { continue };
            let (key, value) = (key.trim(), value.trim().to_string());
            match found.iter_mut().find(|(known, _)| known == key) {
                Some((_, known)) => *known = value,
                None => found.push((key.into(), value)),
            }
        }
        found
    }
}

/// What is known once the image sets are done; nothing before.
#[derive(Default)]
pub(super) struct Seen {
    /// Name and number of channels of images.
    pub(super) channels: Vec<(String, usize)>,
    /// The object sets that were measured.
    pub(super) objects: Vec<String>,
}

impl Seen {
    fn channels_of(&self, image: &str) -> usize {
        self.channels.iter().find(|(name, _)| name == image).map_or(1, |(_, n)| *n)
    }
}

/// Returns the properties files: one, or one for each object set where these have tables of their own.
pub(super) fn files(
    module: &ExportToDatabase,
    run: &RunFacts<'_>,
    schema: &Schema<'_>,
    seen: &Seen,
) -> Vec<PropertiesFile> {
    let each = module.objects.any() && module.tables == ObjectTables::Each;
    let objects: Vec<Option<String>> = match &module.objects {
        Objects::These(names) if each => names.iter().cloned().map(Some).collect(),
        _ if each => seen.objects.iter().cloned().map(Some).collect(),
        _ => vec![None],
    };
    let own = |object: &Option<String>| {
        let name = match object {
            Some(object) => format!("{}_{object}.properties", module.base_name()),
            None => format!("{}.properties", module.base_name()),
        };
        PropertiesFile {
            object: match object {
                Some(object) => object.clone(),
                None if module.objects.any() => "Object".into(),
                None => "None".into(),
            },
            name,
            text: text(module, run, schema, seen, object.as_deref()),
        }
    };
    objects.iter().map(own).collect()
}

/// Returns where CellProfiler Analyst finds the database.
fn database(module: &ExportToDatabase, run: &RunFacts<'_>) -> String {
    match &module.server {
        None => {
            let file = module.path(run, &module.file, false);
            format!("db_type         = sqlite\ndb_sqlite_file  = {file}")
        }
        Some(MySql { database, host, user, password }) => format!(
            "db_type      = mysql\ndb_port      = 3306\ndb_host      = {host}\ndb_name      = {database}\n\
             db_user      = {user}\ndb_passwd    = {password}"
        ),
    }
}

fn text(
    module: &ExportToDatabase,
    run: &RunFacts<'_>,
    schema: &Schema<'_>,
    seen: &Seen,
    object: Option<&str>,
) -> String {
    let of_image = |what: &str| {
        let what = what.to_string();
        move |name: &String| format!("{IMAGE}_{what}_{name}")
    };
    let images = Images::new(module, run, seen);
    let listed = |what: &str| images.files.iter().map(of_image(what)).collect::<Vec<_>>().join(",");
    let thumbnails: Vec<String> = images.thumbnails.iter().map(of_image("Thumbnail")).collect();
    let channels: Vec<String> = images.channels.iter().map(usize::to_string).collect();
    let image_table = schema.table(IMAGE);
    let metadata =
        |key: &Option<String>| key.as_ref().map_or(String::new(), |k| format!("{IMAGE}_Metadata_{k}"));
    let (table, id, whose) = match object {
        Some(object) => (schema.table(object), format!("{object}_{NUMBER}"), object),
        None if module.objects.any() => {
            (schema.table("Object"), OBJECT_NUMBER.to_string(), module.location_objects.as_str())
        }
        None => Default::default(),
    };
    let center = |axis: char| match whose {
        "" => String::new(),
        whose => format!("{whose}_Location_Center_{axis}"),
    };
    let volumetric = run.image_sets.iter().any(|set| set.channels.iter().any(|c| c.spacing.is_some()));
    let properties = &module.properties;
    let values = [
        ("date", timestamp::date(run.started)),
        ("db_info", database(module, run)),
        ("spot_tables", image_table.clone()),
        ("cell_tables", table),
        ("unique_id", IMAGE_NUMBER.into()),
        ("object_id", id),
        ("plate_id", metadata(&properties.plate)),
        ("well_id", metadata(&properties.well)),
        ("cell_x_loc", center('X')),
        ("cell_y_loc", center('Y')),
        ("cell_z_loc", center('Z')),
        ("image_path_cols", listed("PathName")),
        ("image_file_cols", listed("FileName")),
        ("image_thumbnail_cols", thumbnails.join(",")),
        ("image_names_csl", images.names.join(",")),
        ("image_channel_colors", images.colours.join(",")),
        ("channels_per_image", channels.join(",")),
        ("image_url", properties.address.clone().unwrap_or_default()),
        ("group_statements", groups(module, &image_table)),
        ("filter_statements", filters(module, run, &image_table)),
        ("plate_type", properties.plate_type.clone().unwrap_or_default()),
        ("classification_type", if properties.classifies_images { "image".into() } else { String::new() }),
        ("class_table", format!("{}{}", schema.prefix, properties.class_table)),
        ("process_3D", if volumetric { "True".into() } else { "False".into() }),
    ];
    let put_in = |text: String, (name, value): (&str, String)| text.replace(&format!("{{{name}}}"), &value);
    values.into_iter().fold(TEMPLATE.to_string(), put_in)
}

fn groups(module: &ExportToDatabase, table: &str) -> String {
    let group =
        |(name, columns): &(String, String)| format!("group_SQL_{name} = SELECT {columns} FROM {table}\n");
    module.properties.groups.iter().map(group).collect()
}

fn filters(module: &ExportToDatabase, run: &RunFacts<'_>, table: &str) -> String {
    let Some(filters) = &module.properties.filters else { return String::new() };
    let mut text = String::new();
    if let (true, Some(key)) = (filters.of_plates, &module.properties.plate) {
        let mut plates: Vec<&str> = Vec::new();
        for set in run.image_sets {
            let plate = set.metadata.get(key).map_or("None", String::as_str);
            if !plates.contains(&plate) {
                plates.push(plate);
            }
        }
        for plate in plates {
            let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
            let name: String = plate.chars().map(plain).collect();
            text.push_str(&format!(
                "filter_SQL_Plate_{name} = SELECT {IMAGE_NUMBER} FROM {table} WHERE {IMAGE}_Metadata_{key} = \
                 \"{plate}\"\n"
            ));
        }
    }
    for (name, condition) in &filters.own {
        text.push_str(&format!("filter_SQL_{name} = SELECT {IMAGE_NUMBER} FROM {table} WHERE {condition}\n"));
    }
    text
}

/// What the file says of images.
struct Images {
    /// Those whose files are named.
    files: Vec<String>,
    names: Vec<String>,
    colours: Vec<String>,
    channels: Vec<usize>,
    thumbnails: Vec<String>,
}

impl Images {
    fn new(module: &ExportToDatabase, run: &RunFacts<'_>, seen: &Seen) -> Self {
        let thumbnails = module.thumbnails.as_ref().map_or(&[][..], |t| t.images.as_slice());
        let (files, names, channels, colours) = match &module.properties.images {
            None => {
                let files = with_files(run);
                let channels: Vec<usize> = files.iter().map(|name| seen.channels_of(name)).collect();
                let colours = default_colours(channels.iter().sum(), lacking(thumbnails, &files));
                (files.clone(), files, channels, colours)
            }
            Some(choices) => {
                let files: Vec<String> = choices.iter().map(|c| c.image.clone()).collect();
                let names = choices.iter().map(ImageChoice::shown).collect();
                let channels: Vec<usize> = files.iter().map(|name| seen.channels_of(name)).collect();
                let own = choices.iter().zip(&channels);
                let mut colours: Vec<String> =
                    own.flat_map(|(c, &n)| std::iter::repeat_n(c.colour.clone(), n)).collect();
                colours.extend(std::iter::repeat_n("none".to_string(), lacking(thumbnails, &files)));
                (files, names, channels, colours)
            }
        };
        let (mut ordered, rest): (Vec<String>, Vec<String>) =
            thumbnails.iter().cloned().partition(|name| files.contains(name));
        ordered.sort_by_key(|name| files.iter().position(|f| f == name));
        ordered.extend(rest);
        Self { files, names, colours, channels, thumbnails: ordered }
    }
}

/// Returns the images whose files are measurements, in the order in which they are declared.
fn with_files(run: &RunFacts<'_>) -> Vec<String> {
    let of_images = run.columns.iter().filter(|c| c.object == IMAGE);
    let names = of_images.filter_map(|c| c.feature.strip_prefix("FileName_"));
    names.filter(|name| !name.is_empty()).map(String::from).collect()
}

/// Counts the different thumbnails that are not of one of `files`.
fn lacking(thumbnails: &[String], files: &[String]) -> usize {
    let mut lacking: Vec<&String> = thumbnails.iter().filter(|name| !files.contains(name)).collect();
    lacking.sort_unstable();
    lacking.dedup();
    lacking.len()
}

fn default_colours(channels: usize, lacking: usize) -> Vec<String> {
    if channels == 1 {
        return vec!["gray".into()];
    }
    let known = COLOURS.iter().copied().chain(std::iter::repeat("none"));
    known.take(channels + lacking).map(String::from).collect()
}
