//! Connected components of a volume, numbered in raster order.

use crate::connected_components::{find, unite};
use crate::surroundings::{around, neighbors};
use pixels::Array;

/// Labels the components of pixels of equal value in `volume` (Z×H×W); those of the value `background` are 0.
/// Neighbours differ in `connectivity` axes at the most.
///
/// Source: `skimage.measure.label` 0.18 and, of true pixels, `scipy.ndimage.label`. Components are numbered by their
/// first pixel.
pub fn label_volume<T: Copy + PartialEq>(
    volume: &Array<T>,
    connectivity: usize,
    background: T,
) -> Array<u32> {
    let (shape, values) = (volume.shape(), volume.data());
    let mut before = neighbors(shape, connectivity);
    before.retain(|&offset| offset < (0, 0, 0));
    let mut parents: Vec<u32> = (0..values.len() as u32).collect();
    for (at, value) in values.iter().enumerate().filter(|(_, value)| **value != background) {
        for near in around(shape, at, &before).filter(|&near| values[near] == *value) {
            unite(&mut parents, near as u32, at as u32);
        }
    }
    let mut count = 0;
    let mut labels = vec![0; values.len()];
    for at in 0..values.len() {
        if values[at] != background {
            let root = find(&mut parents, at as u32) as usize;
            if root == at {
                count += 1;
                labels[at] = count;
            }
            labels[at] = labels[root];
        }
    }
    Array::from_vec(shape, labels)
}
