//! What files' headers say, and how the planner asks for it.

use std::io;

/// How the planner reads the few files it needs: tables and, where a pipeline asks for them, images' headers.
pub trait Files {
    /// Returns the bytes of a table at `location`: a path or URL.
    ///
    /// # Errors
    /// When there is no such file or it cannot be read.
    fn read(&self, location: &str) -> io::Result<Vec<u8>>;

    /// Returns what the header of the image file at `url` says.
    ///
    /// # Errors
    /// When there is no such file or its header cannot be read.
    fn headers(&self, url: &str) -> io::Result<Headers>;
}

/// What the header of an image file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers {
    /// The images ("series") of the file.
    pub images: Vec<HeaderImage>,
}

/// One image ("series") of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderImage {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Planes in z.
    pub depth: usize,
    /// Time points.
    pub times: usize,
    /// The channels; a colour image that holds its colours in each plane is one channel.
    pub channels: Vec<HeaderChannel>,
    /// In which order planes change: `XYCZT` and so on, the first to change first.
    pub order: DimensionOrder,
    /// Whether the header names each plane on its own, as OME does; else planes are only counted.
    pub lists_planes: bool,
}

/// One channel of an image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderChannel {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// How many colours each of its pixels has.
    pub samples: usize,
}

/// In which order the planes of an image lie in its file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DimensionOrder {
    /// Channel, then z, then time.
    #[default]
    Czt,
    /// Channel, time, z.
    Ctz,
    /// z, channel, time.
    Zct,
    /// z, time, channel.
    Ztc,
    /// Time, channel, z.
    Tcz,
    /// Time, z, channel.
    Tzc,
}

/// What is known of a plane from its header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PlaneHeader {
    /// Channel.
    pub c: usize,
    /// Place in z.
    pub z: usize,
    /// Time point.
    pub t: usize,
    /// Whether the header names the plane on its own.
    pub listed: bool,
}

impl HeaderImage {
    /// All colours of all channels.
    fn colours(&self) -> usize {
        self.channels.iter().map(|c| c.samples.max(1)).sum::<usize>().max(1)
    }

    pub(crate) fn plane_count(&self) -> usize {
        self.channels.len().max(1) * self.depth.max(1) * self.times.max(1)
    }

    pub(crate) fn plane_header(&self, index: usize) -> PlaneHeader {
        let (nc, nz, nt) = (self.channels.len().max(1), self.depth.max(1), self.times.max(1));
        let split = |a: usize, b: usize| (index % a, index / a % b, index / (a * b));
        let (c, z, t) = match self.order {
            DimensionOrder::Czt => split(nc, nz),
            DimensionOrder::Ctz => {
                let (c, t, z) = split(nc, nt);
                (c, z, t)
            }
            DimensionOrder::Zct => {
                let (z, c, t) = split(nz, nc);
                (c, z, t)
            }
            DimensionOrder::Ztc => {
                let (z, t, c) = split(nz, nt);
                (c, z, t)
            }
            DimensionOrder::Tcz => {
                let (t, c, z) = split(nt, nc);
                (c, z, t)
            }
            DimensionOrder::Tzc => {
                let (t, z, c) = split(nt, nz);
                (c, z, t)
            }
        };
        PlaneHeader { c, z, t, listed: self.lists_planes }
    }

    /// What is said of the image.
    pub(crate) fn metadata(&self) -> Vec<(String, String)> {
        let sizes = [
            ("SizeX", self.width),
            ("SizeY", self.height),
            ("SizeC", self.colours()),
            ("SizeT", self.times.max(1)),
            ("SizeZ", self.depth.max(1)),
        ];
        sizes.map(|(key, size)| (key.to_string(), size.to_string())).into()
    }

    /// What is said of a plane.
    pub(crate) fn plane_metadata(&self, index: usize) -> Vec<(String, String)> {
        let PlaneHeader { c, z, t, .. } = self.plane_header(index);
        let mut found: Vec<(String, String)> =
            [("C", c), ("T", t), ("Z", z)].map(|(key, place)| (key.to_string(), place.to_string())).into();
        if let Some(channel) = self.channels.get(c) {
            let format = if channel.samples > 1 { "RGB" } else { "monochrome" };
            found.push(("ColorFormat".into(), format.into()));
            found.extend(channel.name.clone().map(|name| ("ChannelName".into(), name)));
        }
        found
    }
}
