//! Sauvola & Pietikainen (2000), as `skimage.filters.threshold_sauvola` 0.18.

use crate::gaussian::Boundary;
use crate::numpy::Real;
use pixels::Plane;

const K: f64 = 0.2;

/// Returns the threshold of each pixel, m · (1 + 0.2 · (s − 1)), with mean m and standard deviation s of a window of
/// `window` pixels' edge (odd, or one more is taken), mirrored at the border.
pub fn sauvola<T: Real>(image: &Plane<T>, window: usize) -> Plane<f64> {
    let window = window + usize::from(window.is_multiple_of(2));
    let (sums, squares) = integrals(image, window);
    let (height, width) = image.shape();
    let pixels = (window * window) as f64;
    let mut out = Plane::zeros(height, width);
    for y in 0..height {
        for (x, to) in out.row_mut(y).iter_mut().enumerate() {
            let window_sum = |s: &Plane<f64>| {
                s[(y, x)] - s[(y, x + window)] - s[(y + window, x)] + s[(y + window, x + window)]
            };
            let mean = window_sum(&sums) / pixels;
            let deviation = (window_sum(&squares) / pixels - mean * mean).max(0.0).sqrt();
            *to = mean * (1.0 + K * (deviation - 1.0));
        }
    }
    out
}

/// Returns the integral images of the padded image and of its square, summed down the columns first.
fn integrals<T: Real>(image: &Plane<T>, window: usize) -> (Plane<f64>, Plane<f64>) {
    let (height, width) = image.shape();
    let half = window / 2;
    let places = |n: usize| -> Vec<usize> {
        let reach = -(half as isize + 1)..(n + half) as isize;
        reach.filter_map(|i| Boundary::Mirror.index(i, n)).collect()
    };
    let (rows, columns) = (places(height), places(width));
    let (mut sums, mut squares) =
        (Plane::zeros(rows.len(), columns.len()), Plane::zeros(rows.len(), columns.len()));
    let (mut sum, mut square) = (vec![0.0; columns.len()], vec![0.0; columns.len()]);
    for (y, &row) in rows.iter().enumerate() {
        let row = image.row(row);
        let (mut total, mut total_square) = (0.0, 0.0);
        for (x, &column) in columns.iter().enumerate() {
            let v = row[column].to_f64();
            sum[x] += v;
            square[x] += v * v;
            total += sum[x];
            total_square += square[x];
            sums[(y, x)] = total;
            squares[(y, x)] = total_square;
        }
    }
    (sums, squares)
}
