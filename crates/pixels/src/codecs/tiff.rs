//! TIFF: pages as planes, numbered as Bio-Formats numbers them.
//!
//! CellProfiler opens every `.tif` with Bio-Formats' plain TIFF reader, also OME-TIFF: planes are the pages in the
//! order of the file, whatever an OME-XML comment says. Only ImageJ's comment is heeded.
//! Format: TIFF 6.0 and its technical notes; BigTIFF.

mod directory;
mod page;
mod pixels;
mod write;

use super::{DecodeError, PlaneSamples, Series};
use crate::ReadAt;
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

/// Returns the numbers of channels, slices and frames that ImageJ wrote into its comment.
fn hyperstack(comment: &[u8]) -> (usize, usize, usize) {
    let text = String::from_utf8_lossy(comment);
    let get = |key: &str| {
        let line = text.lines().find_map(|l| l.strip_prefix(key)?.strip_prefix('='));
        line.and_then(|v| v.trim().parse().ok()).filter(|n| (1..1 << 20).contains(n)).unwrap_or(1)
    };
    (get("channels"), get("slices"), get("frames"))
}
