//! Centres of objects in a volume.

use pixels::Array;

/// Computes the mean plane, row and column of each label of `labels` (Z×H×W) from 1 to the greatest; `None` for a label
/// without pixels.
///
/// Source: `scipy.ndimage.center_of_mass` of ones.
pub fn volume_centers(labels: &Array<u32>) -> Vec<Option<[f64; 3]>> {
    let shape = labels.shape();
    let (plane, row) = (shape.height * shape.width, shape.width);
    let greatest = labels.data().iter().copied().max().unwrap_or(0) as usize;
    let mut sums = vec![[0_usize; 4]; greatest + 1];
    for (at, &label) in labels.data().iter().enumerate().filter(|(_, label)| **label != 0) {
        let sum = &mut sums[label as usize];
        for (sum, value) in sum.iter_mut().zip([at / plane, at % plane / row, at % row, 1]) {
            *sum += value;
        }
    }
    let center = |&[z, y, x, n]: &[usize; 4]| (n > 0).then(|| [z, y, x].map(|sum| sum as f64 / n as f64));
    sums[1..].iter().map(center).collect()
}
