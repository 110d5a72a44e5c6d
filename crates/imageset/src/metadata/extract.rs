use super::import::Table;
use super::{Metadata, Source};
use crate::header::Headers;
use crate::plane::Plane;
use crate::plane_metadata::{PlaneMetadata, Texts};
use crate::url::{file_name, folder_name};
use crate::{Files, InputError, Rule};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const ROW_KEYS: [&str; 3] = ["wellrow", "well_row", "row"];
const COLUMN_KEYS: [&str; 6] = ["wellcol", "well_col", "wellcolumn", "well_column", "column", "col"];

/// Returns whether a key names the row of a well.
pub(crate) fn is_well_row(key: &str) -> bool {
    ROW_KEYS.contains(&key.to_lowercase().as_str())
}

/// Returns whether a key names the column of a well.
pub(crate) fn is_well_column(key: &str) -> bool {
    COLUMN_KEYS.contains(&key.to_lowercase().as_str())
}

/// Metadata methods ready to be used: tables are read.
pub(crate) struct Extractor<'m> {
    metadata: &'m Metadata,
    /// What is looked up for a plane after names and headers, in order.
    lookups: Vec<Lookup<'m>>,
    /// Every key that the methods can give.
    keys: BTreeSet<String>,
}

enum Lookup<'m> {
    Table(Table, Option<&'m Rule>),
    Well,
}

impl<'m> Extractor<'m> {
    /// Reads the tables that the methods want.
    pub fn new(
        metadata: &'m Metadata,
        input: &str,
        output: &str,
        files: &dyn Files,
    ) -> Result<Self, InputError> {
        let mut keys: BTreeSet<String> = ["FileLocation", "Series", "Frame"].map(String::from).into();
        if metadata.methods.iter().any(|m| matches!(m.source, Source::Headers)) {
            let header_keys = ["SizeX", "SizeY", "SizeC", "SizeT", "SizeZ", "Site", "Well", "Plate"];
            let plane_keys = ["C", "T", "Z", "ColorFormat", "ChannelName"];
            keys.extend(header_keys.into_iter().chain(plane_keys).map(String::from));
        }
        let mut extractor = Self { metadata, lookups: Vec::new(), keys };
        let mut has_well = false;
        for method in &metadata.methods {
            match &method.source {
                Source::FileName(pattern) | Source::FolderName(pattern) => {
                    extractor.keys.extend(pattern.names().map(String::from));
                }
                Source::Headers => {}
                Source::Table { folder, file, joins, case_insensitive } => {
                    let place = folder.resolve(input, output, None);
                    let location = if place.is_empty() {
                        file.clone()
                    } else {
                        format!("{}/{file}", place.trim_end_matches('/'))
                    };
                    let table = Table::read(&location, joins, *case_insensitive, metadata, files)?;
                    extractor.keys.extend(table.keys().map(String::from));
                    extractor.lookups.push(Lookup::Table(table, method.filter.as_ref()));
                }
            }
            let keys = &extractor.keys;
            if !has_well && keys.iter().any(|k| is_well_row(k)) && keys.iter().any(|k| is_well_column(k)) {
                extractor.lookups.push(Lookup::Well);
                extractor.keys.insert("Well".into());
                has_well = true;
            }
        }
        Ok(extractor)
    }

    /// Returns every key that the methods can give, also where no file gives it.
    pub fn keys(&self) -> &BTreeSet<String> {
        &self.keys
    }

    /// Returns the planes of the file at `url` with their metadata.
    pub fn planes(
        &self,
        url: &str,
        files: &dyn Files,
        texts: &mut Texts,
    ) -> Result<Vec<Arc<Plane>>, InputError> {
        let of_file = self.names(url);
        let header = if self.reads_header_of(url) {
            Some(files.headers(url).map_err(|error| InputError::unreadable(url, error))?)
        } else {
            None
        };
        let planes = match &header {
            Some(header) => header_planes(url, &of_file, header),
            None => vec![(Plane::default(), self.plain_plane(url, of_file))],
        };
        let known = |(mut plane, mut metadata): (Plane, BTreeMap<String, String>)| {
            self.look_up(url, &mut metadata);
            plane.metadata = PlaneMetadata::new(&metadata, texts);
            plane.url = texts.shared(url);
            Arc::new(plane)
        };
        Ok(planes.into_iter().map(known).collect())
    }

