//! How long the steps of an illumination function take, on images of a camera's size.

#![allow(missing_docs)]

use algorithms::convex_hull_transform::convex_hull_background;
use algorithms::illumination::dilate;
use algorithms::median::disk_median;
use algorithms::polynomial_surface::fit_polynomial;
use algorithms::resize::{Interpolation, resize};
use algorithms::spline_background::{SplineFit, spline_background};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use pixels::Plane;
use std::hint::black_box;
use std::slice::from_ref;

const SIDE: usize = 1080;

/// An uneven background with cells and noise.
fn image(side: usize) -> Plane<u16> {
    let mut state = 1u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as f64
    };
    let value = |at: usize| {
        let (y, x) = ((at / side) as f64, (at % side) as f64);
        let cells = ((y / 23.0).sin() * (x / 19.0).cos()).max(0.3) - 0.3;
        let light = 1.0 - ((y - 400.0).powi(2) + (x - 600.0).powi(2)) / 4e6;
        ((1500.0 + 20_000.0 * cells) * light + 2.0 * noise()) as u16
    };
    Plane::from_vec(side, side, (0..side * side).map(value).collect())
}

fn medians(c: &mut Criterion) {
    let mut group = c.benchmark_group("median");
    group.sample_size(10);
    let large = image(SIDE);
    for radius in [2, 9, 21, 85] {
        let id = BenchmarkId::new("1080", radius);
        group.bench_with_input(id, &radius, |b, &r| b.iter(|| disk_median(black_box(&large), r)));
    }
    let small = image(108);
    group.bench_function("108/9", |b| b.iter(|| disk_median(black_box(&small), 9)));
    group.finish();
}

fn resizes(c: &mut Criterion) {
    let mut group = c.benchmark_group("resize");
    group.sample_size(20);
    let large = image(SIDE).map(|&v| f32::from(v) / 65535.0);
    let small = image(108).map(|&v| f32::from(v) / 65535.0);
    let ways = [
        ("nearest", Interpolation::Nearest),
        ("bilinear", Interpolation::Bilinear),
        ("bicubic", Interpolation::Bicubic),
    ];
    for (name, how) in ways {
        group.bench_function(format!("1080 to 108, {name}"), |b| {
            b.iter(|| resize(black_box(from_ref(&large)), 108, 108, how));
        });
        group.bench_function(format!("108 to 1080, {name}"), |b| {
            b.iter(|| resize(black_box(from_ref(&small)), SIDE, SIDE, how));
        });
    }
    group.finish();
}

fn surfaces(c: &mut Criterion) {
    let mut group = c.benchmark_group("surface");
    group.sample_size(10);
    let plane = image(SIDE).map(|&v| f32::from(v) / 65535.0);
    let mask = plane.map(|_| true);
    group.bench_function("polynomial", |b| b.iter(|| fit_polynomial(black_box(&plane), &mask, true)));
    let fit = SplineFit::automatic(plane.shape());
    group.bench_function("splines", |b| b.iter(|| spline_background(black_box(&plane), &mask, fit)));
    let double = plane.map(|&v| f64::from(v));
    group.bench_function("hull", |b| b.iter(|| convex_hull_background(black_box(&double), &mask)));
    group.bench_function("dilation by 2", |b| b.iter(|| dilate(black_box(&plane), &mask, 2)));
    group.finish();
}

criterion_group!(benches, medians, resizes, surfaces);
criterion_main!(benches);
