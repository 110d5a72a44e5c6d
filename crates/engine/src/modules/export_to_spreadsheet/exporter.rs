//! Writes the tables of one ExportToSpreadsheet while the records come.

use super::gct::{Gct, GctName};
use super::sheet::{Content, Sheet, SheetFile};
use super::{Data, ExportToSpreadsheet, TableChoice, Tables};
use crate::aggregates::Aggregates;
use crate::{Experiment, RecordSink, RunError, RunFacts};
use imageset::{ImageSet, metadata_tags};
use measurements::tables::{ImageTable, write_experiment};
use measurements::{Delimited, PythonFloat, Record, Value};
use std::collections::{BTreeMap, HashMap};
use std::io;

/// With more files than this, each is put in its place with its last row, so that the system's limit of open files
/// is kept; with fewer, all appear at the end of the run.
const OPEN_FILES: usize = 256;

/// So many image sets are kept in memory to see which of their features are measured at all: CellProfiler's table has
/// no column of one that never was. In a longer run, one that none of these measured has an empty column.
const FIRST_ROWS: usize = 256;

/// Writes the tables of a run.
pub(super) struct Exporter<'a> {
    layout: Layout<'a>,
    files: Vec<SheetFile<'a>>,
    aggregates: Aggregates,
    place_of: HashMap<usize, usize>,
    /// The image sets' places and values that come before the columns are settled; `None` is after.
    first_rows: Option<FirstRows>,
}

#[derive(Default)]
struct FirstRows {
    places: Vec<usize>,
    rows: Vec<Vec<Option<Value>>>,
}

/// What the tables look like.
pub(super) struct Layout<'a> {
    pub(super) run: RunFacts<'a>,
    pub(super) delimiter: char,
    pub(super) images: ImageTable,
    pub(super) gct: Option<Gct>,
    gct_name: Option<GctName>,
    pub(super) sheets: Vec<Sheet>,
    /// Whether an object set that nothing was measured of has a table nevertheless.
    empty_tables: bool,
}

impl<'a> Exporter<'a> {
    /// Lays out all tables.
    ///
    /// # Errors
    /// When a file is there and may not be replaced.
    pub(super) fn new(module: &ExportToSpreadsheet, run: RunFacts<'a>) -> Result<Self, RunError> {
        let tables = module.tables(run.columns);
        let with_images = tables.iter().any(|t| t.data == Data::Image);
        let wanted = if with_images { module.aggregates.as_slice() } else { &[] };
        let aggregates = Aggregates::new(wanted, run.columns, |c| module.is_chosen(c));
        let layout = Layout {
            run,
            delimiter: module.delimiter.char(),
            images: module.image_table(run.columns, &aggregates),
            gct: None,
            gct_name: module.gct.clone(),
            sheets: Vec::new(),
            empty_tables: module.tables != Tables::All,
        };
        let place_of = run.image_sets.iter().enumerate().map(|(i, s)| (s.number, i)).collect();
        let first_rows = Some(FirstRows::default());
        let mut exporter = Self { layout, files: Vec::new(), aggregates, place_of, first_rows };
        for table in &tables {
            exporter.add_table(module, table);
        }
        exporter.settle_paths();
        if !module.overwrite {
            exporter.refuse_to_replace()?;
        }
        Ok(exporter)
    }

