//! The granular spectrum: how much of an image goes with its grains of one size after the other.
//!
//! Source: CellProfiler 4.2.8 `measuregranularity.py`, after Ravkin. Erosion and reconstruction only choose among
//! values, so any algorithm gives scikit-image's values.

mod object_means;
mod reconstruction;
mod resample;

pub use object_means::{ObjectMeans, Regrown, add_pixels};
pub use reconstruction::{LANES, Lanes, Reconstructions};
pub use resample::{Background, Subsampled, subsample, subtract_background};
