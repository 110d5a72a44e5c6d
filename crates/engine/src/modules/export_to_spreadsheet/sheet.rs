use super::exporter::Layout;
use crate::{OpenFile, RunError};
use measurements::tables::{ObjectTable, RelationshipTable};
use measurements::{Delimited, Record};
use std::io;

/// Where the rows of a table go.
pub(super) type Out<'a> = Delimited<Box<dyn OpenFile + 'a>>;

/// A table and its files: one for each combination of values of the metadata in their name.
pub(super) struct Sheet {
    pub(super) content: Content,
    /// The file of each image set.
    pub(super) file_of: Vec<Option<usize>>,
}

/// What a table is made of.
pub(super) enum Content {
    Images,
    Gct,
    Objects { table: ObjectTable, measured: bool },
    Relationships,
    Experiment,
}

impl Content {
    /// Returns whether the table is written at the end, in one go.
    pub(super) fn is_gathered(&self) -> bool {
        matches!(self, Self::Relationships | Self::Experiment)
    }
}

/// One file of a table.
pub(super) struct SheetFile<'a> {
    pub(super) sheet: usize,
    pub(super) path: String,
    image_sets: usize,
    /// Image sets that are still to come.
    pub(super) left: usize,
    out: Option<Out<'a>>,
    /// Whether the file is in its place, or another takes it.
    pub(super) done: bool,
    pub(super) relationships: RelationshipTable,
}

impl Sheet {
    /// Writes with `write` to the file of the image set at `place`.
    pub(super) fn write<'a>(
        &self,
        place: usize,
        files: &mut [SheetFile<'a>],
        layout: &Layout<'a>,
        write: impl FnOnce(&mut Out<'a>) -> io::Result<()>,
    ) -> Result<(), RunError> {
        let Some(file) = self.take(place, files) else { return Ok(()) };
        file.open(layout).and_then(write).map_err(|error| file.error(error))
    }

    /// Notes that the image set at `place` has nothing to write.
    pub(super) fn pass(&self, place: usize, files: &mut [SheetFile<'_>]) {
        let _ = self.take(place, files);
    }

    /// Keeps the relationships of the image set at `place`.
    pub(super) fn gather(&self, place: usize, files: &mut [SheetFile<'_>], record: &Record) {
        if let Some(file) = self.take(place, files) {
            file.relationships.add(record);
        }
    }

    fn take<'f, 'a>(&self, place: usize, files: &'f mut [SheetFile<'a>]) -> Option<&'f mut SheetFile<'a>> {
        let file = &mut files[self.file_of[place]?];
        file.left = file.left.saturating_sub(1);
        (!file.done).then_some(file)
    }
}

impl<'a> SheetFile<'a> {
    pub(super) fn new(sheet: usize, path: &str, image_sets: usize) -> Self {
        Self {
            sheet,
            path: path.to_string(),
            image_sets,
            left: image_sets,
            out: None,
            done: false,
            relationships: RelationshipTable::default(),
        }
    }

    /// Returns the open file; the first call creates it and writes its header.
    pub(super) fn open(&mut self, layout: &Layout<'a>) -> io::Result<&mut Out<'a>> {
        if self.out.is_none() {
            let content = &layout.sheets[self.sheet].content;
            let delimiter = if matches!(content, Content::Gct) { '\t' } else { layout.delimiter };
            let mut out = Delimited::new(layout.run.sink.create(&self.path)?, delimiter);
            match (content, &layout.gct) {
                (Content::Images, _) => layout.images.header(&mut out)?,
                (Content::Gct, Some(gct)) => gct.header(&mut out, self.image_sets)?,
                (Content::Objects { table, .. }, _) => table.header(&mut out)?,
                _ => {}
            }
            self.out = Some(out);
        }
        Ok(self.out.as_mut().expect("it was opened above"))
    }

    /// Puts the file in its place, if it was opened.
    pub(super) fn close(&mut self) -> Result<(), RunError> {
        let Some(out) = self.out.take() else { return Ok(()) };
        self.done = true;
        out.into_inner().finish().map_err(|error| self.error(error))
    }

    pub(super) fn error(&self, error: io::Error) -> RunError {
        RunError::Write { path: self.path.clone(), error }
    }
}
