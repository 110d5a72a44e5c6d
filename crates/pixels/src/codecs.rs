//! Image files to samples and back: the bytes come from the caller, the file's name stays with the caller.

mod error;
mod format;
pub mod npy;
mod samples;

pub use error::DecodeError;
pub use format::Format;
pub use samples::Samples;
