//! Statistics of the pixel values within objects, as CellProfiler's MeasureObjectIntensity takes them.

use crate::introsort::Sortable;
use crate::object_extrema::{Extreme, settle_ties};
use crate::regions::{Regions, Run};
use pixels::Plane;

/// A pixel value.
pub trait Sample: Sortable {
    /// Returns the value as f64.
    fn to_f64(self) -> f64;
}

impl Sample for f32 {
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
}

impl Sample for f64 {
    fn to_f64(self) -> f64 {
        self
    }
}

/// Returns the value that has this place in the order, as f64.
fn value<T: Sample>(key: T::Key) -> f64 {
    T::of_key(key).to_f64()
}

/// Intensity measurements of an object.
///
/// An object without a pixel under the mask has NaN for what is divided by its area and 0 elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Intensity {
    /// Statistics of all its pixels.
    pub whole: Statistics,
    /// Statistics of the pixels on its edge.
    pub edge: Statistics,
    /// Distance from the centre of the shape to the centre of mass.
    pub mass_displacement: f64,
    /// A quarter of the pixels are below.
    pub lower_quartile: f64,
    /// Half of the pixels are below.
    pub median: f64,
    /// Median of the absolute deviations from the median; in a volume the value at a third of them.
    pub mad: f64,
    /// Three quarters of the pixels are below.
    pub upper_quartile: f64,
    /// Centre of mass, x, y and z.
    pub center: (f64, f64, f64),
    /// Pixel of the greatest value, x, y and z.
    pub maximum_at: (f64, f64, f64),
}

/// Sum, mean, standard deviation and range of pixel values.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Statistics {
    /// Sum.
    pub integrated: f64,
    /// Mean.
    pub mean: f64,
    /// Standard deviation, of the population.
    pub std: f64,
    /// Least value.
    pub min: f64,
    /// Greatest value.
    pub max: f64,
}

/// The pixels of an object set that count in an image.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The objects under the image's mask.
    pub objects: Regions,
    /// Their edges under the image's mask.
    pub edges: Regions,
    /// For each object, whether it has a pixel anywhere, masked or not.
    pub present: Vec<bool>,
    /// How rows lie in planes.
    planes: Planes,
}

/// The rows of an image, or of the planes of a volume below each other.
#[derive(Clone, Copy, Debug)]
struct Planes {
    height: usize,
    dimensions: f64,
}

impl Planes {
    /// Returns (y, z) of a row.
    fn place(self, row: u32) -> (f64, f64) {
        let row = row as usize;
        if row < self.height {
            return (row as f64, 0.0);
        }
        ((row % self.height) as f64, (row / self.height) as f64)
    }
}

impl Measured {
    /// Gathers the pixels of all objects of `labels` that lie in the first `height` rows and `width` columns and in
    /// `mask`. An edge is where two labels meet, the mask aside.
    pub fn new(labels: &Plane<u32>, height: usize, width: usize, mask: Option<&Plane<bool>>) -> Self {
        let objects = Regions::of_corner(labels, height, width);
        let edges = objects.inner_edges(labels);
        let mut present: Vec<bool> = (1..=objects.count()).map(|l| !objects.runs(l).is_empty()).collect();
        if (height, width) != labels.shape() {
            for &label in labels.data().iter().filter(|&&l| l != 0) {
                present[label as usize - 1] = true;
            }
        }
        let planes = Planes { height: height.max(1), dimensions: 2.0 };
        Self { objects, edges, present, planes }.masked(mask)
    }

    /// As [`Measured::new`], of a volume whose planes of `plane_height` rows lie below each other in `labels` and `mask`,
    /// and in the image that is measured.
    pub fn of_volume(labels: &Plane<u32>, plane_height: usize, mask: Option<&Plane<bool>>) -> Self {
        let objects = Regions::of(labels);
        let edges = objects.inner_edges_of_volume(labels, plane_height);
        let present = (1..=objects.count()).map(|l| !objects.runs(l).is_empty()).collect();
        let planes = Planes { height: plane_height, dimensions: 3.0 };
        Self { objects, edges, present, planes }.masked(mask)
    }

