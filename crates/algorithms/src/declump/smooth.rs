use super::Real;
use multiversion::multiversion;
use pixels::Plane;

/// Smooths `image` (H×W) within `mask` by a Gaussian cut off at two deviations; `size` is its width at half
/// height in pixels, and 0 is none.
///
/// What is outside the mask or the image counts neither for nor against: the sum of the weights that fell inside
/// divides. Pixels outside the mask become 0. Each axis is rounded to the image's type, rows first, as
/// `scipy.ndimage.convolve1d` does.
pub fn smooth<T: Real>(image: &Plane<T>, mask: Option<&Plane<bool>>, size: f64) -> Plane<T> {
    if size == 0.0 {
        return image.clone();
    }
    let weights = weights(size);
    let (height, width) = image.shape();
    match mask.filter(|m| m.data().contains(&false)) {
        None => {
            let smoothed = convolve(image, &weights);
            let edge = EdgeWeights::new(height, width, &weights);
            let mut out = smoothed;
            for y in 0..height {
                for (value, edge) in out.row_mut(y).iter_mut().zip(edge.row(y)) {
                    *value = T::round((*value).into() / edge);
                }
            }
            out
        }
        Some(mask) => {
            let masked = image.zip(mask, |&v, &m| if m { v } else { T::default() });
            let smoothed = convolve(&masked, &weights);
            let edge = convolve(&mask.map(|&m| f64::from(u8::from(m))), &weights);
            let ratio = smoothed.zip(&edge, |&v, &e| T::round(v.into() / e));
            ratio.zip(mask, |&v, &m| if m { v } else { T::default() })
        }
    }
}

/// Returns the weights from the middle outwards.
fn weights(size: f64) -> Vec<f64> {
    let sigma = size / 2.35;
    let reach = ((size / 2.0) as usize).max(1);
    let scale = 1.0 / (2.0 * std::f64::consts::PI).sqrt() / sigma;
    (0..=reach)
        .map(|i| {
            let i = i as f64;
            scale * (-0.5 * (i * i) / (sigma * sigma)).exp()
        })
        .collect()
}

/// Convolves with symmetric weights along columns, then rows; there are zeros outside.
///
/// Sums are f64 and go from the far end to the middle, in pairs; each axis is rounded.
#[multiversion(targets("x86_64+avx2"))]
fn convolve<T: Real>(image: &Plane<T>, weights: &[f64]) -> Plane<T> {
    let (height, width) = image.shape();
    let reach = weights.len() - 1;
    let mut between: Plane<T> = Plane::zeros(height, width);
    let mut sums = vec![0.0_f64; width];
    for y in 0..height {
        for (sum, &v) in sums.iter_mut().zip(image.row(y)) {
            *sum = v.into() * weights[0];
        }
        for d in (1..=reach).rev() {
            let weight = weights[d];
            match (y >= d, y + d < height) {
                (true, true) => {
                    for ((sum, &a), &b) in sums.iter_mut().zip(image.row(y - d)).zip(image.row(y + d)) {
                        *sum += (a.into() + b.into()) * weight;
                    }
                }
                (true, false) => add(&mut sums, image.row(y - d), weight),
                (false, true) => add(&mut sums, image.row(y + d), weight),
                (false, false) => {}
            }
        }
        for (out, &sum) in between.row_mut(y).iter_mut().zip(&sums) {
            *out = T::round(sum);
        }
    }
    let mut line = vec![0.0_f64; width + 2 * reach];
    let mut out: Plane<T> = Plane::zeros(height, width);
    for y in 0..height {
        for (wide, &v) in line[reach..].iter_mut().zip(between.row(y)) {
            *wide = v.into();
        }
        for (sum, &v) in sums.iter_mut().zip(&line[reach..]) {
            *sum = v * weights[0];
        }
        for d in (1..=reach).rev() {
            let weight = weights[d];
            for ((sum, &a), &b) in sums.iter_mut().zip(&line[reach - d..]).zip(&line[reach + d..]) {
                *sum += (a + b) * weight;
            }
        }
        for (out, &sum) in out.row_mut(y).iter_mut().zip(&sums) {
            *out = T::round(sum);
        }
    }
    out
}

fn add<T: Real>(sums: &mut [f64], row: &[T], weight: f64) {
    for (sum, &v) in sums.iter_mut().zip(row) {
        *sum += v.into() * weight;
    }
}

/// What [`convolve`] makes of ones: rows repeat but near the edges.
struct EdgeWeights {
    profile: Vec<usize>,
    rows: Vec<Vec<f64>>,
}

impl EdgeWeights {
    fn new(height: usize, width: usize, weights: &[f64]) -> Self {
        // A column of ones is convolved as a row of them.
        let sums = row_of(1.0, height, weights);
        let mut distinct: Vec<f64> = Vec::new();
        let mut rows = Vec::new();
        let profile = sums
            .iter()
            .map(|sum| {
                distinct.iter().position(|d| d == sum).unwrap_or_else(|| {
                    distinct.push(*sum);
                    rows.push(row_of(*sum, width, weights));
                    distinct.len() - 1
                })
            })
            .collect();
        Self { profile, rows }
    }

    fn row(&self, y: usize) -> &[f64] {
        &self.rows[self.profile[y]]
    }
}

/// Convolves a row of equal values.
fn row_of(value: f64, width: usize, weights: &[f64]) -> Vec<f64> {
    let at = |inside: bool| if inside { value } else { 0.0 };
    (0..width)
        .map(|x| {
            let far = (1..weights.len()).rev();
            far.fold(value * weights[0], |sum, d| sum + (at(x >= d) + at(x + d < width)) * weights[d])
        })
        .collect()
}
