//! The mean over a disk whose border pixels count by the part of them that is inside.

use pixels::Plane;

/// Returns the weights of the pixels of a disk, as MATLAB's `fspecial('disk')`; they add up to 1.
fn disk(radius: f64) -> Plane<f64> {
    let reach = (radius - 0.5).ceil() as i64;
    let square = radius * radius;
    let side = 2 * reach as usize + 1;
    let mut weights = Plane::zeros(side, side);
    for y in 0..side {
        for x in 0..side {
            let (dy, dx) = ((y as i64 - reach).abs() as f64, (x as i64 - reach).abs() as f64);
            let (far, near) = (dy.max(dx), dy.min(dx));
            let (out, inn) = ((far + 0.5) * (far + 0.5), (far - 0.5) * (far - 0.5));
            let (up, down) = ((near + 0.5) * (near + 0.5), (near - 0.5) * (near - 0.5));
            let root = |v: f64| v.max(0.0).sqrt();
            let first = if square < out + down { near - 0.5 } else { root(square - out) };
            let second = if square > inn + up { near + 0.5 } else { root(square - inn) };
            let (a, b) = ((second / radius).asin(), (first / radius).asin());
            let segment = square * (0.5 * (a - b) + 0.25 * ((2.0 * a).sin() - (2.0 * b).sin()))
                - (far - 0.5) * (second - first)
                + (first - near + 0.5);
            let crossed = (square < out + up && square > inn + down)
                || (near == 0.0 && far - 0.5 < radius && far + 0.5 >= radius);
            weights[(y, x)] = if crossed { segment } else { 0.0 } + f64::from(u8::from(out + up < square));
        }
    }
    let middle = reach as usize;
    weights[(middle, middle)] = (std::f64::consts::PI * square).min(std::f64::consts::FRAC_PI_2);
    let inner = reach as f64 - 0.5;
    if reach > 0 && radius > inner && square < inner * inner + 0.25 {
        let half = (square - inner * inner).sqrt();
        let part = half / radius;
        let cap = 2.0 * (square * (0.5 * part.asin() + 0.25 * (2.0 * part.asin()).sin()) - half * inner);
        let last = 2 * middle;
        for at in [(last, middle), (middle, last), (middle, 0), (0, middle)] {
            weights[at] = cap;
        }
        for at in [(last - 1, middle), (middle, last - 1), (middle, 1), (1, middle)] {
            weights[at] -= cap;
        }
    }
    weights[(middle, middle)] = weights[(middle, middle)].min(1.0);
    let sum = crate::numpy::sum(weights.data());
    weights.map(|w| w / sum)
}

/// Returns for each pixel inside `mask` the weighted sum of those inside the mask over a disk around it; weights that
/// fall outside are lost. Outside the mask the image stays as it is.
///
/// Source: `centrosome.filter.circular_average_filter` 1.2.3.
pub fn circular_average(image: &Plane<f64>, mask: &Plane<bool>, radius: f64) -> Plane<f64> {
    let weights = disk(radius);
    let reach = weights.height() / 2;
    let (height, width) = image.shape();
    let mut out = image.clone();
    for y in 0..height {
        for x in (0..width).filter(|&x| mask[(y, x)]) {
            let mut sum = 0.0;
            for row in y.saturating_sub(reach)..(y + reach + 1).min(height) {
                let left = x.saturating_sub(reach);
                let right = (x + reach + 1).min(width);
                let line = &weights.row(row + reach - y)[left + reach - x..];
                let pixels = image.row(row)[left..right].iter().zip(&mask.row(row)[left..right]);
                for ((value, _), weight) in pixels.zip(line).filter(|((_, inside), _)| **inside) {
                    sum += weight * value;
                }
            }
            out[(y, x)] = sum;
        }
    }
    out
}
