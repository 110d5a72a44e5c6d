//! Image files to samples and back: the bytes come from the caller, the file's name stays with the caller.
//!
//! [`read`] gives what CellProfiler's reader gives for the same question, [`rescale`] makes intensities of it,
//! [`probe`] says what a file holds without touching its pixels.

mod bmp;
mod error;
mod format;
mod gif;
pub mod jpeg;
pub mod mat;
pub mod npy;
pub mod png;
mod rescale;
mod samples;
mod select;
mod series;
pub mod tiff;

pub use error::DecodeError;
pub use format::Format;
pub use rescale::{Rescale, rescale};
pub use samples::Samples;
pub use select::{Raw, Wanted};
pub use series::{PixelType, Series};

use crate::{ReadAt, Shape};
use series::PlaneSamples;

/// What a file holds.
#[derive(Clone, Debug, PartialEq)]
pub struct FileInfo {
    /// The format, told by the content.
    pub format: Format,
    /// One or more sets of planes; one for arrays.
    pub series: Vec<Series>,
    /// The camera's full scale, where the file names it.
    pub max_sample_value: Option<f64>,
}

/// Returns what a file holds, from its headers alone.
///
/// # Errors
/// When the content is no image or its headers are cut or corrupt.
pub fn probe<R: ReadAt + ?Sized>(bytes: &R) -> Result<FileInfo, DecodeError> {
    let format = detect(bytes)?;
    let (series, max_sample_value) = match format {
        Format::Tiff => {
            let file = tiff::Tiff::open(bytes)?;
            (file.series().to_vec(), file.max_sample_value)
        }
        // The frames of a GIF are counted to the end; the other headers come first.
        Format::Gif => (one_series(format, &start(bytes, u64::MAX)?)?, None),
        _ => (one_series(format, &start(bytes, 1 << 20)?)?, None),
    };
    Ok(FileInfo { format, series, max_sample_value })
}

/// Reads one image of a file as CellProfiler's reader does, values as they are.
///
/// # Errors
/// When the content is no image, is cut or corrupt, is of a kind that is not read, or has no such series or plane.
pub fn read<R: ReadAt + ?Sized>(bytes: &R, series: usize, wanted: Wanted) -> Result<Raw, DecodeError> {
    let format = detect(bytes)?;
    if format == Format::Tiff {
        let file = tiff::Tiff::open(bytes)?;
        let all = file.series();
        let found = all.get(series).ok_or(DecodeError::NoSuchSeries { asked: series, series: all.len() })?;
        return select::select(format, found, wanted, file.max_sample_value, |i| file.plane(series, i));
    }
    let bytes = start(bytes, u64::MAX)?;
    if matches!(format, Format::Npy | Format::Mat) {
        let array = if format == Format::Npy { npy::read(&bytes)? } else { mat::read(&bytes)? };
        let shape = array.image_shape();
        let shape = shape.ok_or_else(|| {
            DecodeError::unsupported(format, format!("an array of shape {:?}", array.shape))
        })?;
        return Ok(Raw { shape, samples: array.samples, full_scale: None });
    }
    let all = one_series(format, &bytes)?;
    let found = all.get(series).ok_or(DecodeError::NoSuchSeries { asked: series, series: all.len() })?;
    select::select(format, found, wanted, None, |index| match format {
        Format::Png => png::plane(&bytes),
        Format::Bmp => bmp::plane(&bytes),
        Format::Gif => gif::plane(&bytes, index),
        Format::Jpeg => {
            let image = jpeg::decode(&bytes)?;
            Ok(PlaneSamples { samples: Samples::U8(image.data), palette: None })
        }
        other => Err(DecodeError::unsupported(other, "pixels")),
    })
}

/// Reads a volume as CellProfiler does, values as they are: the planes of a TIFF below each other, or an array z·y·x (·c).
///
/// CellProfiler reads volumes with imageio and NumPy, not with Bio-Formats: of TIFFs and `.npy` files only.
///
/// # Errors
/// When the content is no such file, is cut or corrupt, or has more than one axis of planes.
pub fn read_volume<R: ReadAt + ?Sized>(bytes: &R) -> Result<Raw, DecodeError> {
    let (shape, samples) = match detect(bytes)? {
        Format::Tiff => tiff::Tiff::open(bytes)?.volume()?,
        Format::Npy => {
            let array = npy::read(&start(bytes, u64::MAX)?)?;
            let (depth, height, width, channels) = match *array.shape.as_slice() {
                [depth, height, width] => (depth, height, width, 1),
                [depth, height, width, channels] => (depth, height, width, channels),
                ref other => {
                    let what = format!("an array of shape {other:?} as a volume");
                    return Err(DecodeError::unsupported(Format::Npy, what));
                }
            };
            (Shape { depth, height, width, channels }, array.samples)
        }
        other => return Err(DecodeError::unsupported(other, "volumes")),
    };
    Ok(Raw { shape, samples, full_scale: None })
}

/// Returns the series of a file that has one.
fn one_series(format: Format, bytes: &[u8]) -> Result<Vec<Series>, DecodeError> {
    Ok(vec![match format {
        Format::Png => png::series(bytes)?,
        Format::Bmp => bmp::series(bytes)?,
        Format::Gif => gif::series(bytes)?,
        Format::Jpeg => {
            let (width, height, channels) = jpeg::size(bytes)?;
            Series {
                width,
                height,
                size_z: 1,
                size_c: channels,
                size_t: 1,
                planes: 1,
                rgb_channels: channels,
                interleaved: false,
                indexed: false,
                pixel_type: PixelType::U8,
            }
        }
        other => return Err(DecodeError::unsupported(other, "planes")),
    }])
}

/// Returns the format, or why the content is none.
fn detect<R: ReadAt + ?Sized>(bytes: &R) -> Result<Format, DecodeError> {
    let head = start(bytes, 132)?;
    if head.is_empty() {
        return Err(DecodeError::Empty);
    }
    Format::detect(&head).ok_or_else(|| {
        let shown = &head[..head.len().min(40)];
        match std::str::from_utf8(shown) {
            Ok(text) if !text.contains('\0') => DecodeError::Text(text.trim().to_owned()),
            _ => DecodeError::UnknownFormat(shown.iter().take(8).map(|b| format!("{b:02x}")).collect()),
        }
    })
}

/// Returns the first `limit` bytes, or all there are.
fn start<R: ReadAt + ?Sized>(bytes: &R, limit: u64) -> Result<Vec<u8>, DecodeError> {
    let mut buffer = vec![0; bytes.size().min(limit) as usize];
    bytes.read_exact_at(0, &mut buffer)?;
    Ok(buffer)
}
