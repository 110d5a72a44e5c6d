use std::io::Read;

use super::directory::{Directory, Source, tag};
use super::page::{Compression, Page, Photometric, corrupt, unsupported};
use crate::ReadAt;
use crate::codecs::{DecodeError, Format, PixelType, Samples, jpeg};

/// No compression that is read here packs better; an image beyond it is not in the file.
const MOST_EXPANSION: u64 = 2000;

/// Reads the pixels of one page, y·x·channel, as Bio-Formats gives them: white-is-zero and CMYK inverted, palette
/// indices as they are, bits of odd depth each in a sample of their own.
pub(super) fn read<R: ReadAt + ?Sized>(
    source: &Source<'_, R>,
    directory: &Directory,
    page: &Page,
) -> Result<Samples, DecodeError> {
    let layout = Layout::new(source, directory, page)?;
    let groups = if page.planar { page.channels } else { 1 };
    let mut samples = if groups == 1 {
        layout.samples(&layout.group(source, 0)?, page.width * page.channels)
    } else {
        let mut planes = Vec::with_capacity(groups);
        for g in 0..groups {
            planes.push(layout.group(source, g)?);
        }
        let size = layout.page.bits.div_ceil(8);
        let mut bytes = vec![0; planes.iter().map(Vec::len).sum()];
        if page.bits.is_multiple_of(8) {
            for (g, plane) in planes.iter().enumerate() {
                let targets = bytes.chunks_exact_mut(size).skip(g).step_by(groups);
                for (to, from) in targets.zip(plane.chunks_exact(size)) {
                    to.copy_from_slice(from);
                }
            }
            layout.samples(&bytes, page.width * page.channels)
        } else {
            return Err(unsupported(format!("separate channels of {} bits", page.bits)));
        }
    };
    match page.photometric {
        Photometric::White | Photometric::Cmyk => invert(&mut samples, page.bits),
        Photometric::YCbCr if page.compression != Compression::Jpeg => {
            return Err(unsupported("YCbCr samples without JPEG compression"));
        }
        _ => {}
    }
    Ok(samples)
}

/// Returns whether `present` bytes, compressed as those of `page`, can be `wanted` bytes of pixels.
pub(super) fn can_hold(page: &Page, present: u64, wanted: u64) -> bool {
    let expansion = if page.compression == Compression::None { 1 } else { MOST_EXPANSION };
    wanted / expansion <= present + 8
}

/// Inverts every bit that the file has of a sample, also those of floats, as Bio-Formats does.
fn invert(samples: &mut Samples, bits: usize) {
    let mask = ((1u32 << bits.min(31)) - 1) as u16;
    match samples {
        Samples::U8(v) => v.iter_mut().for_each(|v| *v ^= mask as u8),
        Samples::U16(v) => v.iter_mut().for_each(|v| *v ^= mask),
        Samples::U32(v) => v.iter_mut().for_each(|v| *v = !*v),
        Samples::I8(v) => v.iter_mut().for_each(|v| *v = !*v),
        Samples::I16(v) => v.iter_mut().for_each(|v| *v = !*v),
        Samples::I32(v) => v.iter_mut().for_each(|v| *v = !*v),
        Samples::F32(v) => v.iter_mut().for_each(|v| *v = f32::from_bits(!v.to_bits())),
        // Bio-Formats' greatest of 64 bits is one less than what a signed number holds: the sign stays.
        Samples::F64(v) => {
            let subtracted = |v: f64| (i64::MAX - 1).wrapping_sub(v.to_bits() as i64) as u64;
            v.iter_mut().for_each(|v| *v = f64::from_bits(subtracted(*v)));
        }
        Samples::Bool(_) | Samples::U64(_) | Samples::I64(_) => {}
    }
}

/// Where the strips or tiles of a page lie.
struct Layout<'a> {
    page: &'a Page,
    big_endian: bool,
    /// Offset and length in the file, group by group, row by row.
    chunks: Vec<(u64, u64)>,
    across: usize,
    down: usize,
    /// Bytes of a row of a chunk and of the page.
    chunk_row: usize,
    page_row: usize,
    tables: Vec<u8>,
}

