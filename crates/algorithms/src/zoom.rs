//! Resizing by the nearest pixel, the ends of the axes on each other.

use pixels::{Array, Plane, Shape};

/// Returns `plane` (H×W) with `height` rows and `width` columns: the first and last pixels stay where they are, each
/// other is that nearest to its place between them.
///
/// Source: `scipy.ndimage.zoom` 1.9 of order 0.
pub fn zoom_nearest<T: Copy>(plane: &Plane<T>, height: usize, width: usize) -> Plane<T> {
    let rows = places(plane.height(), height);
    let columns = places(plane.width(), width);
    let data = rows.iter().flat_map(|&y| {
        let row = plane.row(y);
        columns.iter().map(move |&x| row[x])
    });
    Plane::from_vec(height, width, data.collect())
}

/// As [`zoom_nearest`], of a volume (Z×H×W) that becomes one of the extent `to`.
pub fn zoom_volume_nearest<T: Copy>(volume: &Array<T>, to: Shape) -> Array<T> {
    let from = volume.shape();
    let planes = places(from.depth, to.depth);
    let data =
        planes.into_iter().flat_map(|z| zoom_nearest(&volume.plane(z, 0), to.height, to.width).into_vec());
    Array::from_vec(Shape { channels: 1, ..to }, data.collect())
}

/// Returns which of `from` pixels each of `to` pixels is.
fn places(from: usize, to: usize) -> Vec<usize> {
    let step = if to > 1 { (from as f64 - 1.0) / (to as f64 - 1.0) } else { 1.0 };
    (0..to).map(|i| ((i as f64 * step).min(from as f64 - 1.0) + 0.5).floor() as usize).collect()
}
