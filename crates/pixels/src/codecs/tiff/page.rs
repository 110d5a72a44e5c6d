use super::directory::{Directory, Source, tag};
use crate::ReadAt;
use crate::codecs::{DecodeError, Format, PixelType};

/// How the pixels of a page are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    None,
    Lzw,
    Jpeg,
    Deflate,
    PackBits,
}

/// What the numbers of a page mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Photometric {
    /// Zero is white.
    White,
    /// Grey, RGB and whatever is taken as it is.
    Plain,
    Palette,
    Cmyk,
    YCbCr,
}

/// The tags of a page that say how its pixels lie.
#[derive(Clone, Debug)]
pub(super) struct Page {
    pub width: usize,
    pub height: usize,
    /// Bits of a sample in the file, 1 to 64.
    pub bits: usize,
    /// Samples of a pixel.
    pub channels: usize,
    pub pixel_type: PixelType,
    pub compression: Compression,
    pub photometric: Photometric,
    /// Each channel lies on its own.
    pub planar: bool,
    pub predictor: u64,
    pub reversed_bits: bool,
    pub tiled: bool,
    /// Width and height of a tile; of a strip, the width is the page's.
    pub chunk: (usize, usize),
    pub reduced: bool,
}

impl Page {
    /// Reads the tags that describe the pixels, none of the pixels.
    pub fn read<R: ReadAt + ?Sized>(
        source: &Source<'_, R>,
        directory: &Directory,
    ) -> Result<Self, DecodeError> {
        let get = |tag, default: u64| Ok::<_, DecodeError>(directory.number(source, tag)?.unwrap_or(default));
        let (width, height) = (get(tag::WIDTH, 0)?, get(tag::HEIGHT, 0)?);
        // The limit of 2³¹ pixels and bytes is that of the Java arrays Bio-Formats reads into.
        if width == 0 || height == 0 || width.saturating_mul(height) > i32::MAX as u64 {
            return Err(corrupt(format!("a page of {width}×{height} pixels")));
        }
        let channels = get(tag::SAMPLES_PER_PIXEL, 1)?;
        if channels == 0 || channels.saturating_mul(width * height) > i32::MAX as u64 {
            return Err(corrupt(format!("{width}×{height} pixels of {channels} samples")));
        }
        let all_bits = directory.numbers(source, tag::BITS)?;
        let bits = all_bits.first().copied().unwrap_or(1);
        if all_bits.iter().take(channels as usize).any(|&b| b != bits) {
            return Err(unsupported(format!("samples of different size ({all_bits:?} bits)")));
        }
        let pixel_type = match (get(tag::SAMPLE_FORMAT, 1)?, bits) {
            (3, 16 | 32) => PixelType::F32,
            (3, 64) => PixelType::F64,
            (2, 8) => PixelType::I8,
            (2, 16) => PixelType::I16,
            (2, 32) => PixelType::I32,
            (1 | 4, 1..=8) => PixelType::U8,
            (1 | 4, 9..=16) => PixelType::U16,
            (1 | 4, 32) => PixelType::U32,
            (format, bits) => {
                return Err(unsupported(format!("samples of {bits} bits and format {format}")));
            }
        };
        let compression = match get(tag::COMPRESSION, 1)? {
            1 => Compression::None,
            5 => Compression::Lzw,
            7 => Compression::Jpeg,
            8 | 32946 => Compression::Deflate,
            32773 => Compression::PackBits,
            2..=4 => return Err(unsupported("fax compression")),
            6 => return Err(unsupported("old-style JPEG compression")),
            other => return Err(unsupported(format!("compression {other}"))),
        };
        let photometric = match get(tag::PHOTOMETRIC, 1)? {
            0 => Photometric::White,
            3 => Photometric::Palette,
            5 => Photometric::Cmyk,
            6 => Photometric::YCbCr,
            _ => Photometric::Plain,
        };
        let tiled = directory.number(source, tag::TILE_OFFSETS)?.is_some();
        let chunk = if tiled {
            (get(tag::TILE_WIDTH, 0)?, get(tag::TILE_HEIGHT, 0)?)
        } else {
            (width, get(tag::ROWS_PER_STRIP, height)?.min(height))
        };
        if chunk.0 == 0 || chunk.1 == 0 || chunk.0.saturating_mul(chunk.1) > i32::MAX as u64 {
            return Err(corrupt(format!("tiles or strips of {}×{} pixels", chunk.0, chunk.1)));
        }
        Ok(Self {
            width: width as usize,
            height: height as usize,
            bits: bits as usize,
            channels: channels as usize,
            pixel_type,
            compression,
            photometric,
            planar: channels > 1 && get(tag::PLANAR, 1)? == 2,
            predictor: get(tag::PREDICTOR, 1)?,
            reversed_bits: get(tag::FILL_ORDER, 1)? == 2,
            tiled,
            chunk: (chunk.0 as usize, chunk.1 as usize),
            reduced: get(tag::NEW_SUBFILE_TYPE, 0)? & 1 != 0,
        })
    }

    /// Returns whether two pages are planes of one series.
    pub fn alike(&self, other: &Self) -> bool {
        (self.width, self.height, self.channels, self.pixel_type)
            == (other.width, other.height, other.channels, other.pixel_type)
    }

    /// Returns the palette as red, green and blue of 16 bits each, for a page that has one.
    pub fn palette<R: ReadAt + ?Sized>(
        &self,
        source: &Source<'_, R>,
        directory: &Directory,
    ) -> Result<Option<Vec<[u16; 3]>>, DecodeError> {
        if self.photometric != Photometric::Palette || self.bits > 16 {
            return Ok(None);
        }
        let map = directory.numbers(source, tag::COLOR_MAP)?;
        let n = map.len() / 3;
        Ok((n > 0).then(|| (0..n).map(|i| [i, i + n, i + 2 * n].map(|j| map[j] as u16)).collect()))
    }
}

pub(super) fn corrupt(what: impl Into<String>) -> DecodeError {
    DecodeError::corrupt(Format::Tiff, what)
}

pub(super) fn unsupported(what: impl Into<String>) -> DecodeError {
    DecodeError::unsupported(Format::Tiff, what)
}
