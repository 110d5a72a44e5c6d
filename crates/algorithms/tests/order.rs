//! The order of equal values is numpy's.

use algorithms::introsort::argsort;
use algorithms::object_extrema::{maximum_positions, minimum_positions};
use pixels::Plane;
use pixels::codecs::npy;

fn plane<T>(name: &str, of: impl Fn(&npy::NpyArray) -> Option<Plane<T>>) -> Plane<T> {
    let path = format!("{}/tests/golden/{name}.npy", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(path).expect("golden files are in the repository");
    of(&npy::read(&bytes).expect("golden files are whole")).expect("two axes")
}

#[test]
fn equal_values_are_ordered_as_numpy_orders_them() {
    let values = plane("introsort_values", npy::NpyArray::plane_f32);
    let order = plane("introsort_order", npy::NpyArray::plane_u32);
    for case in 0..values.height() {
        assert_eq!(argsort(values.row(case)), order.row(case), "case {case}");
        let doubles: Vec<f64> = values.row(case).iter().map(|&v| f64::from(v)).collect();
        assert_eq!(argsort(&doubles), order.row(case), "case {case} in f64");
    }
}

#[test]
fn of_equal_extremes_scipys_is_chosen() {
    let values = plane("introsort_values", npy::NpyArray::plane_f32);
    let labels = plane("extrema_labels", npy::NpyArray::plane_u32);
    let positions = plane("extrema_positions", npy::NpyArray::plane_u32);
    let (cases, count) = (values.height(), positions.width());
    for case in 0..cases {
        let (v, l) = (values.row(case), labels.row(case));
        assert_eq!(maximum_positions(v, l, count), positions.row(case), "greatest, case {case}");
        assert_eq!(minimum_positions(v, l, count), positions.row(cases + case), "least, case {case}");
    }
}