    fn add_table(&mut self, module: &ExportToSpreadsheet, table: &TableChoice) {
        let run = self.layout.run;
        let path = |set: Option<&ImageSet>| module.path(run, table, set);
        if table.data == Data::Experiment {
            // The run's table takes the metadata of the first image set, and none when all tables are written.
            let first = run.image_sets.first().filter(|_| module.tables != Tables::All);
            return self.add_sheet(Content::Experiment, &[(path(first), vec![])]);
        }
        let mut tags = table.file_name.as_deref().map(metadata_tags).unwrap_or_default();
        tags.extend(module.folder.tags());
        let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
        let mut known: HashMap<Vec<Option<&String>>, usize> = HashMap::new();
        for (i, set) in run.image_sets.iter().enumerate() {
            let values = tags.iter().map(|&tag| set.metadata.get(tag)).collect();
            let group = *known.entry(values).or_insert_with(|| {
                groups.push((path(Some(set)), Vec::new()));
                groups.len() - 1
            });
            groups[group].1.push(i);
        }
        let content = match &table.data {
            Data::Image => Content::Images,
            Data::Objects(names) => {
                Content::Objects { table: module.object_table(names, run.columns), measured: false }
            }
            Data::Relationships | Data::Experiment => Content::Relationships,
        };
        self.add_sheet(content, &groups);
        if table.data == Data::Image && module.gct.is_some() {
            groups.iter_mut().for_each(|(path, _)| *path = Gct::path(path));
            self.add_sheet(Content::Gct, &groups);
        }
    }

    fn add_sheet(&mut self, content: Content, groups: &[(String, Vec<usize>)]) {
        let mut file_of = vec![None; self.layout.run.image_sets.len()];
        for (path, sets) in groups {
            for &i in sets {
                file_of[i] = Some(self.files.len());
            }
            self.files.push(SheetFile::new(self.layout.sheets.len(), path, sets.len()));
        }
        self.layout.sheets.push(Sheet { content, file_of });
    }

    /// Of files at one path only the last is written, as CellProfiler's later file replaces an earlier one.
    fn settle_paths(&mut self) {
        let last: HashMap<String, usize> =
            self.files.iter().enumerate().map(|(i, f)| (f.path.clone(), i)).collect();
        for (i, file) in self.files.iter_mut().enumerate() {
            file.done = last[&file.path] != i;
        }
    }

    fn refuse_to_replace(&self) -> Result<(), RunError> {
        let sink = self.layout.run.sink;
        let there: Vec<&str> =
            self.files.iter().map(|f| f.path.as_str()).filter(|p| sink.exists(p)).collect();
        if there.is_empty() {
            return Ok(());
        }
        let files = there.join("`, `");
        Err(RunError::Refused(format!(
            "ExportToSpreadsheet may not replace `{files}`: move the files away or answer Yes to \"Overwrite \
             existing files without warning?\""
        )))
    }

    /// Fixes the columns of the image table, and writes the rows that waited for it.
    fn settle_columns(&mut self) -> Result<(), RunError> {
        let Some(first) = self.first_rows.take() else { return Ok(()) };
        let layout = &mut self.layout;
        if first.rows.len() < FIRST_ROWS || first.rows.len() == layout.run.image_sets.len() {
            layout.images.settle(&first.rows);
        }
        layout.gct = layout.gct_name.as_ref().map(|name| Gct::new(name, &layout.images));
        first
            .places
            .into_iter()
            .zip(first.rows)
            .try_for_each(|(place, row)| self.write_image_set(place, &row))
    }

    /// Writes the row of an image set in the tables of image sets.
    fn write_image_set(&mut self, place: usize, values: &[Option<Value>]) -> Result<(), RunError> {
        let layout = &self.layout;
        for sheet in &layout.sheets {
            match &sheet.content {
                Content::Images => {
                    sheet.write(place, &mut self.files, layout, |out| layout.images.row(out, values))?
                }
                Content::Gct => sheet.write(place, &mut self.files, layout, |out| match &layout.gct {
                    Some(gct) => gct.row(out, &layout.images, values),
                    None => Ok(()),
                })?,
                _ => {}
            }
        }
        self.close_full_files()
    }

    /// Writes an image set's objects, and keeps its relationships.
    fn write_objects(&mut self, place: usize, record: &Record) -> Result<(), RunError> {
        for sheet in &mut self.layout.sheets {
            if let Content::Objects { table, measured } = &mut sheet.content {
                *measured |= table.objects().iter().any(|name| record.objects.contains_key(name));
            }
        }
        let layout = &self.layout;
        for sheet in &layout.sheets {
            match &sheet.content {
                Content::Objects { table, measured } if *measured || layout.empty_tables => {
                    sheet.write(place, &mut self.files, layout, |out| table.rows(out, record))?;
                }
                Content::Objects { .. } => sheet.pass(place, &mut self.files),
                Content::Relationships => sheet.gather(place, &mut self.files, record),
                _ => {}
            }
        }
        self.close_full_files()
    }

