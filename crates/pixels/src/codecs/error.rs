use super::Format;

/// Why a file could not be read as an image. The caller adds the file's name.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// There is not one byte.
    #[error("the file is empty (0 bytes)")]
    Empty,
    /// The file is readable text, such as an error page saved under an image's name.
    #[error("the file is text, not an image; it starts with `{0}`")]
    Text(String),
    /// The content is that of no format known here.
    #[error("the file is not of a known image format; it starts with the bytes `{0}`")]
    UnknownFormat(String),
    /// The file ends too early; it was probably not copied whole.
    #[error("the {format} file ends before its {what} does: it was probably not copied whole")]
    Truncated {
        /// The format the file starts as.
        format: Format,
        /// The part that is cut.
        what: String,
    },
    /// The file says something that cannot be.
    #[error("the {format} file is corrupt: {what}")]
    Corrupt {
        /// The format the file starts as.
        format: Format,
        /// What is wrong and where.
        what: String,
    },
    /// The file may be right, but this kind of it is not read here.
    #[error("the {format} file has {what}, which is not supported")]
    Unsupported {
        /// The format the file starts as.
        format: Format,
        /// What is not supported.
        what: String,
    },
    /// The file has fewer planes than asked for.
    #[error("plane {asked} was asked for, but the file has {planes}, counted from 0")]
    NoSuchPlane {
        /// The plane asked for, from 0.
        asked: usize,
        /// How many there are.
        planes: usize,
    },
    /// The file has fewer series than asked for.
    #[error("series {asked} was asked for, but the file has {series}, counted from 0")]
    NoSuchSeries {
        /// The series asked for, from 0.
        asked: usize,
        /// How many there are.
        series: usize,
    },
    /// Reading the bytes failed.
    #[error("reading failed: {0}")]
    Io(#[from] std::io::Error),
}

impl DecodeError {
    pub(crate) fn truncated(format: Format, what: impl Into<String>) -> Self {
        Self::Truncated { format, what: what.into() }
    }

    pub(crate) fn corrupt(format: Format, what: impl Into<String>) -> Self {
        Self::Corrupt { format, what: what.into() }
    }

    pub(crate) fn unsupported(format: Format, what: impl Into<String>) -> Self {
        Self::Unsupported { format, what: what.into() }
    }
}
