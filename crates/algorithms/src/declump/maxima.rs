use super::Real;
use crate::binary_shrink::binary_shrink;
use crate::local_maxima::local_maxima;
use crate::map_coordinates::{Order, Outside, map_grid};
use pixels::Plane;

/// Finds one pixel for each maximum of `image` (H×W) within its label (H×W): positive pixels that no other of
/// their label within `footprint` exceeds, blobs of them shrunk to a point.
///
/// With a `reduction` below 1 they are sought in a smaller image, and enlarged again.
pub(super) fn find_maxima<T: Real>(
    image: &Plane<T>,
    labels: &Plane<u32>,
    footprint: &[(isize, isize)],
    reduction: f64,
) -> Plane<bool> {
    if reduction >= 1.0 {
        return binary_shrink(&positive_maxima(image, labels, footprint));
    }
    let (height, width) = image.shape();
    let places = |n: usize| (0..(n as f64 * reduction).ceil() as usize).map(|i| i as f64 / reduction);
    let (rows, columns): (Vec<_>, Vec<_>) = (places(height).collect(), places(width).collect());
    let outside = Outside::Constant(0.0);
    let small = map_grid(image, &rows, &columns, Order::Cubic, outside).map(|&v| T::round(v));
    let small_labels = map_grid(labels, &rows, &columns, Order::Nearest, outside).map(|&v| v as u32);
    let found = positive_maxima(&small, &small_labels, footprint);
    // The ratio of the heights counts for the columns too, as in CellProfiler.
    let enlarge = height as f64 / found.height() as f64;
    let places = |n: usize| (0..n).map(|i| i as f64 / enlarge).collect::<Vec<_>>();
    let (rows, columns) = (places(height), places(width));
    let found = found.map(|&f| f64::from(u8::from(f)));
    binary_shrink(&map_grid(&found, &rows, &columns, Order::Cubic, outside).map(|&v| v > 0.5))
}

fn positive_maxima<T: Real>(
    image: &Plane<T>,
    labels: &Plane<u32>,
    footprint: &[(isize, isize)],
) -> Plane<bool> {
    let maxima = local_maxima(image, labels, footprint);
    maxima.zip(image, |&maximum, &value| maximum && value.into() > 0.0)
}