    fn close_full_files(&mut self) -> Result<(), RunError> {
        if self.files.len() <= OPEN_FILES {
            return Ok(());
        }
        let full = self.files.iter_mut().filter(|f| f.left == 0);
        full.into_iter().try_for_each(SheetFile::close)
    }
}

impl Layout<'_> {
    /// Returns whether a sheet's files are there even if they have no row.
    fn has_files(&self, sheet: &Sheet) -> bool {
        match &sheet.content {
            Content::Objects { measured, .. } => *measured || self.empty_tables,
            _ => true,
        }
    }

    fn write_gathered(&self, file: &SheetFile<'_>, measured: &Experiment) -> io::Result<()> {
        let create = || self.run.sink.create(&file.path).map(|f| Delimited::new(f, self.delimiter));
        match &self.sheets[file.sheet].content {
            Content::Experiment => {
                let mut out = create()?;
                write_experiment(&mut out, &experiment(self.run, measured))?;
                out.into_inner().finish()
            }
            Content::Relationships => {
                let mut out = create()?;
                file.relationships.write(&mut out, |number| module_name(self.run, number))?;
                out.into_inner().finish()
            }
            _ => Ok(()),
        }
    }
}

impl RecordSink for Exporter<'_> {
    fn record(&mut self, record: &Record) -> Result<(), RunError> {
        let Some(&place) = self.place_of.get(&record.image_number) else {
            let number = record.image_number;
            return Err(RunError::Internal(format!("image set {number} has a record but is not in the run")));
        };
        self.write_objects(place, record)?;
        let values = self.layout.images.values(record, &self.aggregates.compute(record));
        let Some(first) = &mut self.first_rows else { return self.write_image_set(place, &values) };
        first.places.push(place);
        first.rows.push(values);
        if first.rows.len() == FIRST_ROWS { self.settle_columns() } else { Ok(()) }
    }

    fn finish(mut self: Box<Self>, experiment: &mut Experiment) -> Result<(), RunError> {
        self.settle_columns()?;
        let layout = &self.layout;
        for file in self.files.iter_mut().filter(|f| !f.done) {
            let sheet = &layout.sheets[file.sheet];
            if sheet.content.is_gathered() {
                layout.write_gathered(file, experiment).map_err(|error| file.error(error))?;
            } else if layout.has_files(sheet) {
                file.open(layout).map(|_| ()).map_err(|error| file.error(error))?;
                file.close()?;
            }
        }
        Ok(())
    }
}

/// Returns what is known of the run as a whole.
fn experiment(run: RunFacts<'_>, measured: &Experiment) -> BTreeMap<String, String> {
    let started = crate::timestamp::written(run.started);
    let version = format!("4.2.8.1 (cpb {})", env!("CARGO_PKG_VERSION"));
    let mut features: BTreeMap<String, String> = [
        ("CellProfiler_Version".into(), version),
        ("Modification_Timestamp".into(), started.clone()),
        ("Pipeline_Pipeline".into(), run.pipeline.to_string()),
        ("Run_Timestamp".into(), started),
    ]
    .into();
    features.extend(run.experiment.iter().cloned());
    features.extend(measured.iter().map(|(name, value)| {
        let text = match value {
            Value::Integer(v) => v.to_string(),
            Value::Float(v) => PythonFloat(*v).to_string(),
            Value::Text(v) => v.clone(),
        };
        (name.clone(), text)
    }));
    features
}

/// Returns the name of the module with a number, as the columns of its time and errors have it.
fn module_name(run: RunFacts<'_>, number: usize) -> String {
    let prefix = format!("ModuleError_{number:02}");
    let found = run.columns.iter().find_map(|c| c.feature.strip_prefix(&prefix));
    found.unwrap_or_default().to_string()
}
