//! Greyscale reconstruction by dilation.
//!
//! Source: Vincent, "Morphological grayscale reconstruction in image analysis" (1993), the hybrid algorithm. It only
//! selects values, so the result is that of `skimage.morphology.reconstruction`.

use pixels::Plane;
use std::collections::VecDeque;

/// Returns `seed` (H×W, nowhere above `ceiling`) dilated by a cross of five pixels under `ceiling` until nothing changes.
pub fn reconstruct_by_dilation<T: PartialOrd + Copy>(seed: &Plane<T>, ceiling: &Plane<T>) -> Plane<T> {
    let (height, width) = seed.shape();
    let mut out = seed.clone();
    let most = |a: T, b: T| if b > a { b } else { a };
    let least = |a: T, b: T| if b < a { b } else { a };
    for y in 0..height {
        for x in 0..width {
            let mut v = out[(y, x)];
            if y > 0 {
                v = most(v, out[(y - 1, x)]);
            }
            if x > 0 {
                v = most(v, out[(y, x - 1)]);
            }
            out[(y, x)] = least(v, ceiling[(y, x)]);
        }
    }
    let mut open = VecDeque::new();
    let may_rise = |out: &Plane<T>, from: (usize, usize), to: (usize, usize)| {
        out[to] < out[from] && out[to] < ceiling[to]
    };
    for y in (0..height).rev() {
        for x in (0..width).rev() {
            let mut v = out[(y, x)];
            if y + 1 < height {
                v = most(v, out[(y + 1, x)]);
            }
            if x + 1 < width {
                v = most(v, out[(y, x + 1)]);
            }
            out[(y, x)] = least(v, ceiling[(y, x)]);
            let below = y + 1 < height && may_rise(&out, (y, x), (y + 1, x));
            if below || x + 1 < width && may_rise(&out, (y, x), (y, x + 1)) {
                open.push_back((y, x));
            }
        }
    }
    while let Some((y, x)) = open.pop_front() {
        let neighbours = [(y.wrapping_sub(1), x), (y, x.wrapping_sub(1)), (y, x + 1), (y + 1, x)];
        for to in neighbours.into_iter().filter(|&(y, x)| y < height && x < width) {
            if may_rise(&out, (y, x), to) {
                out[to] = least(out[(y, x)], ceiling[to]);
                open.push_back(to);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_fills_its_plateau_and_no_other() {
        let ceiling = Plane::from_vec(2, 5, vec![3, 3, 1, 5, 5, 2, 3, 1, 5, 4]);
        let mut seed = Plane::filled(2, 5, 0);
        seed[(1, 1)] = 3;
        let filled = reconstruct_by_dilation(&seed, &ceiling);
        assert_eq!(filled.data(), [3, 3, 1, 1, 1, 2, 3, 1, 1, 1]);
    }
}
