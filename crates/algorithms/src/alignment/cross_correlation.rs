use super::Offset;
use crate::numpy;
use pixels::Plane;
use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

/// Returns the offset of the second image at which the two correlate best, normalised by what lies on each other.
///
/// As there: quotients of small overlaps whose deviation is small too are 0, and one that is no number wins.
pub fn cross_correlation(first: &Plane<f64>, second: &Plane<f64>) -> Offset {
    let height = first.height().max(second.height());
    let width = first.width().max(second.width());
    let centred = |plane: &Plane<f64>| {
        let mean = numpy::mean(plane.data());
        plane.map(|v| v - mean)
    };
    let (shape, own) = ((2 * height, 2 * width), first.shape());
    let (first, second) = (centred(first), centred(second));
    let correlation = correlate(&first, &second, shape);
    let area = (height * width) as f64;
    let unit = |y: usize, x: usize| (y.abs_diff(height) * x.abs_diff(width)).max(1) as f64;
    let squares = [&first, &second].map(|plane| numpy::sum_of(plane.data(), |v: f64| v * v));
    // Of each offset, the product of the deviations of what lies on each other; the second image's lie turned round.
    let mut both = quadrant_sums(&first, shape);
    let turned = quadrant_sums(&second, shape);
    for (y, row) in both.data_mut().chunks_exact_mut(shape.1).enumerate() {
        for (x, (sum, turned)) in row.iter_mut().zip(turned.row(shape.0 - 1 - y).iter().rev()).enumerate() {
            let means = [*sum, *turned].map(|sum| sum / unit(y, x));
            let [a, b] = [0, 1].map(|i| squares[i] - means[i] * means[i] * area);
            *sum = (a * b).max(0.0).sqrt();
        }
    }
    let least = numpy::mean(both.data()) / 100.0;
    let mut best = (f64::NEG_INFINITY, (0, 0));
    'all: for y in 0..shape.0 {
        for x in 0..shape.1 {
            let deviation = both[(y, x)];
            let small = unit(y, x) < area / 2.0 && deviation < least;
            let quotient = if small { 0.0 } else { correlation[(y, x)] / deviation };
            if quotient.is_nan() {
                best = (quotient, (y, x));
                break 'all;
            }
            if quotient > best.0 {
                best = (quotient, (y, x));
            }
        }
    }
    let wrapped = |at: usize, own: usize, n: usize| if at > own { at as i64 - n as i64 } else { at as i64 };
    let (y, x) = best.1;
    (wrapped(y, own.0, shape.0), wrapped(x, own.1, shape.1))
}

/// Returns the circular correlation of two planes on a larger one, by Fourier transforms: the two are one complex
/// plane, whose columns are transformed where they lie as rows.
fn correlate(first: &Plane<f64>, second: &Plane<f64>, (height, width): (usize, usize)) -> Plane<f64> {
    let mut planner = FftPlanner::new();
    let mut values = vec![Complex::default(); height * width];
    for y in 0..first.height() {
        values[y * width..].iter_mut().zip(first.row(y)).for_each(|(to, &v)| to.re = v);
    }
    for y in 0..second.height() {
        values[y * width..].iter_mut().zip(second.row(y)).for_each(|(to, &v)| to.im = v);
    }
    // The rows below are 0, and so is what they become.
    let rows = first.height().max(second.height());
    planner.plan_fft_forward(width).process(&mut values[..rows * width]);
    let mut columns = vec![Complex::default(); values.len()];
    transpose(&values, &mut columns, (height, width));
    planner.plan_fft_forward(height).process(&mut columns);
    for x in 0..width {
        for y in 0..height {
            // Of two numbers that are each other's opposite, the spectra of real planes are conjugates.
            let (at, opposite) = (x * height + y, (width - x) % width * height + (height - y) % height);
            if at > opposite {
                continue;
            }
            let (here, there) = (columns[at], columns[opposite].conj());
            let first = (here + there) * 0.5;
            let second = (here - there) * Complex::new(0.0, -0.5);
            columns[at] = first * second.conj();
            columns[opposite] = columns[at].conj();
        }
    }
    planner.plan_fft_inverse(height).process(&mut columns);
    transpose(&columns, &mut values, (width, height));
    planner.plan_fft_inverse(width).process(&mut values);
    let scale = 1.0 / (height * width) as f64;
    Plane::from_vec(height, width, values.iter().map(|v| v.re * scale).collect())
}

fn transpose<T: Copy>(from: &[T], to: &mut [T], (height, width): (usize, usize)) {
    // Square by square, so that both sides stay in the cache.
    const SIDE: usize = 16;
    for top in (0..height).step_by(SIDE) {
        for left in (0..width).step_by(SIDE) {
            for y in top..(top + SIDE).min(height) {
                for x in left..(left + SIDE).min(width) {
                    to[x * height + y] = from[y * width + x];
                }
            }
        }
    }
}

/// Returns the sums from each pixel to the plane's corners, a corner a quadrant: what lies on the other image when the
/// two are moved against each other. Quadrants that meet overwrite those before.
fn quadrant_sums(plane: &Plane<f64>, (height, width): (usize, usize)) -> Plane<f64> {
    let (own_height, own_width) = plane.shape();
    let mut out = Plane::zeros(height, width);
    for (down, right) in [(false, false), (false, true), (true, false), (true, true)] {
        let mut above = vec![0.0; own_width];
        for step in 0..own_height {
            let y = if down { step } else { own_height - 1 - step };
            if step == 0 {
                above.copy_from_slice(plane.row(y));
            } else {
                above.iter_mut().zip(plane.row(y)).for_each(|(sum, v)| *sum += v);
            }
            let row = out.row_mut(if down { height - own_height + y } else { y });
            let mut sum = 0.0;
            for step in 0..own_width {
                let x = if right { step } else { own_width - 1 - step };
                sum = if step == 0 { above[x] } else { sum + above[x] };
                row[if right { width - own_width + x } else { x }] = sum;
            }
        }
    }
    out
}
