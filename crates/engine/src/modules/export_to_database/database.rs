//! Writes one database while the records come.
//!
//! It is made in a file beside the system's other temporary files and put in its place at the end, so that it appears
//! whole or not at all; for a MySQL server its tables are written as text then (`mysql.rs`).

use super::properties::Seen;
use super::schema::{Field, ObjectTable, Schema};
use super::values::{escaped, float, image_value, literal, object_value};
use super::{ExportToDatabase, Overwrite, properties, workspace_file};
use crate::{Experiment, RecordSink, RunError, RunFacts, timestamp};
use measurements::tables::{IMAGE_NUMBER, OBJECT_NUMBER};
use measurements::{EXPERIMENT, IMAGE, Kind, Record, Value, Values};
use rusqlite::types::{ToSqlOutput, Value as Sql};
use rusqlite::{Connection, ErrorCode, params_from_iter};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Write};
use tempfile::TempPath;

/// The database of a run.
pub(super) struct Database<'a> {
    pub(super) module: &'a ExportToDatabase,
    pub(super) run: RunFacts<'a>,
    pub(super) schema: Schema<'a>,
    /// Of the database, or of the script for a server.
    pub(super) path: String,
    pub(super) connection: Connection,
    file: TempPath,
    /// What made the tables.
    pub(super) statements: Vec<String>,
    /// The number of each type of relationship, by module, name and objects.
    types: BTreeMap<(usize, String, String, String), i64>,
    /// The last module before this one whose time and errors are recorded: image sets that did not come so far have
    /// no row.
    last_before: Option<String>,
    seen: Seen,
}

impl<'a> Database<'a> {
    /// Makes the tables, or finds those of an earlier run.
    ///
    /// # Errors
    /// When tables are there and may not be replaced, when a database cannot hold these columns, or on a file that
    /// cannot be read or written.
    pub(super) fn new(module: &'a ExportToDatabase, run: RunFacts<'a>) -> Result<Self, RunError> {
        let path = module.path(&run, &module.written_file(), false);
        let schema = Schema::new(module, &run);
        let file = tempfile::NamedTempFile::new().map_err(write_error(&path))?.into_temp_path();
        if module.server.is_some() {
            if module.overwrite == Overwrite::Never && run.sink.exists(&path) {
                return Err(refused_to_replace("the tables", &path));
            }
        } else if run.sink.exists(&path) {
            let earlier = run.source.read(&path).map_err(write_error(&path))?;
            std::fs::write(&file, earlier).map_err(write_error(&path))?;
        }
        let connection = Connection::open(&file).map_err(refused)?;
        // Nobody reads the file before it is whole: it needs no protection against a crash.
        connection.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;").map_err(refused)?;
        let last_before = run.columns[..run.columns_so_far]
            .iter()
            .rev()
            .find(|c| c.object == IMAGE && c.feature.starts_with("ModuleError_"));
        let last_before = last_before.map(|c| c.feature.clone());
        let mut database = Self {
            module,
            run,
            schema,
            path,
            connection,
            file,
            statements: Vec::new(),
            types: BTreeMap::new(),
            last_before,
            seen: Seen::default(),
        };
        database.refuse_missing_aggregates()?;
        database.begin()?;
        Ok(database)
    }

    /// CellProfiler cannot sum up what is measured after it writes the image set.
    fn refuse_missing_aggregates(&self) -> Result<(), RunError> {
        let objects = &self.schema.objects;
        let late = |f: &&Field| !f.made_before && f.column.feature != super::schema::NUMBER;
        let found = objects.iter().flat_map(|o| self.schema.of_objects(o)).find(late);
        match found {
            Some(field) if !self.module.aggregates.is_empty() => Err(RunError::Refused(format!(
                "`{}` of `{}` is measured after the module that exports its mean: move ExportToDatabase behind",
                field.column.feature, field.column.object
            ))),
            _ => Ok(()),
        }
    }

