//! Which columns the tables have, and where their files are.

use super::{ExportToSpreadsheet, TableChoice};
use crate::RunFacts;
use crate::aggregates::Aggregates;
use imageset::{ImageSet, substitute_metadata};
use measurements::tables::{ImageTable, ObjectColumn, ObjectTable};
use measurements::{Column, IMAGE};

impl ExportToSpreadsheet {
    /// Returns the full path of a table's file for an image set's metadata.
    pub(super) fn path(&self, run: RunFacts<'_>, table: &TableChoice, set: Option<&ImageSet>) -> String {
        let folder = self.folder.resolve(&run.folders.input, &run.folders.output, set);
        let name = match &table.file_name {
            Some(name) => name.clone(),
            None => format!("{}.{}", table.data.name(), self.delimiter.extension()),
        };
        let name = set.map_or(name.clone(), |set| substitute_metadata(&name, set));
        let name = format!("{}{name}", self.prefix.as_deref().unwrap_or(""));
        if name.starts_with('/') { name } else { format!("{}/{name}", folder.trim_end_matches('/')) }
    }

    /// Returns whether a measurement is chosen for export.
    pub(super) fn is_chosen(&self, column: &Column) -> bool {
        self.selection.as_ref().is_none_or(|s| s.has(&column.object, &column.feature))
    }

    /// Returns the table of image sets. Thumbnails, which are for a database, are in it only if they are chosen.
    pub(super) fn image_table(&self, columns: &[Column], aggregates: &Aggregates) -> ImageTable {
        let thumbnail = |c: &Column| self.selection.is_none() && c.feature.starts_with("Thumbnail_");
        let measured = columns.iter().filter(|c| c.object == IMAGE && self.is_chosen(c) && !thumbnail(c));
        ImageTable::new(measured, aggregates.iter().map(|(_, _, name)| name), self.missing)
    }

    /// Returns the table of the object sets called `names`, with the columns sorted within each.
    pub(super) fn object_table(&self, names: &[String], columns: &[Column]) -> ObjectTable {
        let of_image = |prefixes: &[&str]| {
            let fits = |c: &&Column| c.object == IMAGE && prefixes.iter().any(|p| c.feature.starts_with(p));
            sorted(columns.iter().filter(fits)).into_iter().map(ObjectColumn::Image)
        };
        let mut all = Vec::new();
        if self.add_metadata {
            all.extend(of_image(&["Metadata_"]));
        }
        if self.add_file_names {
            all.extend(of_image(&["PathName_", "FileName_"]));
        }
        for name in names {
            let own = columns.iter().filter(|c| c.object == *name && self.is_chosen(c));
            all.extend(sorted(own).into_iter().map(ObjectColumn::Object));
        }
        ObjectTable::new(names.to_vec(), all, self.missing)
    }
}

fn sorted<'c>(columns: impl Iterator<Item = &'c Column>) -> Vec<Column> {
    let mut sorted: Vec<Column> = columns.cloned().collect();
    sorted.sort_by(|a, b| a.feature.cmp(&b.feature));
    sorted
}
