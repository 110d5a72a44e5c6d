//! Writes the tables of all calls as one call over all image sets would have written them.

use super::table::{Content, TableNote, wider};
use crate::Address;
use crate::engine::Tables;
use cppipe::Pipeline;
use engine::{Experiment, OpenFile, RecordSink, RunError, Sink};
use measurements::tables::{IMAGE_NUMBER, RelationshipTable};
use measurements::{Column, Delimited, IMAGE, Kind, PythonFloat, Record, Value, Values};
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// Returns the writers of all tables that the notes name.
pub(super) fn sheets<'a>(
    run: &Tables<'a>,
    pipeline: &'a Pipeline,
) -> Result<Vec<Box<dyn RecordSink + 'a>>, RunError> {
    let output =
        Address::of_folder(&run.facts.folders.output).map_err(|e| RunError::Internal(e.to_string()))?;
    let notes = merged(run.notes)?;
    let mut all: Vec<Sheet<'a>> = Vec::new();
    let with_rows: BTreeSet<usize> =
        notes.values().filter(|n| n.content == Content::Images).flat_map(|n| n.image_sets.clone()).collect();
    let mut lost: BTreeSet<usize> = run.facts.image_sets.iter().map(|set| set.number).collect();
    lost.retain(|number| !with_rows.contains(number));
    let here: BTreeSet<usize> = run.facts.image_sets.iter().map(|set| set.number).collect();
    for (path, mut note) in notes {
        // Image sets of other folders have their tables there.
        let elsewhere = !note.image_sets.is_empty() && note.image_sets.is_disjoint(&here);
        note.image_sets.retain(|number| here.contains(number));
        if elsewhere && note.content != Content::Experiment {
            continue;
        }
        if note.content == Content::Images {
            // What never ran has its row in the first of several tables.
            note.image_sets.append(&mut lost);
        }
        let path = output.join(&path).as_str().to_string();
        if !may_replace(pipeline) && run.facts.sink.exists(&path) {
            return Err(RunError::Refused(format!(
                "ExportToSpreadsheet may not replace `{path}`: move it away or answer Yes to \"Overwrite existing files without warning?\""
            )));
        }
        let left = note.image_sets.clone();
        let relationships = RelationshipTable::default();
        all.push(Sheet {
            sink: run.facts.sink,
            pipeline,
            path,
            note,
            left,
            out: None,
            done: false,
            relationships,
        });
    }
    Ok(all.into_iter().map(|sheet| Box::new(sheet) as Box<dyn RecordSink + 'a>).collect())
}

/// Returns what the tables hold: the measurements of objects by the table that they are in.
pub(super) fn columns(notes: &[serde_json::Value]) -> Result<Vec<Column>, RunError> {
    let mut columns = Vec::new();
    for (path, note) in merged(notes)? {
        let object = match note.content {
            Content::Images => IMAGE.to_string(),
            Content::Objects => path,
            Content::Relationships | Content::Experiment => continue,
        };
        let names = note.columns().into_iter().zip(&note.kinds);
        columns.extend(names.map(|(feature, &kind)| Column {
            object: object.clone(),
            feature,
            kind,
            declared: Some(kind),
        }));
    }
    Ok(columns)
}

fn may_replace(pipeline: &Pipeline) -> bool {
    const QUESTION: &str = "Overwrite existing files without warning?";
    let exports = pipeline.modules.iter().filter(|m| m.enabled && m.name == "ExportToSpreadsheet");
    !exports.flat_map(|m| &m.settings).any(|setting| setting.label == QUESTION && setting.value == "No")
}

/// Returns the notes of each table put together, by path.
fn merged(notes: &[serde_json::Value]) -> Result<BTreeMap<String, TableNote>, RunError> {
    let mut merged: BTreeMap<String, TableNote> = BTreeMap::new();
    for value in notes.iter().filter(|value| !value.is_null()) {
        let notes: Vec<TableNote> = serde_json::from_value(value.clone())
            .map_err(|error| RunError::Internal(format!("the notes of a shard cannot be read: {error}")))?;
        for note in notes {
            match merged.get_mut(&note.path) {
                Some(known) => join(known, &note)?,
                None => {
                    merged.insert(note.path.clone(), note);
                }
            }
        }
    }
    Ok(merged)
}

/// Adds what the note of another call says of the same table.
fn join(known: &mut TableNote, note: &TableNote) -> Result<(), RunError> {
    if (known.content, known.delimiter, known.header.len())
        != (note.content, note.delimiter, note.header.len())
    {
        return Err(RunError::Refused(format!("image sets wrote different tables to `{}`", note.path)));
    }
    known.image_sets.extend(note.image_sets.iter().copied());
    let names = known.columns();
    let mut place = 0;
    for (i, name) in note.columns().iter().enumerate() {
        match names.iter().position(|known| known == name) {
            Some(at) => {
                // Columns may have come in before it.
                place = known.columns().iter().position(|known| known == name).unwrap_or(at);
                known.kinds[place] = wider(known.kinds[place], note.kinds[i]);
                place += 1;
            }
            None => {
                let rows = known.header.iter_mut().zip(&note.header);
                rows.for_each(|(known, new)| known.insert(place, new[i].clone()));
                known.kinds.insert(place, note.kinds[i]);
                place += 1;
            }
        }
    }
    Ok(())
}

/// A table that is being written.
struct Sheet<'a> {
    sink: &'a dyn Sink,
    pipeline: &'a Pipeline,
    path: String,
    note: TableNote,
    /// Image sets whose rows have not come.
    left: BTreeSet<usize>,
    out: Option<Delimited<Box<dyn OpenFile + 'a>>>,
    done: bool,
    relationships: RelationshipTable,
}

