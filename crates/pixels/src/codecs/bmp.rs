//! Windows bitmaps without compression: 1, 4 and 8 bits with a palette, 24 and 32 bits of blue, green,
//! red (and alpha). Bio-Formats heeds palettes of 8 bits only.

use super::{DecodeError, Format, PixelType, PlaneSamples, Samples, Series};

/// What the headers say.
struct Header {
    width: usize,
    height: usize,
    /// Whether the first row of the file is the top one.
    top_down: bool,
    bits: usize,
    pixels: usize,
    palette: Vec<[u16; 3]>,
}

/// Returns what a bitmap holds, from its header alone.
pub(super) fn series(bytes: &[u8]) -> Result<Series, DecodeError> {
    let header = header(bytes)?;
    let channels = header.bits.div_ceil(8);
    Ok(Series {
        width: header.width,
        height: header.height,
        size_z: 1,
        size_c: channels,
        size_t: 1,
        planes: 1,
        rgb_channels: channels,
        interleaved: channels > 1,
        indexed: header.bits == 8,
        pixel_type: PixelType::U8,
    })
}

/// Reads the pixels: palette indices, or red, green, blue and, of 32 bits, alpha.
pub(super) fn plane(bytes: &[u8]) -> Result<PlaneSamples, DecodeError> {
    let header = header(bytes)?;
    let stride = match header.bits {
        // Bio-Formats takes three bytes between rows for one, and reads on from there.
        8 if header.width % 4 == 1 => header.width + 1,
        bits => (header.width * bits).div_ceil(32) * 4,
    };
    let data = stride.checked_mul(header.height).and_then(|n| bytes.get(header.pixels..)?.get(..n));
    let data = data.ok_or_else(|| DecodeError::truncated(Format::Bmp, "pixels"))?;
    let mut samples = Vec::with_capacity(data.len());
    for y in 0..header.height {
        let line = if header.top_down { y } else { header.height - 1 - y };
        let row = &data[line * stride..(line + 1) * stride];
        match header.bits {
            8 => samples.extend_from_slice(&row[..header.width]),
            1 | 4 => {
                let per_byte = 8 / header.bits;
                let value = |x: usize| {
                    row[x / per_byte] >> (8 - header.bits * (x % per_byte + 1)) & ((1 << header.bits) - 1)
                };
                samples.extend((0..header.width).map(value));
            }
            bits => {
                for p in row.chunks_exact(bits / 8).take(header.width) {
                    samples.extend([p[2], p[1], p[0]]);
                    samples.extend(&p[3..]);
                }
            }
        }
    }
    let palette = (header.bits <= 8).then_some(header.palette);
    Ok(PlaneSamples { samples: Samples::U8(samples), palette })
}

fn header(bytes: &[u8]) -> Result<Header, DecodeError> {
    let u32_at = |at: usize| {
        let four = bytes.get(at..at + 4).and_then(|b| b.try_into().ok());
        four.map(u32::from_le_bytes).ok_or_else(|| DecodeError::truncated(Format::Bmp, "header"))
    };
    let (pixels, size) = (u32_at(10)? as usize, u32_at(14)? as usize);
    if size < 40 {
        return Err(DecodeError::unsupported(Format::Bmp, "a header of OS/2"));
    }
    let (width, height) = (u32_at(18)? as i32, u32_at(22)? as i32);
    let (bits, compression) = ((u32_at(26)? >> 16) as usize, u32_at(30)?);
    if !matches!(bits, 1 | 4 | 8 | 24 | 32) || compression != 0 {
        let what = format!("{bits} bits a pixel with compression {compression}");
        return Err(DecodeError::unsupported(Format::Bmp, what));
    }
    if width <= 0 || height == 0 || height == i32::MIN {
        return Err(DecodeError::corrupt(Format::Bmp, format!("a size of {width}×{height}")));
    }
    let colors = match u32_at(46)? as usize {
        0 if bits <= 8 => 1 << bits,
        n => n.min(256),
    };
    let table = bytes.get(14 + size..).unwrap_or_default();
    let color = |c: &[u8; 4]| [c[2], c[1], c[0]].map(|v| u16::from(v) * 257);
    Ok(Header {
        width: width as usize,
        height: height.unsigned_abs() as usize,
        top_down: height < 0,
        bits,
        pixels,
        palette: table.as_chunks::<4>().0.iter().take(colors).map(color).collect(),
    })
}
