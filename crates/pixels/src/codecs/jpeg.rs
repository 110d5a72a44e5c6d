//! JPEG, decoded bit for bit as the IJG library does with its default settings (which is what Bio-Formats reads
//! with): accurate integer inverse DCT, "fancy" upsampling of the colours, integer colour conversion.
//!
//! Format: ITU-T T.81. Arithmetic: the integer DCT of Loeffler, Ligtenberg and Moschytz (1989) and the fixed-point
//! tables that the IJG library documents. Other decoders round elsewhere and differ by up to 19 grey levels.

mod dct;
mod encode;
mod frame;
mod huffman;
mod scan;
mod upsample;

use super::{DecodeError, Format};
pub use encode::write;
use frame::{Component, Frame};
use huffman::Table;

/// A decoded JPEG: `height · width · channels` bytes, the channel fastest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jpeg {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// 1 (grey) or 3 (red, green, blue); more when the samples are taken as they are.
    pub channels: usize,
    /// The samples.
    pub data: Vec<u8>,
}

/// What the components of a JPEG mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    /// Grey, or red, green and blue: samples are taken as they are.
    Plain,
    /// Luminance and two colour differences, to be converted.
    YCbCr,
}

/// Decodes a JPEG file, baseline or progressive, 8 bits, grey or colour.
///
/// # Errors
/// When the file is cut or corrupt, has 12 bits or four components, or uses arithmetic or lossless coding.
pub fn decode(bytes: &[u8]) -> Result<Jpeg, DecodeError> {
    decode_with(bytes, &[], None)
}

/// Returns width, height and number of components from the header alone.
///
/// # Errors
/// When the header is cut or of a kind that is not read here.
pub fn size(bytes: &[u8]) -> Result<(usize, usize, usize), DecodeError> {
    let mut reader = Reader::default();
    reader.segments(bytes, true)?;
    let frame = reader.frame.ok_or_else(|| truncated("header"))?;
    Ok((frame.width, frame.height, frame.components.len()))
}

/// Decodes a JPEG that stands in another file, which has the `tables` apart and knows the `color`.
pub(super) fn decode_with(bytes: &[u8], tables: &[u8], color: Option<Color>) -> Result<Jpeg, DecodeError> {
    let mut reader = Reader::default();
    if !tables.is_empty() {
        reader.segments(tables, false)?;
    }
    reader.segments(bytes, false)?;
    let color = color.unwrap_or_else(|| reader.color());
    let mut frame = reader.frame.ok_or_else(|| truncated("header"))?;
    if !reader.scanned {
        return Err(truncated("pixels"));
    }
    if frame.components.len() == 4 {
        return Err(unsupported("four colours (CMYK)"));
    }
    let planes: Vec<_> = frame.components.iter_mut().map(Component::samples).collect();
    Ok(upsample::join(&frame, &planes, color))
}

fn corrupt(what: impl Into<String>) -> DecodeError {
    DecodeError::corrupt(Format::Jpeg, what)
}

fn unsupported(what: impl Into<String>) -> DecodeError {
    DecodeError::unsupported(Format::Jpeg, what)
}

fn truncated(what: &str) -> DecodeError {
    DecodeError::truncated(Format::Jpeg, what)
}

/// What the segments have said so far.
#[derive(Default)]
struct Reader {
    quantization: [Option<[u16; 64]>; 4],
    dc: [Option<Table>; 4],
    ac: [Option<Table>; 4],
    restart: usize,
    jfif: bool,
    /// The transform that an Adobe segment names: 0 none, 1 YCbCr.
    adobe: Option<u8>,
    frame: Option<Frame>,
    scanned: bool,
}

