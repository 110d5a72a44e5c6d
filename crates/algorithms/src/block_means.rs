//! Means of square blocks, as `skimage.transform.downscale_local_mean` of scikit-image 0.18.3.

use crate::numpy::{Real, sum};
use pixels::{Array, Shape};

/// Returns the means of squares of `side` pixels of each plane of a grey volume (Z×H×W); pixels that the last squares lack
/// count as 0. Sums are numpy's: each row of a square for itself, in the image's type.
pub fn block_means<T: Real>(volume: &Array<T>, side: usize) -> Array<T> {
    let shape = volume.shape();
    let small = Shape { height: shape.height.div_ceil(side), width: shape.width.div_ceil(side), ..shape };
    let pixels = T::of((side * side) as f64);
    let mut block = vec![T::ZERO; side];
    let mut means = vec![T::ZERO; small.depth * small.height * small.width];
    for (line, row) in volume.data().chunks_exact(shape.width.max(1)).enumerate() {
        let (z, y) = (line / shape.height, line % shape.height / side);
        let to = &mut means[(z * small.height + y) * small.width..][..small.width];
        for (to, values) in to.iter_mut().zip(row.chunks(side)) {
            block[..values.len()].copy_from_slice(values);
            block[values.len()..].fill(T::ZERO);
            *to += sum(&block);
        }
    }
    Array::from_vec(small, means.into_iter().map(|sum| sum / pixels).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_over_the_edge_are_filled_with_zeros() {
        let data = (0..35_u32).map(|i| (i * i % 17) as f32 / 10.0).collect();
        let means = block_means(&Array::from_vec(Shape::grey(5, 7), data), 3);
        assert_eq!(means.shape(), Shape::grey(2, 3));
        // skimage.transform.downscale_local_mean(image, (3, 3))
        assert_eq!(means.data(), [0.6666667, 0.70000005, 0.3, 0.57777774, 0.6111111, 0.16666667]);
    }
}
