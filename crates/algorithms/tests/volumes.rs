//! Volumes against scikit-image 0.18.3, SciPy and mahotas; golden data from `golden/make_volumes.py`.

use algorithms::granularity::Reconstructions;
use algorithms::grey_reconstruction::reconstruct_by_dilation;
use algorithms::haralick::{Cooccurrence, Levels, VOLUME, of_image, of_object};
use algorithms::map_coordinates::{Order, Outside, map_volume};
use algorithms::neighbors::surroundings;
use algorithms::non_local_means::{NonLocalMeans, non_local_means};
use algorithms::regions::Regions;
use algorithms::resize::Interpolation;
use algorithms::structuring_element::{dilate_by, erode_by};
use algorithms::volume_distances::expand_in_volume;
use algorithms::volume_resize::resize_volume;
use algorithms::volume_shape::measure_volume;
use algorithms::volume_skeleton::skeletonize_volume;
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

/// Objects that are not side by side, as [`shapes_are_those_of_regionprops`] has them.
fn labels() -> Array<u32> {
    let labels = volume(&golden("surface_area_labels").plane_u32().expect("two axes"), 7);
    labels.map(|&label| if label == 3 { 0 } else { label })
}

#[test]
fn textures_are_those_of_mahotas() {
    let image = golden("volume_image").plane_f32().expect("two axes");
    let levels = image.map(|&v| (v * 16.0) as u8);
    let objects = image.map(|&v| u32::from(v >= 0.2));
    let levels = Levels { rows: &levels, height: image.height() / 4 };
    let mut counts = Cooccurrence::default();
    let whole = of_image(levels, &VOLUME, 1, &mut counts).expect("there are pairs");
    let regions = Regions::of(&objects);
    let (_, region) = regions.iter().next().expect("an object");
    let object = of_object(levels, region, &VOLUME, 2, &mut counts).expect("there are pairs");
    let lines: Vec<&str> = include_str!("golden/volume_textures.tsv").lines().collect();
    assert_eq!(lines.len(), 2 * VOLUME.len());
    for (found, line) in whole.iter().chain(&object).zip(lines) {
        for (value, expected) in found.iter().zip(line.split('\t')) {
            let expected: f64 = expected.parse().expect("a number");
            assert!((value - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{value} is not {expected}");
        }
    }
}

#[test]
fn neighbors_are_those_in_reach_of_a_ball() {
    let labels = labels();
    for line in include_str!("golden/volume_neighbors.tsv").lines() {
        let numbers: Vec<u32> = line.split('\t').map(|number| number.parse().expect("a number")).collect();
        let [distance, label, touching, neighbors @ ..] = &numbers[..] else { panic!("{line}") };
        let found = &surroundings(&labels, None, *distance as usize, |_| true)[*label as usize - 1];
        assert_eq!((found.touching, &found.neighbors[..]), (*touching, neighbors), "{line}");
    }
}

#[test]
fn each_pixel_goes_to_the_object_that_scipy_finds_nearest() {
    let expected = golden("volume_expanded").plane_u32().expect("two axes");
    assert_eq!(expand_in_volume(&labels()).rows(), &expected);
}

#[test]
fn skeletons_are_scikit_images() {
    let solid = volume(&golden("volume_solid").plane_bool().expect("two axes"), 8);
    let expected = golden("volume_skeleton").plane_bool().expect("two axes");
    assert_eq!(skeletonize_volume(&solid).rows(), &expected);
}

#[test]
fn noise_is_reduced_as_by_scikit_image() {
    let image = volume(&golden("volume_image").plane_f32().expect("two axes"), 4);
    let how = NonLocalMeans { patch_size: 3, patch_distance: 2, cutoff: 0.4 };
    let values: Vec<f64> = image.data().iter().map(|&v| f64::from(v)).collect();
    let found = non_local_means(&values, image.shape(), true, how);
    assert_close(found.into_iter(), &golden("volume_denoised").plane_f32().expect("two axes"));
}

#[test]
fn grids_through_volumes_are_scipys() {
    let image = golden("volume_image").plane_f32().expect("two axes");
    let (planes, rows, columns) = ([0.0, 0.4, 1.7, 3.2], [0.0, 2.5, 4.9], [-0.5, 0.3, 3.0, 5.8]);
    for (name, order) in [("linear", Order::Linear), ("cubic", Order::Cubic)] {
        let outside = Outside::Constant(0.0);
        let found = map_volume(&image, 4, [&planes, &rows, &columns], order, outside);
        let expected = golden(&format!("volume_mapped_{name}")).plane_f32().expect("two axes");
        assert_close(found.data().iter().copied(), &expected);
    }
}

#[test]
fn volumes_are_opened_and_reconstructed_as_by_scikit_image() {
    let image = golden("volume_image").plane_f32().expect("two axes");
    let cross = [(-1, 0, 0), (0, -1, 0), (0, 0, -1), (0, 0, 0), (0, 0, 1), (0, 1, 0), (1, 0, 0)];
    let eroded = erode_by(&image, 4, &cross);
    assert_eq!(dilate_by(&eroded, 4, &cross), golden("volume_opened").plane_f32().expect("two axes"));
    let expected = golden("volume_reconstructed").plane_f32().expect("two axes");
    assert_eq!(reconstruct_by_dilation(&eroded, &image, 4), expected);
    // The same, by all erosions at once.
    let mut first = Vec::new();
    Reconstructions::new(&volume(&image, 4), None)
        .next(1, |_, row| first.extend(row.iter().map(|lanes| lanes[0])));
    assert_eq!(first, expected.data());
}

fn assert_close(found: impl ExactSizeIterator<Item = f64>, expected: &pixels::Plane<f32>) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.zip(expected.data()) {
        assert!((found - f64::from(*expected)).abs() <= 1e-6, "{found} is not {expected}");
    }
}
