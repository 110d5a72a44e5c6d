//! The background of an image as a surface of cubic splines, fitted again and again to the pixels near it
//! (Lindblad & Bengtsson 2001), as `centrosome.bg_compensate.backgr` (1.2.3).

use crate::least_squares::LeastSquares;
use crate::map_coordinates::{Order, Outside, map_grid};
use crate::numpy::{self, Real, linspace};
use pixels::Plane;

/// Which pixels are foreground.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Background {
    /// Found out from the image's percentiles.
    Automatic,
    /// The brighter ones.
    Dark,
    /// The darker ones.
    Bright,
    /// Both.
    Gray,
}

/// How the surface is fitted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SplineFit {
    /// Which pixels are foreground.
    pub background: Background,
    /// How many standard deviations from the surface a pixel still is background.
    pub threshold: f64,
    /// Control points along each axis, 4 at the least.
    pub points: usize,
    /// The image is made this many times smaller first.
    pub scale: f64,
    /// How often to fit at the most.
    pub iterations: usize,
    /// Fits that differ by this fraction of the image's range are equal.
    pub convergence: f64,
}

impl SplineFit {
    /// Returns what CellProfiler takes for an image of this size unless told otherwise: its shorter side is made 200.
    pub fn automatic((height, width): (usize, usize)) -> Self {
        let shorter = height.min(width);
        Self {
            background: Background::Automatic,
            threshold: 2.0,
            points: 5,
            scale: if shorter < 200 { 1.0 } else { shorter as f64 / 200.0 },
            iterations: 40,
            convergence: 0.001,
        }
    }
}

/// Returns the background of `image` inside `mask`, 0 outside; `None` when the mask holds nowhere, or so little of the
/// image is left after scaling that no surface goes through it.
pub fn spline_background<T: Real>(image: &Plane<T>, mask: &Plane<bool>, fit: SplineFit) -> Option<Plane<T>> {
    let bounds = Bounds::of(mask)?;
    let rows = Axis::new(bounds.height(), fit.scale)?;
    let columns = Axis::new(bounds.width(), fit.scale)?;
    let shrink = |plane: &Plane<f64>| {
        map_grid(plane, &rows.small, &columns.small, Order::Quadratic, Outside::Constant(0.0))
    };
    let small = shrink(&bounds.cut(image, |v| v.to_f64())).map(|&v| T::of(v).to_f64());
    let inside = shrink(&bounds.cut(mask, |m| f64::from(u8::from(m)))).map(|&v| v > 0.5);
    let surface = fitted::<T>(&small, &inside, fit)?;
    let large = map_grid(&surface, &rows.large, &columns.large, Order::Cubic, Outside::Constant(0.0));
    let mut result = Plane::zeros(image.height(), image.width());
    for y in 0..bounds.height() {
        let to = &mut result.row_mut(bounds.top + y)[bounds.left..bounds.right];
        let mask = &mask.row(bounds.top + y)[bounds.left..bounds.right];
        for ((to, &from), _) in to.iter_mut().zip(large.row(y)).zip(mask).filter(|(_, m)| **m) {
            *to = T::of(from);
        }
    }
    Some(result)
}

/// The smallest rectangle that holds all of a mask.
struct Bounds {
    top: usize,
    bottom: usize,
    left: usize,
    right: usize,
}

impl Bounds {
    fn of(mask: &Plane<bool>) -> Option<Self> {
        let rows = || (0..mask.height()).filter(|&y| mask.row(y).contains(&true));
        let (top, bottom) = (rows().next()?, rows().next_back()? + 1);
        let first = |y: usize| mask.row(y).iter().position(|&m| m);
        let last = |y: usize| mask.row(y).iter().rposition(|&m| m);
        let (left, right) = (rows().filter_map(first).min()?, rows().filter_map(last).max()? + 1);
        Some(Self { top, bottom, left, right })
    }

    fn height(&self) -> usize {
        self.bottom - self.top
    }

    fn width(&self) -> usize {
        self.right - self.left
    }

    fn cut<T: Copy>(&self, plane: &Plane<T>, f: impl Fn(T) -> f64 + Copy) -> Plane<f64> {
        let rows = (self.top..self.bottom).map(|y| &plane.row(y)[self.left..self.right]);
        let data = rows.flat_map(|row| row.iter().map(move |&v| f(v))).collect();
        Plane::from_vec(self.height(), self.width(), data)
    }
}

/// Where the pixels of the small image lie in the large one, and the other way round.
struct Axis {
    small: Vec<f64>,
    large: Vec<f64>,
}