    fn masked(self, mask: Option<&Plane<bool>>) -> Self {
        let Some(mask) = mask else { return self };
        let inside = |regions: Regions| regions.filtered(|y, x| mask[(y, x)]);
        Self { objects: inside(self.objects), edges: inside(self.edges), ..self }
    }
}

/// Measures the intensity of every object of `measured` in an H×W image. Returns one entry an object, in order.
///
/// Source: CellProfiler 4.2.8 `measureobjectintensity.py`. Sums run in raster order in f64, as `numpy.bincount`'s.
/// Quartiles lie at `area · fraction` in the sorted values, so the median of an even number is not centred; the MAD
/// lies at `area / dimensions`. Of a volume ([`Measured::of_volume`]) `image` has the planes below each other.
pub fn measure<T: Sample>(image: &Plane<T>, measured: &Measured) -> Vec<Intensity> {
    let count = measured.objects.count();
    let mut result = vec![Intensity::default(); count];
    let any_pixel = measured.objects.total_area() > 0;
    let any_edge = measured.edges.total_area() > 0;
    let mut scratch = Scratch::default();
    let mut tied = vec![false; count];
    for label in 1..=count {
        let object = &mut result[label - 1];
        if !measured.present[label - 1] {
            continue;
        }
        match measured.objects.runs(label) {
            [] if !any_pixel => {}
            [] => *object = Intensity { whole: EMPTY, ..NO_PIXEL },
            runs => tied[label - 1] = whole(image, runs, measured.planes, &mut scratch, object),
        }
        match measured.edges.runs(label) {
            [] if !any_edge => {}
            [] => object.edge = EMPTY,
            runs => object.edge = edge(image, runs, &mut scratch),
        }
    }
    if any_pixel {
        let needs_first = (1..=count).any(|l| measured.present[l - 1] && measured.objects.runs(l).is_empty());
        if tied.contains(&true) || needs_first {
            settle_maxima(image, measured, &tied, &mut result);
        }
    }
    result
}

const EMPTY: Statistics = Statistics { integrated: 0.0, mean: f64::NAN, std: f64::NAN, min: 0.0, max: 0.0 };

const NO_PIXEL: Intensity = Intensity {
    whole: EMPTY,
    edge: Statistics { integrated: 0.0, mean: 0.0, std: 0.0, min: 0.0, max: 0.0 },
    mass_displacement: f64::NAN,
    lower_quartile: 0.0,
    median: 0.0,
    mad: 0.0,
    upper_quartile: 0.0,
    center: (f64::NAN, f64::NAN, f64::NAN),
    maximum_at: (0.0, 0.0, 0.0),
};

/// Room that is used again for each object.
struct Scratch<T: Sample> {
    values: Vec<T>,
    keys: Vec<T::Key>,
    deviations: Vec<u64>,
}

impl<T: Sample> Default for Scratch<T> {
    fn default() -> Self {
        Self { values: Vec::new(), keys: Vec::new(), deviations: Vec::new() }
    }
}

/// Measures one object; returns whether its greatest value is there twice.
fn whole<T: Sample>(
    image: &Plane<T>,
    runs: &[Run],
    planes: Planes,
    scratch: &mut Scratch<T>,
    object: &mut Intensity,
) -> bool {
    let values = &mut scratch.values;
    values.clear();
    let (mut sum, mut sum_x, mut sum_y, mut sum_z) = (0.0, 0.0, 0.0, 0.0);
    let (mut count_x, mut count_y, mut count_z) = (0u64, 0.0, 0.0);
    for run in runs {
        let (y, z) = planes.place(run.row);
        let slice = &image.row(run.row as usize)[run.columns()];
        values.extend((run.start..run.end).zip(slice).map(|(x, &value)| {
            let v = value.to_f64();
            sum += v;
            sum_x += f64::from(x) * v;
            sum_y += y * v;
            sum_z += z * v;
            value
        }));
        let n = run.len() as u64;
        count_x += (u64::from(run.start) + u64::from(run.end) - 1) * n / 2;
        count_y += y * n as f64;
        count_z += z * n as f64;
    }
    let area = values.len() as f64;
    object.whole = statistics(values, sum, &mut scratch.keys);
    object.center = (sum_x / sum, sum_y / sum, sum_z / sum);
    let dx = count_x as f64 / area - object.center.0;
    let dy = count_y / area - object.center.1;
    let dz = count_z / area - object.center.2;
    object.mass_displacement = (dx * dx + dy * dy + dz * dz).sqrt();
    let single = single_greatest(&scratch.keys);
    if let Some(at) = single {
        object.maximum_at = place(runs, at, planes);
    }
    quantiles::<T>(&mut scratch.keys, &mut scratch.deviations, planes.dimensions, object);
    single.is_none()
}

