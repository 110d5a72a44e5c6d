//! As much of HDF5 as a CellProfiler project needs: groups, and the first element of a dataset.
//!
//! Source: the HDF5 File Format Specification, version 3.0. Superblock 0 and 1, object headers of version 1, groups as
//! symbol tables, chunked or contiguous data with shuffle and deflate, strings in the global heap.

use flate2::read::ZlibDecoder;
use std::io::Read;

/// The first bytes of every HDF5 file.
pub(crate) const SIGNATURE: &[u8] = b"\x89HDF\r\n\x1a\n";

/// The most that one chunk may unpack to; CellProfiler's are 16 KiB.
const LARGEST_CHUNK: usize = 1 << 26;
/// The most nodes and messages that one look-up may visit, so that a circle of addresses ends.
const MOST_VISITS: usize = 1 << 20;

type Result<T> = std::result::Result<T, String>;

/// An HDF5 file in memory.
pub(crate) struct File<'b> {
    bytes: &'b [u8],
}

/// A group, by its object header.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Address(u64);

/// A message of an object header.
struct Message<'b> {
    kind: u16,
    data: &'b [u8],
}

impl<'b> File<'b> {
    /// Opens a file that is in memory; returns it with its root group.
    pub(crate) fn open(bytes: &'b [u8]) -> Result<(Self, Address)> {
        let file = Self { bytes };
        let version = file.slice(8, 1)?[0];
        // Version 1 has four bytes more before the addresses.
        let root = match version {
            0 => 56,
            1 => 60,
            _ => return Err(format!("HDF5 superblock version {version}: CellProfiler writes version 0")),
        };
        if file.slice(13, 2)? != [8, 8] {
            return Err("HDF5 addresses that are not 8 bytes".into());
        }
        Ok((file, Address(u64_at(file_slice(bytes, root + 8, 8)?, 0)?)))
    }

