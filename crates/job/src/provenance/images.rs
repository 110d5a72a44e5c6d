use crate::files::hexadecimal;
use crate::input::Stamps;
use crate::ledger::{Ledger, LedgerError};
use csv::Writer;
use imageset::{ImageSet, url_to_path};
use measurements::{Record, Value};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::io::{self, Write};

/// The list of a job's image files, `images.csv` in the job's folder: where, bytes, tag when it was planned, and the MD5 of what
/// was read, as the engine measured it (`MD5Digest_…`).
///
/// A file is on it once, however many image sets have it; one that could not be read comes again with the image set that could.
pub(crate) struct ImageList {
    table: Writer<Digested>,
    url: String,
    seen: HashSet<[u8; 16]>,
    note: ImageListNote,
}

/// What `provenance.json` says of the list: its digest stands for those of all images.
#[derive(Debug, Default, Serialize)]
pub(crate) struct ImageListNote {
    /// Where it is, below the output.
    list: String,
    /// SHA-256 of the list.
    sha256: String,
    /// How many files are on it.
    files: usize,
    /// How many of them were read, and have an MD5.
    read: usize,
    /// Their bytes.
    bytes: u64,
}

impl ImageList {
    pub fn new(ledger: &Ledger) -> Result<Self, LedgerError> {
        let key = ledger.keys().images();
        let to = Digested { to: ledger.root().writer(&key)?, digest: Sha256::new() };
        let note = ImageListNote { list: format!(".cpb/{key}"), ..ImageListNote::default() };
        let mut list =
            Self { table: Writer::from_writer(to), url: ledger.root().url(&key), seen: HashSet::new(), note };
        list.row(["location", "bytes", "tag", "md5"])?;
        Ok(list)
    }

    /// Adds the files of an image set.
    pub fn add(&mut self, set: &ImageSet, stamps: &Stamps, record: &Record) -> Result<(), LedgerError> {
        for channel in &set.channels {
            let md5 = match record.image.get(&format!("MD5Digest_{}", channel.name)) {
                Some(Value::Text(md5)) => md5.as_str(),
                _ => "",
            };
            // Of an image in several files the engine has read them all; the digest is the first's.
            let first = std::iter::once((url_to_path(&channel.location), md5));
            let planes = channel.planes.iter().map(|(location, _)| (url_to_path(location), ""));
            for (location, md5) in first.chain(planes) {
                self.add_file(&location, stamps, md5)?;
            }
        }
        Ok(())
    }

    fn add_file(&mut self, location: &str, stamps: &Stamps, md5: &str) -> Result<(), LedgerError> {
        let mut key = [0; 16];
        key.copy_from_slice(&Sha256::digest(location)[..16]);
        if self.seen.contains(&key) {
            return Ok(());
        }
        if !md5.is_empty() {
            self.seen.insert(key);
            self.note.read += 1;
        }
        let stamp = stamps.get(location);
        self.note.files += 1;
        self.note.bytes += stamp.map_or(0, |stamp| stamp.size);
        let size = stamp.map(|stamp| stamp.size.to_string()).unwrap_or_default();
        self.row([location, &size, stamp.map_or("", |stamp| &stamp.tag), md5])
    }

    fn row(&mut self, fields: [&str; 4]) -> Result<(), LedgerError> {
        self.table.write_record(fields).map_err(|error| not_written(&self.url, &io::Error::other(error)))
    }

    /// Puts the list in its place.
    pub fn finish(self) -> Result<ImageListNote, LedgerError> {
        let Self { table, url, mut note, .. } = self;
        let Digested { to, digest } = table.into_inner().map_err(|error| not_written(&url, error.error()))?;
        to.finish()?;
        note.sha256 = hexadecimal(&digest.finalize());
        Ok(note)
    }
}

fn not_written(url: &str, error: &io::Error) -> LedgerError {
    storage::Error::from_io("write", url, error).into()
}

/// A file that is being written, with its digest.
struct Digested {
    to: storage::Writer,
    digest: Sha256,
}

impl Write for Digested {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let count = self.to.write(buffer)?;
        self.digest.update(&buffer[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