    fn reads_header_of(&self, url: &str) -> bool {
        self.metadata.wanted
            && self.metadata.methods.iter().any(|m| {
                matches!(m.source, Source::Headers) && m.filter.as_ref().is_none_or(|f| f.holds_for_file(url))
            })
    }

    /// What the file's name and folder say; a later method outdoes an earlier one.
    fn names(&self, url: &str) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        for method in &self.metadata.methods {
            let (pattern, text) = match &method.source {
                Source::FileName(pattern) => (pattern, file_name(url)),
                Source::FolderName(pattern) => (pattern, folder_name(url)),
                _ => continue,
            };
            if method.filter.as_ref().is_none_or(|f| f.holds_for_file(url)) {
                found.extend(pattern.extract(&text).into_iter().map(|(k, v)| (k.to_string(), v)));
            }
        }
        found
    }

    fn plain_plane(&self, url: &str, mut metadata: BTreeMap<String, String>) -> BTreeMap<String, String> {
        if self.metadata.methods.iter().any(|m| matches!(m.source, Source::Headers)) {
            metadata.extend(["SizeC", "SizeT", "SizeZ"].map(|key| (key.to_string(), "1".to_string())));
        }
        place(&mut metadata, url, 0, 0);
        metadata
    }

    fn look_up(&self, url: &str, metadata: &mut BTreeMap<String, String>) {
        for lookup in &self.lookups {
            match lookup {
                Lookup::Table(table, filter) => {
                    if filter.is_none_or(|f| f.holds_for_file(url)) {
                        let found = table.find(metadata);
                        metadata.extend(found);
                    }
                }
                Lookup::Well => {
                    if let Some(well) = well(metadata) {
                        metadata.insert("Well".into(), well);
                    }
                }
            }
        }
    }
}

/// Notes where a plane is.
fn place(metadata: &mut BTreeMap<String, String>, url: &str, series: usize, index: usize) {
    metadata.insert("FileLocation".into(), url.to_string());
    metadata.insert("Series".into(), series.to_string());
    metadata.insert("Frame".into(), index.to_string());
}

/// Returns the planes that a header tells of.
fn header_planes(
    url: &str,
    of_file: &BTreeMap<String, String>,
    header: &Headers,
) -> Vec<(Plane, BTreeMap<String, String>)> {
    let mut planes = Vec::new();
    for (series, image) in header.images.iter().enumerate() {
        for index in 0..image.plane_count() {
            let mut metadata = of_file.clone();
            metadata.extend(image.metadata());
            place(&mut metadata, url, series, index);
            metadata.extend(image.plane_metadata(index));
            let header = Some(image.plane_header(index));
            planes.push((Plane { series, index, header, ..Plane::default() }, metadata));
        }
    }
    planes
}

/// Puts the well's name together from row and column, where there is none; row 1 is A.
fn well(metadata: &BTreeMap<String, String>) -> Option<String> {
    if metadata.keys().any(|k| k.eq_ignore_ascii_case("well")) {
        return None;
    }
    let value = |is: fn(&str) -> bool| metadata.iter().rev().find(|(k, _)| is(k)).map(|(_, v)| v);
    let (row, column) = (value(is_well_row)?, value(is_well_column)?);
    let digits = !row.is_empty() && row.bytes().all(|b| b.is_ascii_digit());
    let number = if digits { row.parse::<u32>().ok() } else { None };
    let letter =
        number.filter(|n| (1..=24).contains(n)).and_then(|n| char::from_u32(u32::from(b'A') + n - 1));
    Some(letter.map_or_else(|| format!("{row}{column}"), |letter| format!("{letter}{column}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_well_is_put_together_from_row_and_column() {
        let well_of = |pairs: &[(&str, &str)]| {
            well(&pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect())
        };
        assert_eq!(well_of(&[("WellRow", "B"), ("WellCol", "03")]), Some("B03".into()));
        assert_eq!(well_of(&[("row", "2"), ("Column", "3")]), Some("B3".into()));
        assert_eq!(well_of(&[("row", "25"), ("Column", "3")]), Some("253".into()));
        assert_eq!(well_of(&[("row", "2"), ("Column", "3"), ("well", "x")]), None);
        assert_eq!(well_of(&[("row", "2")]), None);
    }
}