impl<'a> Layout<'a> {
    fn new<R: ReadAt + ?Sized>(
        source: &Source<'_, R>,
        directory: &Directory,
        page: &'a Page,
    ) -> Result<Self, DecodeError> {
        let (offsets, lengths) = if page.tiled {
            (tag::TILE_OFFSETS, tag::TILE_BYTES)
        } else {
            (tag::STRIP_OFFSETS, tag::STRIP_BYTES)
        };
        let offsets = directory.numbers(source, offsets)?;
        let mut lengths = directory.numbers(source, lengths)?;
        let (groups, in_group) = if page.planar { (page.channels, 1) } else { (1, page.channels) };
        let across = page.width.div_ceil(page.chunk.0);
        let down = page.height.div_ceil(page.chunk.1);
        let row = |width: usize| (width * in_group * page.bits).div_ceil(8);
        let (chunk_row, page_row) = (row(page.chunk.0), row(page.width));
        if across * down * groups > offsets.len() {
            let what =
                format!("{} strips or tiles where {} are needed", offsets.len(), across * down * groups);
            return Err(corrupt(what));
        }
        if page.tiled && across > 1 && !(page.chunk.0 * in_group * page.bits).is_multiple_of(8) {
            return Err(unsupported("tiles that end within a byte"));
        }
        if lengths.len() < offsets.len() {
            if page.compression != Compression::None {
                return Err(corrupt("the lengths of its strips or tiles are missing"));
            }
            lengths = vec![(chunk_row * page.chunk.1) as u64; offsets.len()];
        }
        let chunks: Vec<_> = offsets.into_iter().zip(lengths).collect();
        let present: u64 =
            chunks.iter().fold(0u64, |sum, &(_, n)| sum.saturating_add(n)).min(source.bytes.size());
        let wanted = page_row as u64 * page.height as u64 * groups as u64;
        if !can_hold(page, present, wanted) {
            return Err(DecodeError::truncated(Format::Tiff, "pixels"));
        }
        let tables = directory.text(source, tag::JPEG_TABLES)?;
        Ok(Self { page, big_endian: source.big_endian, chunks, across, down, chunk_row, page_row, tables })
    }

    /// Returns the bytes of all channels (or, of separate channels, of one), row by row.
    fn group<R: ReadAt + ?Sized>(
        &self,
        source: &Source<'_, R>,
        group: usize,
    ) -> Result<Vec<u8>, DecodeError> {
        let page = self.page;
        let total = self.page_row * page.height;
        let mut out = if page.tiled { vec![0; total] } else { Vec::with_capacity(total) };
        let mut scratch = Vec::new();
        for row in 0..self.down {
            let top = row * page.chunk.1;
            let rows = page.chunk.1.min(page.height - top);
            for column in 0..self.across {
                let (offset, length) = self.chunks[(group * self.down + row) * self.across + column];
                // A tile is whole even where it sticks out of the page; the last strip is as high as needed.
                let chunk_rows = if page.tiled { page.chunk.1 } else { rows };
                let size = self.chunk_row * chunk_rows;
                if page.compression == Compression::None && !page.tiled {
                    let raw = source.bytes(offset, length.min(size as u64), "pixels")?;
                    self.whole(raw.len(), size)?;
                    let at = out.len();
                    out.extend_from_slice(&raw);
                    self.undo_prediction(&mut out[at..]);
                    continue;
                }
                scratch.clear();
                let raw = source.bytes(offset, length, "pixels")?;
                self.unpack(raw, chunk_rows, &mut scratch)?;
                self.whole(scratch.len(), size)?;
                self.undo_prediction(&mut scratch);
                if !page.tiled {
                    out.extend_from_slice(&scratch);
                    continue;
                }
                let left = column * self.chunk_row;
                let width = self.chunk_row.min(self.page_row - left);
                for y in 0..rows {
                    let to = (top + y) * self.page_row + left;
                    let from = y * self.chunk_row;
                    out[to..to + width].copy_from_slice(&scratch[from..from + width]);
                }
            }
        }
        if page.reversed_bits {
            out.iter_mut().for_each(|b| *b = b.reverse_bits());
        }
        Ok(out)
    }

    fn whole(&self, found: usize, wanted: usize) -> Result<(), DecodeError> {
        if found < wanted { Err(DecodeError::truncated(Format::Tiff, "pixels")) } else { Ok(()) }
    }