impl Axis {
    fn new(large: usize, scale: f64) -> Option<Self> {
        let small = (large as f64 / scale) as usize;
        if small < 2 || large < 2 {
            return None;
        }
        let ratio = (large as f64 - 1.0) / (small as f64 - 1.0);
        let inverse = 1.0 / ratio;
        Some(Self {
            small: (0..small).map(|i| i as f64 * ratio).collect(),
            large: (0..large).map(|i| i as f64 * inverse).collect(),
        })
    }
}

/// Returns the surface that fits the background of `image` inside `mask`; `T` is the type the image came in.
fn fitted<T: Real>(image: &Plane<f64>, mask: &Plane<bool>, fit: SplineFit) -> Option<Plane<f64>> {
    let inside = |plane: &Plane<f64>, mask: &Plane<bool>| -> Vec<f64> {
        plane.data().iter().zip(mask.data()).filter(|(_, m)| **m).map(|(&v, _)| v).collect()
    };
    let background = match fit.background {
        Background::Automatic => automatic(inside(image, mask)),
        told => told,
    };
    let range = image.data().iter().fold((f64::MAX, f64::MIN), |(a, b), &v| (a.min(v), b.max(v)));
    let range = T::of(range.1) - T::of(range.0);
    let close = (range.to_f64() * fit.convergence).max(T::EPSILON);
    let (rows, columns) = (Splines::new(image.height(), fit.points), Splines::new(image.width(), fit.points));
    let mut used = mask.clone();
    let mut surface = Plane::zeros(image.height(), image.width());
    for _ in 0..fit.iterations.max(1) {
        let next = evaluate(&weights(image, &used, &rows, &columns), &rows, &columns);
        let change: Vec<f64> =
            inside(&next, mask).into_iter().zip(inside(&surface, mask)).map(|(a, b)| a - b).collect();
        surface = next;
        if deviation(&change) < close {
            break;
        }
        let above = image.zip(&surface, |v, s| v - s);
        let cut = deviation(&inside(&above, &used)) * fit.threshold;
        let near = |v: f64| match background {
            Background::Dark => v < cut,
            Background::Bright => v > -cut,
            Background::Gray | Background::Automatic => v.abs() < cut,
        };
        used = above.zip(mask, |&v, &m| m && near(v));
        let count = |mask: &Plane<bool>| mask.data().iter().filter(|&&m| m).count() as f64;
        if count(&used) < 0.01 * count(mask) {
            break;
        }
    }
    Some(surface)
}

/// Returns the standard deviation with one degree of freedom less.
fn deviation(values: &[f64]) -> f64 {
    let mean = numpy::mean(values);
    let squares: Vec<f64> = values.iter().map(|v| (v - mean) * (v - mean)).collect();
    (numpy::sum(&squares) / (values.len() as f64 - 1.0)).sqrt()
}

/// Finds out whether there are bright objects on a dark background, dark ones on a bright, or neither alone, from the
/// distances of the 1st, 20th, 80th and 99th percentile.
fn automatic(mut values: Vec<f64>) -> Background {
    values.sort_unstable_by(f64::total_cmp);
    let p = [1.0, 20.0, 80.0, 99.0].map(|p| percentile(&values, p));
    let (lower, middle, upper) = (p[1] - p[0], p[2] - p[1], p[3] - p[2]);
    match (upper > middle, lower > middle) {
        (true, false) => Background::Dark,
        (false, true) => Background::Bright,
        _ => Background::Gray,
    }
}

/// Returns a percentile as Matlab counts: value i of n is the 100 (i + 0.5) / n th.
fn percentile(sorted: &[f64], p: f64) -> f64 {
    let n = sorted.len();
    let place = |i: usize| 100.0 * ((0.5 + i as f64) / n as f64);
    let (Some(&first), Some(&last)) = (sorted.first(), sorted.last()) else { return f64::NAN };
    if p < place(0) || n == 1 {
        return first;
    }
    if p > place(n - 1) {
        return last;
    }
    let after = (1..n - 1).find(|&i| place(i) >= p).unwrap_or(n - 1);
    let slope = (sorted[after] - sorted[after - 1]) / (place(after) - place(after - 1));
    slope * (p - place(after - 1)) + sorted[after - 1]
}

/// Cubic B-splines along one axis: at each pixel four are not zero.
struct Splines {
    points: usize,
    /// At each pixel, the first spline that is not zero, and the values of four.
    at: Vec<(usize, [f64; 4])>,
}

