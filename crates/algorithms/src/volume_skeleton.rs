//! Thinning of volumes to lines of one voxel.
//!
//! Source: Lee, Kashyap & Chu, "Building skeleton models via 3-D medial surface/axis thinning algorithms" (1994), with the
//! sides in the order of `skimage.morphology.skeletonize_3d` 0.18.

use pixels::{Array, Shape};

/// The centre's place among the 27 voxels of a cube.
const CENTER: usize = 13;

/// Thins the true voxels of `volume` (Z×H×W) from one side after the other, until no side gives way any more.
///
/// A voxel goes if it is no end of a line, and if neither the Euler number nor the number of parts around it changes. Whether
/// it goes is decided for all voxels of a side at once; then each is looked at again, for its neighbours may have gone.
pub fn skeletonize_volume(volume: &Array<bool>) -> Array<bool> {
    let shape = volume.shape();
    let grid = Grid { line: shape.width + 2, plane: (shape.width + 2) * (shape.height + 2) };
    let mut solid = vec![false; (shape.depth + 2) * grid.plane];
    let mut left: Vec<usize> =
        grid.places(shape).zip(volume.data()).filter(|(_, v)| **v).map(|(at, _)| at).collect();
    left.iter().for_each(|&at| solid[at] = true);
    let cube = Cube::new();
    let backwards = |step: usize| step.wrapping_neg();
    let sides = [backwards(grid.line), grid.line, 1, backwards(1), grid.plane, backwards(grid.plane)];
    let mut going = Vec::new();
    let mut changed = true;
    while changed {
        changed = false;
        for side in sides {
            let goes = |at: usize| {
                !solid[at.wrapping_add(side)] && {
                    let around = grid.around(&solid, at);
                    around.count_ones() != 1 && cube.keeps_euler_number(around) && cube.is_one_part(around)
                }
            };
            going.clear();
            going.extend(left.iter().copied().filter(|&at| goes(at)));
            let before = left.len();
            for &at in &going {
                solid[at] = !cube.is_one_part(grid.around(&solid, at));
            }
            if !going.is_empty() {
                left.retain(|&at| solid[at]);
            }
            changed |= left.len() < before;
        }
    }
    Array::from_vec(shape, grid.places(shape).map(|at| solid[at]).collect())
}

/// A volume with a margin of one voxel on every side: the steps to the next row and to the next plane.
#[derive(Clone, Copy)]
struct Grid {
    line: usize,
    plane: usize,
}

impl Grid {
    /// Returns the places of a volume's voxels, in raster order.
    fn places(self, shape: Shape) -> impl Iterator<Item = usize> {
        let lines = (0..shape.depth).flat_map(move |z| (0..shape.height).map(move |y| (z, y)));
        lines.flat_map(move |(z, y)| {
            let start = (z + 1) * self.plane + (y + 1) * self.line + 1;
            start..start + shape.width
        })
    }

    /// Returns the voxels around a place that are solid, a bit each, without the one in the middle.
    fn around(self, solid: &[bool], at: usize) -> u32 {
        let mut bits = 0;
        let mut next = 0;
        for plane in [at - self.plane, at, at + self.plane] {
            for line in [plane - self.line, plane, plane + self.line] {
                for &voxel in &solid[line - 1..line + 2] {
                    bits |= u32::from(voxel) << next;
                    next += 1;
                }
            }
        }
        bits & !(1 << CENTER)
    }
}

/// Which of the 26 voxels around one share what with it, and with each other, a bit each.
struct Cube {
    /// The voxels that share each of the eight corners of the one in the middle.
    corners: Vec<u32>,
    /// As above, each of its twelve edges.
    edges: Vec<u32>,
    /// As above, each of its six faces.
    faces: Vec<u32>,
    /// The voxels that touch each of the 27, itself with them.
    touching: Vec<u32>,
}

impl Cube {
    fn new() -> Self {
        let offsets = || {
            let side = -1_i32..=1;
            let lines = side.clone().flat_map(|z| (-1..=1).map(move |y| (z, y)));
            lines.flat_map(|(z, y)| (-1..=1).map(move |x| [z, y, x]))
        };
        let bits = |holds: &dyn Fn([i32; 3]) -> bool| {
            (0..).zip(offsets()).filter(|(_, o)| holds(*o)).fold(0_u32, |bits, (at, _)| bits | 1 << at)
        };
        // A corner, an edge or a face lies to the side of the middle along three axes, two or one; a voxel has it if it lies
        // no farther, and to no other side.
        let sharing = |axes: usize| {
            let places = offsets().filter(move |o| o.iter().filter(|side| **side != 0).count() == axes);
            let share = |place: [i32; 3]| {
                bits(&|o: [i32; 3]| o.iter().zip(place).all(|(o, side)| *o == 0 || *o == side))
                    & !(1 << CENTER)
            };
            places.map(share).collect()
        };
        let touch = |a: [i32; 3]| bits(&|b: [i32; 3]| a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1));
        Self {
            corners: sharing(3),
            edges: sharing(2),
            faces: sharing(1),
            touching: offsets().map(touch).collect(),
        }
    }

    /// Returns whether the Euler number stays when the voxel in the middle goes: it takes with it itself, and those of its
    /// faces, edges and corners that no voxel around it has.
    fn keeps_euler_number(&self, around: u32) -> bool {
        let own = |parts: &[u32]| parts.iter().filter(|&&sharing| sharing & around == 0).count();
        own(&self.corners) + own(&self.faces) == own(&self.edges) + 1
    }

    /// Returns whether all voxels around hang together; also when there is none.
    fn is_one_part(&self, around: u32) -> bool {
        let mut open = around & around.wrapping_neg();
        let mut part = open;
        while open != 0 {
            let voxel = open.trailing_zeros() as usize;
            open &= open - 1;
            let more = self.touching[voxel] & around & !part;
            part |= more;
            open |= more;
        }
        part == around
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cube_has_as_many_corners_edges_and_faces_as_it_should() {
        let cube = Cube::new();
        assert_eq!([cube.corners.len(), cube.edges.len(), cube.faces.len()], [8, 12, 6]);
        let sizes = |parts: &[u32]| parts.iter().map(|part| part.count_ones()).max();
        assert_eq!(
            [sizes(&cube.corners), sizes(&cube.edges), sizes(&cube.faces)],
            [Some(7), Some(3), Some(1)]
        );
    }
}
