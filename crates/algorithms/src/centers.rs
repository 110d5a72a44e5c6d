//! Centres of labelled objects.

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
    let max = labels.data().iter().copied().max().unwrap_or(0) as usize;
    let mut sums = vec![(0_u64, 0_u64, 0_u64); max + 1];
    for y in 0..labels.height() {
        for (x, &label) in labels.row(y).iter().enumerate() {
            if label != 0 {
                let s = &mut sums[label as usize];
                *s = (s.0 + 1, s.1 + y as u64, s.2 + x as u64);
            }
        }
    }
    sums[1..].iter().map(|&(n, y, x)| Center { y: y as f64 / n as f64, x: x as f64 / n as f64 }).collect()
}