impl Splines {
    /// Places control points evenly, the outermost outside the axis.
    fn new(n: usize, points: usize) -> Self {
        let last = n as f64 - 1.0;
        let step = last / (points as f64 - 3.0);
        let knots = linspace(-step, last + step, points);
        let at = (0..n).map(|x| {
            let x = x as f64;
            let left = knots.iter().filter(|&&k| k <= x).count().saturating_sub(1).clamp(1, points - 3);
            let u = (x - knots[left]) / (knots[left + 1] - knots[left]);
            let (uu, uuu) = (u * u, u * u * u);
            let rest = 1.0 - u;
            let values =
                [rest * rest * rest, 4.0 - 6.0 * uu + 3.0 * uuu, 1.0 + 3.0 * u + 3.0 * uu - 3.0 * uuu, uuu];
            (left - 1, values.map(|v| v * (1.0 / 6.0)))
        });
        Self { points, at: at.collect() }
    }
}

/// Returns the splines' weights, columns outer, for which the squared error inside `mask` is least; zeros without a pixel.
fn weights(image: &Plane<f64>, mask: &Plane<bool>, rows: &Splines, columns: &Splines) -> Vec<f64> {
    let n = rows.points;
    let unknowns = columns.points * n;
    // The normal equations, gathered a column of pixels at a time: there the splines across are constants.
    let mut normal = Plane::<f64>::zeros(unknowns, unknowns);
    let mut right = vec![0.0; unknowns];
    for (x, &(first, across)) in columns.at.iter().enumerate() {
        let mut products = vec![0.0; n * n];
        let mut sums = vec![0.0; n];
        for (y, &(top, down)) in rows.at.iter().enumerate().filter(|&(y, _)| mask[(y, x)]) {
            let value = image[(y, x)];
            for (i, a) in down.into_iter().enumerate() {
                sums[top + i] += a * value;
                for (j, b) in down.into_iter().enumerate() {
                    products[(top + i) * n + top + j] += a * b;
                }
            }
        }
        for (i, a) in across.into_iter().enumerate() {
            let block = (first + i) * n;
            right[block..block + n].iter_mut().zip(&sums).for_each(|(r, s)| *r += a * s);
            for (j, b) in across.into_iter().enumerate() {
                let other = (first + j) * n;
                for (row, products) in products.chunks(n).enumerate() {
                    let to = &mut normal.row_mut(block + row)[other..other + n];
                    to.iter_mut().zip(products).for_each(|(to, p)| *to += a * b * p);
                }
            }
        }
    }
    cholesky(normal, &right).unwrap_or_else(|| {
        let mut system = LeastSquares::new(unknowns);
        for (x, &(first, across)) in columns.at.iter().enumerate() {
            for (y, &(top, down)) in rows.at.iter().enumerate().filter(|&(y, _)| mask[(y, x)]) {
                let mut equation = vec![0.0; unknowns];
                for (i, a) in across.into_iter().enumerate() {
                    for (j, b) in down.into_iter().enumerate() {
                        equation[(first + i) * n + top + j] = a * b;
                    }
                }
                system.add(&equation, image[(y, x)]);
            }
        }
        system.solve()
    })
}

/// Solves a symmetric positive definite system; `None` when it is so badly conditioned that squares must not be taken.
fn cholesky(mut a: Plane<f64>, right: &[f64]) -> Option<Vec<f64>> {
    let n = right.len();
    let greatest = (0..n).map(|i| a[(i, i)]).fold(0.0, f64::max);
    for i in 0..n {
        for j in 0..=i {
            let sum = (0..j).fold(a[(i, j)], |sum, k| sum - a[(i, k)] * a[(j, k)]);
            if i > j {
                a[(i, j)] = sum / a[(j, j)];
            } else if sum > 1e-8 * greatest {
                a[(i, i)] = sum.sqrt();
            } else {
                return None;
            }
        }
    }
    let mut x = right.to_vec();
    for i in 0..n {
        x[i] = (0..i).fold(x[i], |sum, k| sum - a[(i, k)] * x[k]) / a[(i, i)];
    }
    for i in (0..n).rev() {
        x[i] = (i + 1..n).fold(x[i], |sum, k| sum - a[(k, i)] * x[k]) / a[(i, i)];
    }
    Some(x)
}

fn evaluate(weights: &[f64], rows: &Splines, columns: &Splines) -> Plane<f64> {
    let n = rows.points;
    let mut surface = Plane::zeros(rows.at.len(), columns.at.len());
    // Each column's own weights of the splines down.
    let across: Vec<Vec<f64>> = columns
        .at
        .iter()
        .map(|&(first, values)| {
            let weight = |j: usize| (0..4).map(|i| values[i] * weights[(first + i) * n + j]).sum();
            (0..n).map(weight).collect()
        })
        .collect();
    for (y, &(top, values)) in rows.at.iter().enumerate() {
        for (to, across) in surface.row_mut(y).iter_mut().zip(&across) {
            *to = values.iter().zip(&across[top..]).map(|(v, w)| v * w).sum();
        }
    }
    surface
}
