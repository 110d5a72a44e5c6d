//! The rank median over a disk, value for value that of `skimage.filters.rank.median` (scikit-image 0.18.3).
//!
//! Only pixels inside the image count, and of an even number of pixels the median is the upper one. The window
//! slides in serpentine lines as in Huang, Yang & Tang (1979), but over ranks, not values: the pixels around a tile
//! of the result are sorted once, so that each has a rank of its own and the window is a set of marks that fits a
//! fast cache: one byte a rank for a narrow window, one bit for a wide one.

mod narrow;
mod wide;

use pixels::Plane;

/// Returns for each pixel the median of `image` over the disk `dy² + dx² ≤ radius²` around it.
pub fn disk_median(image: &Plane<u16>, radius: usize) -> Plane<u16> {
    if radius <= narrow::GREATEST_RADIUS {
        narrow::disk_median(image, radius)
    } else {
        wide::disk_median(image, radius)
    }
}

/// Returns, for each row of a disk, how far it reaches from the middle column.
fn half_widths(radius: usize) -> Vec<usize> {
    let half_width = |dy: usize| {
        let left = radius * radius - dy * dy;
        (0..=radius).rev().find(|w| w * w <= left).unwrap_or(0)
    };
    (0..=2 * radius).map(|i| half_width(i.abs_diff(radius))).collect()
}

/// Where the window's median is.
#[derive(Clone, Copy, Default)]
struct Cursor {
    /// The rank looked at last.
    rank: u32,
    /// How many pixels of the window rank below it.
    below: i32,
    /// How many pixels are in the window.
    count: i32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition, pixel by pixel.
    fn by_sorting(image: &Plane<u16>, radius: isize) -> Plane<u16> {
        let (height, width) = (image.height() as isize, image.width() as isize);
        let median = |at: usize| {
            let (y, x) = (at as isize / width, at as isize % width);
            let mut values = Vec::new();
            for dy in -radius..=radius {
                for dx in -radius..=radius {
                    let (v, u) = (y + dy, x + dx);
                    if dy * dy + dx * dx <= radius * radius
                        && (0..height).contains(&v)
                        && (0..width).contains(&u)
                    {
                        values.push(image[(v as usize, u as usize)]);
                    }
                }
            }
            values.sort_unstable();
            values[values.len() / 2]
        };
        Plane::from_vec(image.height(), image.width(), (0..image.len()).map(median).collect())
    }

    proptest! {
        #[test]
        fn the_median_is_the_upper_one_of_the_sorted_window(
            (height, width) in (1usize..90, 1usize..90),
            radius in 1usize..12,
            levels in 1u32..70_000,
            seed in any::<u32>(),
        ) {
            let mut state = seed;
            let mut next = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                ((state >> 8) % levels) as u16
            };
            let image = Plane::from_vec(height, width, (0..height * width).map(|_| next()).collect());
            let expected = by_sorting(&image, radius as isize);
            prop_assert_eq!(narrow::disk_median(&image, radius), expected.clone());
            prop_assert_eq!(wide::disk_median(&image, radius), expected);
        }
    }
}
