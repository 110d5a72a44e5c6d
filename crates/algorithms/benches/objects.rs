//! Measurements of about 100 cells in an image of 1080×1080 pixels.

#![allow(missing_docs, reason = "criterion_group! makes a function without any")]

use algorithms::intensity::{Measured, measure};
use algorithms::regions::Regions;
use algorithms::size_shape;
use criterion::{Criterion, criterion_group, criterion_main};
use pixels::Plane;

const SIZE: usize = 1080;

/// Draws cells of all directions on a 10×10 grid.
fn cells() -> Plane<u32> {
    let mut labels = Plane::zeros(SIZE, SIZE);
    let step = SIZE / 10;
    for (label, cell) in (1..).zip(0..100) {
        let (cy, cx) = ((cell / 10 * step + step / 2) as f64, (cell % 10 * step + step / 2) as f64);
        let (sin, cos) = (cell as f64 * 0.7).sin_cos();
        for y in cell / 10 * step..(cell / 10 + 1) * step {
            for x in cell % 10 * step..(cell % 10 + 1) * step {
                let (dy, dx) = (y as f64 - cy, x as f64 - cx);
                let (along, across) = (dx * cos + dy * sin, dy * cos - dx * sin);
                if (along / 50.0).powi(2) + (across / 35.0).powi(2) < 1.0 {
                    labels[(y, x)] = label;
                }
            }
        }
    }
    labels
}

/// Noise of the given number of levels between 0 and 1 (Lehmer's generator).
fn noise(levels: u32) -> Plane<f32> {
    let mut state = 1u64;
    let data = (0..SIZE * SIZE)
        .map(|_| {
            state = state * 48271 % 0x7fff_ffff;
            (state as u32 % levels) as f32 / levels as f32
        })
        .collect();
    Plane::from_vec(SIZE, SIZE, data)
}

fn objects(c: &mut Criterion) {
    let labels = cells();
    let regions = Regions::of(&labels);
    let measured = Measured::new(&labels, SIZE, SIZE, None);
    let (smooth, coarse) = (noise(1 << 24), noise(256));
    c.bench_function("gather 100 cells and their edges", |b| {
        b.iter(|| Measured::new(&labels, SIZE, SIZE, None))
    });
    c.bench_function("intensity, no equal maxima", |b| b.iter(|| measure(&smooth, &measured)));
    c.bench_function("intensity, 8 bit", |b| b.iter(|| measure(&coarse, &measured)));
    c.bench_function("size and shape", |b| b.iter(|| size_shape::measure(&regions)));
    c.bench_function("zernike", |b| b.iter(|| size_shape::measure_zernike(&regions)));
}

criterion_group!(benches, objects);
criterion_main!(benches);