    fn begin(&mut self) -> Result<(), RunError> {
        let mut tables: Vec<String> = self.schema.object_tables().into_iter().map(|t| t.table).collect();
        tables.insert(0, self.schema.table(IMAGE));
        tables.retain(|table| self.has(table));
        let there = format!("`{}`", tables.join("`, `"));
        match self.module.overwrite {
            _ if tables.is_empty() => {}
            Overwrite::All => {}
            Overwrite::Data => {
                self.connection.execute_batch("BEGIN").map_err(refused)?;
                return self.read_types();
            }
            Overwrite::Never => {
                return Err(refused_to_replace(&there, &self.path));
            }
        }
        self.connection.execute_batch("BEGIN").map_err(refused)?;
        // One that is of the other kind cannot be dropped, which is as well.
        let object = self.schema.table("Object");
        let drops =
            [format!("DROP TABLE IF EXISTS {object}"), format!("DROP VIEW IF EXISTS {object}")].to_vec();
        for statement in &drops {
            let _ = self.connection.execute_batch(statement);
        }
        let measurements = self.schema.create_measurements(self.module.objects.any());
        let mut experiment = vec![format!("DROP TABLE IF EXISTS {}", self.schema.table(EXPERIMENT))];
        experiment.extend(self.experiment());
        let mut relationships = Vec::new();
        if self.module.relationships {
            relationships = self.schema.create_relationships(self.run.relationships);
            for (id, (module, r)) in (1..).zip(self.run.relationships) {
                let key = (*module, r.relationship.clone(), r.first.clone(), r.second.clone());
                self.types.insert(key, id);
            }
        }
        // What is known of the experiment is written as MySQL reads it, so that only its script has it.
        let own = if self.module.server.is_some() { &[][..] } else { &experiment };
        let mut executed = measurements.iter().chain(own).chain(&relationships);
        executed.try_for_each(|s| self.connection.execute_batch(s)).map_err(refused)?;
        self.statements = [drops, measurements, experiment, relationships].concat();
        Ok(())
    }

    fn has(&self, table: &str) -> bool {
        self.connection.prepare(&format!("SELECT * FROM {table} LIMIT 1")).is_ok()
    }

    /// Reads the types of relationships that an earlier run left.
    fn read_types(&mut self) -> Result<(), RunError> {
        if !self.module.relationships {
            return Ok(());
        }
        let statement = format!(
            "SELECT module_number, relationship, object_name1, object_name2, relationship_type_id FROM {}",
            self.schema.table("RelationshipTypes")
        );
        let mut statement = self.connection.prepare(&statement).map_err(refused)?;
        let rows = statement.query_map([], |row| {
            let module: i64 = row.get(0)?;
            Ok(((module.unsigned_abs() as usize, row.get(1)?, row.get(2)?, row.get(3)?), row.get(4)?))
        });
        self.types = rows.and_then(Iterator::collect).map_err(refused)?;
        Ok(())
    }

    /// Returns the statements that make the tables of the experiment and fill them with what is known of it.
    fn experiment(&self) -> Vec<String> {
        let mut statements = vec![
            "CREATE TABLE IF NOT EXISTS Experiment (\n    experiment_id integer primary key AUTOINCREMENT,\n    \
             name text)"
                .to_string(),
            "CREATE TABLE IF NOT EXISTS Experiment_Properties (\n    experiment_id integer not null,\n    \
             object_name text not null,\n    field text not null,\n    value longtext,\n    constraint \
             Experiment_Properties_pk primary key (experiment_id, object_name, field))"
                .to_string(),
            format!("INSERT INTO Experiment (name) values ('{}')", escaped(&self.module.experiment)),
        ];
        for file in properties::files(self.module, &self.run, &self.schema, &Seen::default()) {
            for (field, value) in file.properties() {
                statements.push(format!(
                    "INSERT INTO Experiment_Properties (experiment_id, object_name, field, value) SELECT \
                     MAX(experiment_id), '{}', '{}', '{}' FROM Experiment",
                    file.object,
                    escaped(&field),
                    escaped(&value)
                ));
            }
        }
        let table = self.schema.table(EXPERIMENT);
        let (mut columns, mut names, mut values) = (Vec::new(), Vec::new(), Vec::new());
        for (name, kind, value) in self.experiment_columns() {
            columns.push(format!("{name} {kind}"));
            values.push(value);
            names.push(name);
        }
        statements.push(format!("CREATE TABLE {table} (\n{})", columns.join(",\n")));
        statements.push(format!("INSERT INTO {table} ({}) VALUES ({})", names.join(","), values.join(",")));
        statements
    }

