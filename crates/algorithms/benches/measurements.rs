//! The heavy measurements of images of 1080×1080 pixels with about 100 cells.

#![allow(missing_docs, reason = "criterion_group! makes a function without any")]

use algorithms::colocalization::{
    Channel, CostesSearch, Metrics, ObjectPixels, Sorted, costes_threshold, measure_object, ranks_within,
};
use algorithms::cooccurrence_correlation::Levels;
use algorithms::focus::{focus_score, local_focus_score};
use algorithms::granularity::{
    Background, LANES, ObjectMeans, Reconstructions, Regrown, add_pixels, subsample, subtract_background,
};
use algorithms::haralick::{self, Cooccurrence, FLAT, of_image, of_object};
use algorithms::image_statistics::Statistics;
use algorithms::power_spectrum::power_slope;
use algorithms::radial_distribution::{Centers, Rays, Rings, Scaling, measure_rings};
use algorithms::rank_order::dense_ranks;
use algorithms::regions::Regions;
use criterion::{Criterion, criterion_group, criterion_main};
use pixels::{Plane, Shape};

const SIZE: usize = 1080;

/// Draws round cells on a 10×10 grid.
fn cells() -> Plane<u32> {
    let step = SIZE / 10;
    let label = |at: usize| {
        let (y, x) = (at / SIZE, at % SIZE);
        let (dy, dx) = (y % step, x % step);
        let far = dy.abs_diff(step / 2).pow(2) + dx.abs_diff(step / 2).pow(2);
        if far < 50 * 50 { (y / step * 10 + x / step + 1) as u32 } else { 0 }
    };
    Plane::from_vec(SIZE, SIZE, (0..SIZE * SIZE).map(label).collect())
}

/// Draws cells with grains and noise, in steps of a camera of 16 bit (Lehmer's generator).
fn image(labels: &Plane<u32>, seed: u64) -> Plane<f32> {
    let mut state = seed;
    let mut at = 0;
    labels.map(|&label| {
        state = state * 48271 % 0x7fff_ffff;
        let noise = (state % 512) as f32 / 65536.0;
        let grain = ((at % SIZE) as f32 * 0.3).sin() * ((at / SIZE) as f32 * 0.2).cos();
        at += 1;
        let cell = if label > 0 { 0.1 + 0.05 * grain + label as f32 / 4000.0 } else { 0.0 };
        ((0.01 + cell + noise) * 65535.0).round() / 65535.0
    })
}

fn granularity(c: &mut Criterion) {
    let labels = cells();
    let image = image(&labels, 7);
    let prepared = || {
        let mut small = subsample(&image, 1, None, 0.5);
        subtract_background(&mut small, Background { factor: 0.5, radius: 10 });
        small
    };
    let small = prepared();
    let regrown = Regrown::new(small.pixels.shape(), small.extent, Shape::grey(SIZE, SIZE));
    let weights = ObjectMeans::new(&Regions::of(&labels), &regrown);
    c.bench_function("granularity: subsample and subtract the background", |b| b.iter(prepared));
    c.bench_function("granularity: weigh 100 cells", |b| {
        b.iter(|| ObjectMeans::new(&Regions::of(&labels), &regrown))
    });
    c.bench_function("granularity: 16 reconstructions and means of the image and 100 cells", |b| {
        b.iter(|| {
            let (mut whole, mut sums) = ([0.0; LANES], weights.zeros());
            Reconstructions::new(&small.pixels, None).next(LANES, |y, row| {
                add_pixels(row, None, &mut whole);
                weights.add(y, row, &mut sums);
            });
            (whole, sums)
        })
    });
}

