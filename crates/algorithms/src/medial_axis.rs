//! The medial axis of binary images.

use crate::distance_transform::distances;
use crate::random::RandomState;
use pixels::Plane;

/// Returns the pixels of `mask` on its medial axis: what is left when pixels go, those nearest to the background
/// first, unless they hold it together or end a line.
///
/// Of pixels equally near, those at corners go first, then as RandomState(0) shuffles them. Source:
/// `skimage.morphology.medial_axis` 0.18.
pub fn medial_axis(mask: &Plane<bool>) -> Plane<bool> {
    let (height, width) = mask.shape();
    let table: Vec<bool> = (0..512).map(stays).collect();
    let distances = distances(mask);
    let mut left = mask.clone();
    let places: Vec<usize> = (0..mask.len()).filter(|&at| mask.data()[at]).collect();
    let shuffled = RandomState::new(0).permutation(places.len());
    let mut order: Vec<(f64, u32, usize, usize)> = places
        .iter()
        .zip(shuffled)
        .map(|(&at, tie)| {
            let corner = 9 - pattern(mask, at / width, at % width).count_ones();
            (distances.data()[at], corner, tie, at)
        })
        .collect();
    order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
    debug_assert_eq!((height, width), left.shape());
    for (.., at) in order {
        let kept = table[pattern(&left, at / width, at % width)];
        left.data_mut()[at] = kept;
    }
    left
}

/// Returns the pixel and its neighbours as bits, row by row from the lowest; beyond the border is background.
fn pattern(mask: &Plane<bool>, y: usize, x: usize) -> usize {
    let (height, width) = mask.shape();
    let mut bits = 0;
    for dy in 0..3 {
        let Some(row) = (y + dy).checked_sub(1).filter(|&row| row < height) else { continue };
        for dx in 0..3 {
            let column = (x + dx).checked_sub(1).filter(|&column| column < width);
            if column.is_some_and(|column| mask[(row, column)]) {
                bits |= 1 << (3 * dy + dx);
            }
        }
    }
    bits
}

/// Returns whether the pixel in the middle stays: without it the others would fall apart, or it has one neighbour at
/// the most.
fn stays(pattern: usize) -> bool {
    const MIDDLE: usize = 1 << 4;
    pattern & MIDDLE != 0
        && (pattern.count_ones() < 3 || components(pattern) != components(pattern & !MIDDLE))
}

/// Counts the 8-connected parts of a pattern.
fn components(mut pattern: usize) -> usize {
    let mut count = 0;
    while pattern != 0 {
        count += 1;
        let mut part = pattern & pattern.wrapping_neg();
        loop {
            let near =
                (0..9).filter(|bit| part >> bit & 1 == 1).fold(part, |near, bit| near | neighbours(bit));
            if near & pattern == part {
                break;
            }
            part = near & pattern;
        }
        pattern &= !part;
    }
    count
}

fn neighbours(bit: usize) -> usize {
    let (y, x) = (bit / 3, bit % 3);
    (0..9)
        .filter(|&other: &usize| (other / 3).abs_diff(y) <= 1 && (other % 3).abs_diff(x) <= 1)
        .fold(0, |n, o| n | 1 << o)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pixel_stays_where_it_joins_others_or_ends_a_line() {
        assert!(stays(0b010_010_010));
        assert!(stays(0b000_010_001));
        assert!(!stays(0b000_011_011));
        assert!(!stays(0b010_000_010));
    }
}
