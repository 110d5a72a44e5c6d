//! Images, masks and labels, and the codecs that read and write them.
//!
//! Nothing here opens a path or a URL: bytes come through [`ReadAt`] and go to a `Vec<u8>`.

mod array;
pub mod codecs;
mod image;
mod labels;
mod plane;
mod read_at;

pub use array::{Array, Shape};
pub use image::{Image, Pixels, Source};
pub use labels::Labels;
pub use plane::Plane;
pub use read_at::ReadAt;