    /// Unpacks one strip or tile of `rows` rows to the end of `out`, never more than its size.
    fn unpack(&self, raw: Vec<u8>, rows: usize, out: &mut Vec<u8>) -> Result<(), DecodeError> {
        let size = self.chunk_row * rows;
        match self.page.compression {
            Compression::None => *out = raw,
            Compression::Deflate => {
                out.reserve(size);
                let mut stream = flate2::read::ZlibDecoder::new(raw.as_slice()).take(size as u64);
                let end = stream.read_to_end(out);
                end.map_err(|e| corrupt(format!("its Deflate data cannot be unpacked ({e})")))?;
            }
            Compression::Lzw => lzw(&raw, size, out)?,
            Compression::PackBits => pack_bits(&raw, size, out),
            Compression::Jpeg => {
                let page = self.page;
                if page.bits != 8 {
                    return Err(unsupported(format!("JPEG compression of {} bits", page.bits)));
                }
                let channels = if page.planar { 1 } else { page.channels };
                let color = match page.photometric {
                    Photometric::YCbCr => jpeg::Color::YCbCr,
                    _ => jpeg::Color::Plain,
                };
                let image = jpeg::decode_with(&raw, &self.tables, Some(color))?;
                let fits = image.channels == channels && image.width >= page.chunk.0 && image.height >= rows;
                if !fits {
                    return Err(corrupt("a JPEG strip or tile of another size than the page says"));
                }
                let (from, to) = (image.width * channels, page.chunk.0 * channels);
                for row in image.data.chunks_exact(from).take(rows) {
                    out.extend_from_slice(&row[..to]);
                }
            }
        }
        out.truncate(size);
        Ok(())
    }

    /// Turns differences back into values, row by row.
    fn undo_prediction(&self, chunk: &mut [u8]) {
        let page = self.page;
        let step = if page.planar { 1 } else { page.channels };
        for row in chunk.chunks_exact_mut(self.chunk_row) {
            match (page.predictor, page.bits) {
                (2, 8) => accumulate::<1>(row, step, |a, b| [a[0].wrapping_add(b[0])]),
                (2, 16) if self.big_endian => accumulate::<2>(row, step, |a, b| {
                    u16::from_be_bytes(a).wrapping_add(u16::from_be_bytes(b)).to_be_bytes()
                }),
                (2, 16) => accumulate::<2>(row, step, |a, b| {
                    u16::from_le_bytes(a).wrapping_add(u16::from_le_bytes(b)).to_le_bytes()
                }),
                (2, 32) if self.big_endian => accumulate::<4>(row, step, |a, b| {
                    u32::from_be_bytes(a).wrapping_add(u32::from_be_bytes(b)).to_be_bytes()
                }),
                (2, 32) => accumulate::<4>(row, step, |a, b| {
                    u32::from_le_bytes(a).wrapping_add(u32::from_le_bytes(b)).to_le_bytes()
                }),
                (2, 64) if self.big_endian => accumulate::<8>(row, step, |a, b| {
                    u64::from_be_bytes(a).wrapping_add(u64::from_be_bytes(b)).to_be_bytes()
                }),
                (2, 64) => accumulate::<8>(row, step, |a, b| {
                    u64::from_le_bytes(a).wrapping_add(u64::from_le_bytes(b)).to_le_bytes()
                }),
                (3, bits @ (16 | 32 | 64)) => self.undo_float_prediction(row, step, bits / 8),
                _ => return,
            }
        }
    }

    /// Turns back the floating-point predictor: differences of bytes, the bytes sorted by significance.
    fn undo_float_prediction(&self, row: &mut [u8], step: usize, size: usize) {
        for i in step..row.len() {
            row[i] = row[i].wrapping_add(row[i - step]);
        }
        let sorted = row.to_vec();
        let n = row.len() / size;
        for (i, value) in row.chunks_exact_mut(size).enumerate() {
            for (k, byte) in value.iter_mut().enumerate() {
                let significance = if self.big_endian { k } else { size - 1 - k };
                *byte = sorted[significance * n + i];
            }
        }
    }

