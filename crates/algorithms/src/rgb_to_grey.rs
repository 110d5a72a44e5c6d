//! Luminance of colour images.

use std::ops::{Add, Mul};

/// What the eye makes of red, green and blue (CRT phosphors, Rec. 709).
const WEIGHTS: [f64; 3] = [0.2125, 0.7154, 0.0721];

/// Returns the luminance of f32 pixels of red, green and blue (channel fastest), each product and sum rounded to f32,
/// red first.
///
/// Source: `skimage.color.rgb2gray` (scikit-image 0.18) of f32 images.
pub fn rgb_to_grey_f32(rgb: &[f32]) -> Vec<f32> {
    luminance(rgb, WEIGHTS.map(|w| w as f32))
}

/// Returns the luminance of f64 pixels of red, green and blue (channel fastest).
///
/// Source: `skimage.color.rgb2gray` (scikit-image 0.18), whose last bit of f64 depends on the BLAS.
pub fn rgb_to_grey_f64(rgb: &[f64]) -> Vec<f64> {
    luminance(rgb, WEIGHTS)
}

fn luminance<T: Copy + Mul<Output = T> + Add<Output = T>>(rgb: &[T], weights: [T; 3]) -> Vec<T> {
    rgb.chunks_exact(3).map(|p| p[0] * weights[0] + p[1] * weights[1] + p[2] * weights[2]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_colour_has_its_weight_and_white_in_f32_is_a_bit_under_one() {
        // What scikit-image 0.18.3 gives for white.
        assert_eq!(rgb_to_grey_f32(&[1.0, 1.0, 1.0]), [0.999_999_94]);
        assert_eq!(rgb_to_grey_f64(&[1.0, 0.0, 0.0, 0.0, 1.0, 0.0]), [0.2125, 0.7154]);
    }
}
