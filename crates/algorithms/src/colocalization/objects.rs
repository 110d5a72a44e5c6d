//! Colocalization within objects.

use super::{Level, Metrics, rounded};
use crate::rank_order::{RanksLeft, dense_ranks};
use crate::regions::Regions;
use multiversion::multiversion;
use std::ops::Range;

/// The places of the pixels of all objects in an image, object by object, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectPixels {
    runs: Vec<Range<usize>>,
    /// Where the runs of each object end.
    ends: Vec<usize>,
}

impl ObjectPixels {
    /// Gathers the pixels of objects in an image of `width` columns.
    pub fn new(objects: &Regions, width: usize) -> Self {
        let mut runs = Vec::new();
        let mut ends = Vec::with_capacity(objects.count());
        for label in 1..=objects.count() {
            for run in objects.runs(label) {
                let row = run.row as usize * width;
                runs.push(row + run.start as usize..row + run.end as usize);
            }
            ends.push(runs.len());
        }
        Self { runs, ends }
    }

    /// Returns whether there is no pixel.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Returns the number of objects.
    pub fn count(&self) -> usize {
        self.ends.len()
    }

    fn runs_of(&self, object: usize) -> &[Range<usize>] {
        let start = object.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.runs[start..self.ends[object]]
    }
}

/// Returns what an image (row by row) has in some runs.
fn stretches<'a, T>(image: &'a [T], runs: &'a [Range<usize>]) -> impl Iterator<Item = &'a [T]> + Clone {
    runs.iter().map(|run| &image[run.clone()])
}

fn gather<T: Copy>(image: &[T], runs: &[Range<usize>], values: &mut Vec<T>) {
    values.clear();
    stretches(image, runs).for_each(|run| values.extend_from_slice(run));
}

/// Returns the rank of each pixel of an image (row by row) among the values in objects; 0 elsewhere.
pub fn ranks_within<T: Level>(image: &[T], pixels: &ObjectPixels) -> Vec<u32> {
    let mut values = Vec::with_capacity(pixels.runs.iter().map(Range::len).sum());
    gather(image, &pixels.runs, &mut values);
    let ranks = dense_ranks(&values);
    let mut out = vec![0; image.len()];
    let mut left = ranks.as_slice();
    for run in &pixels.runs {
        let (own, rest) = left.split_at(run.len());
        out[run.clone()].copy_from_slice(own);
        left = rest;
    }
    out
}

/// An image, and what of its pixels in objects is the same whatever image they are compared with.
#[derive(Clone, Debug, PartialEq)]
pub struct Channel<'a, T> {
    image: &'a [T],
    /// The ranks of its pixels, and those of them that there are in these objects.
    ranks: Option<(&'a [u32], RanksLeft)>,
    objects: Vec<OfObject<T>>,
    /// The object in hand, its pixels, and the rank of each among the values in all objects.
    object: usize,
    values: Vec<T>,
    in_ranks: Vec<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct OfObject<T> {
    mean: f64,
    /// Root of the sum of squared distances from the mean.
    spread: f64,
    threshold: T,
    /// Sum of the pixels at or above the threshold.
    total: f64,
}

impl<'a, T: Level> Channel<'a, T> {
    /// Looks at the pixels of `image` (row by row); in each object those count that are at or above `percent` of its
    /// greatest. `ranks`, if pixels are to be weighted by rank, are those of [`ranks_within`] these objects, or these and others.
    pub fn new(image: &'a [T], ranks: Option<&'a [u32]>, pixels: &ObjectPixels, percent: f64) -> Self {
        let factor = T::of(percent / 100.0);
        let mut values = Vec::new();
        let object = |object: usize| {
            gather(image, pixels.runs_of(object), &mut values);
            let mut greatest = values.first().copied().unwrap_or(T::ZERO);
            let mut sum = 0.0;
            for &v in &values {
                sum += v.to_f64();
                greatest = if v > greatest || v.is_nan() { v } else { greatest };
            }
            let mean = sum / values.len() as f64;
            let threshold = factor * greatest;
            let (mut squares, mut total) = (0.0, 0.0);
            for &v in &values {
                squares += (v.to_f64() - mean) * (v.to_f64() - mean);
                total += if v >= threshold { v.to_f64() } else { 0.0 };
            }
            OfObject { mean, spread: squares.sqrt(), threshold, total }
        };
        let objects = (0..pixels.count()).map(object).collect();
        let left = |ranks: &'a [u32]| (ranks, RanksLeft::new(stretches(ranks, &pixels.runs)));
        Self { image, ranks: ranks.map(left), objects, object: 0, values, in_ranks: Vec::new() }
    }

    /// Gathers the pixels of an object, from 0, for [`measure_object`].
    pub fn take_in_hand(&mut self, object: usize, pixels: &ObjectPixels) {
        let runs = pixels.runs_of(object);
        self.object = object;
        gather(self.image, runs, &mut self.values);
        self.in_ranks.clear();
        if let Some((ranks, left)) = &self.ranks {
            stretches(ranks, runs).for_each(|run| left.extend(run, &mut self.in_ranks));
        }
    }

    /// Returns how many different values there are in the objects, if they have ranks.
    fn levels(&self) -> u32 {
        self.ranks.as_ref().map_or(0, |(_, left)| left.count())
    }
}

/// What is measured of a pair of images in each object, object 1 first; what is not asked for means nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ObjectPair {
    /// Pearson's correlation.
    pub correlation: Vec<f64>,
    /// The overlap coefficient.
    pub overlap: Vec<f64>,
    /// K1 and K2.
    pub k: [Vec<f64>; 2],
    /// Manders' coefficients.
    pub manders: [Vec<f64>; 2],
    /// Manders' coefficients weighted by rank.
    pub rank_weighted: [Vec<f64>; 2],
    /// Manders' coefficients above Costes' threshold.
    pub costes: [Vec<f64>; 2],
}

