//! PNG: the samples as they are in the file, palette indices as indices, transparency left alone.

use std::io::Cursor;

use super::{DecodeError, Format, PixelType, PlaneSamples, Samples, Series};
use png::{BitDepth, ColorType, DecodingError};

/// Returns what a PNG file holds, from its header alone.
pub(super) fn series(bytes: &[u8]) -> Result<Series, DecodeError> {
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    let info = decoder.read_header_info().map_err(error)?;
    Ok(describe(info.width, info.height, info.color_type, info.bit_depth))
}

fn describe(width: u32, height: u32, color: ColorType, depth: BitDepth) -> Series {
    Series {
        width: width as usize,
        height: height as usize,
        size_z: 1,
        size_c: color.samples(),
        size_t: 1,
        planes: 1,
        rgb_channels: color.samples(),
        interleaved: color.samples() > 1,
        indexed: color == ColorType::Indexed,
        pixel_type: if depth == BitDepth::Sixteen { PixelType::U16 } else { PixelType::U8 },
    }
}

/// Reads the pixels.
pub(super) fn plane(bytes: &[u8]) -> Result<PlaneSamples, DecodeError> {
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::IDENTITY);
    decoder.ignore_checksums(false);
    let mut reader = decoder.read_info().map_err(error)?;
    let info = reader.info();
    let (width, height) = (info.width as usize, info.height as usize);
    // Deflate packs a thousandfold at the most.
    if width.saturating_mul(height) / 8 / 1100 > bytes.len() {
        return Err(DecodeError::truncated(Format::Png, "pixels"));
    }
    let palette = info
        .palette
        .as_ref()
        .map(|p| p.chunks_exact(3).map(|c| [c[0], c[1], c[2]].map(|v| u16::from(v) * 257)).collect());
    let size = reader.output_buffer_size().ok_or_else(|| DecodeError::corrupt(Format::Png, "its size"))?;
    let mut data = vec![0; size];
    let frame = reader.next_frame(&mut data).map_err(error)?;
    data.truncate(frame.buffer_size());
    let samples = match frame.bit_depth {
        BitDepth::Eight => Samples::U8(data),
        BitDepth::Sixteen => {
            Samples::U16(data.as_chunks::<2>().0.iter().map(|&b| u16::from_be_bytes(b)).collect())
        }
        depth => {
            let bits = depth as usize;
            let rows = data.chunks_exact(frame.line_size);
            let value =
                |row: &[u8], x: usize| row[x * bits / 8] >> (8 - bits - x * bits % 8) & ((1 << bits) - 1);
            Samples::U8(rows.flat_map(|row| (0..width).map(move |x| value(row, x))).collect())
        }
    };
    let palette = palette.filter(|_| frame.color_type == ColorType::Indexed);
    Ok(PlaneSamples { samples, palette })
}

/// Returns a PNG file of 8 bits: grey or RGB(A) by the number of `channels` (1, 3 or 4).
///
/// # Panics
/// When the length of `data` is not `height · width · channels`, or `channels` is another number.
pub fn write_u8(height: usize, width: usize, channels: usize, data: &[u8]) -> Vec<u8> {
    assert_eq!(data.len(), height * width * channels, "{height}×{width} pixels of {channels} channels");
    write(height, width, channels, BitDepth::Eight, data)
}

/// Returns a PNG file of 16 bits: grey or RGB(A) by the number of `channels` (1, 3 or 4).
///
/// # Panics
/// When the length of `data` is not `height · width · channels`, or `channels` is another number.
pub fn write_u16(height: usize, width: usize, channels: usize, data: &[u16]) -> Vec<u8> {
    assert_eq!(data.len(), height * width * channels, "{height}×{width} pixels of {channels} channels");
    let bytes: Vec<u8> = data.iter().flat_map(|v| v.to_be_bytes()).collect();
    write(height, width, channels, BitDepth::Sixteen, &bytes)
}

fn write(height: usize, width: usize, channels: usize, depth: BitDepth, data: &[u8]) -> Vec<u8> {
    let color = match channels {
        1 => ColorType::Grayscale,
        2 => ColorType::GrayscaleAlpha,
        3 => ColorType::Rgb,
        _ => ColorType::Rgba,
    };
    assert_eq!(color.samples(), channels, "1 to 4 channels");
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width as u32, height as u32);
    encoder.set_color(color);
    encoder.set_depth(depth);
    encoder.set_compression(png::Compression::Fast);
    let written = encoder.write_header().and_then(|mut w| w.write_image_data(data));
    written.expect("a Vec takes every byte and the length is checked");
    out
}

fn error(e: DecodingError) -> DecodeError {
    match e {
        DecodingError::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
            DecodeError::truncated(Format::Png, "pixels")
        }
        DecodingError::IoError(e) => DecodeError::Io(e),
        DecodingError::LimitsExceeded => {
            DecodeError::corrupt(Format::Png, "it asks for more memory than allowed")
        }
        other => DecodeError::corrupt(Format::Png, other.to_string()),
    }
}
