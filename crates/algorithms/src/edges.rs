//! Edges of grey images: the gradients of Sobel, Prewitt, Roberts and Kirsch, and the Laplacian of a Gaussian.
//!
//! Source: `centrosome.filter` and `centrosome.kirsch` 1.2.3. A gradient is 0 where a neighbour is outside the mask or
//! the image.

mod canny;

pub use canny::{Canny, canny, otsu3};

use crate::correlate::{convolution_kernel, correlate};
use crate::gaussian::Boundary;
use crate::numpy::{self, Real};
use pixels::Plane;

/// Which differences count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The length of the gradient.
    All,
    /// From row to row: horizontal edges.
    Horizontal,
    /// From column to column: vertical edges.
    Vertical,
}

/// Returns Sobel's gradient inside `mask`, in the type of the image.
pub fn sobel<T: Real>(image: &Plane<T>, mask: &Plane<bool>, direction: Direction) -> Plane<T> {
    let down = || convolution_kernel([[1, 2, 1], [0, 0, 0], [-1, -2, -1]], 4.0);
    let across = || convolution_kernel([[1, 0, -1], [2, 0, -2], [1, 0, -1]], 4.0);
    gradient(image, mask, direction, (down, across))
}

/// Returns Prewitt's gradient, as [`sobel`].
pub fn prewitt<T: Real>(image: &Plane<T>, mask: &Plane<bool>, direction: Direction) -> Plane<T> {
    let down = || convolution_kernel([[1, 1, 1], [0, 0, 0], [-1, -1, -1]], 3.0);
    let across = || convolution_kernel([[1, 0, -1], [1, 0, -1], [1, 0, -1]], 3.0);
    gradient(image, mask, direction, (down, across))
}

fn gradient<T: Real>(
    image: &Plane<T>,
    mask: &Plane<bool>,
    direction: Direction,
    (down, across): (impl Fn() -> Plane<f64>, impl Fn() -> Plane<f64>),
) -> Plane<T> {
    let inside = erode_square(mask);
    let along = |kernel: Plane<f64>| {
        let differences = correlate(image, &kernel, Boundary::Reflect);
        differences.zip(&inside, |&v, &inside| if inside { v.abs() } else { T::ZERO })
    };
    match direction {
        Direction::Horizontal => along(down()),
        Direction::Vertical => along(across()),
        Direction::All => along(down()).zip(&along(across()), |&a, &b| (a * a + b * b).sqrt()),
    }
}

/// Erodes a mask by the pixel and its eight neighbours; what is outside the image counts as false.
fn erode_square(mask: &Plane<bool>) -> Plane<bool> {
    let (height, width) = mask.shape();
    let mut out = Plane::filled(height, width, false);
    for y in 1..height.saturating_sub(1) {
        let rows = [mask.row(y - 1), mask.row(y), mask.row(y + 1)];
        for x in 1..width.saturating_sub(1) {
            out[(y, x)] = rows.iter().all(|row| row[x - 1] && row[x] && row[x + 1]);
        }
    }
    out
}

/// Returns Roberts' cross inside `mask`, in the type of the image.
pub fn roberts<T: Real>(image: &Plane<T>, mask: &Plane<bool>) -> Plane<T> {
    let inside = erode_square(mask);
    let (height, width) = image.shape();
    let mut out = Plane::zeros(height, width);
    for y in 0..height {
        for x in (0..width).filter(|&x| inside[(y, x)]) {
            let diagonal = image[(y, x)] - image[(y - 1, x + 1)];
            let other = image[(y, x)] - image[(y + 1, x + 1)];
            out[(y, x)] = (diagonal * diagonal + other * other).sqrt();
        }
    }
    out
}

/// Returns the greatest of Kirsch's differences in eight directions, or 0.
pub fn kirsch<T: Real>(image: &Plane<T>) -> Plane<T> {
    // The neighbours in a circle, as the weights are turned around it.
    const CIRCLE: [(usize, usize); 8] = [(0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0)];
    let mut weights = [5, -3, -3, -3, -3, -3, 5, 5];
    let mut out = image.map(|_| T::ZERO);
    for _ in 0..weights.len() {
        let mut kernel = [[0i8; 3]; 3];
        for ((y, x), weight) in CIRCLE.into_iter().zip(weights) {
            kernel[y][x] = weight;
        }
        let differences = correlate(image, &convolution_kernel(kernel, 1.0), Boundary::Reflect);
        // What is no number wins.
        out = out.zip(&differences, |&so_far, &v| if so_far.is_nan() || so_far > v { so_far } else { v });
        weights.rotate_right(1);
    }
    out
}

/// Returns the Laplacian of a Gaussian of deviation `sigma` on a square of about `size` pixels: edges are where it
/// passes through 0. Outside `mask` the image stays as it is; what is outside counts as the pixel in the middle.
pub fn laplacian_of_gaussian<T: Real>(
    image: &Plane<T>,
    mask: &Plane<bool>,
    size: usize,
    sigma: f64,
) -> Plane<T> {
    let reach = (size / 2) as i64;
    let side = 2 * (size / 2) + 1;
    let coordinates = || (-reach..=reach).map(|v| v as f64 / sigma);
    let squares: Vec<f64> =
        coordinates().flat_map(|y| coordinates().map(move |x| (y * y + x * x) / 2.0)).collect();
    let gaussian: Vec<f64> = squares.iter().map(|d| (-d).exp()).collect();
    let sum = numpy::sum(&gaussian);
    let log: Vec<f64> = squares.iter().zip(&gaussian).map(|(d, g)| (d - 1.0) * (g / sum)).collect();
    let mean = numpy::mean(&log);
    // It is the same turned by 180°, but for the order of its sums.
    let kernel = Plane::from_vec(side, side, log.iter().rev().map(|v| v - mean).collect());
    let masked = image.zip(mask, |&v, &inside| if inside { v } else { T::ZERO });
    let found = correlate(&masked, &kernel, Boundary::Constant(0.0));
    let missing = mask.map(|&inside| f64::from(u8::from(!inside)));
    let correction = correlate(&missing, &kernel, Boundary::Constant(1.0));
    let corrected = found.zip(&correction.zip(image, |c, v| c * v.to_f64()), |&v, c| T::of(v.to_f64() + c));
    let mut out = image.clone();
    for ((out, v), _) in out.data_mut().iter_mut().zip(corrected.data()).zip(mask.data()).filter(|(_, m)| **m)
    {
        *out = *v;
    }
    out
}