impl ObjectPair {
    /// Returns what is known of `count` objects in images that share no pixel: NaN.
    pub fn unknown(count: usize) -> Self {
        let nan = || vec![f64::NAN; count];
        let two = || [nan(), nan()];
        Self {
            correlation: nan(),
            overlap: nan(),
            k: two(),
            manders: two(),
            rank_weighted: two(),
            costes: two(),
        }
    }
}

/// Sums over the pixels of an object that are at or above both thresholds.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    /// Whether there is a pixel.
    any: bool,
    x: f64,
    y: f64,
    xx: f64,
    yy: f64,
    xy: f64,
    weighted_x: f64,
    weighted_y: f64,
}

/// What is known of a pair of images in one object.
#[derive(Clone, Copy, Debug, Default)]
pub struct InObject {
    correlation: f64,
    sums: Sums,
    above: Above,
}

/// Measures two images in the object that both have in hand; `costes` are their thresholds. Sums are f64.
pub fn measure_object<A: Level, B: Level>(
    x: &Channel<'_, A>,
    y: &Channel<'_, B>,
    metrics: Metrics,
    costes: Option<(f64, f64)>,
) -> InObject {
    let (of_x, of_y) = (&x.objects[x.object], &y.objects[y.object]);
    let (xs, ys) = (x.values.as_slice(), y.values.as_slice());
    let mut found = InObject::default();
    if metrics.correlation {
        found.correlation = correlation((of_x, xs), (of_y, ys));
    }
    if metrics.manders || metrics.rank_weighted || metrics.overlap {
        let thresholds = (of_x.threshold, of_y.threshold);
        let ranks = metrics.rank_weighted.then_some((x.in_ranks.as_slice(), y.in_ranks.as_slice()));
        let levels = x.levels().max(y.levels()).max(1);
        found.sums = sums_of((xs, ys), thresholds, ranks, f64::from(levels));
    }
    if let Some((of_x, of_y)) = costes {
        found.above = above_in(xs, ys, (A::of(of_x), B::of(of_y)));
    }
    found
}

/// Makes of what was found in each object, object 1 first, what CellProfiler tells of them.
pub fn summarize<A: Level, B: Level>(
    x: &Channel<'_, A>,
    y: &Channel<'_, B>,
    found: &[InObject],
    metrics: Metrics,
    costes: bool,
) -> ObjectPair {
    let mut pair = ObjectPair::default();
    if metrics.correlation {
        pair.correlation = found.iter().map(|f| f.correlation).collect();
    }
    if metrics.manders || metrics.rank_weighted || metrics.overlap {
        // Where no pixel of any object counts, CellProfiler leaves zeros.
        let any = found.iter().any(|f| f.sums.any);
        let all = |of: &dyn Fn(&Sums) -> f64| -> Vec<f64> {
            found.iter().map(|f| if any { of(&f.sums) } else { 0.0 }).collect()
        };
        let over_total = |of: &dyn Fn(&Sums) -> [f64; 2]| -> [Vec<f64>; 2] {
            let totals = x.objects.iter().zip(&y.objects).map(|(x, y)| (x.total, y.total));
            let (first, second) = found
                .iter()
                .zip(totals)
                .map(|(f, (x, y))| if any { (of(&f.sums)[0] / x, of(&f.sums)[1] / y) } else { (0.0, 0.0) })
                .unzip();
            [first, second]
        };
        pair.manders = over_total(&|s| [s.x, s.y]);
        pair.rank_weighted = over_total(&|s| [s.weighted_x, s.weighted_y]);
        pair.overlap = all(&|s| s.xy / (s.xx * s.yy).sqrt());
        pair.k = [all(&|s| s.xy / s.xx), all(&|s| s.xy / s.yy)];
    }
    if costes {
        let any = found.iter().any(|f| f.above.any);
        let part = |of: usize| -> Vec<f64> {
            let part = |f: &InObject| if any { f.above.both[of] / f.above.totals[of] } else { 0.0 };
            found.iter().map(part).collect()
        };
        pair.costes = [part(0), part(1)];
    }
    pair
}

