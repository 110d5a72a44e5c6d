//! The steps of an illumination function are CellProfiler's.

use algorithms::convex_hull_transform::convex_hull_background;
use algorithms::gaussian;
use algorithms::illumination::{Scaling, block_minima, dilate, median, scale, splines};
use algorithms::numpy;
use algorithms::polynomial_surface::fit_polynomial;
use algorithms::spline_background::{Background, SplineFit};
use pixels::Plane;
use pixels::codecs::npy;

fn golden(name: &str) -> npy::NpyArray {
    let path = format!("{}/tests/golden/illumination_{name}.npy", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(path).expect("golden files are in the repository");
    npy::read(&bytes).expect("golden files are whole")
}

/// Compares what `step` makes, of the image everywhere and inside the mask, with the golden values; `ulps` is how many
/// of f32's steps they may differ by.
fn check(name: &str, ulps: f32, step: impl Fn(&Plane<f32>, Option<&Plane<bool>>) -> Plane<f32>) {
    let image = golden("image").plane_f32().expect("two axes");
    let mask = golden("mask").plane_bool().expect("two axes");
    let expected = golden(name).plane_f32().expect("two axes");
    let expected: Vec<_> = expected.data().chunks(image.len()).collect();
    for (expected, mask) in expected.into_iter().zip([None, Some(&mask)]) {
        let found = step(&image, mask);
        let greatest = expected.iter().fold(0f32, |m, v| m.max(v.abs()));
        let far = |(a, b): &(&f32, &f32)| (**a - **b).abs() > ulps * f32::EPSILON * greatest;
        let different = found.data().iter().zip(expected).filter(far).count();
        assert_eq!(different, 0, "{name}, with a mask: {}", mask.is_some());
    }
}

fn or_all(image: &Plane<f32>, mask: Option<&Plane<bool>>) -> Plane<bool> {
    mask.cloned().unwrap_or_else(|| image.map(|_| true))
}

fn single(plane: Plane<f64>) -> Plane<f32> {
    plane.map(|&v| v as f32)
}

#[test]
fn the_least_of_each_block_is_found() {
    check("background", 0.0, |image, mask| block_minima(image, mask, 11));
}

#[test]
fn cells_are_dilated_to_the_bit() {
    check("dilated", 0.0, |image, mask| single(dilate(image, &or_all(image, mask), 2)));
}

#[test]
fn functions_are_scaled_to_the_bit() {
    check("scaled_yes", 0.0, |image, mask| scale(image, mask, Scaling::RobustMinimum));
    check("scaled_median", 0.0, |image, mask| scale(image, mask, Scaling::Median));
}

#[test]
fn medians_are_those_of_sixteen_bit_integers() {
    check("median_filter", 0.0, |image, mask| {
        median(image, &or_all(image, mask), 5).map(|&v| f32::from(v) / 65535.0)
    });
}

#[test]
fn gaussians_are_equal_to_the_bit() {
    check("gaussian_filter", 0.0, |image, mask| single(gaussian::smooth(image, mask, 12.0 / 2.35)));
}

#[test]
fn averages_are_equal_to_the_bit() {
    check("smooth_to_average", 0.0, |image, mask| {
        let mask = or_all(image, mask);
        let counted = image.data().iter().zip(mask.data()).filter(|(_, m)| **m);
        let mean = numpy::mean(&counted.map(|(&v, _)| v).collect::<Vec<f32>>());
        image.map(|_| mean)
    });
}

#[test]
fn a_polynomial_fits_as_lapack_fits_it() {
    check("fit_polynomial", 1.0, |image, mask| single(fit_polynomial(image, &or_all(image, mask), true)));
}

#[test]
fn hulls_are_equal_to_the_bit() {
    check("convex_hull", 0.0, |image, mask| {
        let image = image.map(|&v| f64::from(v));
        single(
            convex_hull_background(&image, &mask.cloned().unwrap_or_else(|| image.map(|_| true)))
                .expect("levels"),
        )
    });
}

#[test]
fn splines_fit_as_lapack_fits_them() {
    let automatic = |image: &Plane<f32>| SplineFit::automatic(image.shape());
    check("splines", 2.0, |image, mask| {
        splines(image, &or_all(image, mask), automatic(image)).expect("a surface")
    });
    let modes = [
        ("auto", Background::Automatic),
        ("dark", Background::Dark),
        ("bright", Background::Bright),
        ("gray", Background::Gray),
    ];
    for (name, background) in modes {
        let fit = SplineFit {
            background,
            threshold: 1.5,
            points: 6,
            scale: 1.5,
            iterations: 9,
            convergence: 0.0005,
        };
        check(&format!("splines_{name}"), 2.0, |image, mask| {
            splines(image, &or_all(image, mask), fit).expect("a surface")
        });
    }
}
