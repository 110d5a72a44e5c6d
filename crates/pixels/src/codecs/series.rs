use super::Samples;

/// The type of a file's samples as they are given out: bits of odd depth in the next wider type, halves as f32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PixelType {
    /// True and false.
    Bool,
    /// Unsigned, up to 8 bits.
    U8,
    /// Unsigned, up to 16 bits.
    U16,
    /// Unsigned, 32 bits.
    U32,
    /// Signed, 8 bits.
    I8,
    /// Signed, 16 bits.
    I16,
    /// Signed, 32 bits.
    I32,
    /// Float, up to 32 bits.
    F32,
    /// Float, 64 bits.
    F64,
}

impl PixelType {
    /// Returns what CellProfiler divides such samples by; for u32 that is 2³², for i32 2³² − 1.
    pub fn full_scale(self) -> f64 {
        match self {
            Self::U8 | Self::I8 => 255.0,
            Self::U16 | Self::I16 => 65535.0,
            Self::U32 => 4_294_967_296.0,
            Self::I32 => 4_294_967_295.0,
            Self::Bool | Self::F32 | Self::F64 => 1.0,
        }
    }

    /// Returns the name that OME-XML has for the type.
    pub fn ome_name(self) -> &'static str {
        match self {
            Self::Bool => "bit",
            Self::U8 => "uint8",
            Self::U16 => "uint16",
            Self::U32 => "uint32",
            Self::I8 => "int8",
            Self::I16 => "int16",
            Self::I32 => "int32",
            Self::F32 => "float",
            Self::F64 => "double",
        }
    }
}

/// Planes of one size and type in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Number of z positions.
    pub size_z: usize,
    /// Number of channels, those within a plane counted each.
    pub size_c: usize,
    /// Number of time points.
    pub size_t: usize,
    /// Number of planes; channel runs fastest, then z, then time.
    pub planes: usize,
    /// Channels within a plane: 1 grey or palette, 3 RGB, …
    pub rgb_channels: usize,
    /// Whether Bio-Formats gives the channels of a plane pixel by pixel.
    pub interleaved: bool,
    /// Whether the samples are indices of a palette.
    pub indexed: bool,
    /// Type of the samples.
    pub pixel_type: PixelType,
}

impl Series {
    /// Returns channel, z and t of a plane, each from 0.
    pub fn position(&self, plane: usize) -> (usize, usize, usize) {
        let c = (self.size_c / self.rgb_channels.max(1)).max(1);
        let z = self.size_z.max(1);
        (plane % c, plane / c % z, plane / c / z)
    }
}

/// The samples of one plane, channel fastest, and the palette they point into.
pub(super) struct PlaneSamples {
    pub samples: Samples,
    /// Red, green and blue of 16 bits each.
    pub palette: Option<Vec<[u16; 3]>>,
}
