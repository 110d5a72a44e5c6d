use crate::tables::{IMAGE_NUMBER, OBJECT_NUMBER};
use crate::{Cell, Kind, Record, TypedTable};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, params_from_iter};
use std::collections::HashSet;
use std::path::Path;

/// Which of several tables of image sets a row is of, where files are put together.
const TABLE_NUMBER: &str = "TableNumber";

/// Writes tables as one SQLite file in the shape that [cytominer-database](https://github.com/cytomining/cytominer-database)
/// gives it: `Image` and a table an object set, `TableNumber` before `ImageNumber` and `ObjectNumber`, the names of features that
/// are of objects after the set's name; null for NaN.
pub struct SqliteTables {
    connection: Connection,
    tables: Vec<(TypedTable, String)>,
    table_number: i64,
}

/// Why the file cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum SqliteError {
    /// SQLite does not take it.
    #[error("SQLite: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A value does not fit its column.
    #[error(transparent)]
    Misfit(#[from] crate::Misfit),
}

impl SqliteTables {
    /// Makes the file, which is not there yet.
    ///
    /// # Errors
    /// When it cannot be written, or a table has more columns (2,000) than SQLite takes.
    pub fn create(path: &Path, tables: Vec<TypedTable>, table_number: i64) -> Result<Self, SqliteError> {
        let connection = Connection::open(path)?;
        // The file is made beside its place: what is half done is thrown away, not mended.
        connection.execute_batch(
            "PRAGMA page_size = 65536; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN;",
        )?;
        let mut made = Vec::new();
        for table in tables {
            let columns = columns(&table);
            let typed = columns.iter().map(|(name, kind)| {
                let kind = match kind {
                    Kind::Integer => "BIGINT",
                    Kind::Float => "FLOAT",
                    Kind::Text => "TEXT",
                };
                format!("{} {kind}", quoted(name))
            });
            let (name, typed) = (quoted(table.name()), typed.collect::<Vec<_>>().join(", "));
            connection.execute_batch(&format!("CREATE TABLE {name} ({typed})"))?;
            let places = vec!["?"; columns.len()].join(", ");
            made.push((table, format!("INSERT INTO {name} VALUES ({places})")));
        }
        connection.set_prepared_statement_cache_capacity(made.len() + 1);
        Ok(Self { connection, tables: made, table_number })
    }

    /// Adds the rows of an image set to all tables.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn add(&mut self, record: &Record) -> Result<(), SqliteError> {
        for (table, insert) in &self.tables {
            let mut insert = self.connection.prepare_cached(insert)?;
            for row in table.rows(record)? {
                let number = Cell::Integer(self.table_number);
                insert.execute(params_from_iter(std::iter::once(&number).chain(&row)))?;
            }
        }
        Ok(())
    }

    /// Makes the indexes that readers join by, and closes the file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(self) -> Result<(), SqliteError> {
        for (table, _) in &self.tables {
            let index = quoted(&format!("table_image_{}_idx", table.name().to_lowercase()));
            let object = if table.is_of_objects() { format!(", {OBJECT_NUMBER}") } else { String::new() };
            let name = quoted(table.name());
            let columns = format!("{TABLE_NUMBER}, {IMAGE_NUMBER}{object}");
            self.connection.execute_batch(&format!("CREATE INDEX {index} ON {name} ({columns})"))?;
        }
        self.connection.execute_batch("COMMIT")?;
        self.connection.close().map_err(|(_, error)| error.into())
    }
}

/// Returns the columns, each under a name that no other has: SQLite does not tell letters from capitals.
fn columns(table: &TypedTable) -> Vec<(String, Kind)> {
    let mut taken = HashSet::new();
    let named = table.columns().map(|(name, kind)| {
        let own = [IMAGE_NUMBER, OBJECT_NUMBER].contains(&name) || !table.is_of_objects();
        (if own { name.to_string() } else { format!("{}_{name}", table.name()) }, kind)
    });
    let all = std::iter::once((TABLE_NUMBER.to_string(), Kind::Integer)).chain(named);
    let unique = all.map(|(mut name, kind)| {
        while !taken.insert(name.to_lowercase()) {
            name.push('_');
        }
        (name, kind)
    });
    unique.collect()
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl ToSql for Cell<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Cell::Missing => ValueRef::Null,
            Cell::Float(value) if value.is_nan() => ValueRef::Null,
            Cell::Float(value) => ValueRef::Real(*value),
            Cell::Integer(value) => ValueRef::Integer(*value),
            Cell::Text(value) => ValueRef::Text(value.as_bytes()),
        }))
    }
}
