//! Volumes against scikit-image 0.18.3; golden data from `golden/make_volumes.py`.

use algorithms::resize::Interpolation;
use algorithms::volume_resize::resize_volume;
use algorithms::volume_shape::measure_volume;
use pixels::codecs::npy::{self, NpyArray};
use pixels::{Array, Shape};

fn golden(name: &str) -> NpyArray {
    let path = format!("{}/tests/golden/{name}.npy", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(path).expect("golden files are in the repository");
    npy::read(&bytes).expect("golden files are whole")
}

fn volume<T: Copy>(stacked: &pixels::Plane<T>, depth: usize) -> Array<T> {
    let (height, width) = (stacked.height() / depth, stacked.width());
    Array::from_vec(Shape { depth, height, width, channels: 1 }, stacked.data().to_vec())
}

#[test]
fn shapes_are_those_of_regionprops() {
    let labels = volume(&golden("surface_area_labels").plane_u32().expect("two axes"), 7);
    let labels = labels.map(|&label| if label == 3 { 0 } else { label });
    let found = measure_volume(&labels, [1.0; 3], true).expect("no object is flat");
    let lines: Vec<&str> = include_str!("golden/volume_shapes.tsv").lines().collect();
    assert_eq!(found.len(), lines.len());
    for (object, line) in found.iter().zip(lines) {
        let expected: Vec<f64> = line.split('\t').map(|value| value.parse().expect("a number")).collect();
        let bounds = object.bounds;
        let (major, minor) = object.axes();
        let mut values = vec![object.volume as f64, object.euler_number as f64];
        values.extend(bounds.map(|(from, _)| from as f64));
        values.extend(bounds.map(|(_, to)| to as f64));
        values.extend(object.center);
        values.extend([major, minor, object.extent(), object.equivalent_diameter(), object.solidity()]);
        for (value, expected) in values.iter().zip(&expected[1..]) {
            assert!((value - expected).abs() <= 1e-12 * expected.abs(), "{line}: {value} is not {expected}");
        }
    }
}

#[test]
fn volumes_are_resized_as_by_scikit_image() {
    let image = volume(&golden("volume_image").plane_f32().expect("two axes"), 4);
    let kinds = [
        ("nearest", Interpolation::Nearest),
        ("bilinear", Interpolation::Bilinear),
        ("bicubic", Interpolation::Bicubic),
    ];
    for (name, interpolation) in kinds {
        for (suffix, size) in [("", [5, 9, 4]), ("_flat", [3, 9, 7])] {
            let expected = golden(&format!("volume_resized_{name}{suffix}")).plane_f32().expect("two axes");
            let found = resize_volume(&image, size, interpolation);
            assert_eq!(found.rows().shape(), expected.shape());
            let far =
                found.data().iter().zip(expected.data()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(far <= 1e-6, "{name}{suffix}: {far}");
        }
    }
}
