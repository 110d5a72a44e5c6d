//! Writes what a MySQL server takes: a table of text for each large table, and a script that makes all tables and loads
//! these: `mysql --local-infile=1 < NAME_SETUP.SQL`, in the folder of the tables.
//!
//! CellProfiler writes to the server itself, and so needs it during the whole run. The statements are its own (the
//! `DB_MYSQL` branches of `exporttodatabase.py`, 4.2.8).

use super::database::{Database, refused, write_error};
use super::{MySql, Overwrite};
use crate::RunError;
use measurements::IMAGE;
use rusqlite::types::ValueRef;
use std::io::{self, Write};

/// Returns the statements of SQLite as MySQL wants them.
fn translated(statement: &str, overwrite: Overwrite) -> Option<String> {
    let keeps = overwrite == Overwrite::Data;
    if let Some(index) = statement.strip_prefix("CREATE INDEX") {
        // A key that is there cannot be added again.
        return (!keeps).then(|| format!("CREATE INDEX{index}"));
    }
    if let Some(view) = statement.strip_prefix("CREATE VIEW") {
        return Some(format!("CREATE OR REPLACE VIEW{view}"));
    }
    if statement.starts_with("DROP TABLE") && keeps {
        return None;
    }
    if statement.starts_with("CREATE TABLE IF NOT EXISTS") {
        // A key over texts needs to know how much of them counts.
        let key = "(experiment_id, object_name, field)";
        let long = "(experiment_id, object_name(200), field(200))";
        return Some(statement.replace("AUTOINCREMENT", "AUTO_INCREMENT").replace(key, long));
    }
    match (statement.strip_prefix("CREATE TABLE"), statement.strip_prefix("INSERT INTO")) {
        (Some(table), _) if keeps => Some(format!("CREATE TABLE IF NOT EXISTS{table}")),
        (_, Some(row)) if keeps => Some(format!("REPLACE INTO{row}")),
        _ => Some(statement.into()),
    }
}

impl Database<'_> {
    /// Writes the tables and the script that loads them, beside each other.
    ///
    /// # Errors
    /// On a file that cannot be written.
    pub(super) fn write_mysql(&self, server: &MySql, updates: &[String]) -> Result<(), RunError> {
        let overwrite = self.module.overwrite;
        let name = &server.database;
        let mut script = format!("CREATE DATABASE IF NOT EXISTS {name};\nUSE {name};\n");
        for statement in self.statements.iter().filter_map(|s| translated(s, overwrite)) {
            script.push_str(&statement);
            script.push_str(";\n");
        }
        for statement in updates {
            script.push_str(statement);
            script.push_str(";\n");
        }
        let mut tables: Vec<String> = vec![self.schema.table(IMAGE)];
        tables.extend(self.schema.object_tables().into_iter().map(|t| t.table));
        if self.module.relationships {
            tables.push(self.schema.table("Relationships"));
        }
        for table in tables {
            let file = format!("{name}_{table}.csv");
            let path = self.module.path(&self.run, &file, false);
            let columns = self.write_table(&table, &path)?;
            let kept = if overwrite == Overwrite::Data { "REPLACE " } else { "" };
            script.push_str(&format!(
                "LOAD DATA LOCAL INFILE '{file}' {kept}INTO TABLE {table} CHARACTER SET utf8mb4 FIELDS TERMINATED \
                 BY ',' OPTIONALLY ENCLOSED BY '\"' ESCAPED BY '' LINES TERMINATED BY '\\n' IGNORE 1 LINES \
                 ({columns});\n"
            ));
        }
        self.run.sink.write(&self.path, script.as_bytes()).map_err(write_error(&self.path))
    }

    /// Writes a table, its columns' names first; returns these, with commas between.
    fn write_table(&self, table: &str, path: &str) -> Result<String, RunError> {
        let select = format!("SELECT * FROM {table} ORDER BY rowid");
        let mut statement = self.connection.prepare(&select).map_err(refused)?;
        let columns = statement.column_names().join(",");
        let count = statement.column_count();
        let mut rows = statement.query([]).map_err(refused)?;
        let mut file = self.run.sink.create(path).map_err(write_error(path))?;
        let mut lines = format!("{columns}\n").into_bytes();
        while let Some(row) = rows.next().map_err(refused)? {
            for i in 0..count {
                let end = if i + 1 == count { b'\n' } else { b',' };
                push(&mut lines, row.get_ref(i).map_err(refused)?).map_err(write_error(path))?;
                lines.push(end);
            }
            if lines.len() > 1 << 20 {
                file.write_all(&lines).map_err(write_error(path))?;
                lines.clear();
            }
        }
        file.write_all(&lines).and_then(|()| file.finish()).map_err(write_error(path))?;
        Ok(columns)
    }
}

/// Adds a value; texts are in quotes, so that the bare word NULL is none.
fn push(line: &mut Vec<u8>, value: ValueRef<'_>) -> io::Result<()> {
    match value {
        ValueRef::Null => line.write_all(b"NULL"),
        ValueRef::Integer(v) => write!(line, "{v}"),
        ValueRef::Real(v) => write!(line, "{v:?}"),
        ValueRef::Text(text) | ValueRef::Blob(text) => {
            line.push(b'"');
            for &byte in text {
                if byte == b'"' {
                    line.push(b'"');
                }
                line.push(byte);
            }
            line.push(b'"');
            Ok(())
        }
    }
}
