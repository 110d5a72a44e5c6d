//! Skeletons by removal of pixels in order.
//!
//! Source: `centrosome.cpmorphology.skeletonize` 1.2.3.

use crate::distance_transform::distances;
use crate::neighbourhood::neighbourhoods;
use crate::random::RandomState;
use pixels::Plane;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Thins `mask` (H×W): pixels go, the nearest to the background first, unless they are an end or hold parts together.
pub fn skeletonize(mask: &Plane<bool>) -> Plane<bool> {
    skeletonize_by(mask, &distances(mask))
}

/// Thins `mask` (H×W): pixels go, those with the least value of `ordering` first, unless they are an end or hold parts
/// together.
///
/// Of equal pixels those with more neighbours go first, then by chance, with numpy's generator seeded by 0. The pixels
/// of the first row all stay: centrosome does not look at their neighbours.
pub fn skeletonize_by(mask: &Plane<bool>, ordering: &Plane<f64>) -> Plane<bool> {
    let (height, width) = mask.shape();
    let stride = width + 2;
    let mut padded = vec![false; (height + 2) * stride];
    for y in 0..height {
        padded[(y + 1) * stride + 1..][..width].copy_from_slice(mask.row(y));
    }
    let chance = permutation(height * width);
    let around = neighbourhoods(mask);
    let on = (0..mask.len()).filter(|&i| mask.data()[i]);
    let mut order: Vec<(f64, u32, u32, usize)> = on
        .map(|i| {
            let corner = 9 - around.data()[i].count_ones();
            (ordering.data()[i], corner, chance[i], (i / width + 1) * stride + i % width + 1)
        })
        .collect();
    order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let removable = removable();
    for (.., at) in order.into_iter().filter(|(.., at)| *at >= 2 * stride) {
        let mut bits = 0;
        for (i, row) in [at - stride, at, at + stride].into_iter().enumerate() {
            for j in 0..3 {
                bits |= usize::from(padded[row + j - 1]) << (3 * i + j);
            }
        }
        if removable[bits] {
            padded[at] = false;
        }
    }
    let mut out = Plane::zeros(height, width);
    for y in 0..height {
        out.row_mut(y).copy_from_slice(&padded[(y + 1) * stride + 1..][..width]);
    }
    out
}

/// Returns the numbers below `n` in the order of numpy's generator seeded by 0, kept for the next mask of the size.
fn permutation(n: usize) -> Arc<Vec<u32>> {
    static KEPT: Mutex<Option<Arc<Vec<u32>>>> = Mutex::new(None);
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    match &*kept {
        Some(order) if order.len() == n => order.clone(),
        _ => {
            let mut order: Vec<u32> = (0..n as u32).collect();
            RandomState::new(0).shuffle(&mut order);
            let order = Arc::new(order);
            *kept = Some(order.clone());
            order
        }
    }
}

/// The neighbourhoods whose middle may go: of three pixels or more, and as connected (8) without it.
fn removable() -> &'static [bool; 512] {
    static TABLE: OnceLock<[bool; 512]> = OnceLock::new();
    TABLE.get_or_init(|| {
        let pieces = |index: usize| {
            let plane = Plane::from_vec(3, 3, (0..9).map(|i| index >> i & 1 == 1).collect());
            crate::connected_components::label(&plane, crate::connected_components::Connectivity::Eight).1
        };
        std::array::from_fn(|index| index.count_ones() >= 3 && pieces(index) == pieces(index & !16))
    })
}