    fn slice(&self, at: u64, len: usize) -> Result<&'b [u8]> {
        file_slice(self.bytes, at, len)
    }

    /// Returns the members of a group: name and object header.
    pub(crate) fn members(&self, group: Address) -> Result<Vec<(String, Address)>> {
        const SYMBOL_TABLE: u16 = 0x11;
        let messages = self.messages(group)?;
        let table = messages.iter().find(|m| m.kind == SYMBOL_TABLE).ok_or("an object is not a group")?;
        let (tree, heap) = (u64_at(table.data, 0)?, u64_at(table.data, 8)?);
        let heap = self.slice(heap, 32)?;
        expect(heap, b"HEAP")?;
        let names = (u64_at(heap, 8)?, u64_at(heap, 24)?);
        let mut members = Vec::new();
        let mut nodes = vec![tree];
        let mut visits = 0;
        while let Some(at) = nodes.pop() {
            visit(&mut visits)?;
            let head = self.slice(at, 24)?;
            if head.starts_with(b"SNOD") {
                for i in 0..u64::from(u16_at(head, 6)?) {
                    let entry = self.slice(add(at, 8 + 40 * i)?, 40)?;
                    let name = self.name(names, u64_at(entry, 0)?)?;
                    members.push((name, Address(u64_at(entry, 8)?)));
                }
                continue;
            }
            expect(head, b"TREE")?;
            for i in (0..u64::from(u16_at(head, 6)?)).rev() {
                nodes.push(u64_at(self.slice(add(at, 32 + 16 * i)?, 8)?, 0)?);
            }
        }
        Ok(members)
    }

    fn name(&self, (size, start): (u64, u64), offset: u64) -> Result<String> {
        let left = size.checked_sub(offset).ok_or("a name outside its heap")?;
        let left = usize::try_from(left).map_err(|_| "a name too long")?;
        let bytes = self.slice(add(start, offset)?, left)?;
        let end = bytes.iter().position(|b| *b == 0).ok_or("a name without end")?;
        Ok(String::from_utf8_lossy(&bytes[..end]).into_owned())
    }

    /// Returns the messages of an object header, those of its continuations too.
    fn messages(&self, Address(at): Address) -> Result<Vec<Message<'b>>> {
        const CONTINUATION: u16 = 0x10;
        let head = self.slice(at, 16)?;
        if head[0] != 1 {
            return Err(format!("HDF5 object header version {}: CellProfiler writes version 1", head[0]));
        }
        let mut blocks = vec![(add(at, 16)?, u64::from(u32_at(head, 8)?))];
        let mut messages = Vec::new();
        let mut visits = 0;
        while let Some((mut at, length)) = blocks.pop() {
            let end = add(at, length)?;
            while add(at, 8)? <= end {
                visit(&mut visits)?;
                let head = self.slice(at, 8)?;
                let (kind, size) = (u16_at(head, 0)?, u16_at(head, 2)?);
                let data = self.slice(add(at, 8)?, size.into())?;
                if kind == CONTINUATION {
                    blocks.push((u64_at(data, 0)?, u64_at(data, 8)?));
                }
                messages.push(Message { kind, data });
                at = add(at, 8 + u64::from(size))?;
            }
        }
        Ok(messages)
    }

    /// Returns the bytes of the element at `index` along the first axis, of `width` values along the others.
    fn element(&self, dataset: Address, index: u64, width: usize) -> Result<(Vec<u8>, Type)> {
        const TYPE: u16 = 0x03;
        const LAYOUT: u16 = 0x08;
        const FILTERS: u16 = 0x0b;
        let messages = self.messages(dataset)?;
        let find = |kind| messages.iter().find(|m| m.kind == kind).map(|m| m.data);
        let kind = Type::read(find(TYPE).ok_or("a dataset without a type")?)?;
        let layout = find(LAYOUT).ok_or("a dataset without a layout")?;
        let size = kind.size.checked_mul(width).ok_or("an element too large")?;
        let (version, class) = (byte_at(layout, 0)?, byte_at(layout, 1)?);
        if version != 3 {
            return Err(format!("HDF5 layout version {version}: CellProfiler writes version 3"));
        }
        let at = usize::try_from(index).ok().and_then(|i| i.checked_mul(size)).ok_or("an index too large")?;
        let data = match class {
            0 => file_slice(layout, 4 + at as u64, size)?.to_vec(),
            1 => self.slice(add(u64_at(layout, 2)?, at as u64)?, size)?.to_vec(),
            2 => {
                let filters = Filter::read_all(find(FILTERS).unwrap_or_default())?;
                let (chunk, first) = self.chunk(layout, index, &filters)?;
                let at = usize::try_from(index - first).ok().and_then(|i| i.checked_mul(size));
                file_slice(&chunk, at.ok_or("an index too large")? as u64, size)?.to_vec()
            }
            _ => return Err(format!("HDF5 layout class {class}")),
        };
        Ok((data, kind))
    }

    /// Returns the chunk that holds row `index`, unpacked, and its first row.
    fn chunk(&self, layout: &[u8], index: u64, filters: &[Filter]) -> Result<(Vec<u8>, u64)> {
        let rank = usize::from(byte_at(layout, 2)?);
        let tree = u64_at(layout, 3)?;
        let extent: Vec<u32> = (0..rank).map(|i| u32_at(layout, 11 + 4 * i)).collect::<Result<_>>()?;
        let rows = u64::from(*extent.first().ok_or("a chunk without axes")?);
        let size = extent.iter().try_fold(1usize, |n, d| n.checked_mul(*d as usize));
        let size = size.filter(|n| *n <= LARGEST_CHUNK).ok_or("a chunk too large")?;
        let key = 8 + 8 * rank as u64;
        let mut nodes = vec![tree];
        let mut visits = 0;
        while let Some(at) = nodes.pop() {
            visit(&mut visits)?;
            let head = self.slice(at, 24)?;
            expect(head, b"TREE")?;
            for i in 0..u64::from(u16_at(head, 6)?) {
                let entry = self.slice(add(at, 24 + (key + 8) * i)?, key as usize + 8)?;
                let child = u64_at(entry, key as usize)?;
                if head[5] > 0 {
                    nodes.push(child);
                    continue;
                }
                let first = u64_at(entry, 8)?;
                let others = (1..rank).all(|a| u64_at(entry, 8 + 8 * a).is_ok_and(|o| o == 0));
                if others && (first..first.saturating_add(rows)).contains(&index) {
                    let packed = self.slice(child, u32_at(entry, 0)? as usize)?.to_vec();
                    return Ok((unpack(packed, size, filters, u32_at(entry, 4)?)?, first));
                }
            }
        }
        Err("nothing is stored where the pipeline should be".into())
    }

    /// Returns the whole number in row `row`, column `column` of a table with `width` columns; its type is
    /// that of the machine that wrote the file, 4 or 8 bytes.
    pub(crate) fn integer(&self, dataset: Address, row: u64, column: usize, width: usize) -> Result<u64> {
        let (bytes, kind) = self.element(dataset, row, width)?;
        match (kind.class, kind.size) {
            (Class::Integer, 4) => Ok(u32_at(&bytes, 4 * column)?.into()),
            (Class::Integer, 8) => u64_at(&bytes, 8 * column),
            _ => Err("an index that is not of whole numbers".into()),
        }
    }

    /// Returns the text at `index` of a dataset of strings.
    pub(crate) fn string(&self, dataset: Address, index: u64) -> Result<Vec<u8>> {
        let (bytes, kind) = self.element(dataset, index, 1)?;
        match kind.class {
            Class::Fixed => Ok(bytes.split(|b| *b == 0).next().unwrap_or_default().to_vec()),
            Class::Variable => {
                let length = u32_at(&bytes, 0)? as usize;
                let text = self.heap_object(u64_at(&bytes, 4)?, u32_at(&bytes, 12)?)?;
                Ok(text.get(..length).ok_or("a text longer than its place")?.to_vec())
            }
            Class::Integer => Err("a number where the pipeline should be".into()),
        }
    }

    fn heap_object(&self, collection: u64, index: u32) -> Result<&'b [u8]> {
        let head = self.slice(collection, 16)?;
        expect(head, b"GCOL")?;
        let end = add(collection, u64_at(head, 8)?)?;
        let mut at = add(collection, 16)?;
        let mut visits = 0;
        while add(at, 16)? <= end {
            visit(&mut visits)?;
            let head = self.slice(at, 16)?;
            let (number, size) = (u16_at(head, 0)?, u64_at(head, 8)?);
            if u32::from(number) == index {
                return self.slice(add(at, 16)?, usize::try_from(size).map_err(|_| "a text too long")?);
            }
            if number == 0 {
                break;
            }
            at = add(at, 16)?;
            at = add(at, size.checked_next_multiple_of(8).ok_or("a text too long")?)?;
        }
        Err(format!("text {index} is not in its heap"))
    }
}