fn correlation<A: Level, B: Level>((x, xs): (&OfObject<A>, &[A]), (y, ys): (&OfObject<B>, &[B])) -> f64 {
    if xs.is_empty() {
        return f64::NAN;
    }
    let n = xs.len() as f64;
    let product = x.spread * y.spread;
    // Of equal pixels only rounding is left, which depends on the order of operations.
    let flat = |mean: f64, spread: f64| spread <= 1e-9 * mean.abs() * n.sqrt();
    if flat(x.mean, x.spread) || flat(y.mean, y.spread) {
        let distances = xs.iter().zip(ys).map(|(a, b)| (a.to_f64() - x.mean, b.to_f64() - y.mean));
        distances.fold(0.0, |sum, (dx, dy)| sum + dx * dy / product)
    } else {
        covariance(xs, ys, (x.mean, y.mean)) / product
    }
}

/// Returns the sum of the products of the pixels' distances from the means.
#[multiversion(targets("x86_64+avx2"))]
fn covariance<A: Level, B: Level>(xs: &[A], ys: &[B], means: (f64, f64)) -> f64 {
    let of = |x: A, y: B| (x.to_f64() - means.0) * (y.to_f64() - means.1);
    let mut sums = [0.0; SIDE];
    let ((xs, rest_x), (ys, rest_y)) = (xs.as_chunks::<SIDE>(), ys.as_chunks::<SIDE>());
    for (x, y) in xs.iter().zip(ys) {
        for lane in 0..SIDE {
            sums[lane] += of(x[lane], y[lane]);
        }
    }
    let rest = rest_x.iter().zip(rest_y).fold(0.0, |sum, (&x, &y)| sum + of(x, y));
    sums.into_iter().fold(rest, |a, b| a + b)
}

/// Pixels that are worked on side by side.
const SIDE: usize = 8;

/// Pixels that one sum after the other is taken over: few enough to stay at hand.
const BLOCK: usize = 256;

#[multiversion(targets("x86_64+avx2"))]
fn sums_of<A: Level, B: Level>(
    (xs, ys): (&[A], &[B]),
    thresholds: (A, B),
    ranks: Option<(&[u32], &[u32])>,
    levels: f64,
) -> Sums {
    let mut sums = BlockSums { any: false, sums: [[0.0; SIDE]; 7], weights: [0.0; BLOCK] };
    let weigh = |weights: &mut [f64; BLOCK], from: usize, until: usize| {
        let Some((a, b)) = ranks else { return };
        for (weight, (&a, &b)) in weights.iter_mut().zip(a[from..until].iter().zip(&b[from..until])) {
            *weight = levels - f64::from(a.abs_diff(b) as i32);
        }
    };
    let ((blocks_x, rest_x), (blocks_y, rest_y)) = (xs.as_chunks::<BLOCK>(), ys.as_chunks::<BLOCK>());
    for (at, (x, y)) in blocks_x.iter().zip(blocks_y).enumerate() {
        weigh(&mut sums.weights, at * BLOCK, (at + 1) * BLOCK);
        sums.add(x, y, thresholds);
    }
    if !rest_x.is_empty() {
        // What fills up the block is at no threshold.
        let (mut x, mut y) = ([A::of(f64::NAN); BLOCK], [B::of(f64::NAN); BLOCK]);
        x[..rest_x.len()].copy_from_slice(rest_x);
        y[..rest_y.len()].copy_from_slice(rest_y);
        weigh(&mut sums.weights, xs.len() - rest_x.len(), xs.len());
        sums.add(&x, &y, thresholds);
    }
    let [x, y, xx, yy, xy, weighted_x, weighted_y] =
        sums.sums.map(|lanes| lanes.into_iter().fold(0.0, |a, b| a + b));
    let (weighted_x, weighted_y) = (weighted_x / levels, weighted_y / levels);
    Sums { any: sums.any, x, y, xx, yy, xy, weighted_x, weighted_y }
}

