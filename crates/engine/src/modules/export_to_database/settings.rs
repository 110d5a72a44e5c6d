//! Reads the settings.

use super::upgrade::upgrade;
use super::workspace_file::{Axis, Plot, Tool};
use super::{
    ExportToDatabase, Filters, ImageChoice, MySql, ObjectTables, Objects, Overwrite, Properties, Thumbnails,
};
use crate::aggregates::Aggregate;
use cppipe::{Problem, Settings};
use imageset::{Folder, FolderBase};

pub(super) const OBJECTS: &str = "Select the objects";
pub(super) const THUMBNAIL_IMAGES: &str = "Select the images for which you want to save thumbnails";
const FILE: &str = "Name the SQLite database file";
const FOLDER: &str = "Output file location";
const PREFIX: &str = "Table prefix";
const DATABASE: &str = "Database name";
/// Tables of what is measured of all objects of a well together, which only MySQL has.
const WELLS: [&str; 3] = [
    "Calculate the per-well mean values of object measurements?",
    "Calculate the per-well median values of object measurements?",
    "Calculate the per-well standard deviation values of object measurements?",
];

/// How many there are of what comes in groups.
struct Counts {
    images: usize,
    groups: usize,
    filters: usize,
    plots: usize,
}

impl ExportToDatabase {
    pub(super) fn read(module: &cppipe::Module) -> Result<Self, Vec<Problem>> {
        let values = module.settings.iter().map(|s| s.value.clone()).collect();
        let mut s = Settings::upgraded(module, upgrade(module.revision, values));
        crate::identified::refuse_older(module, 6)?;
        let is_mysql = read_database_type(&mut s);
        let database = s.text(DATABASE);
        let has_prefix = s.yes("Add a prefix to table names?");
        let prefix = Some(s.text(PREFIX)).filter(|_| has_prefix).unwrap_or_default();
        let folder = read_folder(&mut s);
        let writes_properties = s.yes("Create a CellProfiler Analyst properties file?");
        let server = MySql {
            database,
            host: s.text("Database host"),
            user: s.text("Username"),
            password: s.text("Password"),
        };
        let file = s.text(FILE);
        let aggregates = read_aggregates(&mut s);
        let of_wells = WELLS.map(|label| s.yes(label) && is_mysql);
        if let Some(at) = of_wells.iter().position(|&wanted| wanted) {
            s.not_native(WELLS[at], "a table of wells is not native".into());
        }
        let objects = read_objects(&mut s);
        let longest_name = s.number("Maximum # of characters in a column name");
        let tables = s.choice(
            "Create one table per object, a single object table or a single object view?",
            &[
                ("One table per object type", ObjectTables::Each),
                ("Single object table", ObjectTables::One),
                ("Single object view", ObjectTables::View),
            ],
        );
        let address = s.text("Enter an image url prepend if you plan to access your files via http");
        let thumbnails = read_thumbnails(&mut s);
        let plate_type = chosen(s.text("Select the plate type"));
        let plate = chosen(s.text("Select the plate metadata"));
        let well = chosen(s.text("Select the well metadata"));
        let all_images = s.yes("Include information for all images, using default values?");
        let counts = Counts {
            images: s.number("Properties image group count"),
            groups: s.number("Properties group field count"),
            filters: s.number("Properties filter field count"),
            plots: s.number("Workspace measurement count"),
        };
        let experiment = s.text("Experiment name");
        let location_objects = s.text("Which objects should be used for locations?");
        let class_table =
            s.text("Enter a phenotype class table name if using the Classifier tool in CellProfiler Analyst");
        let relationships = s.yes("Export object relationships?");
        let overwrite = s.choice(
            "Overwrite without warning?",
            &[
                ("Never", Overwrite::Never),
                ("Data only", Overwrite::Data),
                ("Data and schema", Overwrite::All),
            ],
        );
        let has_address = s.yes("Access CellProfiler Analyst images via URL?");
        let classifies_images =
            s.choice("Select the classification type", &[("Object", false), ("Image", true)]);
        let images = read_images(&mut s, counts.images);
        let groups = read_groups(&mut s, counts.groups);
        let filters = read_filters(&mut s, counts.filters, plate.is_some());
        let plots = read_plots(&mut s, counts.plots);
        check_names(&mut s, has_prefix.then_some(&prefix), &file);
        let server = is_mysql.then_some(server);
        if server.as_ref().is_some_and(|server| !is_plain_name(&server.database)) {
            s.problem(DATABASE, "it cannot be a database's name: letters, digits and _ can".into(), None);
        }
        s.finish(Self {
            file,
            server,
            folder,
            prefix,
            experiment,
            overwrite,
            aggregates,
            objects,
            tables,
            longest_name,
            relationships,
            thumbnails,
            location_objects,
            writes_properties,
            properties: Properties {
                address: Some(address).filter(|_| has_address),
                plate_type,
                plate,
                well,
                images: Some(images).filter(|_| !all_images),
                class_table,
                classifies_images,
                groups,
                filters,
            },
            plots,
        })
    }
}