    /// Returns name, type and value (as SQL) of what is known of the run as a whole.
    fn experiment_columns(&self) -> Vec<(String, &'static str, String)> {
        let of_server = self.module.server.is_some();
        let text = |value: &str| match of_server {
            true => format!("'{}'", escaped(value)),
            false => format!("'{}'", value.replace('\'', "''")),
        };
        let pipeline: String = self.run.pipeline.chars().map(|c| format!("{:02X}", u32::from(c))).collect();
        let mut columns = vec![
            ("Pipeline_Pipeline".to_string(), "longblob", format!("X'{pipeline}'")),
            ("CellProfiler_Version".into(), "TEXT", text("4.2.8.1")),
            ("Run_Timestamp".into(), "TEXT", text(&timestamp::written(self.run.started))),
            ("Modification_Timestamp".into(), "TEXT", "null".into()),
        ];
        for column in self.run.columns.iter().filter(|c| c.object == EXPERIMENT) {
            let kind = match column.declared {
                Some(Kind::Integer) => "integer",
                Some(Kind::Float) => "float",
                Some(Kind::Text) | None => "TEXT",
            };
            let known = self.run.experiment.iter().find(|(name, _)| *name == column.feature);
            let value = known.map_or("null".into(), |(_, value)| text(value));
            columns.push((column.feature.clone(), kind, value));
        }
        columns
    }

    /// Returns whether the image set came as far as this module, or failed before.
    fn is_written(&self, record: &Record) -> bool {
        let failed = |(name, value): (&String, &Value)| {
            name.starts_with("ModuleError_") && *value == Value::Integer(1)
        };
        let reached = self.last_before.as_ref().is_none_or(|name| record.image.contains_key(name));
        reached || record.image.iter().any(failed)
    }

    fn write_image(&self, record: &Record) -> Result<(), RunError> {
        let table = self.schema.table(IMAGE);
        let number = record.image_number as i64;
        self.execute(&format!("DELETE FROM {table} WHERE {IMAGE_NUMBER} = ?"), &[Sql::Integer(number)])?;
        let mut names = vec![IMAGE_NUMBER];
        let mut values = vec![Sql::Integer(number)];
        for Field { column, .. } in self.schema.of_images().filter(|f| f.made_before) {
            if let Some(value) = record.image.get(&column.feature) {
                names.push(self.schema.name(column));
                values.push(image_value(column, value)?);
            }
        }
        let aggregates = self.schema.aggregates.compute(record);
        for name in &self.schema.aggregate_names {
            names.push(self.schema.aggregate_name(name));
            values.push(aggregates.get(name).map_or(Sql::Null, |&v| float(v)));
        }
        let marks = vec!["?"; values.len()].join(",");
        self.execute(&format!("INSERT INTO {table} ({}) VALUES ({marks})", names.join(",")), &values)
    }

