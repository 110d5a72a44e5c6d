//! The steps of an illumination function that are its own: block minima, dilation by a Gaussian of cells, smoothing with a median,
//! and scaling. Source: CellProfiler 4.2.8, `correctilluminationcalculate.py`; centrosome 1.2.3, `smooth.py`.

use crate::gaussian::smooth_with_function_and_mask;
use crate::median::disk_median;
use crate::numpy::{self, Real};
use crate::spline_background::{SplineFit, spline_background};
use pixels::Plane;

/// Returns the least value of each block where `mask` holds (`None` is everywhere), and 0 where it does not.
///
/// Blocks are about `side` × `side` pixels: the image is divided evenly into as many as fit whole. NaN counts only where
/// a block has nothing else.
pub fn block_minima<T: Real>(plane: &Plane<T>, mask: Option<&Plane<bool>>, side: usize) -> Plane<T> {
    let blocks = |n: usize| -> Vec<usize> {
        let count = (n as f64 / side as f64) as usize;
        let ratio = count.max(1) as f64 / n as f64;
        (0..n).map(|i| (i as f64 * ratio) as usize).collect()
    };
    let (rows, columns) = (blocks(plane.height()), blocks(plane.width()));
    let across = columns.last().map_or(0, |last| last + 1);
    let mut minima: Vec<Option<T>> = vec![None; across * rows.last().map_or(0, |last| last + 1)];
    let holds = |y: usize, x: usize| mask.is_none_or(|mask| mask[(y, x)]);
    for (y, &block_row) in rows.iter().enumerate() {
        for (x, (&v, &block_column)) in plane.row(y).iter().zip(&columns).enumerate() {
            if holds(y, x) {
                let least = minima[block_row * across + block_column].get_or_insert(v);
                if v < *least || least.to_f64().is_nan() {
                    *least = v;
                }
            }
        }
    }
    let mut result = Plane::zeros(plane.height(), plane.width());
    for (y, &block_row) in rows.iter().enumerate() {
        for (x, (to, &block_column)) in result.row_mut(y).iter_mut().zip(&columns).enumerate() {
            if let Some(least) = minima[block_row * across + block_column].filter(|_| holds(y, x)) {
                *to = least;
            }
        }
    }
    result
}

/// Returns `plane` spread over about the size of a cell of this `radius`, inside `mask`.
///
/// The kernel is a Gaussian in a circle of three radii whose deviation is the radius squared: CellProfiler divides by the
/// radius twice. Sums are f64 in raster order of the kernel; the image's is rounded to its type.
pub fn dilate<T: Real>(plane: &Plane<T>, mask: &Plane<bool>, radius: usize) -> Plane<f64> {
    let taps = circular_gaussian(radius);
    smooth_with_function_and_mask(plane, mask, |p| convolve(p, &taps), |p| convolve(p, &taps))
}

/// A kernel's row below the centre, column right of it, and weight.
type Tap = (isize, isize, f64);

fn circular_gaussian(sigma: usize) -> Vec<Tap> {
    let reach = 3 * sigma as isize;
    let (radius, sigma) = (3.0 * sigma as f64, sigma as f64);
    let mut taps = Vec::new();
    for i in -reach..=reach {
        for j in -reach..=reach {
            let (y, x) = (i as f64 / radius, j as f64 / radius);
            if y * y + x * x <= 1.0 {
                let (y, x) = (y * radius / sigma, x * radius / sigma);
                let power = -(y * y + x * x) / (2.0 * (sigma * sigma));
                taps.push((i, j, std::f64::consts::E.powf(power)));
            } else {
                taps.push((i, j, 0.0));
            }
        }
    }
    let sum = numpy::sum(&taps.iter().map(|tap| tap.2).collect::<Vec<_>>());
    taps.iter_mut().for_each(|tap| tap.2 /= sum);
    // scipy leaves out weights that are next to nothing.
    taps.retain(|tap| tap.2.is_nan() || tap.2 > f64::EPSILON);
    taps
}

/// Returns the sum of the pixels around each, weighted by `taps`; beyond the border is 0.
fn convolve<T: Real>(plane: &Plane<T>, taps: &[Tap]) -> Plane<T> {
    let (height, width) = plane.shape();
    let mut result = Plane::zeros(height, width);
    let mut sums = vec![0.0; width];
    for y in 0..height {
        sums.fill(0.0);
        for &(dy, dx, weight) in taps {
            let Some(row) = y.checked_add_signed(dy).filter(|&row| row < height) else { continue };
            let skip = dx.unsigned_abs().min(width);
            let (to, from) = if dx < 0 {
                (&mut sums[skip..], &plane.row(row)[..width - skip])
            } else {
                (&mut sums[..width - skip], &plane.row(row)[skip..])
            };
            to.iter_mut().zip(from).for_each(|(to, from)| *to += from.to_f64() * weight);
        }
        result.row_mut(y).iter_mut().zip(&sums).for_each(|(to, &sum)| *to = T::of(sum));
    }
    result
}

/// Returns the medians over disks of `radius`, of values from 0 to 1 as 16-bit integers.
///
/// Values are cut, not rounded, to whole 65535ths; those beyond 0 and 1 wrap around. Pixels outside `mask` count as 0.
pub fn median<T: Real>(plane: &Plane<T>, mask: &Plane<bool>, radius: usize) -> Plane<u16> {
    let scale = T::of(65535.0);
    let integers = plane.zip(mask, |&v, &m| if m { wrapped(v * scale) } else { 0 });
    disk_median(&integers, radius)
}

/// Returns a value as C makes an unsigned 16-bit integer of it on x86.
fn wrapped<T: Real>(value: T) -> u16 {
    let value = value.to_f64();
    if (-2_147_483_648.0..2_147_483_648.0).contains(&value) { value as i32 as u16 } else { 0 }
}

/// Returns the background of `plane` inside `mask` as a surface of splines, less its mean; 0 outside.
///
/// `None` when there is no such surface, as [`spline_background`] says.
pub fn splines<T: Real>(plane: &Plane<T>, mask: &Plane<bool>, fit: SplineFit) -> Option<Plane<T>> {
    let background = spline_background(plane, mask, fit)?;
    let pairs = background.data().iter().zip(mask.data());
    let mean = numpy::mean(&pairs.filter(|(_, m)| **m).map(|(&v, _)| v).collect::<Vec<T>>());
    Some(background.zip(mask, |&v, &m| if m { v - mean } else { v }))
}

/// What an illumination function is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scaling {
    /// The value that 2 % of the positive pixels lie under; lesser values are raised to it.
    RobustMinimum,
    /// The upper median of the positive pixels.
    Median,
}

/// Returns `plane` scaled by a value taken from its positive pixels inside `mask` (`None` is everywhere).
pub fn scale<T: Real>(plane: &Plane<T>, mask: Option<&Plane<bool>>, scaling: Scaling) -> Plane<T> {
    let mut positive: Vec<T> = match mask {
        Some(mask) => plane.data().iter().zip(mask.data()).filter(|p| *p.1).map(|p| *p.0).collect(),
        None => plane.data().to_vec(),
    };
    positive.retain(|&v| v > T::ZERO);
    if positive.is_empty() {
        return plane.clone();
    }
    let at = match scaling {
        Scaling::RobustMinimum => (positive.len() as f64 * 0.02) as usize,
        Scaling::Median => positive.len() / 2,
    };
    let unit = *positive.select_nth_unstable_by(at, Real::order).1;
    match scaling {
        Scaling::RobustMinimum => plane.map(|&v| (if v < unit { unit } else { v }) / unit),
        Scaling::Median => plane.map(|&v| v / unit),
    }
}
