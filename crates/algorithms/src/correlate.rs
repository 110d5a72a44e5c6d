//! Correlation with a kernel of two dimensions, as `scipy.ndimage.correlate` 1.9 computes it.

use crate::gaussian::Boundary;
use crate::numpy::Real;
use pixels::Plane;

/// Neighbouring pixels that are computed together.
const LANES: usize = 16;

/// Returns the sums of products of `kernel` (odd height and width) and what it lies on, in f64 row by row of the
/// kernel and rounded to the array's type. Weights of 0 are passed over.
///
/// `scipy.ndimage.convolve` is this with the kernel turned by 180°.
pub fn correlate<T: Real>(plane: &Plane<T>, kernel: &Plane<f64>, boundary: Boundary) -> Plane<T> {
    let (height, width) = plane.shape();
    let (reach_y, reach_x) = (kernel.height() / 2, kernel.width() / 2);
    // The array with its margins, as f64; a last block of lanes may reach past the end.
    let stride = width + 2 * reach_x + LANES;
    let mut wide = vec![0.0; (height + 2 * reach_y) * stride];
    let outside = if let Boundary::Constant(value) = boundary { value } else { 0.0 };
    let columns: Vec<Option<usize>> =
        (0..width + 2 * reach_x).map(|x| boundary.index(x as isize - reach_x as isize, width)).collect();
    for (y, to) in wide.chunks_exact_mut(stride).enumerate() {
        match boundary.index(y as isize - reach_y as isize, height) {
            Some(from) => {
                let row = plane.row(from);
                for (to, x) in to.iter_mut().zip(&columns) {
                    *to = x.map_or(outside, |x| row[x].to_f64());
                }
            }
            None => to[..columns.len()].fill(outside),
        }
    }
    let weights = kernel.data().iter().enumerate().filter(|(_, w)| w.abs() > f64::EPSILON);
    let taps: Vec<(usize, f64)> =
        weights.map(|(i, &w)| (i / kernel.width() * stride + i % kernel.width(), w)).collect();
    let mut out = Plane::zeros(height, width);
    for y in 0..height {
        for (block, to) in out.row_mut(y).chunks_mut(LANES).enumerate() {
            let start = y * stride + block * LANES;
            let mut sums = [0.0; LANES];
            for &(offset, weight) in &taps {
                let values: &[f64; LANES] =
                    wide[start + offset..].first_chunk().expect("rows have room for a last block");
                for lane in 0..LANES {
                    sums[lane] += values[lane] * weight;
                }
            }
            to.iter_mut().zip(sums).for_each(|(to, sum)| *to = T::of(sum));
        }
    }
    out
}

/// Returns a kernel of whole numbers turned by 180°, over `divisor`: [`correlate`] with it convolves.
pub fn convolution_kernel<const N: usize>(kernel: [[i8; N]; N], divisor: f64) -> Plane<f64> {
    let turned = kernel.as_flattened().iter().rev().map(|&w| f64::from(w) / divisor).collect();
    Plane::from_vec(N, N, turned)
}