/// Returns the place of the greatest key if it is there once only.
fn single_greatest<K: Ord + Copy>(keys: &[K]) -> Option<usize> {
    let greatest = keys.iter().copied().max()?;
    let times = keys.iter().filter(|&&k| k == greatest).count();
    if times == 1 { keys.iter().position(|&k| k == greatest) } else { None }
}

/// Returns (x, y, z) of the object's pixel number `at`.
fn place(runs: &[Run], mut at: usize, planes: Planes) -> (f64, f64, f64) {
    for run in runs {
        if at < run.len() {
            let (y, z) = planes.place(run.row);
            return (f64::from(run.start) + at as f64, y, z);
        }
        at -= run.len();
    }
    (0.0, 0.0, 0.0)
}

fn edge<T: Sample>(image: &Plane<T>, runs: &[Run], scratch: &mut Scratch<T>) -> Statistics {
    let values = &mut scratch.values;
    values.clear();
    for run in runs {
        values.extend_from_slice(&image.row(run.row as usize)[run.columns()]);
    }
    let sum = values.iter().fold(0.0, |s, v| s + v.to_f64());
    statistics(values, sum, &mut scratch.keys)
}

/// Computes the statistics of values of a known sum, and fills `keys` with their places in the order.
fn statistics<T: Sample>(values: &[T], sum: f64, keys: &mut Vec<T::Key>) -> Statistics {
    let n = values.len() as f64;
    let mean = sum / n;
    let mut squares = 0.0;
    let (mut min, mut max) = (values[0].key(), values[0].key());
    keys.clear();
    keys.extend(values.iter().map(|value| {
        let d = value.to_f64() - mean;
        squares += d * d;
        let key = value.key();
        min = min.min(key);
        max = max.max(key);
        key
    }));
    Statistics {
        integrated: sum,
        mean,
        std: (squares / n).sqrt(),
        min: value::<T>(min),
        max: value::<T>(max),
    }
}

/// Takes quartiles and the median deviation from the keys of the values, and puts them in another order.
fn quantiles<T: Sample>(
    keys: &mut [T::Key],
    deviations: &mut Vec<u64>,
    dimensions: f64,
    object: &mut Intensity,
) {
    let area = keys.len();
    let (quarter, half, three_quarters) = (area as f64 / 4.0, area as f64 / 2.0, area as f64 * 3.0 / 4.0);
    let middle = half as usize;
    object.median = at_fraction(keys, 0, half, value::<T>);
    // The keys up to the middle one are now those below it, so the quartiles are looked for in one half each.
    object.lower_quartile = at_fraction(&mut keys[..=middle], 0, quarter, value::<T>);
    object.upper_quartile = if three_quarters as usize > middle {
        at_fraction(&mut keys[middle + 1..], middle + 1, three_quarters, value::<T>)
    } else {
        value::<T>(keys[middle])
    };
    if dimensions != 2.0 {
        deviations.clear();
        deviations.extend(keys.iter().map(|&key| (value::<T>(key) - object.median).abs().key()));
        object.mad = at_fraction(deviations, 0, area as f64 / dimensions, f64::of_key);
        return;
    }
    let parts = Parts { lower: quarter as usize, middle, upper: three_quarters as usize };
    object.mad = median_deviation::<T>(keys, parts, object.median, deviations);
}

/// The places of the lower quartile, the median and the upper quartile: keys before are no greater, keys after no less.
#[derive(Clone, Copy)]
struct Parts {
    lower: usize,
    middle: usize,
    upper: usize,
}

