//! Databases as folders of tables, which are compared like any others; and the files that tell of them.

use crate::compare::Files;
use anyhow::{Context, Result};
use measurements::{Delimited, PythonFloat};
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use std::fs;
use std::path::Path;

/// Returns `files` with a folder of tables in place of each database: `schema.sql`, and a table of text for each table
/// and view, its rows sorted by their first columns. The folders are made below `place`; `{OUTPUT}` stands for the
/// folder `output` in them.
///
/// # Errors
/// When a database cannot be read.
pub(crate) fn unpack_all(files: Files, output: &Path, place: &Path) -> Result<Files> {
    let mut unpacked = Files::new();
    for (file, path) in files {
        if !file.ends_with(".db") {
            unpacked.insert(file, path);
            continue;
        }
        let folder = place.join(&file);
        fs::create_dir_all(&folder)?;
        unpack(&path, output, &folder).with_context(|| path.display().to_string())?;
        for (table, path) in crate::compare::files(&folder)? {
            unpacked.insert(format!("{file}/{table}"), path);
        }
    }
    Ok(unpacked)
}

fn unpack(path: &Path, output: &Path, folder: &Path) -> Result<()> {
    let database = Connection::open(path)?;
    let mut entries = database
        .prepare("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name")?;
    let entries = entries.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let entries: Vec<(String, String, Option<String>)> = entries.collect::<Result<_, _>>()?;
    let statements = entries.iter().filter_map(|(_, _, sql)| sql.as_ref());
    fs::write(folder.join("schema.sql"), statements.map(|sql| format!("{sql};\n")).collect::<String>())?;
    for (kind, name, _) in entries {
        // A run's own table holds the pipeline and the time, which no comparison looks at.
        if (kind == "table" || kind == "view") && !name.ends_with("Per_Experiment") {
            let order = if name == "Experiment" { "" } else { "ORDER BY 1, 2, 3" };
            let mut rows = database.prepare(&format!("SELECT * FROM {name} {order}"))?;
            let file = fs::File::create(folder.join(format!("{name}.csv")))?;
            write_table(&mut rows, Delimited::new(std::io::BufWriter::new(file), ','), output)?;
        }
    }
    Ok(())
}

fn write_table(
    statement: &mut rusqlite::Statement<'_>,
    mut out: Delimited<std::io::BufWriter<fs::File>>,
    output: &Path,
) -> Result<()> {
    let names: Vec<String> = statement.column_names().into_iter().map(String::from).collect();
    out.texts(names.iter().map(String::as_str))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        for column in 0..names.len() {
            match row.get_ref(column)? {
                ValueRef::Null => out.text(""),
                ValueRef::Integer(v) => out.integer(v),
                ValueRef::Real(v) => out.text(&PythonFloat(v).to_string()),
                ValueRef::Text(v) | ValueRef::Blob(v) => {
                    let text = String::from_utf8_lossy(v);
                    out.text(&text.replace(&*output.to_string_lossy(), "{OUTPUT}"));
                }
            }
        }
        out.end_row()?;
    }
    Ok(())
}

/// Returns whether two properties files are the same but for the date in their first line; `{OUTPUT}` stands for the
/// folder `output` in the expected one.
///
/// # Errors
/// When a file cannot be read.
pub(crate) fn same_properties(expected: &Path, got: &Path, output: &Path) -> Result<bool> {
    let lines = |path: &Path| -> Result<Vec<String>> {
        let text = fs::read_to_string(path)?.replace(&*output.to_string_lossy(), "{OUTPUT}");
        Ok(text.lines().skip(1).map(String::from).collect())
    };
    Ok(lines(expected)? == lines(got)?)
}
