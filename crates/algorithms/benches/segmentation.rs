//! How long the kernels of segmentation take on an image of the size of a plate's site.

#![allow(missing_docs, reason = "criterion_group! makes a function without any")]

use algorithms::connected_components::{Connectivity, label};
use algorithms::declump::{Declumping, Lines, Markers, declump, smooth};
use algorithms::overlap::relate;
use algorithms::random::RandomState;
use algorithms::threshold::li::{minimum_cross_entropy, tolerance};
use algorithms::threshold::quality::quality;
use algorithms::{distance_transform, fill_holes, propagate, watershed};
use criterion::{Criterion, criterion_group, criterion_main};
use pixels::Plane;

const SIDE: usize = 1080;

/// Makes round cells about 36 pixels apart, brightest in the middle, with a little noise.
fn cells() -> Plane<f32> {
    let mut random = RandomState::new(1);
    let mut image = Plane::filled(SIDE, SIDE, 0.0_f32);
    for value in image.data_mut() {
        *value = 0.02 * random.sample() as f32;
    }
    for _ in 0..700 {
        let (cy, cx) = (random.sample() * SIDE as f64, random.sample() * SIDE as f64);
        let radius = 9.0 + 6.0 * random.sample();
        let near = |c: f64| (c - radius).max(0.0) as usize..((c + radius) as usize + 1).min(SIDE);
        for y in near(cy) {
            for x in near(cx) {
                let d = ((y as f64 - cy).powi(2) + (x as f64 - cx).powi(2)).sqrt() / radius;
                if d < 1.0 {
                    image[(y, x)] += (0.3 * (1.2 - d * d)) as f32;
                }
            }
        }
    }
    image.map(|&v| ((v * 65535.0).min(65535.0)).floor() / 65535.0)
}

fn time_kernels(c: &mut Criterion) {
    let image = cells();
    let bright = image.map(|&v| v > 0.08);
    let (labels, _) = label(&bright, Connectivity::Eight);
    let how = Declumping {
        markers: Markers::Intensity,
        lines: Lines::Intensity,
        smoothing: 10.0,
        suppression: 7.0,
        reduction: 10.0 / 15.0,
    };
    let shape = Declumping { markers: Markers::Shape { fill: false }, lines: Lines::Shape, ..how };
    let full = Declumping { reduction: 1.0, suppression: 8.0, ..shape };
    let (nuclei, _) = declump(&image, None, &labels, &how);
    let surroundings = distance_transform::distances(&bright.map(|&b| !b)).map(|&d| d < 12.0);
    let wide = image.map(|&v| f64::from(v));
    let dark = image.map(|&v| 1.0 - v);

    c.bench_function("label", |b| b.iter(|| label(&bright, Connectivity::Eight)));
    c.bench_function("fill holes", |b| b.iter(|| fill_holes::fill_labeled_holes(&labels, |_| true)));
    c.bench_function("distance transform", |b| b.iter(|| distance_transform::distances(&bright)));
    c.bench_function("nearest background", |b| {
        b.iter(|| distance_transform::nearest_background(&nuclei.map(|&l| l == 0)))
    });
    c.bench_function("smooth", |b| b.iter(|| smooth(&image, None, 10.0)));
    c.bench_function("declump by intensity", |b| b.iter(|| declump(&image, None, &labels, &how)));
    c.bench_function("declump by shape", |b| b.iter(|| declump(&image, None, &labels, &shape)));
    c.bench_function("declump by shape, full size", |b| b.iter(|| declump(&image, None, &labels, &full)));
    c.bench_function("watershed from nuclei", |b| {
        b.iter(|| watershed::watershed(&dark, &nuclei, &surroundings))
    });
    c.bench_function("propagate from nuclei", |b| {
        b.iter(|| propagate::propagate(Some(&wide), &nuclei, &surroundings, 0.05))
    });
    c.bench_function("propagate eight pixels from nuclei", |b| {
        b.iter(|| propagate::propagate_up_to(&image, &nuclei, &surroundings, 1.0, 8.0))
    });
    c.bench_function("fill holes of a mask", |b| {
        b.iter(|| fill_holes::fill_mask_holes(&bright, |n| n < 400))
    });
    c.bench_function("relate", |b| b.iter(|| relate(&nuclei, &labels)));
    c.bench_function("minimum cross-entropy", |b| {
        b.iter(|| minimum_cross_entropy(image.data(), tolerance(image.data()).unwrap_or(f64::NAN)))
    });
    c.bench_function("quality of a threshold", |b| b.iter(|| quality(&image, None, &bright)));
}

criterion_group! {
    name = segmentation;
    config = Criterion::default().sample_size(10);
    targets = time_kernels
}
criterion_main!(segmentation);