/// Returns the middle of the absolute deviations from the median.
///
/// Half of the values lie between the quartiles. So the middle deviation is no less than the nearer quartile's, and the
/// values between that one and the median need not be looked at; and it is no more than the farther quartile's, so
/// of the values beyond that one only the next counts.
fn median_deviation<T: Sample>(keys: &[T::Key], parts: Parts, median: f64, deviations: &mut Vec<u64>) -> f64 {
    let Parts { lower, middle, upper } = parts;
    let half = keys.len() as f64 / 2.0;
    let deviation = |&key: &T::Key| (value::<T>(key) - median).abs();
    let (low, high) = (deviation(&keys[lower]), deviation(&keys[upper]));
    deviations.clear();
    if !(low + high).is_finite() {
        deviations.extend(keys.iter().map(|k| deviation(k).key()));
        return at_fraction(deviations, 0, half, f64::of_key);
    }
    let right = (middle + 1).max(upper);
    let (passed, inner, outer, rest) = if low <= high {
        let inner_end = (upper + 1).max(middle + 1);
        (middle - lower, &keys[middle + 1..inner_end], &keys[..=lower], &keys[inner_end..])
    } else {
        (right - (middle + 1), &keys[lower..=middle], &keys[right..], &keys[..lower])
    };
    let far = low.max(high);
    deviations.extend(inner.iter().map(|k| deviation(k).key()));
    let mut kept = deviations.len();
    deviations.resize(kept + outer.len() + 1, 0);
    let mut beyond = f64::INFINITY;
    for key in outer {
        let d = deviation(key);
        deviations[kept] = d.key();
        kept += usize::from(d <= far);
        beyond = if d > far { beyond.min(d) } else { beyond };
    }
    let beyond = rest.iter().map(deviation).fold(beyond, f64::min);
    deviations[kept] = beyond.key();
    let any_beyond = passed + kept < keys.len();
    deviations.truncate(kept + usize::from(any_beyond));
    at_fraction(deviations, passed, half, f64::of_key)
}

/// Returns the value at a fractional place in the order, interpolated; the last value has no neighbour to go to.
///
/// `keys` are those from place `skipped` on.
fn at_fraction<K: Ord + Copy>(keys: &mut [K], skipped: usize, place: f64, value: impl Fn(K) -> f64) -> f64 {
    let index = place as usize - skipped;
    let fraction = place - place.floor();
    let (_, &mut key, above) = keys.select_nth_unstable(index);
    match above.iter().min() {
        Some(&next) => value(key) * (1.0 - fraction) + value(next) * fraction,
        None => value(key),
    }
}

/// Finds the pixel of the greatest value, where it is there more than once, as scipy does: its choice depends on all pixels.
///
/// An object without pixels gets the first pixel of all.
fn settle_maxima<T: Sample>(image: &Plane<T>, measured: &Measured, tied: &[bool], result: &mut [Intensity]) {
    let mut values = Vec::with_capacity(measured.objects.total_area());
    let mut labels = Vec::with_capacity(measured.objects.total_area());
    let mut runs: Vec<(u32, Run)> = Vec::new();
    let mut found = vec![0; result.len()];
    measured.objects.visit_in_raster_order(|label, run| {
        let object = label as usize - 1;
        let slice = &image.row(run.row as usize)[run.columns()];
        let first = values.len() as u32;
        if tied[object] {
            let is_greatest = |v: &T| v.to_f64() == result[object].whole.max || v.to_f64().is_nan();
            if let Some(at) = slice.iter().position(is_greatest) {
                found[object] = first + at as u32;
            }
        }
        values.extend_from_slice(slice);
        labels.resize(values.len(), label);
        runs.push((first, run));
    });
    settle_ties(&values, &labels, tied, &mut found, Extreme::Maximum);
    for (label, object) in (1..).zip(result) {
        let empty = measured.present[label - 1] && measured.objects.runs(label).is_empty();
        if tied[label - 1] || empty {
            let place = found[label - 1];
            let (first, run) = runs[runs.partition_point(|(first, _)| *first <= place) - 1];
            let (y, z) = measured.planes.place(run.row);
            object.maximum_at = (f64::from(run.start + place - first), y, z);
        }
    }
}