    /// Returns bytes in the file's order as samples; `per_row` samples start at a whole byte.
    fn samples(&self, bytes: &[u8], per_row: usize) -> Samples {
        macro_rules! read {
            ($t:ty) => {{
                let values = bytes.as_chunks::<{ size_of::<$t>() }>().0.iter();
                if self.big_endian {
                    values.map(|&b| <$t>::from_be_bytes(b)).collect()
                } else {
                    values.map(|&b| <$t>::from_le_bytes(b)).collect()
                }
            }};
        }
        let page = self.page;
        match page.pixel_type {
            PixelType::U8 if page.bits == 8 => Samples::U8(bytes.to_vec()),
            PixelType::U8 => Samples::U8(self.odd_bits(bytes, per_row).map(|v| v as u8).collect()),
            PixelType::U16 if page.bits == 16 => Samples::U16(read!(u16)),
            PixelType::U16 => Samples::U16(self.odd_bits(bytes, per_row).collect()),
            PixelType::U32 => Samples::U32(read!(u32)),
            PixelType::I8 => Samples::I8(bytes.iter().map(|&b| b as i8).collect()),
            PixelType::I16 => Samples::I16(read!(i16)),
            PixelType::I32 => Samples::I32(read!(i32)),
            PixelType::F32 if page.bits == 16 => {
                let halves: Vec<u16> = read!(u16);
                Samples::F32(halves.into_iter().map(half_to_f32).collect())
            }
            PixelType::F32 => Samples::F32(read!(f32)),
            PixelType::F64 => Samples::F64(read!(f64)),
            PixelType::Bool => Samples::Bool(Vec::new()),
        }
    }

    /// Returns samples of 1 to 15 bits, the first in the highest bits, in either byte order.
    fn odd_bits(&self, bytes: &[u8], per_row: usize) -> impl Iterator<Item = u16> {
        let bits = self.page.bits;
        let stride = (per_row * bits).div_ceil(8).max(1);
        bytes.chunks_exact(stride).flat_map(move |row| {
            (0..per_row).map(move |i| {
                let (first, shift) = (i * bits / 8, i * bits % 8);
                let window =
                    (0..3).fold(0u32, |n, k| n << 8 | u32::from(row.get(first + k).copied().unwrap_or(0)));
                (window >> (24 - shift - bits) & ((1 << bits) - 1)) as u16
            })
        })
    }
}

/// Adds to each value of `N` bytes the one `step` values before it.
fn accumulate<const N: usize>(row: &mut [u8], step: usize, add: impl Fn([u8; N], [u8; N]) -> [u8; N]) {
    let values = row.as_chunks_mut::<N>().0;
    if step == 1 {
        // The last value stays in a register: this is the loop that 16-bit images spend their time in.
        let mut last = [0; N];
        for v in values {
            last = add(last, *v);
            *v = last;
        }
        return;
    }
    for i in step..values.len() {
        values[i] = add(values[i - step], values[i]);
    }
}

fn lzw(raw: &[u8], size: usize, out: &mut Vec<u8>) -> Result<(), DecodeError> {
    let mut decoder = weezl::decode::Decoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8);
    out.resize(size, 0);
    let (mut read, mut written) = (0, 0);
    while written < size {
        let step = decoder.decode_bytes(&raw[read..], &mut out[written..]);
        read += step.consumed_in;
        written += step.consumed_out;
        match step.status {
            Ok(weezl::LzwStatus::Ok) => {}
            Ok(weezl::LzwStatus::NoProgress | weezl::LzwStatus::Done) => break,
            Err(e) => return Err(corrupt(format!("its LZW data cannot be unpacked ({e})"))),
        }
    }
    out.truncate(written);
    Ok(())
}

fn pack_bits(raw: &[u8], size: usize, out: &mut Vec<u8>) {
    let mut rest = raw;
    while let Some((&control, tail)) = rest.split_first() {
        if out.len() >= size {
            break;
        }
        rest = match control as i8 {
            n @ 0..=127 => {
                let (run, tail) = tail.split_at((n as usize + 1).min(tail.len()));
                out.extend_from_slice(run);
                tail
            }
            -128 => tail,
            n => {
                let Some((&value, tail)) = tail.split_first() else { break };
                out.extend(std::iter::repeat_n(value, usize::from(n.unsigned_abs()) + 1));
                tail
            }
        };
    }
}

/// Widens an IEEE half, exactly.
fn half_to_f32(half: u16) -> f32 {
    let sign = u32::from(half >> 15) << 31;
    let (exponent, fraction) = (u32::from(half >> 10) & 31, u32::from(half) & 0x3ff);
    match exponent {
        0 => {
            let magnitude = fraction as f32 / 16_777_216.0;
            f32::from_bits(magnitude.to_bits() | sign)
        }
        31 => f32::from_bits(sign | 0x7f80_0000 | fraction << 13),
        _ => f32::from_bits(sign | (exponent + 112) << 23 | fraction << 13),
    }
}
