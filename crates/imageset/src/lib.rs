//! Files and metadata to image sets and groups.
//!
//! The input modules' typed settings and rules. Listings, tables and headers come from the caller, so that a
//! planner can run this anywhere; nothing here does I/O or decodes a pixel.

mod folder;
mod image_set;
mod metadata_tags;

pub use folder::{Folder, FolderBase};
pub use image_set::{Cell, Channel, ImageSet, Rescale, Role};
pub use metadata_tags::{metadata_tags, substitute_metadata};
