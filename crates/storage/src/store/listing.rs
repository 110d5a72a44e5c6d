use super::Store;
use super::requests::Paid;
use crate::{Entry, Meta, Pages, Result};
use std::marker::PhantomData;

/// What is in a folder, fetched page by page as it is asked for. After an error it ends.
pub struct Listing<'a, T = Meta> {
    store: &'a Store,
    pages: std::result::Result<Box<dyn Pages + 'a>, Option<crate::Error>>,
    page: std::vec::IntoIter<Entry>,
    entry: PhantomData<T>,
}

impl Store {
    pub(super) fn listing<T>(&self, folder: &str, deep: bool) -> Listing<'_, T> {
        let folder = folder.trim_end_matches('/');
        let full = match folder {
            "" => Ok(self.prefix.trim_end_matches('/').to_string()),
            folder => self.key("list", folder),
        };
        let pages = full.map(|full| self.backend.list(&full, deep)).map_err(Some);
        Listing { store: self, pages, page: Vec::new().into_iter(), entry: PhantomData }
    }
}

impl<T> Listing<'_, T> {
    fn next_entry(&mut self) -> Option<Result<Entry>> {
        let store = self.store;
        loop {
            if let Some(entry) = self.page.next() {
                return Some(Ok(match entry {
                    Entry::File(meta) => {
                        Entry::File(Meta { key: meta.key[store.prefix.len()..].to_string(), ..meta })
                    }
                    Entry::Folder(key) => Entry::Folder(key[store.prefix.len()..].to_string()),
                }));
            }
            let page = match &mut self.pages {
                Ok(pages) => store.tried(Paid::Write, || pages.next_page()),
                Err(error) => return error.take().map(Err),
            };
            match page {
                Ok(Some(page)) => self.page = page.into_iter(),
                Ok(None) => {
                    self.pages = Err(None);
                    return None;
                }
                Err(error) => {
                    self.pages = Err(None);
                    return Some(Err(error));
                }
            }
        }
    }
}

impl Iterator for Listing<'_, Entry> {
    type Item = Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_entry()
    }
}

impl Iterator for Listing<'_, Meta> {
    type Item = Result<Meta>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.next_entry()? {
                Ok(Entry::File(meta)) => return Some(Ok(meta)),
                Ok(Entry::Folder(_)) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }
}
