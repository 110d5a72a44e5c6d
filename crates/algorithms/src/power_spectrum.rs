//! The slope of an image's power spectrum, radius by radius, on logarithmic axes.
//!
//! Source: `centrosome.radial_power_spectrum` 1.2.3 and CellProfiler 4.2.8's MeasureImageQuality. The radii are counted
//! from the corner and its mirrored neighbours, which is off by one for negative frequencies. Their Fourier transform is
//! in single precision, this one in double.

use crate::numpy::{self, Real, extremes};
use pixels::Plane;
use realfft::RealFftPlanner;
use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

/// Returns the slope of log power over log radius, up to an eighth of the lesser side; `None` where there is none.
pub fn power_slope<T: Real>(image: &Plane<T>) -> Option<f64> {
    let (height, width) = image.shape();
    let last = (height.min(width) as f64 / 8.0).floor() as usize;
    let (least, most) = extremes(image.data())?;
    if last <= 2 || most.is_nan() || most == least {
        return None;
    }
    let mean = numpy::mean(image.data());
    let mut values: Vec<T> = image.data().iter().map(|&v| (v - mean).abs()).collect();
    let median = numpy::median(&values);
    values.iter_mut().zip(image.data()).for_each(|(to, &v)| *to = v / median);
    let mean = numpy::mean(&values);
    values.iter_mut().for_each(|v| *v = *v - mean);
    let columns = spectrum(&Plane::from_vec(height, width, values), last);
    let power = radial_power(&columns, height, width, last)?;
    slope(power)
}

/// Returns columns 0 to `last` of the Fourier transform, column by column.
fn spectrum<T: Real>(image: &Plane<T>, last: usize) -> Vec<Vec<Complex<f64>>> {
    let (height, width) = image.shape();
    let along_rows = RealFftPlanner::<f64>::new().plan_fft_forward(width);
    let mut input = along_rows.make_input_vec();
    let mut output = along_rows.make_output_vec();
    let mut scratch = along_rows.make_scratch_vec();
    let mut columns = vec![vec![Complex::default(); height]; last + 1];
    for y in 0..height {
        input.iter_mut().zip(image.row(y)).for_each(|(to, v)| *to = v.to_f64());
        // The only error is of buffers of other lengths, and these are the plan's own.
        if along_rows.process_with_scratch(&mut input, &mut output, &mut scratch).is_err() {
            continue;
        }
        for (column, &value) in columns.iter_mut().zip(&output) {
            column[y] = value;
        }
    }
    let along_columns = FftPlanner::<f64>::new().plan_fft_forward(height);
    let mut scratch = vec![Complex::default(); along_columns.get_inplace_scratch_len()];
    columns.iter_mut().for_each(|c| along_columns.process_with_scratch(c, &mut scratch));
    columns
}

/// Returns radius and power, from radius 2 to the one before `last`; `None` where all magnitudes are 0 or not numbers.
fn radial_power(
    columns: &[Vec<Complex<f64>>],
    height: usize,
    width: usize,
    last: usize,
) -> Option<Vec<(f64, f64)>> {
    let mut magnitude = vec![0.0; last];
    let mut power = vec![0.0; last];
    let near = |i: usize, n: usize| i.min(n - 1 - i);
    // The columns of negative frequencies mirror those of positive ones.
    let all = (0..last).map(|c| (c, c, false)).chain((1..=last).map(|c| (width - c, c, true)));
    for (place, column, mirrored) in all {
        let x = near(place, width);
        for y in (0..height).filter(|&y| near(y, height) < last) {
            let radius = (((near(y, height).pow(2) + x * x) as f64).sqrt()).floor() as usize + 1;
            if radius < 2 || radius >= last {
                continue;
            }
            let row = if mirrored { (height - y) % height } else { y };
            let square = columns[column][row].norm_sqr();
            magnitude[radius] += square.sqrt();
            power[radius] += square;
        }
    }
    let total: f64 = magnitude.iter().sum();
    let valid = (2..last).filter(|&r| magnitude[r] > 0.0).map(|r| (r as f64, power[r]));
    (total > 0.0).then(|| valid.collect())
}

/// Returns the slope of the least-squares line through the logarithms.
fn slope(power: Vec<(f64, f64)>) -> Option<f64> {
    if power.len() < 2 {
        return None;
    }
    let logs = power.iter().map(|(r, p)| (r.ln(), p.ln()));
    let points: Vec<(f64, f64)> = logs.filter(|(_, p)| p.is_finite()).collect();
    let n = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |sum, p| (sum.0 + p.0, sum.1 + p.1));
    let (x, y) = (x / n, y / n);
    let (xy, xx) = points.iter().fold((0.0, 0.0), |sum, p| {
        let (dx, dy) = (p.0 - x, p.1 - y);
        (sum.0 + dx * dy, sum.1 + dx * dx)
    });
    Some(xy / xx)
}
