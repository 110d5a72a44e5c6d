//! Pictures of bytes in another size, by cubic convolution over the area of each new pixel.
//!
//! Source: Pillow 9.5, `Image.resize` with its default filter (Keys 1981, a = −½, widened where the picture shrinks), in
//! fixed point: weights of 22 bits, each axis rounded to bytes, rows first.

/// Bits after the point of a weight.
const PRECISION: u32 = 22;

/// Returns `bytes` (height × width × channels) in the size (height, width) `size`.
pub fn resample(bytes: &[u8], from: (usize, usize), channels: usize, size: (usize, usize)) -> Vec<u8> {
    let wide = if size.1 == from.1 { bytes.to_vec() } else { rows(bytes, from, channels, size.1) };
    if size.0 == from.0 { wide } else { columns(&wide, from.0, size.1 * channels, size.0) }
}

/// The old pixels that a new one is made of: the first, and the weights of it and those after it.
struct Window {
    first: usize,
    weights: Vec<i32>,
}

fn windows(from: usize, to: usize) -> Vec<Window> {
    let scale = from as f64 / to as f64;
    let filter_scale = scale.max(1.0);
    let support = 2.0 * filter_scale;
    let window = |i: usize| {
        let center = (i as f64 + 0.5) * scale;
        let first = (center - support + 0.5).max(0.0) as usize;
        let end = ((center + support + 0.5) as usize).min(from);
        let at = |x: usize| cubic((x as f64 - center + 0.5) * (1.0 / filter_scale));
        let mut weights: Vec<f64> = (first..end).map(at).collect();
        let sum: f64 = weights.iter().sum();
        if sum != 0.0 {
            weights.iter_mut().for_each(|w| *w /= sum);
        }
        Window { first, weights: weights.into_iter().map(fixed).collect() }
    };
    (0..to).map(window).collect()
}

fn cubic(x: f64) -> f64 {
    const A: f64 = -0.5;
    let x = x.abs();
    if x < 1.0 {
        ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        (((x - 5.0) * x + 8.0) * x - 4.0) * A
    } else {
        0.0
    }
}

fn fixed(weight: f64) -> i32 {
    let half = if weight < 0.0 { -0.5 } else { 0.5 };
    (half + weight * f64::from(1 << PRECISION)) as i32
}

fn rounded(sum: i32) -> u8 {
    (sum >> PRECISION).clamp(0, 255) as u8
}

fn rows(bytes: &[u8], (height, width): (usize, usize), channels: usize, to: usize) -> Vec<u8> {
    let windows = windows(width, to);
    let mut resampled = Vec::with_capacity(height * to * channels);
    for row in bytes.chunks_exact(width * channels) {
        for Window { first, weights } in &windows {
            for channel in 0..channels {
                let old = row[first * channels + channel..].iter().step_by(channels);
                let sum: i32 = old.zip(weights).map(|(&v, w)| i32::from(v) * w).sum();
                resampled.push(rounded(sum + (1 << (PRECISION - 1))));
            }
        }
    }
    resampled
}

fn columns(bytes: &[u8], height: usize, row: usize, to: usize) -> Vec<u8> {
    let mut resampled = Vec::with_capacity(to * row);
    let mut sums = vec![0_i32; row];
    for Window { first, weights } in windows(height, to) {
        sums.fill(1 << (PRECISION - 1));
        for (line, weight) in bytes.chunks_exact(row).skip(first).zip(weights) {
            sums.iter_mut().zip(line).for_each(|(sum, &v)| *sum += i32::from(v) * weight);
        }
        resampled.extend(sums.iter().map(|&sum| rounded(sum)));
    }
    resampled
}
