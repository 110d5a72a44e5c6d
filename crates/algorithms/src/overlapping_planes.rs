//! Planes for objects that overlap, each whole in one of them.
//!
//! Source: `cellprofiler_core.object.Segmentation` (CellProfiler 4.2.8): planes are given out like colours (Welsh and
//! Powell 1967). Which plane an object gets hangs on how often objects are counted as each other's neighbours, so the
//! same pairs are counted, also those that CellProfiler loses where three objects meet.

use pixels::Plane;

/// Returns planes of `shape` (height, width) with the objects of which `pixels` lists (row, column) of each, label 1
/// first.
///
/// # Panics
/// When a pixel lies outside of `shape`.
pub fn overlapping_planes(pixels: &[Vec<(usize, usize)>], shape: (usize, usize)) -> Vec<Plane<u32>> {
    let mut sorted: Vec<(usize, usize, u32)> = (1..)
        .zip(pixels)
        .flat_map(|(label, pixels)| pixels.iter().map(move |&(y, x)| (y, x, label)))
        .collect();
    sorted.sort_unstable();
    let plane_of = planes_of(&pairs(&sorted), pixels.len());
    let count = plane_of.iter().copied().max().unwrap_or(1);
    let mut planes = vec![Plane::zeros(shape.0, shape.1); count.max(1)];
    for (y, x, label) in sorted {
        planes[plane_of[label as usize - 1] - 1][(y, x)] = label;
    }
    planes
}

/// Returns the pairs of labels that share a pixel, sorted, each as often as CellProfiler counts it.
fn pairs(sorted: &[(usize, usize, u32)]) -> Vec<(u32, u32)> {
    let mut found = Vec::new();
    for run in sorted.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        for last in 1..run.len() {
            // Both orders of each pair: (0, last), (1, last) …, then (last, 0), (last, 1) …
            found.extend(run[..last].iter().map(|first| (first.2, run[last].2)));
            found.extend(run[..last].iter().map(|first| (run[last].2, first.2)));
        }
    }
    // CellProfiler looks for repeats before it sorts, and takes the same places out of what it sorted.
    let kept: Vec<bool> = (0..found.len()).map(|i| i == 0 || found[i] != found[i - 1]).collect();
    found.sort_unstable();
    found.into_iter().zip(kept).filter_map(|(pair, kept)| kept.then_some(pair)).collect()
}

/// Returns the plane (from 1) of each of `count` labels.
fn planes_of(pairs: &[(u32, u32)], count: usize) -> Vec<usize> {
    let mut plane = vec![1; count];
    let mut order: Vec<&[(u32, u32)]> = pairs.chunk_by(|a, b| a.0 == b.0).collect();
    for neighbours in &order {
        plane[neighbours[0].0 as usize - 1] = 0;
    }
    order.sort_by_key(|neighbours| neighbours.len());
    for neighbours in order {
        let mut taken: Vec<usize> = neighbours.iter().map(|pair| plane[pair.1 as usize - 1]).collect();
        taken.sort_unstable();
        taken.dedup();
        taken.retain(|&plane| plane != 0);
        let free = (1..).zip(&taken).find(|(number, taken)| number != *taken);
        plane[neighbours[0].0 as usize - 1] = free.map_or(taken.len() + 1, |(number, _)| number);
    }
    plane
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_that_share_a_pixel_lie_in_different_planes() {
        let planes = overlapping_planes(&[vec![(0, 0), (0, 1)], vec![(0, 1), (0, 2)], vec![(1, 0)]], (2, 3));
        assert_eq!(planes.len(), 2);
        assert_eq!(planes[0].data(), [1, 1, 0, 3, 0, 0]);
        assert_eq!(planes[1].data(), [0, 2, 2, 0, 0, 0]);
    }
}
