use std::collections::HashSet;

use crate::ReadAt;
use crate::codecs::{DecodeError, Format};

/// The tags that are read, by number.
pub(super) mod tag {
    pub const NEW_SUBFILE_TYPE: u16 = 254;
    pub const WIDTH: u16 = 256;
    pub const HEIGHT: u16 = 257;
    pub const BITS: u16 = 258;
    pub const COMPRESSION: u16 = 259;
    pub const PHOTOMETRIC: u16 = 262;
    pub const FILL_ORDER: u16 = 266;
    pub const DESCRIPTION: u16 = 270;
    pub const STRIP_OFFSETS: u16 = 273;
    pub const SAMPLES_PER_PIXEL: u16 = 277;
    pub const ROWS_PER_STRIP: u16 = 278;
    pub const STRIP_BYTES: u16 = 279;
    pub const MAX_SAMPLE_VALUE: u16 = 281;
    pub const PLANAR: u16 = 284;
    pub const PREDICTOR: u16 = 317;
    pub const COLOR_MAP: u16 = 320;
    pub const TILE_WIDTH: u16 = 322;
    pub const TILE_HEIGHT: u16 = 323;
    pub const TILE_OFFSETS: u16 = 324;
    pub const TILE_BYTES: u16 = 325;
    pub const SAMPLE_FORMAT: u16 = 339;
    pub const JPEG_TABLES: u16 = 347;
}

/// Where the bytes are and how they are ordered.
pub(super) struct Source<'a, R: ReadAt + ?Sized> {
    pub bytes: &'a R,
    pub big_endian: bool,
    /// BigTIFF: offsets and counts of 64 bits.
    pub wide: bool,
}

impl<R: ReadAt + ?Sized> Source<'_, R> {
    /// Returns `length` bytes at `offset`; what is not there is not allocated.
    pub fn bytes(&self, offset: u64, length: u64, what: &str) -> Result<Vec<u8>, DecodeError> {
        let end = offset.checked_add(length).filter(|&end| end <= self.bytes.size());
        let Some(length) = end.and_then(|_| usize::try_from(length).ok()) else {
            return Err(DecodeError::truncated(Format::Tiff, what));
        };
        let mut buffer = vec![0; length];
        self.bytes.read_exact_at(offset, &mut buffer)?;
        Ok(buffer)
    }

    fn number(&self, bytes: &[u8]) -> u64 {
        let fold = |n, &b: &u8| n << 8 | u64::from(b);
        if self.big_endian { bytes.iter().fold(0, fold) } else { bytes.iter().rev().fold(0, fold) }
    }
}

/// One entry of a directory: a tag's type, count and, when they fit, values.
struct Entry {
    tag: u16,
    kind: u16,
    count: u64,
    field: [u8; 8],
}

impl Entry {
    /// Returns the size of one value; 0 for a type that does not exist.
    fn size(&self) -> u64 {
        match self.kind {
            1 | 2 | 6 | 7 => 1,
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            5 | 10 | 12 | 16 | 17 | 18 => 8,
            _ => 0,
        }
    }
}

/// An image file directory: the tags of one page.
pub(super) struct Directory {
    entries: Vec<Entry>,
}

impl Directory {
    /// Returns the values of a tag of whole numbers; empty when the tag is not there.
    pub fn numbers<R: ReadAt + ?Sized>(
        &self,
        source: &Source<'_, R>,
        tag: u16,
    ) -> Result<Vec<u64>, DecodeError> {
        let Some(entry) = self.entries.iter().find(|e| e.tag == tag) else { return Ok(Vec::new()) };
        if !matches!(entry.kind, 1 | 3 | 4 | 6 | 7 | 8 | 9 | 13 | 16 | 17 | 18) {
            return Err(DecodeError::corrupt(Format::Tiff, format!("tag {tag} is not a whole number")));
        }
        let bytes = self.raw(source, entry)?;
        Ok(bytes.chunks_exact(entry.size() as usize).map(|b| source.number(b)).collect())
    }

    /// Returns the first value of a tag of whole numbers.
    pub fn number<R: ReadAt + ?Sized>(
        &self,
        source: &Source<'_, R>,
        tag: u16,
    ) -> Result<Option<u64>, DecodeError> {
        Ok(self.numbers(source, tag)?.first().copied())
    }

    /// Returns the bytes of a tag, without the zero that ends a text; empty when the tag is not there.
    pub fn text<R: ReadAt + ?Sized>(&self, source: &Source<'_, R>, tag: u16) -> Result<Vec<u8>, DecodeError> {
        let Some(entry) = self.entries.iter().find(|e| e.tag == tag) else { return Ok(Vec::new()) };
        let mut bytes = self.raw(source, entry)?;
        if entry.kind == 2 {
            bytes.truncate(bytes.iter().rposition(|&b| b != 0).map_or(0, |last| last + 1));
        }
        Ok(bytes)
    }

    fn raw<R: ReadAt + ?Sized>(&self, source: &Source<'_, R>, entry: &Entry) -> Result<Vec<u8>, DecodeError> {
        let length = entry.count.saturating_mul(entry.size());
        let inline = if source.wide { 8 } else { 4 };
        if length <= inline {
            return Ok(entry.field[..length as usize].to_vec());
        }
        let offset = source.number(&entry.field[..inline as usize]);
        source.bytes(offset, length, &format!("tag {}", entry.tag))
    }
}

/// Reads the header and the tags of every page in the order of the file; no pixel is touched.
pub(super) fn directories<R: ReadAt + ?Sized>(
    bytes: &R,
) -> Result<(Source<'_, R>, Vec<Directory>), DecodeError> {
    let mut source = Source { bytes, big_endian: false, wide: false };
    let head = source.bytes(0, 8, "header")?;
    source.big_endian = match &head[..2] {
        b"II" => false,
        b"MM" => true,
        _ => return Err(DecodeError::corrupt(Format::Tiff, "it does not start as one")),
    };
    source.wide = match source.number(&head[2..4]) {
        42 => false,
        43 => true,
        other => return Err(DecodeError::corrupt(Format::Tiff, format!("version `{other}`"))),
    };
    let mut next =
        if source.wide { source.number(&source.bytes(8, 8, "header")?) } else { source.number(&head[4..8]) };
    let (count_size, entry_size, offset_size) = if source.wide { (8, 20, 8) } else { (2, 12, 4) };
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    while next != 0 {
        if !seen.insert(next) {
            return Err(DecodeError::corrupt(Format::Tiff, "its pages run in a circle"));
        }
        let what = format!("directory of page {}", found.len() + 1);
        let count = source.number(&source.bytes(next, count_size, &what)?);
        let length =
            count.checked_mul(entry_size).ok_or_else(|| DecodeError::truncated(Format::Tiff, &*what))?;
        let table = source.bytes(next + count_size, length, &what)?;
        let entries = table.chunks_exact(entry_size as usize).map(|e| {
            let (count, field) = e[4..].split_at(offset_size as usize);
            let mut padded = [0; 8];
            padded[..field.len()].copy_from_slice(field);
            Entry {
                tag: source.number(&e[..2]) as u16,
                kind: source.number(&e[2..4]) as u16,
                count: source.number(count),
                field: padded,
            }
        });
        found.push(Directory { entries: entries.collect() });
        // A file may end after its last directory without the zero that says so.
        let tail = source.bytes(next + count_size + length, offset_size, &what);
        next = tail.map(|t| source.number(&t)).unwrap_or(0);
    }
    if found.is_empty() {
        return Err(DecodeError::corrupt(Format::Tiff, "it has no page"));
    }
    Ok((source, found))
}
