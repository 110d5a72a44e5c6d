//! Resizing of images, as `skimage.transform.resize` of scikit-image 0.18.3 with `mode='symmetric'`.
//!
//! When an axis shrinks, the image is first smoothed along it with a Gaussian of σ = (factor − 1) / 2. Then each
//! output pixel is interpolated at its place in the input. Coordinates are computed in the image's own type: for
//! f32 images they carry f32 rounding, which decides ties between neighbours.

use crate::gaussian::{Boundary, gaussian_filter_at, gaussian_filter_axes};
use crate::numpy::Real;
use pixels::Plane;

/// How a value between pixels is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interpolation {
    /// The nearest pixel; halves go up.
    Nearest,
    /// Weighted average of 2 × 2 pixels.
    Bilinear,
    /// Catmull-Rom spline through 4 × 4 pixels (Keys 1981).
    Bicubic,
}

/// Returns an image of the size `height` × `width`; `channels` are its colours (one plane when grey).
///
/// Smooths before shrinking, also for [`Interpolation::Nearest`]. Values that interpolation carries out of the
/// range of the smoothed image (over all channels) are clipped to it, except for nearest. The planes must have
/// one shape, and neither they nor the result may be empty.
pub fn resize<T: Real>(
    channels: &[Plane<T>],
    height: usize,
    width: usize,
    interpolation: Interpolation,
) -> Vec<Plane<T>> {
    if channels.iter().all(|p| p.height() <= height && p.width() <= width) {
        return resample(channels, height, width, interpolation);
    }
    let sigma = |n_in: usize, n_out: usize| ((n_in as f64 / n_out as f64 - 1.0) / 2.0).max(0.0);
    let sigmas = |plane: &Plane<T>| (sigma(plane.height(), height), sigma(plane.width(), width));
    shrink_sparsely(channels, height, width, interpolation, sigmas).unwrap_or_else(|| {
        let smooth = |plane: &Plane<T>| gaussian_filter_axes(plane, sigmas(plane), Boundary::Reflect, 4.0);
        let smoothed: Vec<_> = channels.iter().map(smooth).collect();
        resample(&smoothed, height, width, interpolation)
    })
}

/// Resizes with only those pixels smoothed that are interpolated between; `None` when a result leaves their range, for
/// then the range of all smoothed pixels must be known to clip it.
fn shrink_sparsely<T: Real>(
    channels: &[Plane<T>],
    height: usize,
    width: usize,
    interpolation: Interpolation,
    sigmas: impl Fn(&Plane<T>) -> (f64, f64),
) -> Option<Vec<Plane<T>>> {
    if channels.iter().any(|p| p.data().iter().any(|v| !v.to_f64().is_finite())) {
        return None;
    }
    let mut resized = Vec::with_capacity(channels.len());
    let mut sampled = Vec::with_capacity(channels.len());
    for plane in channels {
        let mut grid = Grid::new(plane.shape(), (height, width), interpolation);
        let (rows, columns) = grid.compact();
        let sigmas = sigmas(plane);
        let pixels = gaussian_filter_at(plane, sigmas, Boundary::Reflect, 4.0, &rows, &columns);
        resized.push(grid.interpolate(&pixels));
        sampled.push(pixels);
    }
    let (min, max) = range(&sampled)?;
    let within = |v: &T| *v >= min && *v <= max;
    let clips = interpolation != Interpolation::Nearest;
    (!clips || resized.iter().flat_map(Plane::data).all(within)).then_some(resized)
}

/// As [`resize`], without smoothing: what scikit-image does to a binary image, which it takes for f64.
pub fn resample<T: Real>(
    channels: &[Plane<T>],
    height: usize,
    width: usize,
    interpolation: Interpolation,
) -> Vec<Plane<T>> {
    let each = |plane: &Plane<T>| Grid::new(plane.shape(), (height, width), interpolation).interpolate(plane);
    let mut resized: Vec<_> = channels.iter().map(each).collect();
    if interpolation != Interpolation::Nearest {
        clip(&mut resized, channels);
    }
    resized
}

/// Returns a mask of the size `height` × `width`, each pixel that of the nearest one.
///
/// Coordinates are f64 here. Where a factor is even they fall on halves exactly, and scikit-image's choice hangs on
/// the last bit of a singular value decomposition, which differs from processor to processor; halves go up here.
pub fn resize_mask(mask: &Plane<bool>, height: usize, width: usize) -> Plane<bool> {
    if mask.data().iter().all(|&m| m) {
        return Plane::filled(height, width, true);
    }
    let columns = nearest_of(&coordinates::<f64>(mask.width(), width), mask.width());
    let rows = nearest_of(&coordinates::<f64>(mask.height(), height), mask.height());
    gather(mask, &rows, &columns)
}