impl Reader {
    /// Reads all segments, and the pixels unless only the `header` is wanted.
    fn segments(&mut self, bytes: &[u8], header: bool) -> Result<(), DecodeError> {
        let mut rest = bytes;
        loop {
            // Fill bytes and rubbish between segments are skipped, as every reader does.
            let Some(at) = rest.windows(2).position(|w| w[0] == 0xff && !matches!(w[1], 0 | 0xff)) else {
                return if self.scanned || self.frame.is_none() { Ok(()) } else { Err(truncated("pixels")) };
            };
            let marker = rest[at + 1];
            rest = &rest[at + 2..];
            match marker {
                0xd9 => return Ok(()),
                0x01 | 0xd0..=0xd8 => continue,
                _ => {}
            }
            let length = rest.first_chunk().map(|&b| u16::from_be_bytes(b) as usize);
            let length = length.filter(|&n| n >= 2).ok_or_else(|| truncated("header"))?;
            let (body, after) = rest.split_at_checked(length).ok_or_else(|| truncated("header"))?;
            let body = &body[2..];
            rest = after;
            match marker {
                0xc0..=0xc2 => {
                    if self.frame.is_some() {
                        return Err(corrupt("it has two frame headers"));
                    }
                    self.frame = Some(Frame::read(body, marker == 0xc2, bytes.len())?);
                    if header {
                        return Ok(());
                    }
                }
                0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                    return Err(unsupported("lossless, hierarchical or arithmetic coding"));
                }
                0xc4 => self.huffman(body)?,
                0xdb => self.quantization(body)?,
                0xdd => {
                    let n = body.first_chunk().ok_or_else(|| truncated("header"))?;
                    self.restart = u16::from_be_bytes(*n) as usize;
                }
                0xe0 => self.jfif |= body.starts_with(b"JFIF\0"),
                0xee if body.starts_with(b"Adobe") => self.adobe = body.get(11).copied(),
                0xda => {
                    let used = self.scan(body, rest)?;
                    rest = &rest[used..];
                    self.scanned = true;
                }
                _ => {}
            }
        }
    }

    fn quantization(&mut self, mut body: &[u8]) -> Result<(), DecodeError> {
        while let Some((&head, values)) = body.split_first() {
            let (wide, id) = (head >> 4 != 0, (head & 15) as usize);
            let size = if wide { 128 } else { 64 };
            let (values, rest) = values.split_at_checked(size).ok_or_else(|| truncated("header"))?;
            let mut table = [0; 64];
            for (i, &at) in scan::ZIGZAG.iter().enumerate() {
                table[at as usize] = match wide {
                    true => u16::from_be_bytes([values[2 * i], values[2 * i + 1]]),
                    false => u16::from(values[i]),
                };
            }
            let slot = self.quantization.get_mut(id);
            *slot.ok_or_else(|| corrupt(format!("quantization table {id}")))? = Some(table);
            body = rest;
        }
        Ok(())
    }

    fn huffman(&mut self, mut body: &[u8]) -> Result<(), DecodeError> {
        while let Some((&head, rest)) = body.split_first() {
            let (counts, rest) = rest.split_first_chunk::<16>().ok_or_else(|| truncated("header"))?;
            let n = counts.iter().map(|&c| c as usize).sum();
            let (symbols, rest) = rest.split_at_checked(n).ok_or_else(|| truncated("header"))?;
            let table = Table::new(counts, symbols)?;
            let tables = if head >> 4 == 0 { &mut self.dc } else { &mut self.ac };
            let slot = tables.get_mut((head & 15) as usize);
            *slot.ok_or_else(|| corrupt(format!("Huffman table {}", head & 15)))? = Some(table);
            body = rest;
        }
        Ok(())
    }

    /// Decodes one scan into the coefficients; returns how many bytes it took.
    fn scan(&mut self, head: &[u8], data: &[u8]) -> Result<usize, DecodeError> {
        let frame = self.frame.as_mut().ok_or_else(|| corrupt("pixels before the frame header"))?;
        let scan = scan::Scan::read(head, frame, &self.dc, &self.ac, self.restart)?;
        for part in &scan.parts {
            let component = &mut frame.components[part.component];
            // The table in force when a component is first seen is the one that counts.
            if component.quantization.is_none() {
                component.quantization = self.quantization[component.table];
            }
            if component.quantization.is_none() {
                return Err(corrupt("a quantization table is missing"));
            }
        }
        scan.decode(frame, data)
    }

    fn color(&self) -> Color {
        let Some(frame) = &self.frame else { return Color::Plain };
        let ids: Vec<u8> = frame.components.iter().map(|c| c.id).collect();
        if ids.len() != 3 {
            return Color::Plain;
        }
        match self.adobe {
            _ if self.jfif => Color::YCbCr,
            Some(0) => Color::Plain,
            Some(_) => Color::YCbCr,
            None if ids == [b'R', b'G', b'B'] => Color::Plain,
            None => Color::YCbCr,
        }
    }
}
