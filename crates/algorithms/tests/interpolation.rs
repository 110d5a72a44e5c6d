//! Interpolated values are those of scipy and scikit-image.

use algorithms::map_coordinates::{Order, Outside, map_grid};
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