/// Returns where the centre of each of `n_out` pixels lies in a row of `n_in` pixels.
fn coordinates<T: Real>(n_in: usize, n_out: usize) -> Vec<T> {
    let factor = n_in as f64 / n_out as f64;
    let (scale, shift) = (T::of(factor), T::of(factor * 0.5 - 0.5));
    (0..n_out).map(|i| scale * T::of(i as f64) + shift).collect()
}

/// Returns the pixel that stands at `place` when a row of `n` pixels is mirrored at its ends for ever.
fn symmetric(place: i64, n: usize) -> usize {
    let place = if place < 0 { -place - 1 } else { place } as usize;
    let (turns, at) = (place / n, place % n);
    if turns % 2 == 1 { n - 1 - at } else { at }
}

fn nearest_of<T: Real>(coordinates: &[T], n: usize) -> Vec<usize> {
    let half = T::of(0.5);
    let round = |c: T| {
        let shifted = if c > T::of(0.0) { c + half } else { c - half };
        shifted.to_f64() as i64
    };
    coordinates.iter().map(|&c| symmetric(round(c), n)).collect()
}

fn gather<T: Copy>(plane: &Plane<T>, rows: &[usize], columns: &[usize]) -> Plane<T> {
    let mut data = Vec::with_capacity(rows.len() * columns.len());
    for &y in rows {
        let row = plane.row(y);
        data.extend(columns.iter().map(|&x| row[x]));
    }
    Plane::from_vec(rows.len(), columns.len(), data)
}

/// Where in the input each row and column of the result is taken from.
enum Grid<T> {
    Nearest(Vec<usize>, Vec<usize>),
    Linear(Vec<Between<T, 2>>, Vec<Between<T, 2>>),
    Cubic(Vec<Between<T, 4>>, Vec<Between<T, 4>>),
}

impl<T: Real> Grid<T> {
    /// Returns the grid from an input to a result of these sizes, (height, width).
    fn new(input: (usize, usize), result: (usize, usize), interpolation: Interpolation) -> Self {
        let nearest = |n_in, n_out| nearest_of(&coordinates::<T>(n_in, n_out), n_in);
        match interpolation {
            Interpolation::Nearest => Self::Nearest(nearest(input.0, result.0), nearest(input.1, result.1)),
            Interpolation::Bilinear => {
                Self::Linear(Between::linear(input.0, result.0), Between::linear(input.1, result.1))
            }
            Interpolation::Bicubic => {
                Self::Cubic(Between::cubic(input.0, result.0), Between::cubic(input.1, result.1))
            }
        }
    }

    /// Returns the rows and columns of the input that are used, in order, and from now on counts only these.
    fn compact(&mut self) -> (Vec<usize>, Vec<usize>) {
        match self {
            Self::Nearest(rows, columns) => {
                (renumber(rows.iter_mut().collect()), renumber(columns.iter_mut().collect()))
            }
            Self::Linear(rows, columns) => (Between::compact(rows), Between::compact(columns)),
            Self::Cubic(rows, columns) => (Between::compact(rows), Between::compact(columns)),
        }
    }

    fn interpolate(&self, plane: &Plane<T>) -> Plane<T> {
        match self {
            Self::Nearest(rows, columns) => gather(plane, rows, columns),
            Self::Linear(rows, columns) => bilinear(plane, rows, columns),
            Self::Cubic(rows, columns) => bicubic(plane, rows, columns),
        }
    }
}

/// Returns the numbers there are, in order, and makes each number its place among them.
fn renumber(numbers: Vec<&mut usize>) -> Vec<usize> {
    let mut used: Vec<usize> = numbers.iter().map(|n| **n).collect();
    used.sort_unstable();
    used.dedup();
    for number in numbers {
        *number = used.partition_point(|u| u < number);
    }
    used
}

/// A place between `N` neighbouring pixels: how far it is past the one it is counted from, and which they are.
struct Between<T, const N: usize> {
    fraction: T,
    pixels: [usize; N],
}

impl<T, const N: usize> Between<T, N> {
    fn compact(places: &mut [Self]) -> Vec<usize> {
        renumber(places.iter_mut().flat_map(|p| &mut p.pixels).collect())
    }
}

impl<T: Real> Between<T, 2> {
    fn linear(n_in: usize, n_out: usize) -> Vec<Self> {
        let place = |c: T| {
            let (low, high) = (c.to_f64().floor(), c.to_f64().ceil());
            let pixels = [symmetric(low as i64, n_in), symmetric(high as i64, n_in)];
            Self { fraction: c - T::of(low), pixels }
        };
        coordinates(n_in, n_out).into_iter().map(place).collect()
    }
}

impl<T: Real> Between<T, 4> {
    fn cubic(n_in: usize, n_out: usize) -> Vec<Self> {
        let place = |c: T| {
            let low = c.to_f64().floor();
            let pixels = std::array::from_fn(|k| symmetric(low as i64 - 1 + k as i64, n_in));
            Self { fraction: c - T::of(low), pixels }
        };
        coordinates(n_in, n_out).into_iter().map(place).collect()
    }
}

