//! Further forms of the tables: Parquet and SQLite, streamed from the same records as the pipeline's own tables.

use crate::files::sha256;
use crate::{Address, Format};
use engine::{Experiment, OpenFile, RecordSink, RunError, RunFacts, Sink};
use imageset::ImageSet;
use measurements::{Column, ParquetTable, Record, SqliteTables, TypedTable};
use std::fs::File;
use std::io;

/// The name of the SQLite file.
const SQLITE: &str = "measurements.sqlite";

/// Returns the writers of the forms that are asked for; the pipeline's own tables are not theirs.
///
/// `columns` are all measurements; `engine` is its name and version, which Parquet files tell with the pipeline.
///
/// # Errors
/// When a file cannot be made.
pub fn format_sinks<'a>(
    formats: &[Format],
    columns: &[Column],
    engine: &str,
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
        sinks.push(Box::new(SqliteSink::new(tables, run, output.join(SQLITE).as_str())?));
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
    fn new(tables: Vec<TypedTable>, run: RunFacts<'a>, path: &str) -> Result<Self, RunError> {
        let fail = |error: io::Error| RunError::Write { path: path.to_string(), error };
        let folder = tempfile::Builder::new().prefix("cpb-sqlite-").tempdir().map_err(fail)?;
        let tables = SqliteTables::create(&folder.path().join(SQLITE), tables, table_number(run.image_sets));
        let tables =
            tables.map_err(|error| RunError::Refused(format!("`{path}` cannot be made: {error}")))?;
        Ok(Self { tables, folder, sink: run.sink, path: path.to_string() })
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

/// Returns a number that other image sets would not have, so that files can be put together.
fn table_number(image_sets: &[ImageSet]) -> i64 {
    let text: String = image_sets.iter().map(|set| format!("{} {:?}\n", set.number, set.columns)).collect();
    i64::from_str_radix(&sha256(text.as_bytes())[..8], 16).unwrap_or(0)
}
