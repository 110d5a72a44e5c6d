//! Intensities in grey levels.

use crate::numpy::Real;
use multiversion::multiversion;
use pixels::Plane;

/// Rounds pixels between 0 and 1 to the nearest of 256 levels, and cuts those down to fewer levels, 0 outside
/// `mask`; `None` when a pixel is beyond -1 and 1.
///
/// Source: `skimage.util.img_as_ubyte`, `skimage.exposure.rescale_intensity`, then cut to whole numbers.
#[multiversion(targets("x86_64+avx2"))]
pub fn quantize<T: Real>(
    image: &Plane<T>,
    grey_levels: u32,
    mask: Option<&Plane<bool>>,
) -> Option<Plane<u8>> {
    let one = T::of(1.0);
    let full = T::of(255.0);
    let (mut beyond, mut number) = (false, true);
    let mut levels = Plane::zeros(image.height(), image.width());
    for y in 0..image.height() {
        let (row, to) = (image.row(y), levels.row_mut(y));
        // What is no number becomes 0.
        let level = |value: T| (value * full).to_f64().round_ties_even().clamp(0.0, 255.0) as u8;
        to.iter_mut().zip(row).for_each(|(to, &value)| *to = level(value));
        let outside = |value: T| value > one || value < -one;
        match mask {
            None => {
                beyond |= row.iter().fold(false, |any, &v| any | outside(v));
                number &= row.iter().fold(true, |all, v| all & !v.is_nan());
            }
            Some(mask) => {
                for ((to, &value), &inside) in to.iter_mut().zip(row).zip(mask.row(y)) {
                    *to = if inside { *to } else { 0 };
                    beyond |= inside && outside(value);
                    number &= !inside || !value.is_nan();
                }
            }
        }
    }
    if grey_levels < 256 {
        let fewer = |level: u8| (f64::from(level) / 255.0 * f64::from(grey_levels - 1)) as u8;
        let table: Vec<u8> = (0..=255).map(fewer).collect();
        levels.data_mut().iter_mut().for_each(|level| *level = table[usize::from(*level)]);
    }
    // Where a pixel is no number, nothing is found beyond.
    (!beyond || !number).then_some(levels)
}
