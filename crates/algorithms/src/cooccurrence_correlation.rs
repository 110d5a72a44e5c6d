//! Correlation of pixels a distance apart in a row, from co-occurrences of eight grey levels.
//!
//! Source: Haralick, Shanmugam and Dinstein (1973), feature 3, as `centrosome.haralick` 1.2.3.

use crate::numpy::{Real, extremes};
use pixels::Plane;

const LEVELS: usize = 8;

/// Grey levels of an image; what is masked has none.
#[derive(Clone, Debug, PartialEq)]
pub struct Levels {
    /// 0 to 7; `MASKED` outside the mask.
    levels: Plane<u8>,
}

const MASKED: u8 = LEVELS as u8;

impl Levels {
    /// Parts the range of the pixels that count in eight.
    pub fn of<T: Real>(image: &Plane<T>, mask: Option<&Plane<bool>>) -> Self {
        let inside: Vec<T>;
        let values = match mask {
            None => image.data(),
            Some(mask) => {
                inside = image.data().iter().zip(mask.data()).filter(|(_, m)| **m).map(|(v, _)| *v).collect();
                &inside
            }
        };
        let (least, most) = extremes(values).unwrap_or((T::ZERO, T::ZERO));
        let range = if most > least { (most - least).to_f64() } else { 1.0 };
        // The range is parted by a division that rounds, then an exact multiplication.
        let level = |v: &T| (((*v - least).to_f64() / range) * LEVELS as f64).clamp(0.0, 7.0) as u8;
        let levels = match mask {
            None => image.map(level),
            Some(mask) => image.zip(mask, |v, &m| if m { level(v) } else { MASKED }),
        };
        Self { levels }
    }

    /// Returns the correlation of pixels `distance` columns apart; `None` where there are none or they do not vary.
    pub fn correlation(&self, distance: usize) -> Option<f64> {
        let rows = (0..self.levels.height()).map(|y| self.levels.row(y));
        correlation(&cooccurrences(rows.filter_map(|row| Some((row, row.get(distance..)?)))))
    }

    /// As [`Levels::correlation`], of pixels `distance` rows apart in one plane of a volume, whose planes of `height` rows lie
    /// below each other: an image's columns are a volume's rows to centrosome.
    pub fn correlation_of_volume(&self, distance: usize, height: usize) -> Option<f64> {
        let rows = (0..self.levels.height()).filter(|y| y % height + distance < height);
        correlation(&cooccurrences(rows.map(|y| (self.levels.row(y), self.levels.row(y + distance)))))
    }
}

/// Returns the correlation of pairs of levels that were counted; `None` where there are none or they do not vary.
fn correlation(counts: &[[u64; LEVELS]; LEVELS]) -> Option<f64> {
    let total: u64 = counts.iter().flatten().sum();
    let p = |x: usize, y: usize| counts[x][y] as f64 / total as f64;
    let level = |x: usize| x as f64 + 1.0;
    let mut left = [0.0; LEVELS];
    let mut right = [0.0; LEVELS];
    let mut product = 0.0;
    for x in 0..LEVELS {
        for y in 0..LEVELS {
            left[x] += p(x, y);
            right[y] += p(x, y);
            product += level(x) * level(y) * p(x, y);
        }
    }
    let (mean_left, spread_left) = moments(left);
    let (mean_right, spread_right) = moments(right);
    let correlation = (product - mean_left * mean_right) / (spread_left * spread_right);
    correlation.is_finite().then_some(correlation)
}

/// Counts the pairs of levels of one row and another, that begin with the same pair.
fn cooccurrences<'a>(rows: impl Iterator<Item = (&'a [u8], &'a [u8])>) -> [[u64; LEVELS]; LEVELS] {
    // Neighbouring pairs are often equal: four tables in turn keep them from waiting for each other.
    let mut tables = [[0u32; 256]; 4];
    let mut sums = [[0u64; LEVELS]; LEVELS];
    for (row, other) in rows {
        for (i, (&a, &b)) in row.iter().zip(other).enumerate() {
            tables[i & 3][usize::from(a << 4 | b)] += 1;
        }
    }
    for (x, row) in sums.iter_mut().enumerate() {
        for (y, sum) in row.iter_mut().enumerate() {
            *sum = tables.iter().map(|t| u64::from(t[x << 4 | y])).sum();
        }
    }
    sums
}

/// Returns mean and deviation of levels counted from 1.
fn moments(shares: [f64; LEVELS]) -> (f64, f64) {
    let total: f64 = shares.iter().sum();
    let shares = shares.map(|s| s / total);
    let level = |i: usize| i as f64 + 1.0;
    let mean: f64 = shares.iter().enumerate().map(|(i, s)| level(i) * s).sum();
    let square: f64 = shares.iter().enumerate().map(|(i, s)| (level(i) - mean).powi(2) * s).sum();
    (mean, square.sqrt())
}
