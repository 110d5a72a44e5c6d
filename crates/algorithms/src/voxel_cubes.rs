//! Boxes around the objects of a volume, and the cubes of 2×2×2 voxels in them.

use pixels::{Array, Shape};

/// A box of voxels: from, to (exclusive) in z, y and x.
pub type Box3 = [(usize, usize); 3];

/// Returns the smallest box around each label of `labels` (Z×H×W) from 1 to the greatest; `None` for one without voxels.
pub fn boxes(labels: &Array<u32>) -> Vec<Option<Box3>> {
    let shape = labels.shape();
    let greatest = labels.data().iter().copied().max().unwrap_or(0) as usize;
    let mut found: Vec<Option<Box3>> = vec![None; greatest];
    for (row, values) in labels.data().chunks(shape.width.max(1)).enumerate() {
        let (z, y) = (row / shape.height, row % shape.height);
        for (x, &label) in values.iter().enumerate().filter(|(_, label)| **label != 0) {
            let bounds = found[label as usize - 1].get_or_insert([(z, z + 1), (y, y + 1), (x, x + 1)]);
            for ((from, to), at) in bounds.iter_mut().zip([z, y, x]) {
                *from = at.min(*from);
                *to = (at + 1).max(*to);
            }
        }
    }
    found
}

/// Returns the box with a voxel more on each side, as far as the volume has one.
pub fn widened(bounds: Box3, shape: Shape) -> Box3 {
    let sides = [shape.depth, shape.height, shape.width];
    let mut wide = bounds;
    for ((from, to), side) in wide.iter_mut().zip(sides) {
        *from = from.saturating_sub(1);
        *to = (*to + 1).min(side);
    }
    wide
}

/// Counts the cubes of 2×2×2 voxels in `bounds` by which of their voxels `inside` holds for: bits 4·z + 2·y + x.
pub fn cubes(labels: &Array<u32>, bounds: Box3, inside: impl Fn(u32) -> bool) -> [u64; 256] {
    let shape = labels.shape();
    let [(z0, z1), (y0, y1), (x0, x1)] = bounds;
    let row = |z: usize, y: usize| &labels.data()[(z * shape.height + y) * shape.width..][x0..x1];
    let mut counts = [0; 256];
    for z in z0..z1.saturating_sub(1) {
        for y in y0..y1.saturating_sub(1) {
            let edges = [row(z, y), row(z, y + 1), row(z + 1, y), row(z + 1, y + 1)];
            let column = |x: usize| {
                let bit = |(place, edge): (usize, &&[u32])| usize::from(inside(edge[x])) << (2 * place);
                edges.iter().enumerate().map(bit).sum::<usize>()
            };
            let mut left = column(0);
            for x in 1..x1 - x0 {
                let right = column(x);
                counts[left | right << 1] += 1;
                left = right;
            }
        }
    }
    counts
}

/// Returns parts less tunnels plus cavities of what the cubes show, all of it inside the box: voxels that share a corner
/// hang together.
///
/// Source: corners less edges plus faces less voxels, each counted in part by every cube that has it; equal to
/// `skimage.measure.euler_number` with connectivity 3.
pub fn euler_number(cubes: &[u64; 256]) -> i64 {
    let eighths = |cube: usize| -> i64 {
        let any = |voxels: usize| i64::from(cube & voxels != 0);
        // Half a cube by the sign along one axis, a quarter by those along two.
        const HALVES: [usize; 6] = [0x0f, 0xf0, 0x33, 0xcc, 0x55, 0xaa];
        let edges: i64 = HALVES.iter().map(|&half| any(half)).sum();
        let pairs = (0..6).flat_map(|a| (a + 1..6).map(move |b| HALVES[a] & HALVES[b]));
        let faces: i64 = pairs.filter(|&pair| pair != 0).map(any).sum();
        8 * any(0xff) - 4 * edges + 2 * faces - i64::from(cube.count_ones())
    };
    (0..256).zip(cubes).map(|(cube, &count)| eighths(cube) * count as i64).sum::<i64>() / 8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn euler_number_of(shape: Shape, inside: impl Fn(usize, usize, usize) -> bool) -> i64 {
        let places = (0..shape.depth).flat_map(|z| (0..shape.height).map(move |y| (z, y)));
        let places = places.flat_map(|(z, y)| (0..shape.width).map(move |x| (z, y, x)));
        let data = places.map(|(z, y, x)| u32::from(inside(z, y, x))).collect();
        let labels = Array::from_vec(shape, data);
        let bounds = [(0, shape.depth), (0, shape.height), (0, shape.width)];
        euler_number(&cubes(&labels, bounds, |label| label == 1))
    }

    #[test]
    fn a_block_has_one_a_ring_none_and_a_shell_two() {
        let shape = Shape { depth: 5, height: 5, width: 5, channels: 1 };
        let middle = |v: usize| (1..4).contains(&v);
        let block = |z, y, x| middle(z) && middle(y) && middle(x);
        assert_eq!(euler_number_of(shape, block), 1);
        assert_eq!(euler_number_of(shape, |z, y, x| block(z, y, x) && (y, x) != (2, 2)), 0);
        assert_eq!(euler_number_of(shape, |z, y, x| block(z, y, x) && (z, y, x) != (2, 2, 2)), 2);
        assert_eq!(euler_number_of(shape, |z, y, x| (z, y, x) == (1, 1, 1) || (z, y, x) == (2, 2, 2)), 1);
    }
}
