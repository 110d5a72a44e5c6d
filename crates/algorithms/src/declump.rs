//! Separation of objects that touch.
//!
//! Source: `separate_neighboring_objects` of CellProfiler 4.2.8's IdentifyPrimaryObjects, after Malpica et al.
//! (1997), Wählby et al. (2004) and others: one marker an object, from maxima of intensity or of the distance to
//! the edge, then lines between them.

mod maxima;
mod smooth;

pub use smooth::smooth;

use crate::connected_components::{Connectivity, label};
use crate::distance_transform::distances;
use crate::fill_holes::fill_labeled_holes;
use crate::morphology::disk;
use crate::propagate::propagate;
use crate::random::RandomState;
use crate::watershed::{Level, watershed};
use maxima::find_maxima;
use pixels::Plane;

/// A pixel value of the images that objects are found in.
pub trait Real: Level + PartialOrd + Into<f64> {
    /// Rounds to this type.
    fn round(value: f64) -> Self;
}

impl Real for f32 {
    #[inline]
    fn round(value: f64) -> Self {
        value as f32
    }
}

impl Real for f64 {
    #[inline]
    fn round(value: f64) -> Self {
        value
    }
}

/// What makes an object of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Markers {
    /// A maximum of the smoothed intensity.
    Intensity,
    /// A maximum of the distance to the edge.
    Shape {
        /// Whether holes are filled first, so that they are no edge.
        fill: bool,
    },
}

/// Where the line between two markers runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lines {
    /// Along low intensity.
    Intensity,
    /// Where an object is narrow.
    Shape,
    /// Halfway, on the shortest way inside the object.
    Propagate,
}

/// How objects are separated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Declumping {
    /// What makes an object of its own.
    pub markers: Markers,
    /// Where the line between two markers runs.
    pub lines: Lines,
    /// Size of the smoothing filter in pixels (for [`Markers::Intensity`]); 0 is none.
    pub smoothing: f64,
    /// Radius in pixels, of the reduced image, within which only the greatest maximum stays.
    pub suppression: f64,
    /// How much the image is reduced to find maxima: 1 is not at all.
    pub reduction: f64,
}

/// Separates the objects of `labels` (H×W), found in `image` (H×W) where `mask` (H×W) is true.
///
/// Returns the new labels and the greatest number a label may have (a marker may have got lost).
///
/// # Panics
/// When the shapes differ.
pub fn declump<T: Real>(
    image: &Plane<T>,
    mask: Option<&Plane<bool>>,
    labels: &Plane<u32>,
    how: &Declumping,
) -> (Plane<u32>, usize) {
    let footprint = disk((how.suppression - 0.5).max(1.0));
    let mut depth = None;
    let maxima = match how.markers {
        Markers::Intensity => {
            let smoothed = smooth(image, mask, how.smoothing);
            find_maxima(&smoothed, labels, &footprint, how.reduction)
        }
        Markers::Shape { fill } => {
            let mut inside = distances(&foreground(labels, fill));
            roughen(&mut inside);
            let maxima = find_maxima(&inside, labels, &footprint, how.reduction);
            depth = Some(inside);
            maxima
        }
    };
    let (markers, count) = label(&maxima, Connectivity::Eight);
    let mask = labels.map(|&l| l != 0);
    let separated = match how.lines {
        Lines::Intensity => {
            let valleys = image.map(|&v| T::round(1.0 - v.into()));
            watershed(&valleys, &markers, &mask)
        }
        Lines::Shape => {
            let inside = depth.unwrap_or_else(|| distances(&mask));
            let deepest = inside.data().iter().copied().fold(0.0, f64::max);
            watershed(&inside.map(|&d| deepest - d), &markers, &mask)
        }
        Lines::Propagate => propagate(None, &markers, &mask, 1.0).0,
    };
    (separated, count)
}

fn foreground(labels: &Plane<u32>, fill: bool) -> Plane<bool> {
    if fill { fill_labeled_holes(labels, |_| true).map(|&l| l != 0) } else { labels.map(|&l| l != 0) }
}

/// Adds a little noise, so that no two distances are equal: always the same, from a stream begun at 0.
fn roughen(distances: &mut Plane<f64>) {
    let mut random = RandomState::new(0);
    for distance in distances.data_mut() {
        *distance += random.uniform(0.0, 0.001);
    }
}
