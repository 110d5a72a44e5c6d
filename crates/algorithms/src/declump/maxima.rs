use super::Real;
use crate::binary_shrink::binary_shrink;
use crate::local_maxima::local_maxima;
use crate::map_coordinates::{Order, Outside, map_grid, map_grid_where};
use crate::morphology::{dilate, square};
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
    let small_labels = map_grid(labels, &rows, &columns, Order::Nearest, outside).map(|&v| v as u32);
    let labelled = |y: usize, x: usize| small_labels[(y, x)] != 0;
    let small = map_grid_where(image, &rows, &columns, Order::Cubic, outside, labelled);
    let small = small.map(|&v| T::round(v));
    let found = positive_maxima(&small, &small_labels, footprint);
    binary_shrink(&enlarge(&found, height, width))
}

/// Enlarges `mask` to H×W by a cubic spline, cut at one half. The ratio of the heights counts for the columns too, as
/// in CellProfiler.
fn enlarge(mask: &Plane<bool>, height: usize, width: usize) -> Plane<bool> {
    let ratio = height as f64 / mask.height() as f64;
    let places = |n: usize| (0..n).map(|i| i as f64 / ratio).collect::<Vec<_>>();
    let (rows, columns) = (places(height), places(width));
    // Four pixels away a spline has all but died out: it cannot reach one half there.
    let near = dilate(mask, &square(9));
    let at = |place: f64, n: usize| (place as usize).min(n - 1);
    let wanted = |y: usize, x: usize| near[(at(rows[y], near.height()), at(columns[x], near.width()))];
    let values = mask.map(|&m| f64::from(u8::from(m)));
    let outside = Outside::Constant(0.0);
    map_grid_where(&values, &rows, &columns, Order::Cubic, outside, wanted).map(|&v| v > 0.5)
}

fn positive_maxima<T: Real>(
    image: &Plane<T>,
    labels: &Plane<u32>,
    footprint: &[(isize, isize)],
) -> Plane<bool> {
    let maxima = local_maxima(image, labels, footprint);
    maxima.zip(image, |&maximum, &value| maximum && value.into() > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::RandomState;

    #[test]
    fn places_far_from_every_maximum_need_not_be_computed() {
        let mut random = RandomState::new(4);
        for density in [0.003, 0.05, 0.5] {
            let found = Plane::filled(45, 61, ()).map(|()| random.sample() < density);
            for (height, width) in [(67, 90), (135, 180)] {
                let ratio = height as f64 / 45.0;
                let places = |n: usize| (0..n).map(|i| i as f64 / ratio).collect::<Vec<_>>();
                let values = found.map(|&f| f64::from(u8::from(f)));
                let (rows, columns, outside) = (places(height), places(width), Outside::Constant(0.0));
                let all = map_grid(&values, &rows, &columns, Order::Cubic, outside);
                assert_eq!(enlarge(&found, height, width), all.map(|&v| v > 0.5));
            }
        }
    }
}