/// Rows interpolated along x, kept while rows of the result near them still need them.
struct Rows<B> {
    kept: Vec<(Option<usize>, Vec<B>)>,
}

impl<B: Clone> Rows<B> {
    fn new(count: usize, width: usize, zero: B) -> Self {
        Self { kept: vec![(None, vec![zero; width]); count] }
    }

    /// Returns the rows `wanted`, making those with `make` that are not kept.
    fn get<const N: usize>(&mut self, wanted: [usize; N], make: impl Fn(usize, &mut [B])) -> [&[B]; N] {
        for y in wanted {
            if self.kept.iter().any(|(row, _)| *row == Some(y)) {
                continue;
            }
            let free = self.kept.iter().position(|(row, _)| row.is_none_or(|r| !wanted.contains(&r)));
            let slot = &mut self.kept[free.expect("as many rows are kept as are wanted at once")];
            slot.0 = Some(y);
            make(y, &mut slot.1);
        }
        let find = |y| self.kept.iter().position(|(row, _)| *row == Some(y)).expect("it was just made");
        wanted.map(|y| self.kept[find(y)].1.as_slice())
    }
}

/// Interpolates between 2 × 2 pixels: along x, then along y, in f64 but for the right pixel's share, whose product
/// is rounded to the image's type (the C code multiplies two floats there).
fn bilinear<T: Real>(plane: &Plane<T>, rows: &[Between<T, 2>], columns: &[Between<T, 2>]) -> Plane<T> {
    let (height, width) = (rows.len(), columns.len());
    let mut kept = Rows::new(2, width, 0f64);
    let mut data = Vec::with_capacity(height * width);
    for place in rows {
        let [top, bottom] = kept.get(place.pixels, |y, out| {
            let row = plane.row(y);
            for (out, c) in out.iter_mut().zip(columns) {
                let left = row[c.pixels[0]].to_f64();
                let right = (c.fraction * row[c.pixels[1]]).to_f64();
                *out = (1.0 - c.fraction.to_f64()) * left + right;
            }
        });
        let below = place.fraction.to_f64();
        let above = 1.0 - below;
        data.extend(top.iter().zip(bottom).map(|(t, b)| T::of(above * t + below * b)));
    }
    Plane::from_vec(height, width, data)
}

/// Interpolates between 4 × 4 pixels, along x, then along y, in the image's type.
fn bicubic<T: Real>(plane: &Plane<T>, rows: &[Between<T, 4>], columns: &[Between<T, 4>]) -> Plane<T> {
    let (height, width) = (rows.len(), columns.len());
    let mut kept = Rows::new(4, width, T::ZERO);
    let mut data = Vec::with_capacity(height * width);
    for place in rows {
        let near = kept.get(place.pixels, |y, out| {
            let row = plane.row(y);
            for (out, c) in out.iter_mut().zip(columns) {
                *out = cubic(c.fraction, c.pixels.map(|x| row[x]));
            }
        });
        data.extend((0..width).map(|x| cubic(place.fraction, near.map(|row| row[x]))));
    }
    Plane::from_vec(height, width, data)
}

/// Returns the Catmull-Rom spline through `f`, at −1, 0, 1 and 2, at `x` from 0 to 1.
fn cubic<T: Real>(x: T, f: [T; 4]) -> T {
    let k = T::of;
    let third = k(3.0) * (f[1] - f[2]) + f[3] - f[0];
    let second = k(2.0) * f[0] - k(5.0) * f[1] + k(4.0) * f[2] - f[3];
    f[1] + k(0.5) * x * (f[2] - f[0] + x * (second + x * third))
}

/// Returns the least and the greatest value; `None` of none, or if one is NaN.
fn range<T: Real>(planes: &[Plane<T>]) -> Option<(T, T)> {
    let mut values = planes.iter().flat_map(Plane::data).copied();
    let first = values.next()?;
    let (mut min, mut max, mut nan) = (first, first, first.to_f64().is_nan());
    for v in values {
        min = if v < min { v } else { min };
        max = if v > max { v } else { max };
        nan |= v.to_f64().is_nan();
    }
    (!nan).then_some((min, max))
}

/// Brings `resized` into the range of `original`; a NaN in `original` makes everything NaN, as in numpy.
fn clip<T: Real>(resized: &mut [Plane<T>], original: &[Plane<T>]) {
    let range = range(original);
    for v in resized.iter_mut().flat_map(Plane::data_mut) {
        match range {
            None => *v = T::of(f64::NAN),
            Some((min, _)) if *v < min => *v = min,
            Some((_, max)) if *v > max => *v = max,
            Some(_) => {}
        }
    }
}
