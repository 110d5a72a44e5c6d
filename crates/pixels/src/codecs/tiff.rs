//! TIFF: pages as planes, numbered as Bio-Formats numbers them.
//!
//! CellProfiler opens every `.tif` with Bio-Formats' plain TIFF reader, also OME-TIFF: planes are the pages in the
//! order of the file, whatever an OME-XML comment says. Only ImageJ's comment is heeded.
//! Format: TIFF 6.0 and its technical notes; BigTIFF.

mod directory;
mod page;
mod pixels;
mod write;

use super::{DecodeError, Format, PlaneSamples, Samples, Series};
use crate::{ReadAt, Shape};
use directory::{Directory, Source, tag};
use page::Page;
pub use write::{write, write_volume};

/// A TIFF file whose tags are read and whose pixels are not yet.
pub(super) struct Tiff<'a, R: ReadAt + ?Sized> {
    source: Source<'a, R>,
    /// The pages of each series, in order.
    pages: Vec<Vec<(Directory, Page)>>,
    series: Vec<Series>,
    /// MaxSampleValue of the first page: the camera's full scale.
    pub max_sample_value: Option<f64>,
}

impl<'a, R: ReadAt + ?Sized> Tiff<'a, R> {
    /// Reads the tags of all pages.
    pub fn open(bytes: &'a R) -> Result<Self, DecodeError> {
        let (source, directories) = directory::directories(bytes)?;
        let first = &directories[0];
        let max = first.number(&source, tag::MAX_SAMPLE_VALUE)?.map(|v| v as f64);
        let comment = first.text(&source, tag::DESCRIPTION)?;
        let mut pages = Vec::with_capacity(directories.len());
        for directory in directories {
            let page = Page::read(&source, &directory)?;
            pages.push((directory, page));
        }
        if pages.iter().any(|(_, p)| !p.reduced) {
            pages.retain(|(_, p)| !p.reduced);
        }
        let alike = pages.iter().all(|(_, p)| p.alike(&pages[0].1));
        let pages: Vec<Vec<_>> =
            if alike { vec![pages] } else { pages.into_iter().map(|p| vec![p]).collect() };
        let series = pages.iter().map(|p| describe(p, &comment)).collect();
        Ok(Self { source, pages, series, max_sample_value: max })
    }

    /// Returns what the file holds.
    pub fn series(&self) -> &[Series] {
        &self.series
    }

    /// Reads one plane; both numbers are known to be there.
    pub fn plane(&self, series: usize, index: usize) -> Result<PlaneSamples, DecodeError> {
        let (directory, page) = &self.pages[series][index];
        Ok(PlaneSamples {
            samples: pixels::read(&self.source, directory, page)?,
            palette: page.palette(&self.source, directory)?,
        })
    }
}

impl<R: ReadAt + ?Sized> Tiff<'_, R> {
    /// Reads the planes of the first series below each other.
    ///
    /// Source: tifffile 2022.4.8, which CellProfiler's volumes come through. Where Bio-Formats gives other values (zero that is
    /// white, CMYK) or tifffile other axes, the file is refused.
    pub(super) fn volume(&self) -> Result<(Shape, Samples), DecodeError> {
        let (series, pages) = (&self.series[0], &self.pages[0]);
        let page = &pages[0].1;
        let comment = pages[0].0.text(&self.source, tag::DESCRIPTION)?;
        let told = axes_told(&String::from_utf8_lossy(&comment), page.channels);
        let axes = told.unwrap_or_else(|| vec![series.size_z, series.size_c / page.channels, series.size_t]);
        let long: Vec<usize> = axes.into_iter().filter(|&extent| extent > 1).collect();
        if long.len() > 1 {
            let what = format!("planes along axes of {long:?} as a volume");
            return Err(DecodeError::unsupported(Format::Tiff, what));
        }
        if page.planar || matches!(page.photometric, page::Photometric::White | page::Photometric::Cmyk) {
            return Err(DecodeError::unsupported(Format::Tiff, "a volume whose planes are stored this way"));
        }
        let Series { width, height, planes, .. } = *series;
        let shape = Shape { depth: planes, height, width, channels: page.channels };
        // Pages may share their bytes, but no more comes of all than the file can hold.
        let bits = (shape.len() as u64).saturating_mul(page.bits as u64);
        if !pixels::can_hold(page, self.source.bytes.size(), bits / 8) {
            return Err(DecodeError::truncated(Format::Tiff, "pixels"));
        }
        let read = |(directory, page): &(Directory, Page)| pixels::read(&self.source, directory, page);
        let mut samples = read(&pages[0])?;
        for page in &pages[1..] {
            if !samples.append(read(page)?) {
                return Err(DecodeError::corrupt(Format::Tiff, "its planes are of several types"));
            }
        }
        if samples.len() != shape.len() {
            return Err(DecodeError::corrupt(Format::Tiff, "its pixels are not as many as its header says"));
        }
        Ok((shape, samples))
    }
}

/// Returns the extent of a series of like pages; `comment` is that of the first page of the file.
fn describe(pages: &[(Directory, Page)], comment: &[u8]) -> Series {
    let page = &pages[0].1;
    let imagej = comment.starts_with(b"ImageJ=").then(|| hyperstack(comment));
    let planes = pages.len();
    let (c, z, t) = imagej.filter(|&(c, z, t)| c * z * t == planes).unwrap_or((1, 1, planes));
    Series {
        width: page.width,
        height: page.height,
        size_z: z,
        size_c: c * page.channels,
        size_t: t,
        planes,
        rgb_channels: page.channels,
        interleaved: false,
        indexed: page.photometric == page::Photometric::Palette,
        pixel_type: page.pixel_type,
    }
}

/// Returns the extents of the axes of planes that tifffile finds in a file's comment: OME's, or its own shape.
fn axes_told(comment: &str, channels: usize) -> Option<Vec<usize>> {
    let number = |text: &str| text.trim().parse::<usize>().ok();
    if comment.contains("<OME") {
        let extent = |key: &str| number(comment.split_once(key)?.1.split('"').next()?);
        let (z, c, t) = (extent("SizeZ=\"")?, extent("SizeC=\"")?, extent("SizeT=\"")?);
        return Some(vec![z, c / channels, t]);
    }
    let shape = comment.strip_prefix("{\"shape\": [")?.split(']').next()?;
    let shape: Vec<usize> = shape.split(',').map(number).collect::<Option<_>>()?;
    let within_plane = if channels > 1 { 3 } else { 2 };
    Some(shape[..shape.len().checked_sub(within_plane)?].to_vec())
}

/// Returns the numbers of channels, slices and frames that ImageJ wrote into its comment.
fn hyperstack(comment: &[u8]) -> (usize, usize, usize) {
    let text = String::from_utf8_lossy(comment);
    let get = |key: &str| {
        let line = text.lines().find_map(|l| l.strip_prefix(key)?.strip_prefix('='));
        line.and_then(|v| v.trim().parse().ok()).filter(|n| (1..1 << 20).contains(n)).unwrap_or(1)
    };
    (get("channels"), get("slices"), get("frames"))
}
