use super::{ColumnType, LoadData, Table};
use crate::metadata::{is_well_column, is_well_row};
use crate::url::{path_to_url, url_to_path};
use crate::{Cell, Channel, ImageSet, InputError, Rescale, Role};

const METADATA: &str = "Metadata_";

/// Columns that name the files of a channel.
struct Files {
    name: String,
    objects: bool,
    url: Option<usize>,
    file: Option<usize>,
    path: Option<usize>,
    series: Option<usize>,
    frame: Option<usize>,
}

impl Files {
    fn prefix(&self) -> &'static str {
        if self.objects { "Objects" } else { "" }
    }
}

/// The image sets of a table, in its order, with the columns that LoadData writes.
pub(crate) struct ImageSets<'t> {
    module: &'t LoadData,
    table: &'t Table,
    channels: Vec<Files>,
    base: &'t str,
}

impl<'t> ImageSets<'t> {
    /// Reads which columns name images; `base` is the folder that paths start from (empty for none).
    pub fn new(
        module: &'t LoadData,
        table: &'t mut Table,
        base: &'t str,
        location: &str,
    ) -> Result<Self, InputError> {
        add_well(table);
        let table: &'t Table = table;
        let channels = if module.loads_images { channels(table) } else { Vec::new() };
        for channel in &channels {
            if channel.url.is_none() && channel.file.is_none() {
                let (prefix, name) = (channel.prefix(), &channel.name);
                let reason = format!(
                    "it has a column `{prefix}PathName_{name}`, but no column `{prefix}FileName_{name}`"
                );
                return Err(InputError::Table { location: location.to_string(), reason });
            }
        }
        Ok(Self { module, table, channels, base })
    }

    pub fn count(&self) -> usize {
        self.table.rows.len()
    }

    pub fn metadata_keys(&self) -> impl Iterator<Item = &str> {
        self.table.columns.iter().filter_map(|name| name.strip_prefix(METADATA))
    }

    /// Returns the metadata of a row: the last column of that name counts.
    pub fn metadata(&self, row: usize, key: &str) -> Option<Cell> {
        let is = |name: &String| name.strip_prefix(METADATA) == Some(key);
        Some(self.table.cell(row, self.table.columns.iter().rposition(is)?))
    }

    pub fn image_set(&self, row: usize) -> ImageSet {
        let mut set = ImageSet::default();
        for (i, name) in self.table.columns.iter().enumerate() {
            let cell = self.table.cell(row, i);
            if let Some(key) = name.strip_prefix(METADATA) {
                set.metadata.insert(key.to_string(), cell.to_string());
            }
            set.columns.push((name.clone(), cell));
        }
        for files in &self.channels {
            let channel = one_channel(self.module, self.table, files, self.base, row, &mut set.columns);
            set.channels.push(channel);
        }
        set
    }
}

/// Adds the name of the well where only its row and column are there.
fn add_well(table: &mut Table) {
    let key = |name: &String| name.strip_prefix("Metadata_").map(String::from);
    let keys: Vec<Option<String>> = table.columns.iter().map(key).collect();
    let last = |is: &dyn Fn(&str) -> bool| keys.iter().rposition(|k| k.as_deref().is_some_and(is));
    let well = last(&|key| key.eq_ignore_ascii_case("well"));
    let (Some(row), Some(column), None) = (last(&is_well_row), last(&is_well_column), well) else { return };
    table.columns.push("Metadata_Well".into());
    table.types.push(ColumnType::Text);
    for values in &mut table.rows {
        let well = format!("{}{}", values[row], values[column]);
        values.push(well);
    }
}

fn channels(table: &Table) -> Vec<Files> {
    let mut found: Vec<Files> = Vec::new();
    for (i, column) in table.columns.iter().enumerate() {
        let Some((category, name)) = column.split_once('_') else { continue };
        let (objects, kind) = category.strip_prefix("Objects").map_or((false, category), |rest| (true, rest));
        if !["URL", "FileName", "PathName"].contains(&kind) {
            continue;
        }
        let at = found.iter().position(|f| f.name == name && f.objects == objects).unwrap_or_else(|| {
            let numbered =
                |what: &str| table.column(&format!("{}{what}_{name}", if objects { "Objects" } else { "" }));
            let (series, frame) = (numbered("Series"), numbered("Frame"));
            let name = name.to_string();
            found.push(Files { name, objects, url: None, file: None, path: None, series, frame });
            found.len() - 1
        });
        match kind {
            "URL" => found[at].url = Some(i),
            "FileName" => found[at].file = Some(i),
            _ => found[at].path = Some(i),
        }
    }
    found
}

