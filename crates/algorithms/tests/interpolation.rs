//! Interpolated values are those of scipy and scikit-image.

use algorithms::map_coordinates::{Order, Outside, map_grid};
use algorithms::numpy::Real;
use algorithms::resize::{Interpolation, resample, resize, resize_mask};
use pixels::Plane;
use pixels::codecs::npy;

fn golden(name: &str) -> npy::NpyArray {
    let path = format!("{}/tests/golden/{name}.npy", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(path).expect("golden files are in the repository");
    npy::read(&bytes).expect("golden files are whole")
}

fn plane(name: &str) -> Plane<f64> {
    golden(name).plane_f64().expect("two axes")
}

#[test]
fn splines_on_a_grid_are_scipys_to_the_bit() {
    let image = plane("map_coordinates_image");
    let rows: Vec<f64> = plane("map_coordinates_rows").into_vec().into_iter().step_by(5).collect();
    let columns = plane("map_coordinates_columns").into_vec();
    let orders = [Order::Nearest, Order::Linear, Order::Quadratic, Order::Cubic];
    for (degree, order) in orders.into_iter().enumerate() {
        let expected = plane(&format!("map_coordinates_order{degree}"));
        let modes = [Outside::Constant(0.0), Outside::Mirror, Outside::Reflect];
        for (outside, expected) in modes.into_iter().zip(expected.data().chunks(rows.len() * columns.len())) {
            let found = map_grid(&image, &rows, &columns, order, outside);
            let different = found.data().iter().zip(expected).filter(|(a, b)| a != b).count();
            assert_eq!(different, 0, "{order:?}, {outside:?}");
        }
    }
}

const SIZES: [(usize, usize); 5] = [(3, 4), (7, 5), (21, 9), (42, 34), (30, 5)];
const INTERPOLATIONS: [(usize, Interpolation); 3] =
    [(0, Interpolation::Nearest), (1, Interpolation::Bilinear), (3, Interpolation::Bicubic)];

/// Returns for each size and order how many values are not within `tolerance` of the golden ones.
fn different<T: Real>(
    kind: &str,
    tolerance: f64,
    resized: impl Fn((usize, usize), Interpolation) -> Plane<T>,
) -> Vec<((usize, usize), usize, usize)> {
    let mut found = Vec::new();
    for (order, interpolation) in INTERPOLATIONS {
        let expected = plane(&format!("resize_{kind}_order{order}")).into_vec();
        let mut expected = expected.as_slice();
        for (height, width) in SIZES {
            let (now, later) = expected.split_at(height * width);
            expected = later;
            let resized = resized((height, width), interpolation);
            let far = |(a, b): (&T, &f64)| (a.to_f64() - b).abs() > tolerance;
            let count = resized.data().iter().zip(now).filter(|&pair| far(pair)).count();
            if count > 0 {
                found.push(((height, width), order, count));
            }
        }
    }
    found
}

#[test]
fn resized_single_precision_images_are_scikit_images_to_the_bit() {
    let image = plane("resize_image").map(|&v| v as f32);
    let found =
        different("f32", 0.0, |(h, w), how| resize(std::slice::from_ref(&image), h, w, how).remove(0));
    assert_eq!(found, []);
}

#[test]
fn resized_double_precision_images_are_scikit_images_but_for_the_last_bits() {
    let image = plane("resize_image");
    let found =
        different("f64", 1e-13, |(h, w), how| resize(std::slice::from_ref(&image), h, w, how).remove(0));
    assert_eq!(found, []);
}

#[test]
fn resized_binary_images_are_scikit_images() {
    let image = plane("resize_mask");
    let found =
        different("bool", 1e-13, |(h, w), how| resample(std::slice::from_ref(&image), h, w, how).remove(0));
    assert_eq!(found, []);
}

#[test]
fn resized_masks_are_scikit_images() {
    let mask = plane("resize_mask").map(|&v| v > 0.0);
    let expected = plane("resize_masks").into_vec();
    let found: Vec<f64> = SIZES
        .iter()
        .flat_map(|&(height, width)| resize_mask(&mask, height, width).into_vec())
        .map(|m| f64::from(u8::from(m)))
        .collect();
    assert_eq!(found, expected);
}