/// What an element is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Class {
    Integer,
    Fixed,
    Variable,
}

/// What an element is, and its bytes.
struct Type {
    class: Class,
    size: usize,
}

impl Type {
    fn read(data: &[u8]) -> Result<Self> {
        let class = match byte_at(data, 0)? & 0x0f {
            0 => Class::Integer,
            3 => Class::Fixed,
            9 => Class::Variable,
            other => return Err(format!("HDF5 type class {other} where text should be")),
        };
        let size = u32_at(data, 4)? as usize;
        if class == Class::Variable && size != 16 {
            return Err("a text reference that is not 16 bytes".into());
        }
        Ok(Self { class, size })
    }
}

/// A step by which chunks were packed.
enum Filter {
    Deflate,
    Shuffle { width: usize },
    Checksum,
}

impl Filter {
    fn read_all(data: &[u8]) -> Result<Vec<Self>> {
        if data.is_empty() {
            return Ok(Vec::new());
        }
        let (version, count) = (byte_at(data, 0)?, byte_at(data, 1)?);
        let mut at = if version == 1 { 8 } else { 2 };
        let mut filters = Vec::new();
        for _ in 0..count {
            let id = u16_at(data, at)?;
            let named = version == 1 || id >= 256;
            let name = if named { usize::from(u16_at(data, at + 2)?) } else { 0 };
            at += if named { 4 } else { 2 };
            let values = usize::from(u16_at(data, at + 2)?);
            at += 4 + if version == 1 { name.next_multiple_of(8) } else { name };
            filters.push(match id {
                1 => Self::Deflate,
                2 => Self::Shuffle { width: u32_at(data, at)? as usize },
                3 => Self::Checksum,
                _ => return Err(format!("HDF5 filter {id}")),
            });
            at += 4 * values + if version == 1 && values % 2 == 1 { 4 } else { 0 };
        }
        Ok(filters)
    }
}

