use super::{LOCK, Local, meta_of};
use crate::{Backend, Entry, Error, Pages, Result};
use std::fs;
use std::io;

/// How many entries a page has.
const PAGE: usize = 1000;

/// A walk through a folder in the order of keys; holds one folder's names at each depth.
///
/// Links to files count, links to folders are not followed. A file that goes away meanwhile is not listed.
pub struct Walk<'a> {
    local: &'a Local,
    deep: bool,
    /// What is left of each folder that is open, next entry last; none before the first page.
    open: Option<Vec<Vec<Entry>>>,
    folder: String,
}

impl<'a> Walk<'a> {
    /// Returns a walk that has not begun.
    pub fn new(local: &'a Local, folder: &str, deep: bool) -> Self {
        Self { local, deep, open: None, folder: folder.to_string() }
    }

    /// Returns a folder's entries in reverse order of keys.
    fn read(&self, folder: &str) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        let fail = |error: &io::Error| Error::from_io("list", self.local.url(folder), error);
        let there = match fs::read_dir(self.local.path(folder)) {
            Ok(there) => there,
            Err(error) if absent(&error) => return Ok(entries),
            Err(error) => return Err(fail(&error)),
        };
        for entry in there {
            let entry = entry.map_err(|error| fail(&error))?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name == LOCK || (name.starts_with(".cpb-") && name.ends_with(".part")) {
                continue;
            }
            let key = if folder.is_empty() { name.into_owned() } else { format!("{folder}/{name}") };
            if entry.file_type().map_err(|error| fail(&error))?.is_dir() {
                entries.push(Entry::Folder(key));
                continue;
            }
            match fs::metadata(entry.path()) {
                Ok(meta) if meta.is_file() => entries.push(Entry::File(meta_of(&key, &meta))),
                Ok(_) => {}
                Err(error) if absent(&error) => {}
                Err(error) => return Err(fail(&error)),
            }
        }
        entries.sort_by(|a, b| b.order().cmp(a.order()));
        Ok(entries)
    }
}

fn absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

impl Pages for Walk<'_> {
    fn next_page(&mut self) -> Result<Option<Vec<Entry>>> {
        if self.open.is_none() {
            self.open = Some(vec![self.read(&self.folder)?]);
        }
        let mut page = Vec::new();
        while page.len() < PAGE {
            let Some(open) = &mut self.open else { break };
            let Some(folder) = open.last_mut() else { break };
            match folder.pop() {
                None => {
                    open.pop();
                }
                Some(Entry::Folder(key)) if self.deep => match self.read(&key) {
                    Ok(entries) => self.open.get_or_insert_default().push(entries),
                    Err(error) => {
                        // What was found stays found: the folder is tried again with the next page.
                        let open = self.open.get_or_insert_default();
                        open.last_mut()
                            .into_iter()
                            .for_each(|folder| folder.push(Entry::Folder(key.clone())));
                        return if page.is_empty() { Err(error) } else { Ok(Some(page)) };
                    }
                },
                Some(entry) => page.push(entry),
            }
        }
        Ok(Some(page).filter(|page| !page.is_empty()))
    }
}
