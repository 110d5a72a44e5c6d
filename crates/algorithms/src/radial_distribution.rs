//! How the intensity within objects is distributed from their centres to their edges.
//!
//! Source: CellProfiler 4.2.8 `measureobjectintensitydistribution.py`. Sums of pixels are in the image's type, in raster
//! order, as SciPy's sparse matrices add them up.

mod rays;
mod rings;
mod zernikes;

pub use rays::{Centers, Rays};
pub use rings::{Ring, Rings, measure_rings};
pub use zernikes::{MomentSums, Zernikes, indices};

/// Distances from the centre of an object are told as parts of the whole way to the edge, or in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scaling {
    /// The edge is at 1.
    ToEdge,
    /// So many pixels are 1.
    Pixels(f64),
}