    fn write_objects(&self, table: &ObjectTable, record: &Record) -> Result<(), RunError> {
        let number = record.image_number as i64;
        let delete = format!("DELETE FROM {} WHERE {IMAGE_NUMBER} = ?", table.table);
        self.execute(&delete, &[Sql::Integer(number)])?;
        let mut names = vec![IMAGE_NUMBER];
        if table.numbered {
            names.push(OBJECT_NUMBER);
        }
        let mut features = Vec::new();
        for Field { column, made_before } in table.objects.iter().flat_map(|o| self.schema.of_objects(o)) {
            names.push(self.schema.name(column));
            let values = record.object(&column.object, &column.feature).filter(|_| *made_before);
            features.push((values, column.declared == Some(Kind::Text)));
        }
        let marks = vec!["?"; names.len()].join(",");
        let insert = format!("INSERT INTO {} ({}) VALUES ({marks})", table.table, names.join(","));
        let mut statement = self.connection.prepare_cached(&insert).map_err(refused)?;
        for i in 0..count(table, record) {
            let mut row = vec![ToSqlOutput::from(number)];
            if table.numbered {
                row.push(ToSqlOutput::from(i as i64 + 1));
            }
            row.extend(features.iter().map(|(values, is_text)| object_value(*values, i, *is_text)));
            statement.execute(params_from_iter(row)).map_err(refused)?;
        }
        Ok(())
    }

    fn write_relationships(&mut self, record: &Record) -> Result<(), RunError> {
        let table = self.schema.table("Relationships");
        for side in [1, 2] {
            let delete = format!("DELETE FROM {table} WHERE image_number{side} = ?");
            self.execute(&delete, &[Sql::Integer(record.image_number as i64)])?;
        }
        for (module, relates) in self.run.relationships {
            let found = record.relationships.iter().filter(|r| {
                r.module == *module
                    && r.relationship == relates.relationship
                    && (r.first.as_str(), r.second.as_str()) == (&relates.first, &relates.second)
            });
            let id = self.type_number(*module, relates)?;
            let insert = format!("INSERT OR IGNORE INTO {table} VALUES (?, ?, ?, ?, ?)");
            let mut statement = self.connection.prepare_cached(&insert).map_err(refused)?;
            for &[a, b, c, d] in found.flat_map(|r| &r.pairs) {
                statement.execute((id, a, b, c, d)).map_err(refused)?;
            }
        }
        Ok(())
    }

    /// Returns the number of a type of relationship; one that an earlier run did not know is added.
    fn type_number(&mut self, module: usize, relates: &crate::Relates) -> Result<i64, RunError> {
        let key = (module, relates.relationship.clone(), relates.first.clone(), relates.second.clone());
        if let Some(id) = self.types.get(&key) {
            return Ok(*id);
        }
        let id = self.types.values().max().map_or(0, |last| last + 1);
        let insert = format!("INSERT INTO {} VALUES (?, ?, ?, ?, ?)", self.schema.table("RelationshipTypes"));
        let values = (id, module as i64, &relates.relationship, &relates.first, &relates.second);
        self.connection.execute(&insert, values).map_err(refused)?;
        self.types.insert(key, id);
        Ok(id)
    }

    fn execute(&self, statement: &str, values: &[Sql]) -> Result<(), RunError> {
        let mut statement = self.connection.prepare_cached(statement).map_err(refused)?;
        statement.execute(params_from_iter(values)).map_err(refused)?;
        Ok(())
    }

    /// Takes note of what the properties files say of images and objects.
    fn note_seen(&mut self, record: &Record) {
        for name in record.objects.keys().filter(|name| *name != properties::CHANNELS_OBJECT) {
            if !self.seen.objects.contains(name) {
                self.seen.objects.push(name.clone());
            }
        }
        let noted = |feature| record.object(properties::CHANNELS_OBJECT, feature);
        if let (Some(Values::Texts(images)), Some(Values::Integers(channels))) =
            (noted(properties::CHANNEL_IMAGES), noted(properties::CHANNELS))
        {
            let channels = channels.iter().map(|&n| n.unsigned_abs() as usize);
            self.seen.channels = images.iter().cloned().zip(channels).collect();
        }
    }