/// Makes a channel; columns of its place that the table lacks are added.
fn one_channel(
    module: &LoadData,
    table: &Table,
    files: &Files,
    base: &str,
    row: usize,
    columns: &mut Vec<(String, Cell)>,
) -> Channel {
    let value = |column: Option<usize>| column.map(|i| table.rows[row][i].as_str());
    let (prefix, name) = (files.prefix(), files.name.as_str());
    let mut add = |category: &str, value: &str| {
        columns.push((format!("{prefix}{category}_{name}"), Cell::Text(value.to_string())));
    };
    let (url, file_name, path_name);
    if let Some(given) = value(files.url) {
        url = given.to_string();
        if files.file.is_none() && files.path.is_none() {
            let (path, file) = split_url(given);
            add("PathName", path);
            add("FileName", file);
            (path_name, file_name) = (path.to_string(), file.to_string());
        } else {
            path_name = value(files.path).unwrap_or_default().to_string();
            file_name = value(files.file).unwrap_or_default().to_string();
        }
    } else {
        file_name = value(files.file).unwrap_or_default().to_string();
        path_name = match value(files.path) {
            Some(path) => join(base, path),
            None => base.to_string(),
        };
        url = path_to_url(&join(&path_name, &file_name));
        add("URL", &url);
        if let Some(i) = files.path {
            columns[i].1 = Cell::Text(path_name.clone());
        } else {
            add("PathName", &path_name);
        }
    }
    let number = |column: Option<usize>| match table.cell(row, column?) {
        Cell::Integer(v) => usize::try_from(v).ok(),
        _ => None,
    };
    Channel {
        name: files.name.clone(),
        role: if files.objects { Role::Objects } else { Role::AsStored },
        location: url_to_path(&url),
        file_name,
        path_name,
        url,
        series: number(files.series),
        frame: number(files.frame),
        colour_channel: None,
        planes: Vec::new(),
        spacing: None,
        rescale: if files.objects || !module.rescale { Rescale::BitDepth } else { Rescale::Metadata },
    }
}

/// Joins as Python's `os.path.join`: an absolute path stands for itself.
fn join(folder: &str, path: &str) -> String {
    if path.starts_with('/') || folder.is_empty() {
        path.to_string()
    } else if folder.ends_with('/') {
        format!("{folder}{path}")
    } else {
        format!("{folder}/{path}")
    }
}

fn split_url(url: &str) -> (&str, &str) {
    match url.rfind('/') {
        Some(slash) => (&url[..slash], &url[slash + 1..]),
        None => url.rfind(':').map_or(("", url), |colon| url.split_at(colon + 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Folder, FolderBase};

    fn load(text: &str, base: &str) -> Vec<ImageSet> {
        let folder = Folder { base: FolderBase::None, path: String::new() };
        let module = LoadData {
            folder: folder.clone(),
            file: "t.csv".into(),
            loads_images: true,
            images: folder,
            rows: None,
            group_by: Vec::new(),
            rescale: true,
        };
        let mut table = Table::read("t.csv", text.as_bytes(), None).expect("a table");
        let sets = ImageSets::new(&module, &mut table, base, "t.csv").expect("image sets");
        (0..sets.count()).map(|row| sets.image_set(row)).collect()
    }

    fn column<'s>(set: &'s ImageSet, name: &str) -> &'s Cell {
        &set.columns.iter().find(|(n, _)| n == name).expect("the column is there").1
    }

    #[test]
    fn paths_start_at_the_base_and_become_urls() {
        let sets = load("FileName_DNA,PathName_DNA\na b.tif,p1\na.tif,/abs\n", "/base");
        assert_eq!(sets[0].channels[0].url, "file:/base/p1/a%20b.tif");
        assert_eq!(sets[0].channels[0].location, "/base/p1/a b.tif");
        assert_eq!(*column(&sets[0], "PathName_DNA"), Cell::Text("/base/p1".into()));
        assert_eq!(*column(&sets[1], "URL_DNA"), Cell::Text("file:/abs/a.tif".into()));
    }

    #[test]
    fn without_a_base_relative_paths_stay_so() {
        let sets = load("FileName_DNA,PathName_DNA\na.tif,images\n", "");
        assert_eq!(*column(&sets[0], "URL_DNA"), Cell::Text("file:images/a.tif".into()));
        assert_eq!(*column(&sets[0], "PathName_DNA"), Cell::Text("images".into()));
    }

    #[test]
    fn an_address_alone_gives_folder_and_name() {
        let sets = load("URL_DNA\nhttps://h/p/a.tif\n", "");
        assert_eq!(*column(&sets[0], "PathName_DNA"), Cell::Text("https://h/p".into()));
        assert_eq!(*column(&sets[0], "FileName_DNA"), Cell::Text("a.tif".into()));
    }

    #[test]
    fn a_well_is_put_together_and_objects_and_frames_are_found() {
        let text = "ObjectsFileName_Cells,FileName_DNA,Frame_DNA,Metadata_WellRow,Metadata_WellCol\nc.tif,d.tif,3,B,02\n";
        let set = &load(text, "/b")[0];
        assert_eq!(set.metadata["Well"], "B02");
        assert_eq!(set.channels[0].role, Role::Objects);
        assert_eq!(*column(set, "ObjectsURL_Cells"), Cell::Text("file:/b/c.tif".into()));
        assert_eq!((set.channels[1].frame, set.channels[1].series), (Some(3), None));
    }

    #[test]
    fn metadata_are_the_text_of_their_type() {
        let set = &load("Metadata_Site,Metadata_Dose\n01,1\n2,0.5\n", "")[0];
        assert_eq!((set.metadata["Site"].as_str(), set.metadata["Dose"].as_str()), ("1", "1.0"));
    }
}