impl<'a> Sheet<'a> {
    /// Returns the file with its header.
    fn out(&mut self) -> io::Result<&mut Delimited<Box<dyn OpenFile + 'a>>> {
        let out = match self.out.take() {
            Some(out) => out,
            None => {
                let mut out = Delimited::new(self.sink.create(&self.path)?, self.note.delimiter);
                let rows = self.note.header.iter();
                rows.map(|row| row.iter().map(String::as_str)).try_for_each(|row| out.texts(row))?;
                out
            }
        };
        Ok(self.out.insert(out))
    }

    fn row(&mut self, record: &Record) -> io::Result<()> {
        let (names, kinds) = (self.note.header[0].clone(), self.note.kinds.clone());
        let out = self.out()?;
        for (name, kind) in names.iter().zip(kinds) {
            match record.image.get(name) {
                _ if name == IMAGE_NUMBER => out.integer(record.image_number as i64),
                Some(value) => out.value(value, kind),
                None => out.text(""),
            }
        }
        out.end_row()
    }

    fn rows(&mut self, record: &Record) -> io::Result<()> {
        let Some(features) = record.objects.get(&self.note.path) else { return Ok(()) };
        let columns: Vec<Option<&Values>> =
            self.note.columns().iter().map(|name| features.get(name)).collect();
        let (kinds, number) = (self.note.kinds.clone(), record.image_number as i64);
        let out = self.out()?;
        for i in 0..features.values().map(Values::len).max().unwrap_or(0) {
            out.integer(number);
            for (values, kind) in columns.iter().zip(&kinds).skip(1) {
                match values {
                    Some(Values::Integers(v)) if *kind == Kind::Float => out.float(v[i] as f64),
                    Some(Values::Integers(v)) => out.integer(v[i]),
                    Some(Values::Floats(v)) => out.float(v[i]),
                    Some(Values::Texts(v)) => out.text(&v[i]),
                    None => out.float(f64::NAN),
                }
            }
            out.end_row()?;
        }
        Ok(())
    }

    fn take(&mut self, record: &Record) -> io::Result<()> {
        if !self.left.remove(&record.image_number) {
            return Ok(());
        }
        match self.note.content {
            Content::Images => self.row(record)?,
            Content::Objects => self.rows(record)?,
            Content::Relationships => self.relationships.add(record),
            Content::Experiment => {}
        }
        // Tables of many folders are not all open at once.
        let last = self.left.is_empty() && matches!(self.note.content, Content::Images | Content::Objects);
        if last { self.close() } else { Ok(()) }
    }

    fn close(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.done, true) {
            return Ok(());
        }
        match self.note.content {
            Content::Relationships => {
                let mut out = Delimited::new(self.sink.create(&self.path)?, self.note.delimiter);
                let modules = &self.pipeline.modules;
                let name = |number| {
                    modules.iter().find(|m| m.number == number).map(|m| m.name.clone()).unwrap_or_default()
                };
                self.relationships.write(&mut out, name)?;
                out.into_inner().finish()
            }
            Content::Experiment => {
                let rows = std::mem::take(&mut self.note.rows);
                let out = self.out()?;
                rows.iter().try_for_each(|(key, value)| out.texts([key.as_str(), value]))?;
                self.finish_file()
            }
            Content::Images | Content::Objects => {
                self.out()?;
                self.finish_file()
            }
        }
    }

    fn finish_file(&mut self) -> io::Result<()> {
        self.out.take().map_or(Ok(()), |out| out.into_inner().finish())
    }

    fn failed(&self, error: io::Error) -> RunError {
        RunError::Write { path: self.path.clone(), error }
    }
}

impl RecordSink for Sheet<'_> {
    fn record(&mut self, record: &Record) -> Result<(), RunError> {
        self.take(record).map_err(|error| self.failed(error))
    }

    fn finish(mut self: Box<Self>, experiment: &mut Experiment) -> Result<(), RunError> {
        for (key, text) in &mut self.note.rows {
            // Where the tables do not have what it is made of, it is no number.
            if let Some(Value::Float(value)) = experiment.get(key)
                && value.is_finite()
            {
                *text = PythonFloat(*value).to_string();
            }
        }
        self.close().map_err(|error| self.failed(error))
    }
}