fn colocalization(c: &mut Criterion) {
    let labels = cells();
    let (x, y) = (image(&labels, 7), image(&labels, 11));
    let metrics = Metrics { correlation: true, manders: true, rank_weighted: true, overlap: true };
    let pixels = ObjectPixels::new(&Regions::of(&labels), SIZE);
    let (ranks_x, ranks_y) = (ranks_within(x.data(), &pixels), ranks_within(y.data(), &pixels));
    let mut in_x = Channel::new(x.data(), Some(&ranks_x), &pixels, 15.0);
    let mut in_y = Channel::new(y.data(), Some(&ranks_y), &pixels, 15.0);
    let (sorted_x, sorted_y) = (Sorted::new(x.data()), Sorted::new(y.data()));
    c.bench_function("colocalization: sort an image", |b| b.iter(|| Sorted::new(x.data())));
    c.bench_function("colocalization: rank an image", |b| b.iter(|| dense_ranks(x.data())));
    c.bench_function("colocalization: look at an image in 100 cells", |b| {
        b.iter(|| Channel::new(x.data(), Some(&ranks_x), &pixels, 15.0))
    });
    c.bench_function("colocalization: a pair in 100 cells", |b| {
        let mut object = |object: usize| {
            in_x.take_in_hand(object, &pixels);
            in_y.take_in_hand(object, &pixels);
            measure_object(&in_x, &in_y, metrics, Some((0.1, 0.1)))
        };
        b.iter(|| (0..pixels.count()).map(&mut object).collect::<Vec<_>>())
    });
    for (name, search) in [("bisection", CostesSearch::Bisection), ("every level", CostesSearch::Accurate)] {
        c.bench_function(&format!("colocalization: Costes' threshold by {name}"), |b| {
            b.iter(|| costes_threshold((x.data(), &sorted_x), (y.data(), &sorted_y), search, 65535.0))
        });
    }
}

fn texture(c: &mut Criterion) {
    let labels = cells();
    let regions = Regions::of(&labels);
    for (name, gain) in [("dim", 255.0), ("bright", 1000.0)] {
        let levels = image(&labels, 7).map(|&v| (v * gain) as u8);
        let levels = haralick::Levels { rows: &levels, height: levels.height() };
        let mut counts = Cooccurrence::default();
        c.bench_function(&format!("texture: a {name} image"), |b| {
            b.iter(|| of_image(levels, &FLAT, 3, &mut counts))
        });
        c.bench_function(&format!("texture: 100 {name} cells"), |b| {
            b.iter(|| {
                regions
                    .iter()
                    .map(|(_, r)| of_object(levels, r, &FLAT, 3, &mut counts))
                    .filter(Option::is_some)
                    .count()
            })
        });
    }
}

fn radial_distribution(c: &mut Criterion) {
    let labels = cells();
    let regions = Regions::of(&labels);
    let image = image(&labels, 7);
    let ways = |centers| Rays::new(&labels, &regions, regions.count(), centers, Scaling::ToEdge);
    c.bench_function("radial distribution: ways within 100 cells", |b| b.iter(|| ways(Centers::Own)));
    c.bench_function("radial distribution: ways from the centres of others", |b| {
        b.iter(|| ways(Centers::OfOthers(&labels)))
    });
    let rays = ways(Centers::Own).unwrap_or_default();
    let rings = Rings::new(&rays, 4);
    c.bench_function("radial distribution: 4 rings in 100 cells", |b| {
        b.iter(|| measure_rings(image.data(), &rays, &rings))
    });
}

fn image_quality(c: &mut Criterion) {
    let image = image(&cells(), 7);
    c.bench_function("image quality: focus", |b| b.iter(|| focus_score(image.data())));
    c.bench_function("image quality: local focus", |b| b.iter(|| local_focus_score(&image, None, 20)));
    c.bench_function("image quality: correlation", |b| b.iter(|| Levels::of(&image, None).correlation(20)));
    c.bench_function("image quality: power spectrum", |b| b.iter(|| power_slope(&image)));
    c.bench_function("image quality: statistics", |b| {
        b.iter(|| Statistics::of(image.data(), &[]).map(|s| s.mad))
    });
}

criterion_group!(benches, granularity, colocalization, texture, radial_distribution, image_quality);
criterion_main!(benches);
