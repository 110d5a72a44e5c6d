//! Rotation of an image by any angle, as `scipy.ndimage.rotate` 1.9 with its defaults: a cubic spline, in an image large
//! enough for the whole, 0 around it.

use crate::map_coordinates::{Order, Outside, map_affine};
use crate::numpy::Real;
use pixels::Plane;

/// Returns `image` (H×W) rotated by `degrees` counter-clockwise as shown with row 0 on top.
pub fn rotate<T: Real + Into<f64>>(image: &Plane<T>, degrees: f64) -> Plane<T> {
    let (sine, cosine) = sine_and_cosine(degrees);
    let (height, width) = (image.height() as f64, image.width() as f64);
    let extent = |a: f64, b: f64| {
        let corners = [0.0, b * width, a * height, a * height + b * width];
        let most = corners.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let least = corners.iter().copied().fold(f64::INFINITY, f64::min);
        (most - least + 0.5) as usize
    };
    let shape = (extent(cosine, sine), extent(-sine, cosine));
    let middle = |n: usize| (n as f64 - 1.0) / 2.0;
    let (y, x) = (middle(shape.0), middle(shape.1));
    let offset =
        [middle(image.height()) - (cosine * y + sine * x), middle(image.width()) - (-sine * y + cosine * x)];
    let matrix = [[cosine, sine], [-sine, cosine]];
    map_affine(image, matrix, offset, shape, Order::Cubic, Outside::Constant(0.0)).map(|&v| T::of(v))
}

/// Returns sine and cosine of an angle in degrees, exact at right angles.
fn sine_and_cosine(degrees: f64) -> (f64, f64) {
    let turned = degrees.rem_euclid(360.0);
    match turned {
        0.0 => (0.0, 1.0),
        90.0 => (1.0, 0.0),
        180.0 => (0.0, -1.0),
        270.0 => (-1.0, 0.0),
        _ => turned.to_radians().sin_cos(),
    }
}
