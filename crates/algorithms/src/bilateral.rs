//! Smoothing that keeps edges, by a Gaussian of the distance and one of the difference in brightness.

use crate::numpy;
use multiversion::multiversion;
use pixels::Plane;

/// Steps of the table of differences.
const BINS: usize = 10_000;
/// Neighbouring pixels that are computed together.
const LANES: usize = 8;

/// Returns `image` (not negative) filtered with deviations in brightness (0 is that of the image) and in pixels.
///
/// `None` when a pixel is negative. Beyond the border everything is 0, and counts. Source:
/// `skimage.restoration.denoise_bilateral` 0.18 (Tomasi and Manduchi 1998), its tables included: that of distances is
/// one row and column wider than the window but read as if it were not.
pub fn denoise_bilateral(image: &Plane<f64>, sigma_color: f64, sigma_spatial: f64) -> Option<Plane<f64>> {
    let (min, max) = numpy::extremes(image.data())?;
    if min == max {
        return Some(image.clone());
    }
    if min < 0.0 {
        return None;
    }
    let reach = ((3.0 * sigma_spatial).ceil() as usize).max(2);
    let window = 2 * reach + 1;
    let sigma_color =
        if sigma_color == 0.0 { numpy::standard_deviation(image.data(), 0) } else { sigma_color };
    let weight = |distance: f64, sigma: f64| (-0.5 * (distance * distance / (sigma * sigma))).exp();
    let step = max / BINS as f64;
    let by_difference: [f64; BINS] = std::array::from_fn(|i| weight(i as f64 * step, sigma_color));
    let offset = |i: usize| i as f64 - (reach + 1) as f64;
    let by_distance: Vec<f64> = (0..(window + 1) * (window + 1))
        .map(|i| weight(offset(i / (window + 1)).hypot(offset(i % (window + 1))), sigma_spatial))
        .collect();
    let scale = BINS as f64 / max;
    let (height, width) = image.shape();
    let stride = width + 2 * reach + LANES;
    let mut wide = vec![0.0; (height + 2 * reach) * stride];
    for y in 0..height {
        wide[(y + reach) * stride + reach..][..width].copy_from_slice(image.row(y));
    }
    let mut out = Plane::zeros(height, width);
    for y in 0..height {
        smooth_row(
            &wide[y * stride..],
            stride,
            window,
            (&by_distance, &by_difference),
            scale,
            out.row_mut(y),
        );
    }
    Some(out)
}

/// Smooths a row of pixels; `wide` begins with the first of the rows that they reach, `window` of them.
#[multiversion(targets("x86_64+avx2"))]
fn smooth_row(
    wide: &[f64],
    stride: usize,
    window: usize,
    (by_distance, by_difference): (&[f64], &[f64; BINS]),
    scale: f64,
    to: &mut [f64],
) {
    for (block, to) in to.chunks_mut(LANES).enumerate() {
        let start = block * LANES;
        let at = |offset: usize| -> &[f64; LANES] {
            wide[start + offset..].first_chunk().expect("rows have room for a last block")
        };
        let centre = at(window / 2 * (stride + 1));
        let (mut sums, mut weights) = ([0.0; LANES], [0.0; LANES]);
        for row in 0..window {
            for column in 0..window {
                let values = at(row * stride + column);
                let near = by_distance[row * window + column];
                // A difference is at most the image's range, which is `BINS` steps.
                let bins: [i32; LANES] =
                    std::array::from_fn(|lane| ((centre[lane] - values[lane]).abs() * scale) as i32);
                for lane in 0..LANES {
                    let weight = near * by_difference[(bins[lane] as usize).min(BINS - 1)];
                    sums[lane] += values[lane] * weight;
                    weights[lane] += weight;
                }
            }
        }
        to.iter_mut().zip(sums.iter().zip(weights)).for_each(|(to, (sum, weight))| *to = sum / weight);
    }
}
