use super::{
    Boundary, Weights, correlate_columns, correlate_rows, gaussian_bands, gaussian_filter,
    gaussian_filter_volume, kernel,
};
use crate::numpy::Real;
use pixels::{Array, Plane, Shape};

/// Returns `image` smoothed with `function` inside `mask`, by what the function makes of the masked image over what
/// it makes of the mask; the image in its own type, the mask and the result in f64.
///
/// Outside the mask the result is whatever leaks there. Source: `centrosome.smooth.smooth_with_function_and_mask`.
pub fn smooth_with_function_and_mask<T: Real>(
    image: &Plane<T>,
    mask: &Plane<bool>,
    of_image: impl FnOnce(&Plane<T>) -> Plane<T>,
    of_mask: impl FnOnce(&Plane<f64>) -> Plane<f64>,
) -> Plane<f64> {
    let smoothed = of_image(&image.zip(mask, |&v, &m| if m { v } else { T::ZERO }));
    let weight = of_mask(&mask.map(|&m| f64::from(u8::from(m))));
    smoothed.zip(&weight, |s, w| s.to_f64() / (w + f64::EPSILON))
}

/// As [`smooth`], of a volume of `depth` planes, which lie below each other in `image` and `mask`.
pub fn smooth_volume<T: Real>(
    image: &Plane<T>,
    mask: Option<&Plane<bool>>,
    depth: usize,
    sigma: f64,
) -> Plane<f64> {
    fn filter<T: Real>(stacked: &Plane<T>, depth: usize, sigma: f64) -> Plane<T> {
        let (rows, width) = stacked.shape();
        let shape = Shape { depth, height: rows / depth.max(1), width, channels: 1 };
        let volume = Array::from_vec(shape, stacked.data().to_vec());
        let filtered = gaussian_filter_volume(&volume, [sigma; 3], Boundary::Constant(0.0));
        Plane::from_vec(rows, width, filtered.into_vec())
    }
    let mask = mask.map_or_else(|| image.map(|_| true), Plane::clone);
    let of_image = |p: &Plane<T>| filter(p, depth, sigma);
    let of_mask = |p: &Plane<f64>| filter(p, depth, sigma);
    smooth_with_function_and_mask(image, &mask, of_image, of_mask)
}

/// Returns `image` smoothed with a Gaussian of deviation `sigma` inside `mask` (`None` is everywhere), nothing
/// coming in from beyond the border. The function is that of [`smooth_with_function_and_mask`].
pub fn smooth<T: Real>(image: &Plane<T>, mask: Option<&Plane<bool>>, sigma: f64) -> Plane<f64> {
    let boundary = Boundary::Constant(0.0);
    if let Some(mask) = mask.filter(|m| m.data().contains(&false)) {
        let of_image = |p: &Plane<T>| gaussian_filter(p, sigma, boundary);
        let of_mask = |p: &Plane<f64>| gaussian_filter(p, sigma, boundary);
        return smooth_with_function_and_mask(image, mask, of_image, of_mask);
    }
    let mut out = Plane::zeros(image.height(), image.width());
    smooth_rows(image, sigma, |y, row| out.row_mut(y).copy_from_slice(row));
    out
}

/// Hands on each row of what [`smooth`] makes of an image without a mask, without keeping them all.
pub fn smooth_rows<T: Real>(image: &Plane<T>, sigma: f64, mut take: impl FnMut(usize, &[f64])) {
    let boundary = Boundary::Constant(0.0);
    let (height, width) = image.shape();
    // Of a mask that is everywhere all columns are equal, and so are all rows but those near the border.
    let ones = Plane::filled(height, 1, 1.0);
    let weights = Weights::correlate(&kernel(sigma, 4.0));
    let filters = sigma > 1e-15;
    let down = if filters { correlate_columns(&ones, &weights, boundary) } else { ones };
    let mut row = Plane::zeros(1, width);
    let mut out = vec![0.0; width];
    gaussian_bands(image, sigma, boundary, |first, band| {
        for y in first..first + band.height() {
            let value = down[(y, 0)];
            if y == 0 || value != down[(y - 1, 0)] {
                row = Plane::filled(1, width, value);
                if filters {
                    row = correlate_rows(&row, &weights, boundary);
                }
            }
            for ((to, s), w) in out.iter_mut().zip(band.row(y - first)).zip(row.data()) {
                *to = s.to_f64() / (w + f64::EPSILON);
            }
            take(y, &out);
        }
    });
}