/// Undoes the filters, last first, except those that `skipped` has a bit for.
fn unpack(mut data: Vec<u8>, size: usize, filters: &[Filter], skipped: u32) -> Result<Vec<u8>> {
    for (i, filter) in filters.iter().enumerate().rev() {
        if i < 32 && skipped >> i & 1 == 1 {
            continue;
        }
        data = match filter {
            Filter::Checksum => {
                data.truncate(data.len().saturating_sub(4));
                data
            }
            Filter::Deflate => {
                let mut out = Vec::new();
                let most = size as u64 + 4;
                let read = ZlibDecoder::new(data.as_slice()).take(most).read_to_end(&mut out);
                read.map_err(|e| format!("a chunk that does not unpack: {e}"))?;
                out
            }
            Filter::Shuffle { width } => unshuffle(&data, *width),
        };
    }
    Ok(data)
}

/// Puts the bytes of each value together again; `width` bytes a value. What is left over stays behind.
fn unshuffle(data: &[u8], width: usize) -> Vec<u8> {
    let count = data.len().checked_div(width).unwrap_or(0);
    let mut out = Vec::with_capacity(data.len());
    for i in 0..count {
        out.extend((0..width).map(|b| data[b * count + i]));
    }
    out.extend_from_slice(&data[count * width..]);
    out
}

fn file_slice(bytes: &[u8], at: u64, len: usize) -> Result<&[u8]> {
    let at = usize::try_from(at).ok();
    at.and_then(|at| bytes.get(at..at.checked_add(len)?)).ok_or_else(|| "it is cut off".into())
}

fn byte_at(data: &[u8], at: usize) -> Result<u8> {
    Ok(file_slice(data, at as u64, 1)?[0])
}

fn u16_at(data: &[u8], at: usize) -> Result<u16> {
    let bytes = file_slice(data, at as u64, 2)?;
    Ok(u16::from_le_bytes([bytes[0], bytes[1]]))
}

fn u32_at(data: &[u8], at: usize) -> Result<u32> {
    Ok(u32::from(u16_at(data, at)?) | u32::from(u16_at(data, at + 2)?) << 16)
}

fn u64_at(data: &[u8], at: usize) -> Result<u64> {
    Ok(u64::from(u32_at(data, at)?) | u64::from(u32_at(data, at + 4)?) << 32)
}

fn add(a: u64, b: u64) -> Result<u64> {
    a.checked_add(b).ok_or_else(|| "an address outside the file".into())
}

fn expect(head: &[u8], signature: &[u8]) -> Result<()> {
    let name = String::from_utf8_lossy(signature);
    head.starts_with(signature).then_some(()).ok_or_else(|| format!("no `{name}` where one should be"))
}

fn visit(visits: &mut usize) -> Result<()> {
    *visits += 1;
    (*visits <= MOST_VISITS).then_some(()).ok_or_else(|| "its addresses go in a circle".into())
}