    /// Puts the finished database in its place.
    fn put(connection: Connection, file: &TempPath, path: &str, run: &RunFacts<'_>) -> Result<(), RunError> {
        connection.execute_batch("COMMIT").map_err(refused)?;
        connection.close().map_err(|(_, error)| refused(error))?;
        let copy = || -> io::Result<()> {
            let mut from = File::open(file)?;
            let mut to = run.sink.create(path)?;
            let mut buffer = vec![0; 1 << 20];
            loop {
                match from.read(&mut buffer)? {
                    0 => return to.finish(),
                    n => to.write_all(&buffer[..n])?,
                }
            }
        };
        copy().map_err(write_error(path))
    }
}

impl RecordSink for Database<'_> {
    fn record(&mut self, record: &Record) -> Result<(), RunError> {
        if !self.is_written(record) {
            return Ok(());
        }
        self.write_image(record)?;
        for table in self.schema.object_tables() {
            self.write_objects(&table, record)?;
        }
        if self.module.relationships {
            self.write_relationships(record)?;
        }
        self.note_seen(record);
        Ok(())
    }

    fn finish(self: Box<Self>, experiment: &mut Experiment) -> Result<(), RunError> {
        let mut late = vec![(
            "Modification_Timestamp".to_string(),
            Sql::Text(timestamp::written(std::time::SystemTime::now())),
        )];
        for column in self.run.columns.iter().filter(|c| c.object == EXPERIMENT) {
            if let Some(value) = experiment.get(&column.feature) {
                late.push((column.feature.clone(), image_value(column, value)?));
            }
        }
        let table = self.schema.table(EXPERIMENT);
        if let Some(server) = &self.module.server {
            let update = |(name, value)| format!("UPDATE {table} SET {name} = {}", literal(value));
            self.write_mysql(server, &late.iter().map(|(n, v)| update((n, v))).collect::<Vec<_>>())?;
        } else {
            for (name, value) in &late {
                self.execute(&format!("UPDATE {table} SET {name} = ?"), std::slice::from_ref(value))?;
            }
        }
        let Self { module, run, schema, path, connection, file, seen, .. } = *self;
        if module.server.is_none() {
            Self::put(connection, &file, &path, &run)?;
        }
        if module.writes_properties {
            for file in properties::files(module, &run, &schema, &seen) {
                let path = module.path(&run, &file.name, true);
                run.sink.write(&path, file.text.as_bytes()).map_err(write_error(&path))?;
            }
        }
        if let Some(plots) = &module.plots {
            let path = module.path(&run, &format!("{}.workspace", module.base_name()), true);
            let text = workspace_file::text(plots, &schema);
            run.sink.write(&path, text.as_bytes()).map_err(write_error(&path))?;
        }
        Ok(())
    }
}

/// Returns how many rows a table has for an image set: as many as the most numerous object set has objects.
fn count(table: &ObjectTable, record: &Record) -> usize {
    let count = |object: &String| match record.image.get(&format!("Count_{object}")) {
        Some(Value::Integer(n)) => n.unsigned_abs() as usize,
        Some(Value::Float(n)) if n.is_finite() => *n as usize,
        _ => 0,
    };
    table.objects.iter().map(count).max().unwrap_or(0)
}

fn refused_to_replace(what: &str, path: &str) -> RunError {
    RunError::Refused(format!(
        "ExportToDatabase may not replace {what} in `{path}`: move the file away or answer \"Data and schema\" to \
         \"Overwrite without warning?\""
    ))
}

/// Says why a database refused a statement, as CellProfiler's would.
pub(super) fn refused(error: rusqlite::Error) -> RunError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure) => {
            RunError::Write { path: "the database".into(), error: io::Error::other(error) }
        }
        _ => RunError::Refused(format!("the database refused: {error}")),
    }
}

pub(super) fn write_error(path: &str) -> impl FnOnce(io::Error) -> RunError {
    move |error| RunError::Write { path: path.into(), error }
}
