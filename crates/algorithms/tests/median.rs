//! The rank median is scikit-image's.

use algorithms::median::disk_median;
use pixels::Plane;
use pixels::codecs::npy;

fn image(name: &str) -> Plane<u16> {
    let path = format!("{}/tests/golden/{name}.npy", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(path).expect("golden files are in the repository");
    let array = npy::read(&bytes).expect("golden files are whole");
    array.plane_u32().expect("two axes").map(|&v| v as u16)
}

#[test]
fn medians_over_disks_are_scikit_images() {
    let noisy = image("median_image");
    for radius in [1, 4, 13, 60] {
        assert_eq!(disk_median(&noisy, radius), image(&format!("median_radius{radius}")), "radius {radius}");
    }
}
