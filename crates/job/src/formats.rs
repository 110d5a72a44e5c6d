//! Further forms of the tables: Parquet and SQLite, streamed from the same records as the pipeline's own tables.

use crate::{Address, Format};
use engine::{Experiment, OpenFile, RecordSink, RunError, RunFacts, Sink};
use imageset::ImageSet;
use measurements::{Column, ParquetTable, Record, SqliteTables, TypedTable};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io;

/// The name of the SQLite file.
const SQLITE: &str = "measurements.sqlite";

/// Returns the writers of the forms that are asked for; the pipeline's own tables are not theirs.
///
/// `columns` are all measurements; `engine` is its name and version, which Parquet files tell with the pipeline; `number` is that of
/// the image sets.
///
/// # Errors
/// When a file cannot be made.
pub fn format_sinks<'a>(
    formats: &[Format],
    columns: &[Column],
    engine: &str,
    number: &TableNumber,
    run: RunFacts<'a>,
) -> Result<Vec<Box<dyn RecordSink + 'a>>, RunError> {
    let output = Address::of_folder(&run.folders.output).map_err(|e| RunError::Internal(e.to_string()))?;
    let tables = TypedTable::all(columns);
    let mut sinks: Vec<Box<dyn RecordSink + 'a>> = Vec::new();
    if formats.contains(&Format::Parquet) {
        for table in &tables {
            let path = output.join(&format!("{}.parquet", table.name())).as_str().to_string();
            let facts = [
                ("cpb.version", env!("CARGO_PKG_VERSION")),
                ("cpb.engine", engine),
                ("cpb.table", table.name()),
                ("cellprofiler.pipeline", run.pipeline),
            ];
            let file = run.sink.create(&path).and_then(|file| ParquetTable::new(file, table, &facts));
            let file = file.map_err(|error| RunError::Write { path: path.clone(), error })?;
            sinks.push(Box::new(ParquetSink { table: table.clone(), file, path }));
        }
    }
    if formats.contains(&Format::Sqlite) {
        sinks.push(Box::new(SqliteSink::new(tables, number, run.sink, output.join(SQLITE).as_str())?));
    }
    Ok(sinks)
}

struct ParquetSink<'a> {
    table: TypedTable,
    file: ParquetTable<Box<dyn OpenFile + 'a>>,
    path: String,
}

impl RecordSink for ParquetSink<'_> {
    fn record(&mut self, record: &Record) -> Result<(), RunError> {
        let rows = self.table.rows(record).map_err(|misfit| RunError::Internal(misfit.to_string()))?;
        let written = rows.iter().try_for_each(|row| self.file.row(row));
        written.map_err(|error| RunError::Write { path: self.path.clone(), error })
    }

    fn finish(self: Box<Self>, _: &mut Experiment) -> Result<(), RunError> {
        let Self { file, path, .. } = *self;
        let finished = file.finish().and_then(|file| file.finish());
        finished.map_err(|error| RunError::Write { path, error })
    }
}

/// A SQLite file that is made on this machine and put in its place when it is whole.
struct SqliteSink<'a> {
    tables: SqliteTables,
    // After the tables: it goes when they are closed.
    folder: tempfile::TempDir,
    sink: &'a dyn Sink,
    path: String,
}

impl<'a> SqliteSink<'a> {
    fn new(
        tables: Vec<TypedTable>,
        number: &TableNumber,
        sink: &'a dyn Sink,
        path: &str,
    ) -> Result<Self, RunError> {
        let fail = |error: io::Error| RunError::Write { path: path.to_string(), error };
        let folder = tempfile::Builder::new().prefix("cpb-sqlite-").tempdir().map_err(fail)?;
        let tables = SqliteTables::create(&folder.path().join(SQLITE), tables, number.get());
        let tables =
            tables.map_err(|error| RunError::Refused(format!("`{path}` cannot be made: {error}")))?;
        Ok(Self { tables, folder, sink, path: path.to_string() })
    }
}

impl RecordSink for SqliteSink<'_> {
    fn record(&mut self, record: &Record) -> Result<(), RunError> {
        let added = self.tables.add(record);
        added.map_err(|error| RunError::Write { path: self.path.clone(), error: io::Error::other(error) })
    }

    fn finish(self: Box<Self>, _: &mut Experiment) -> Result<(), RunError> {
        let Self { tables, folder, sink, path } = *self;
        let put = || {
            tables.finish().map_err(io::Error::other)?;
            let mut file = sink.create(&path)?;
            io::copy(&mut File::open(folder.path().join(SQLITE))?, &mut file)?;
            file.finish()
        };
        put().map_err(|error| RunError::Write { path: path.clone(), error })
    }
}

/// A number that other image sets would not have, so that files can be put together.
#[derive(Clone, Debug, Default)]
pub struct TableNumber(Sha256);

impl TableNumber {
    /// Takes up the next image set of the tables.
    pub fn add(&mut self, set: &ImageSet) {
        self.0.update(format!("{} {:?}\n", set.number, set.columns));
    }

    fn get(&self) -> i64 {
        self.0.clone().finalize()[..4].iter().fold(0, |number, &byte| number << 8 | i64::from(byte))
    }
}

impl<'s> FromIterator<&'s ImageSet> for TableNumber {
    fn from_iter<I: IntoIterator<Item = &'s ImageSet>>(image_sets: I) -> Self {
        let mut number = Self::default();
        image_sets.into_iter().for_each(|set| number.add(set));
        number
    }
}
