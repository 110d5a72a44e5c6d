//! CellProfiler's LoadData: a table says which files are which channel of which image set.

mod channels;
mod table;

pub(crate) use channels::ImageSets;
pub use table::{ColumnType, Table};
pub(crate) use table::{float, integer};

use crate::Folder;
use cppipe::{Module, Problem, Settings};

/// Settings of CellProfiler's LoadData module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadData {
    /// The folder that the table is in.
    pub folder: Folder,
    /// The table's name.
    pub file: String,
    /// Whether images are loaded; else the table only adds its columns.
    pub loads_images: bool,
    /// The folder that the table's paths start from.
    pub images: Folder,
    /// First and last row that count, from 1.
    pub rows: Option<(usize, usize)>,
    /// The metadata keys that image sets are grouped by; none is no grouping.
    pub group_by: Vec<String>,
    /// Whether the scale in a file's metadata counts; else that of its type.
    pub rescale: bool,
}

impl LoadData {
    /// The newest revision of the settings.
    pub const REVISION: u32 = 6;

    /// Reads the settings of any revision.
    ///
    /// # Errors
    /// All that is wrong with them.
    pub fn read(module: &Module) -> Result<Self, Vec<Problem>> {
        const ROWS: &str = "Rows to process";
        let values = module.settings.iter().map(|s| s.value.clone()).collect();
        let mut settings = Settings::upgraded(module, upgrade(values, module.revision));
        let s = &mut settings;
        let table_folder = folder(s, "Input data file location");
        let file = s.text("Name of the file");
        let loads_images = s.yes("Load images based on this data?");
        let images = folder(s, "Base image location");
        let some_rows = s.yes("Process just a range of rows?");
        let rows = if some_rows { Some(s.range::<usize>(ROWS)) } else { s.skip_answer() };
        if let Some((first, last)) = rows.filter(|(first, last)| first > last) {
            s.problem(ROWS, format!("the first row, `{first}`, comes after the last, `{last}`"), None);
        }
        let grouped = s.yes("Group images by metadata?");
        let keys = s.names("Select metadata tags for grouping");
        let rescale = s.yes("Rescale intensities?");
        let group_by = if grouped && loads_images { keys } else { Vec::new() };
        let (Some(folder), Some(images)) = (table_folder, images) else {
            return settings.finish(()).and(Err(Vec::new()));
        };
        settings.finish(Self { folder, file, loads_images, images, rows, group_by, rescale })
    }

    /// Returns where the table is: `data_file`, when one is given, else the file that the settings name.
    pub fn location(&self, data_file: Option<&str>, input: &str, output: &str) -> String {
        if let Some(data_file) = data_file {
            return data_file.to_string();
        }
        let folder = self.folder.resolve(input, output, None);
        match folder.as_str() {
            "" => self.file.clone(),
            folder => format!("{}/{}", folder.trim_end_matches('/'), self.file),
        }
    }
}

trait SkipAnswer {
    fn skip_answer<T>(&mut self) -> Option<T>;
}

impl SkipAnswer for Settings<'_> {
    fn skip_answer<T>(&mut self) -> Option<T> {
        self.skip(1);
        None
    }
}

fn folder(settings: &mut Settings<'_>, label: &str) -> Option<Folder> {
    let answer = settings.text(label);
    let folder = Folder::parse(&answer);
    if folder.is_none() {
        let name = answer.split('|').next().unwrap_or_default();
        let near = cppipe::nearest(name, Folder::base_names());
        settings.problem(label, format!("`{name}` is not a folder that CellProfiler knows"), near);
    }
    folder
}

/// Brings the answers of earlier revisions into the order of the newest.
fn upgrade(mut values: Vec<String>, revision: u32) -> Vec<String> {
    if revision == 1 {
        values.extend(["No".into(), String::new()]);
    }
    if revision <= 3 && values.len() >= 10 {
        // Folder and custom folder were two answers each.
        let join = |base: &str, path: &str| format!("{base}|{path}");
        let table = join(&values[0], &values[1]);
        let images = join(&values[4], &values[5]);
        values.splice(4..6, [images]);
        values.splice(0..2, [table]);
    }
    let address = values.first().and_then(|v| v.strip_prefix("URL|")).map(String::from);
    if let Some(address) = address.filter(|_| revision <= 4 && values.len() >= 2) {
        values[1] = format!("{address}/{}", values[1]);
        values[0] = "URL|".into();
    }
    if revision <= 5 {
        values.push("Yes".into());
    }
    values
}
