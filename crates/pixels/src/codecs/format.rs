use std::fmt;

/// A file format that can be told by its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// TIFF, BigTIFF and OME-TIFF.
    Tiff,
    /// PNG.
    Png,
    /// JPEG (JFIF, Exif).
    Jpeg,
    /// Windows bitmap.
    Bmp,
    /// GIF.
    Gif,
    /// NumPy array.
    Npy,
    /// MATLAB matrix, level 4 or 5.
    Mat,
}

impl Format {
    /// Returns the format whose signature the file starts with; `start` is its first 132 bytes or more, or all.
    pub fn detect(start: &[u8]) -> Option<Self> {
        const SIGNATURES: [(&[u8], Format); 12] = [
            (b"II*\0", Format::Tiff),
            (b"MM\0*", Format::Tiff),
            (b"II+\0", Format::Tiff),
            (b"MM\0+", Format::Tiff),
            (b"\x89PNG\r\n\x1a\n", Format::Png),
            (b"\xff\xd8\xff", Format::Jpeg),
            (b"BM", Format::Bmp),
            (b"GIF87a", Format::Gif),
            (b"GIF89a", Format::Gif),
            (b"\x93NUMPY", Format::Npy),
            (b"MATLAB 5.0 MAT-file", Format::Mat),
            (b"MATLAB 7.3 MAT-file", Format::Mat),
        ];
        SIGNATURES.iter().find(|(s, _)| start.starts_with(s)).map(|&(_, f)| f)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tiff => "TIFF",
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::Bmp => "BMP",
            Self::Gif => "GIF",
            Self::Npy => "npy",
            Self::Mat => "MATLAB",
        })
    }
}