/// [`Sums`] in the making.
struct BlockSums {
    any: bool,
    /// Of every eighth pixel: x, y, x², y², x·y, and x and y by their weights.
    sums: [[f64; SIDE]; 7],
    /// The weights of the pixels of a block.
    weights: [f64; BLOCK],
}

impl BlockSums {
    /// Adds the pixels of both images that are at or above both thresholds.
    #[inline(always)]
    fn add<A: Level, B: Level>(&mut self, xs: &[A; BLOCK], ys: &[B; BLOCK], thresholds: (A, B)) {
        // Multiplying by whether a pixel counts would make NaN of what is infinite.
        let (mut x, mut y) = ([A::ZERO; BLOCK], [B::ZERO; BLOCK]);
        let mut counted = 0u32;
        for i in 0..BLOCK {
            let counts = (xs[i] >= thresholds.0) & (ys[i] >= thresholds.1);
            x[i] = if counts { xs[i] } else { A::ZERO };
            y[i] = if counts { ys[i] } else { B::ZERO };
            counted += u32::from(counts);
        }
        self.any |= counted > 0;
        let weights = &self.weights;
        let [of_x, of_y, xx, yy, xy, weighted_x, weighted_y] = &mut self.sums;
        add(of_x, &x, &x, |x, _| x.to_f64());
        add(of_y, &y, &y, |y, _| y.to_f64());
        add(xx, &x, &x, |x, _| (x * x).to_f64());
        add(yy, &y, &y, |y, _| (y * y).to_f64());
        add(xy, &x, &y, |x, y| rounded::<A, B>(x.to_f64() * y.to_f64()));
        add(weighted_x, &x, weights, |x, weight| x.to_f64() * weight);
        add(weighted_y, &y, weights, |y, weight| y.to_f64() * weight);
    }
}

/// Adds what `of` makes of each pair to a sum.
#[inline(always)]
fn add<A: Copy, B: Copy>(
    sum: &mut [f64; SIDE],
    first: &[A; BLOCK],
    second: &[B; BLOCK],
    of: impl Fn(A, B) -> f64,
) {
    let mut lanes = *sum;
    for (a, b) in first.as_chunks::<SIDE>().0.iter().zip(second.as_chunks::<SIDE>().0) {
        for lane in 0..SIDE {
            lanes[lane] += of(a[lane], b[lane]);
        }
    }
    *sum = lanes;
}

/// Sums over the pixels of an object, of each image, where there are thresholds of Costes'.
#[derive(Clone, Copy, Debug, Default)]
struct Above {
    /// Whether a pixel is above both thresholds.
    any: bool,
    /// Of the pixels above both thresholds.
    both: [f64; 2],
    /// Of the pixels at or above the image's own.
    totals: [f64; 2],
}

#[multiversion(targets("x86_64+avx2"))]
fn above_in<A: Level, B: Level>(xs: &[A], ys: &[B], (of_x, of_y): (A, B)) -> Above {
    let mut any = [false; SIDE];
    let (mut both, mut totals) = ([[0.0; SIDE]; 2], [[0.0; SIDE]; 2]);
    let mut add = |lane: usize, x: A, y: B| {
        let counts = (x > of_x) & (y > of_y);
        any[lane] |= counts;
        both[0][lane] += if counts { x.to_f64() } else { 0.0 };
        both[1][lane] += if counts { y.to_f64() } else { 0.0 };
        totals[0][lane] += if x >= of_x { x.to_f64() } else { 0.0 };
        totals[1][lane] += if y >= of_y { y.to_f64() } else { 0.0 };
    };
    let ((xs, rest_x), (ys, rest_y)) = (xs.as_chunks::<SIDE>(), ys.as_chunks::<SIDE>());
    for (x, y) in xs.iter().zip(ys) {
        for lane in 0..SIDE {
            add(lane, x[lane], y[lane]);
        }
    }
    for (lane, (&x, &y)) in rest_x.iter().zip(rest_y).enumerate() {
        add(lane, x, y);
    }
    let sum = |lanes: [f64; SIDE]| lanes.into_iter().fold(0.0, |a, b| a + b);
    Above { any: any.contains(&true), both: both.map(sum), totals: totals.map(sum) }
}
