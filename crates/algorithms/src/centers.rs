//! Centres of labelled objects.

use crate::relabel::{each_run, place_of};
use pixels::Plane;

/// The centre of one label.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Center {
    /// Mean row.
    pub y: f64,
    /// Mean column.
    pub x: f64,
}

/// Computes the mean row and column of each label (H×W) from 1 to the greatest; NaN for a label without pixels.
///
/// Source: `scipy.ndimage.center_of_mass` of ones.
pub fn centers(labels: &Plane<u32>) -> Vec<Center> {
    let mut sums = vec![(0_u64, 0_u64, 0_u64)];
    each_run(labels, |label, run| {
        let (n, y) = (run.len() as u64, u64::from(run.row));
        let x = (u64::from(run.start) + u64::from(run.end) - 1) * n / 2;
        let s = place_of(&mut sums, label);
        *s = (s.0 + n, s.1 + y * n, s.2 + x);
    });
    sums[1..].iter().map(|&(n, y, x)| Center { y: y as f64 / n as f64, x: x as f64 / n as f64 }).collect()
}
