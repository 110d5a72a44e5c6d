//! Sauvola & Pietikainen (2000), as `skimage.filters.threshold_sauvola` 0.18.

use crate::gaussian::Boundary;
use crate::numpy::Real;
use pixels::Plane;

const K: f64 = 0.2;

/// Returns the threshold of each pixel, m · (1 + 0.2 · (s − 1)), with mean m and standard deviation s of a window of
/// `window` pixels' edge (odd, or one more is taken), mirrored at the border.
pub fn sauvola<T: Real>(image: &Plane<T>, window: usize) -> Plane<f64> {
    let window = window + usize::from(window.is_multiple_of(2));
    let (height, width) = image.shape();
    let (sums, squares) = integrals((height, width), window, |y| {
        let row = image.row(y);
        move |x: usize| {
            let v = row[x].to_f64();
            (v, v * v)
        }
    });
    let pixels = (window * window) as f64;
    let mut out = Plane::zeros(height, width);
    for y in 0..height {
        for (x, to) in out.row_mut(y).iter_mut().enumerate() {
            let window_sum = |s: &Plane<f64>| {
                s[(y, x)] - s[(y, x + window)] - s[(y + window, x)] + s[(y + window, x + window)]
            };
            *to = threshold(window_sum(&sums) / pixels, window_sum(&squares) / pixels);
        }
    }
    out
}

/// As [`sauvola`], of a volume of `depth` planes, which lie below each other in `image`: the window is a cube.
pub fn sauvola_of_volume<T: Real>(image: &Plane<T>, depth: usize, window: usize) -> Plane<f64> {
    let window = window + usize::from(window.is_multiple_of(2));
    let (height, width) = (image.height() / depth.max(1), image.width());
    // Everything is summed up through the planes first.
    let (mut sum, mut square) = (Plane::zeros(height, width), Plane::zeros(height, width));
    let layers: Vec<_> = places(depth, window)
        .into_iter()
        .map(|z| {
            let values = &image.data()[z * height * width..][..height * width];
            for ((sum, square), v) in sum.data_mut().iter_mut().zip(square.data_mut()).zip(values) {
                *sum += v.to_f64();
                *square += v.to_f64() * v.to_f64();
            }
            integrals((height, width), window, |y| {
                let (sum, square) = (sum.row(y), square.row(y));
                move |x: usize| (sum[x], square[x])
            })
        })
        .collect();
    let voxels = (window * window * window) as f64;
    let mut out = Plane::zeros(image.height(), width);
    for (line, row) in out.data_mut().chunks_exact_mut(width.max(1)).enumerate() {
        let (z, y) = (line / height, line % height);
        for (x, to) in row.iter_mut().enumerate() {
            let window_sum = |near: &Plane<f64>, far: &Plane<f64>| {
                let (right, below) = (x + window, y + window);
                -near[(y, x)] + near[(y, right)] + near[(below, x)] - near[(below, right)] + far[(y, x)]
                    - far[(y, right)]
                    - far[(below, x)]
                    + far[(below, right)]
            };
            let (near, far) = (&layers[z], &layers[z + window]);
            *to = threshold(window_sum(&near.0, &far.0) / voxels, window_sum(&near.1, &far.1) / voxels);
        }
    }
    out
}

fn threshold(mean: f64, mean_square: f64) -> f64 {
    let deviation = (mean_square - mean * mean).max(0.0).sqrt();
    mean * (1.0 + K * (deviation - 1.0))
}

/// Returns which of `n` pixels stand along an axis of the padded image, which begins one before the first window.
fn places(n: usize, window: usize) -> Vec<usize> {
    let half = window / 2;
    let reach = -(half as isize + 1)..(n + half) as isize;
    reach.filter_map(|i| Boundary::Mirror.index(i, n)).collect()
}

/// Returns the integral images of the padded image and of its square, summed down the columns first. `of_row` gives what of
/// each row is summed up, for every column.
fn integrals<R: Fn(usize) -> (f64, f64)>(
    (height, width): (usize, usize),
    window: usize,
    of_row: impl Fn(usize) -> R,
) -> (Plane<f64>, Plane<f64>) {
    let (rows, columns) = (places(height, window), places(width, window));
    let (mut sums, mut squares) =
        (Plane::zeros(rows.len(), columns.len()), Plane::zeros(rows.len(), columns.len()));
    let (mut sum, mut square) = (vec![0.0; columns.len()], vec![0.0; columns.len()]);
    for (y, &row) in rows.iter().enumerate() {
        let row = of_row(row);
        let (mut total, mut total_square) = (0.0, 0.0);
        for (x, &column) in columns.iter().enumerate() {
            let (v, v_squared) = row(column);
            sum[x] += v;
            square[x] += v_squared;
            total += sum[x];
            total_square += square[x];
            sums[(y, x)] = total;
            squares[(y, x)] = total_square;
        }
    }
    (sums, squares)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_of_volumes_are_cubes() {
        let data = (0..24_u32).map(|i| f64::from(i.pow(3) % 29) / 29.0).collect();
        let levels = sauvola_of_volume(&Plane::from_vec(6, 4, data), 2, 3);
        // skimage.filters.threshold_sauvola(volume, window_size=3)[0, 1] and [1, 2]
        let expected = [0.3553561889894783, 0.33867961568799865, 0.3793727780697215, 0.36289271984484456];
        assert_eq!(levels.row(1), expected);
        let expected = [0.27352056677921627, 0.28834563277687164, 0.3933772899878452, 0.40756247279314994];
        assert_eq!(levels.row(5), expected);
    }
}