/// Returns whether the tables are for MySQL.
fn read_database_type(s: &mut Settings<'_>) -> bool {
    s.choice("Database type", &[("SQLite", false), ("MySQL", true)])
}

fn read_folder(s: &mut Settings<'_>) -> Folder {
    let answer = s.text(FOLDER);
    Folder::parse(&answer).unwrap_or_else(|| {
        let near = cppipe::nearest(answer.split('|').next().unwrap_or(""), Folder::base_names());
        s.problem(FOLDER, format!("`{answer}` does not start with a known folder"), near);
        Folder { base: FolderBase::Output, path: String::new() }
    })
}

fn read_aggregates(s: &mut Settings<'_>) -> Vec<Aggregate> {
    let kinds = [Aggregate::Mean, Aggregate::Median, Aggregate::StDev];
    kinds.into_iter().filter(|kind| s.yes(kind.question())).collect()
}

fn read_objects(s: &mut Settings<'_>) -> Objects {
    let choices = [("All", Objects::All), ("None", Objects::None), ("Select...", Objects::These(Vec::new()))];
    let objects = s.choice("Export measurements for all objects to the database?", &choices);
    let names = s.names(OBJECTS);
    match objects {
        Objects::These(_) => Objects::These(names),
        other => other,
    }
}

fn read_thumbnails(s: &mut Settings<'_>) -> Option<Thumbnails> {
    let wanted = s.yes("Write image thumbnails directly to the database?");
    let images = s.names(THUMBNAIL_IMAGES);
    let stretched = s.yes("Auto-scale thumbnail pixel intensities?");
    if wanted && images.is_empty() {
        s.problem(THUMBNAIL_IMAGES, "no image is chosen".into(), None);
    }
    wanted.then_some(Thumbnails { images, stretched })
}

fn read_images(s: &mut Settings<'_>, count: usize) -> Vec<ImageChoice> {
    let read = |_| {
        let image = s.text("Select an image to include");
        let own_name = s.yes("Use the image name for the display?");
        let name = s.text("Image name");
        ImageChoice { image, name: Some(name).filter(|_| !own_name), colour: s.text("Channel color") }
    };
    (0..count).map(read).collect()
}

fn read_groups(s: &mut Settings<'_>, count: usize) -> Vec<(String, String)> {
    let wanted = s.yes("Do you want to add group fields?");
    let read = |_| {
        let name = s.text("Enter the name of the group");
        (name, s.text("Enter the per-image columns which define the group, separated by commas"))
    };
    let groups: Vec<_> = (0..count).map(read).collect();
    if wanted { groups } else { Vec::new() }
}

fn read_filters(s: &mut Settings<'_>, count: usize, has_plate: bool) -> Option<Filters> {
    const OF_PLATES: &str = "Automatically create a filter for each plate?";
    let wanted = s.yes("Do you want to add filter fields?");
    let of_plates = s.yes(OF_PLATES);
    let read = |_| {
        let name = s.text("Enter the name of the filter");
        (name, s.text("Enter the MySQL WHERE clause to define a filter"))
    };
    let own = (0..count).map(read).collect();
    if wanted && of_plates && !has_plate {
        s.problem(OF_PLATES, "filters of plates need to know the plate's metadata".into(), None);
    }
    wanted.then_some(Filters { of_plates, own })
}

fn read_plots(s: &mut Settings<'_>, count: usize) -> Option<Vec<Plot>> {
    let wanted = s.yes("Create a CellProfiler Analyst workspace file?");
    let read = |_| {
        let tool = s.choice(
            "Select the measurement display tool",
            &[
                ("ScatterPlot", Tool::Scatter),
                ("Histogram", Tool::Histogram),
                ("PlateViewer", Tool::PlateViewer),
                ("DensityPlot", Tool::Density),
                ("BoxPlot", Tool::BoxPlot),
            ],
        );
        Plot { tool, x: read_axis(s, 'X'), y: read_axis(s, 'Y') }
    };
    let plots = (0..count).map(read).collect();
    wanted.then_some(plots)
}

fn read_axis(s: &mut Settings<'_>, name: char) -> Axis {
    let kind = s.text(&format!("Type of measurement to plot on the {name}-axis"));
    let object = s.text("Enter the object name");
    let feature = s.text(&format!("Select the {name}-axis measurement"));
    let index = s.text(&format!("Select the {name}-axis index"));
    match kind.as_str() {
        "Object" => Axis::Object(object, feature),
        "Index" => Axis::Index(index),
        _ => Axis::Image(feature),
    }
}

fn check_names(s: &mut Settings<'_>, prefix: Option<&String>, file: &str) {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if let Some(prefix) = prefix {
        let starts = prefix.starts_with(|c: char| c.is_ascii_alphabetic());
        if !starts || prefix.len() < 2 || !prefix.chars().all(plain) {
            s.problem(PREFIX, format!("`{prefix}` cannot begin a table's name"), None);
        }
    }
    if !file.starts_with(plain) {
        s.problem(FILE, format!("`{file}` cannot be a file's name"), None);
    }
}

fn is_plain_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn chosen(answer: String) -> Option<String> {
    (answer != "None").then_some(answer)
}
