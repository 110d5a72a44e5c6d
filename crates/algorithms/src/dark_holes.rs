//! Dark holes of a range of sizes: what erosion of the inverse image takes away between two radii.
//!
//! Source: CellProfiler 4.2.8, `EnhanceOrSuppressFeatures.enhance_dark_holes`.

use crate::grey_reconstruction::reconstruct_by_dilation;
use crate::numpy::{Real, extremes};
use crate::structuring_element::erode_by;
use pixels::Plane;

/// Returns, for each pixel of `image`, the most that a round of erosion from `least` to `most` takes away for good.
///
/// The `depth` planes of a volume lie below each other in `image` and `mask`.
pub fn dark_holes<T: Real>(
    image: &Plane<T>,
    depth: usize,
    mask: Option<&Plane<bool>>,
    least: usize,
    most: usize,
) -> Plane<f64> {
    let brightest = extremes(image.data()).map_or(T::ZERO, |(_, most)| most);
    let inverse = image.map(|&v| brightest - v);
    let cross = [(-1, 0, 0), (0, -1, 0), (0, 0, -1), (0, 0, 0), (0, 0, 1), (0, 1, 0), (1, 0, 0)];
    let (mut before, mut eroded) = (inverse.clone(), inverse.clone());
    let mut out = image.map(|_| 0.0);
    for round in 0..=most {
        eroded = erode_by(&eroded, depth, &cross);
        if let Some(mask) = mask {
            eroded = eroded.zip(mask, |&v, &inside| if inside { v } else { T::ZERO });
        }
        let left = reconstruct_by_dilation(&eroded, &inverse, depth);
        if round >= least {
            let taken = before.zip(&left, |&b, &l| b.to_f64() - l.to_f64());
            out = out.zip(&taken, |&a, &b| if b > a { b } else { a });
        }
        before = left;
    }
    out
}
