/// Why a module could not do its work on an image set.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The input is bad: a file that cannot be read, images of different sizes.
    #[error("{0}")]
    Input(String),
    /// CellProfiler's module would raise an error on this input.
    #[error("{0}")]
    Refused(String),
    /// CellProfiler would do this; the native engine does not.
    #[error("{0} is not native yet")]
    NotNative(String),
    /// A result could not be written.
    #[error("cannot write `{path}`: {error}")]
    Write {
        /// Where to.
        path: String,
        /// Why not.
        error: std::io::Error,
    },
    /// What should never be: a fault of ours.
    #[error("internal: {0}")]
    Internal(String),
}
