//! The segmentation kernels give what SciPy, scikit-image and centrosome give (see golden/make_segmentation.py).

use algorithms::connected_components::{Connectivity, label};
use algorithms::random::RandomState;
use algorithms::{
    binary_shrink, centers, distance_transform, fill_holes, local_maxima, morphology, outline, overlap,
    propagate, relabel, watershed,
};
use pixels::Plane;
use std::collections::BTreeMap;

const H: usize = 150;
const W: usize = 210;

struct Golden(BTreeMap<&'static str, u64>);

impl Golden {
    fn read() -> Self {
        let lines = include_str!("golden/segmentation.txt").lines();
        let hash = |h: &str| u64::from_str_radix(h, 16).expect("a hash in hexadecimal digits");
        Self(lines.filter_map(|l| l.rsplit_once(' ')).map(|(name, h)| (name, hash(h))).collect())
    }

    fn check(&self, name: &str, bits: impl IntoIterator<Item = u64>) {
        let step = |h: u64, v: u64| h.wrapping_add(v).wrapping_mul(0x100_0000_01b3);
        let got = bits.into_iter().fold(0, step);
        assert_eq!(self.0.get(name).copied(), Some(got), "{name}");
    }

    fn labels(&self, name: &str, labels: &Plane<u32>) {
        self.check(name, labels.data().iter().map(|&l| u64::from(l)));
    }

    fn mask(&self, name: &str, mask: &Plane<bool>) {
        self.check(name, mask.data().iter().map(|&l| u64::from(l)));
    }

    fn floats(&self, name: &str, values: &[f64]) {
        self.check(name, values.iter().map(|v| v.to_bits()));
    }
}

fn uniform(seed: u32) -> Plane<f64> {
    let mut random = RandomState::new(seed);
    Plane::from_vec(H, W, (0..H * W).map(|_| random.sample()).collect())
}

fn noise(seed: u32, levels: u32) -> Plane<i64> {
    uniform(seed).map(|&v| (v * f64::from(levels)).floor() as i64)
}

fn blobs(seed: u32) -> Plane<i64> {
    let mut a = noise(seed, 256);
    for _ in 0..2 {
        for (dy, dx) in [(1, 0), (0, 1)] {
            let sum = |y: usize, x: usize| {
                (0..5).map(|k| a[((y + dy * (H + k - 2)) % H, (x + dx * (W + k - 2)) % W)]).sum()
            };
            a = Plane::from_vec(H, W, (0..H * W).map(|i| sum(i / W, i % W)).collect());
        }
    }
    a
}

fn eight(mask: &Plane<bool>) -> Plane<u32> {
    label(mask, Connectivity::Eight).0
}

#[test]
fn random_numbers_are_those_of_numpy() {
    let golden = Golden::read();
    let take = |mut r: RandomState| (0..1000).map(|_| r.sample()).collect::<Vec<_>>();
    golden.floats("random sample", &take(RandomState::new(0)));
    golden.floats("random key", &take(RandomState::from_key(&[1, 2, 3, 4_000_000_000])));
    let mut r = RandomState::new(7);
    golden.floats("random uniform", &(0..1000).map(|_| r.uniform(0.0, 0.001)).collect::<Vec<_>>());
    let mut r = RandomState::new(3);
    golden.floats("random normal", &(0..1001).map(|_| r.gauss()).collect::<Vec<_>>());
    golden.check("random permutation", RandomState::new(5).permutation(1000).into_iter().map(|v| v as u64));
    let (mut a, mut b) = (RandomState::new(9), RandomState::new(9));
    a.skip_samples(1234);
    for _ in 0..1234 {
        b.sample();
    }
    assert_eq!(a.sample(), b.sample());
}

#[test]
fn components_are_numbered_as_scipy_numbers_them() {
    let golden = Golden::read();
    for (seed, density) in [(1, 0.4), (2, 0.5), (3, 0.62)] {
        let mask = uniform(seed).map(|&v| v < density);
        golden.labels(&format!("label 4 {seed}"), &label(&mask, Connectivity::Four).0);
        golden.labels(&format!("label 8 {seed}"), &eight(&mask));
        golden.mask(&format!("shrink {seed}"), &binary_shrink::binary_shrink(&mask));
    }
    golden.mask("shrink blobs", &binary_shrink::binary_shrink(&blobs(4).map(|&v| v > 80300)));
}

#[test]
fn distances_and_nearest_pixels_are_those_of_scipy() {
    let golden = Golden::read();
    let check = |name: &str, foreground: &Plane<bool>| {
        golden.floats(&format!("edt {name}"), distance_transform::distances(foreground).data());
        let nearest = distance_transform::nearest_background(foreground);
        let bits = |p: &Plane<i32>| p.data().iter().map(|&v| i64::from(v) as u64).collect::<Vec<_>>();
        golden.check(&format!("edt rows {name}"), bits(&nearest.rows));
        golden.check(&format!("edt columns {name}"), bits(&nearest.columns));
    };
    for (seed, limit) in [(5, 79000), (6, 80000), (7, 82500)] {
        check(&seed.to_string(), &blobs(seed).map(|&v| v < limit));
    }
    check("sparse", &uniform(8).map(|&v| v < 0.998));
    check("full", &Plane::filled(5, 7, true));
}

#[test]
fn watershed_labels_are_those_of_scikit_image() {
    let golden = Golden::read();
    for (seed, levels) in [(10, 2), (11, 6), (12, 60000)] {
        let image = noise(seed, levels).map(|&v| (v as f64 / f64::from(levels)) as f32);
        let mask = blobs(seed + 20).map(|&v| v > 79500);
        let markers = eight(&noise(seed + 40, 200).map(|&v| v == 0));
        let f32s = watershed::watershed(&image.map(|&v| 1.0 - v), &markers, &mask);
        golden.labels(&format!("watershed f32 {seed}"), &f32s);
        let f64s = watershed::watershed(&image.map(|&v| -f64::from(v)), &markers, &mask);
        golden.labels(&format!("watershed f64 {seed}"), &f64s);
        let big = eight(&blobs(seed + 60).map(|&v| v > 81500));
        let mask = mask.zip(&big, |&m, &l| m || l > 0);
        golden.labels(&format!("watershed seeds {seed}"), &watershed::watershed(&image, &big, &mask));
    }
}

#[test]
fn propagated_labels_and_costs_are_those_of_centrosome() {
    let golden = Golden::read();
    for (seed, levels) in [(10, 2), (11, 6), (12, 60000)] {
        let image = noise(seed, levels).map(|&v| f64::from((v as f64 / f64::from(levels)) as f32));
        let mask = blobs(seed + 20).map(|&v| v > 79500);
        let markers = eight(&noise(seed + 40, 200).map(|&v| v == 0));
        let big = eight(&blobs(seed + 60).map(|&v| v > 81500));
        for weight in [0.05, 0.0, 1.0, 0.0001] {
            let (labels, cost) = propagate::propagate(Some(&image), &big, &mask, weight);
            let weight = if weight == 0.0001 { "0.0001".into() } else { weight.to_string() };
            golden.labels(&format!("propagate {seed} {weight}"), &labels);
            golden.floats(&format!("propagate cost {seed} {weight}"), cost.data());
        }
        let (labels, cost) = propagate::propagate(None, &markers, &mask, 1.0);
        golden.labels(&format!("propagate flat {seed}"), &labels);
        golden.floats(&format!("propagate flat cost {seed}"), cost.data());
    }
}

#[test]
fn operations_on_labels_are_those_of_centrosome_and_scikit_image() {
    let golden = Golden::read();
    for (seed, limit) in [(80, 80500), (81, 80000), (82, 79000)] {
        let values = blobs(seed);
        let mut labels = eight(&values.map(|&v| v > limit));
        let max = labels.data().iter().copied().max().expect("there are pixels");
        labels = labels.zip(&values, |&l, &v| match v {
            _ if l == 0 || v > limit + 2000 => 0,
            v if v > limit + 800 => l + max,
            _ => l,
        });
        golden.labels(&format!("fill {seed}"), &fill_holes::fill_labeled_holes(&labels, |_| true));
        golden.labels(&format!("fill background {seed}"), &fill_holes::fill_background_holes(&labels));
        golden.labels(&format!("fill small {seed}"), &fill_holes::fill_labeled_holes(&labels, |n| n < 40));
        let mask = labels.map(|&l| l > 0);
        golden.mask(&format!("fill mask {seed}"), &fill_holes::fill_mask_holes(&mask, |n| n < 60));
        golden.labels(&format!("outline {seed}"), &outline::outline(&labels));
        golden.mask(&format!("boundaries inner {seed}"), &outline::inner_boundaries(&labels));
        golden.mask(&format!("boundaries outer {seed}"), &outline::outer_boundaries(&labels));
        golden.mask(&format!("boundaries thick {seed}"), &outline::thick_boundaries(&labels));
        let children = label(&blobs(seed + 5).map(|&v| v > 80200), Connectivity::Four).0;
        let related = overlap::relate(&labels, &children);
        golden.check(&format!("relate children {seed}"), related.children.into_iter().map(u64::from));
        golden.check(&format!("relate parents {seed}"), related.parents.into_iter().map(u64::from));
        let mut gone = labels.clone();
        relabel::keep_labels(&mut gone, |l| l % 3 != 1);
        golden.labels(&format!("relabel {seed}"), &relabel::relabel(&gone).0);
        let found = centers::centers(&labels).into_iter().filter(|c| !c.x.is_nan());
        golden.floats(&format!("center {seed}"), &found.flat_map(|c| [c.y, c.x]).collect::<Vec<_>>());
        let coarse = values.map(|&v| (v / 100) as f32);
        for radius in [1.0, 2.5, 6.5, 6.833] {
            let maxima = local_maxima::local_maxima(&coarse, &labels, &morphology::disk(radius));
            golden.mask(&format!("maxima {seed} {radius}"), &maxima);
        }
        let image = values.map(|&v| v as f32);
        let floats = |p: &Plane<f32>| p.data().iter().map(|&v| f64::from(v)).collect::<Vec<_>>();
        for radius in [1, 4, 10] {
            let disk = morphology::disk(f64::from(radius));
            golden.floats(&format!("dilate {seed} {radius}"), &floats(&morphology::dilate(&image, &disk)));
            golden.floats(&format!("erode {seed} {radius}"), &floats(&morphology::erode(&image, &disk)));
        }
        let square = morphology::square(7);
        golden.floats(&format!("dilate square {seed}"), &floats(&morphology::dilate(&image, &square)));
        golden.mask(&format!("erode cross {seed}"), &morphology::erode_cross(&mask, false));
    }
}
