//! Greyscale reconstruction by dilation.
//!
//! Source: Vincent, "Morphological grayscale reconstruction in image analysis" (1993), the hybrid algorithm. It only
//! selects values, so the result is that of `skimage.morphology.reconstruction`.

use pixels::Plane;
use std::collections::VecDeque;

/// Returns `seed` (nowhere above `ceiling`) dilated by a pixel and its four neighbours, in a volume its six, under `ceiling`
/// until nothing changes. The `depth` planes of a volume lie below each other in both.
pub fn reconstruct_by_dilation<T: PartialOrd + Copy>(
    seed: &Plane<T>,
    ceiling: &Plane<T>,
    depth: usize,
) -> Plane<T> {
    let mut out = seed.clone();
    let grid = Grid { height: seed.height() / depth.max(1), width: seed.width(), len: seed.len() };
    let most = |a: T, b: T| if b > a { b } else { a };
    let least = |a: T, b: T| if b < a { b } else { a };
    let ceiling = ceiling.data();
    let values = out.data_mut();
    for at in 0..grid.len {
        let before = grid.before(at).into_iter().flatten();
        values[at] = least(before.fold(values[at], |v, near| most(v, values[near])), ceiling[at]);
    }
    let mut open = VecDeque::new();
    let may_rise =
        |values: &[T], from: usize, to: usize| values[to] < values[from] && values[to] < ceiling[to];
    for at in (0..grid.len).rev() {
        let after = grid.after(at);
        let highest = after.into_iter().flatten().fold(values[at], |v, near| most(v, values[near]));
        values[at] = least(highest, ceiling[at]);
        if after.into_iter().flatten().any(|to| may_rise(values, at, to)) {
            open.push_back(at);
        }
    }
    while let Some(at) = open.pop_front() {
        for to in grid.before(at).into_iter().chain(grid.after(at)).flatten() {
            if may_rise(values, at, to) {
                values[to] = least(values[at], ceiling[to]);
                open.push_back(to);
            }
        }
    }
    out
}

/// Where the neighbours of each of `len` pixels are.
#[derive(Clone, Copy)]
struct Grid {
    height: usize,
    width: usize,
    len: usize,
}

impl Grid {
    /// Returns the neighbours that come before a pixel in raster order: left, above and in the plane before.
    fn before(self, at: usize) -> [Option<usize>; 3] {
        let line = at / self.width;
        [
            (!at.is_multiple_of(self.width)).then(|| at - 1),
            (!line.is_multiple_of(self.height)).then(|| at - self.width),
            at.checked_sub(self.width * self.height),
        ]
    }

    /// Returns the neighbours that come after a pixel: right, below and in the plane after.
    fn after(self, at: usize) -> [Option<usize>; 3] {
        let line = at / self.width;
        let plane_after = at + self.width * self.height;
        [
            (!(at + 1).is_multiple_of(self.width)).then_some(at + 1),
            (!(line + 1).is_multiple_of(self.height)).then_some(at + self.width),
            (plane_after < self.len).then_some(plane_after),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_fills_its_plateau_and_no_other() {
        let ceiling = Plane::from_vec(2, 5, vec![3, 3, 1, 5, 5, 2, 3, 1, 5, 4]);
        let mut seed = Plane::filled(2, 5, 0);
        seed[(1, 1)] = 3;
        let filled = reconstruct_by_dilation(&seed, &ceiling, 1);
        assert_eq!(filled.data(), [3, 3, 1, 1, 1, 2, 3, 1, 1, 1]);
    }

    #[test]
    fn in_a_volume_a_seed_goes_from_plane_to_plane() {
        // Two planes of 2×3: up to the second, to its right end, and back.
        let ceiling = Plane::from_vec(4, 3, vec![4, 0, 4, 0, 0, 0, 3, 3, 2, 0, 1, 0]);
        let mut seed = Plane::filled(4, 3, 0);
        seed[(0, 0)] = 4;
        let filled = reconstruct_by_dilation(&seed, &ceiling, 2);
        assert_eq!(filled.data(), [4, 0, 2, 0, 0, 0, 3, 3, 2, 0, 1, 0]);
    }
}
