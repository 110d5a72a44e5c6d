//! Skeletons of labelled objects.
//!
//! Source: `skeletonize_labels` and `color_labels` of `centrosome.cpmorphology` (centrosome 1.2.3).

use crate::distance_transform::distances;
use crate::random::RandomState;
use pixels::Plane;
use std::sync::OnceLock;

/// Thins each object of `labels` (H×W) to its skeleton.
///
/// Objects that touch are thinned apart, a colour at a time, where objects that touch have different colours.
pub fn skeletonize_labels(labels: &Plane<u32>) -> Plane<u32> {
    let colors = color_labels(labels);
    let count = colors.iter().copied().max().unwrap_or(0);
    let mut out = Plane::zeros(labels.height(), labels.width());
    for color in 1..=count {
        let skeleton = skeletonize(&labels.map(|&l| colors[l as usize] == color));
        for ((out, &label), &kept) in out.data_mut().iter_mut().zip(labels.data()).zip(skeleton.data()) {
            if kept {
                *out = label;
            }
        }
    }
    out
}

/// Returns a colour, from 1, of each label of `labels` (H×W) so that labels that touch (8-connected) have different
/// ones; element 0, of the background, is 0.
///
/// Those with most neighbours choose first (Welsh and Powell, The Computer Journal 10 (1967), 85).
pub fn color_labels(labels: &Plane<u32>) -> Vec<u32> {
    let neighbours = neighbours(labels);
    let mut colors: Vec<u32> = neighbours.iter().map(|n| u32::from(n.is_empty())).collect();
    colors[0] = 0;
    let mut order: Vec<usize> = (1..colors.len()).filter(|&l| !neighbours[l].is_empty()).collect();
    order.sort_by_key(|&l| std::cmp::Reverse(neighbours[l].len()));
    for label in order {
        let mut taken: Vec<u32> =
            neighbours[label].iter().map(|&n| colors[n as usize]).filter(|&c| c != 0).collect();
        taken.sort_unstable();
        taken.dedup();
        let free = (1..).zip(&taken).find(|(color, taken)| color != *taken).map(|(color, _)| color);
        colors[label] = free.unwrap_or(taken.len() as u32 + 1);
    }
    colors
}

/// Returns, for each label of `labels` (H×W) from 0, the labels that touch it (8-connected), each once, in order.
pub fn neighbours(labels: &Plane<u32>) -> Vec<Vec<u32>> {
    let greatest = labels.data().iter().copied().max().unwrap_or(0) as usize;
    let mut found = vec![Vec::new(); greatest + 1];
    let mut meet = |a: u32, b: u32| {
        if a != b && a != 0 && b != 0 {
            found[a as usize].push(b);
            found[b as usize].push(a);
        }
    };
    for y in 0..labels.height() {
        let row = labels.row(y);
        row.windows(2).for_each(|w| meet(w[0], w[1]));
        if y + 1 < labels.height() {
            let below = labels.row(y + 1);
            row.iter().zip(below).for_each(|(&a, &b)| meet(a, b));
            row.iter().zip(below.iter().skip(1)).for_each(|(&a, &b)| meet(a, b));
            row.iter().skip(1).zip(below).for_each(|(&a, &b)| meet(a, b));
        }
    }
    for found in &mut found {
        found.sort_unstable();
        found.dedup();
    }
    found
}

/// Thins `mask` (H×W): pixels go, the nearest to the background first, unless they are an end or hold parts together.
///
/// Of pixels equally near those with more neighbours go first, then by chance, with numpy's generator seeded by 0.
/// The pixels of the first row all stay: centrosome does not look at their neighbours.
pub fn skeletonize(mask: &Plane<bool>) -> Plane<bool> {
    let (height, width) = mask.shape();
    let stride = width + 2;
    let mut padded = vec![false; (height + 2) * stride];
    for y in 0..height {
        padded[(y + 1) * stride + 1..][..width].copy_from_slice(mask.row(y));
    }
    let depth = distances(mask);
    let chance = RandomState::new(0).permutation(height * width);
    let mut order = Vec::new();
    for (i, _) in mask.data().iter().enumerate().filter(|(_, inside)| **inside) {
        let at = (i / width + 1) * stride + i % width + 1;
        let corner = 9 - neighbourhood(&padded, at, stride).count_ones();
        // Distances are ≥ 1, so that their bits are ordered as they are.
        order.push((depth.data()[i].to_bits(), corner, chance[i], at));
    }
    order.sort_unstable();
    let removable = removable();
    for (.., at) in order.into_iter().filter(|(.., at)| *at >= 2 * stride) {
        if removable[neighbourhood(&padded, at, stride)] {
            padded[at] = false;
        }
    }
    let mut out = Plane::zeros(height, width);
    for y in 0..height {
        out.row_mut(y).copy_from_slice(&padded[(y + 1) * stride + 1..][..width]);
    }
    out
}

/// Returns the 3×3 neighbourhood as a number: bit 0 up left, bit 1 up … bit 8 down right.
fn neighbourhood(image: &[bool], at: usize, stride: usize) -> usize {
    let mut bits = 0;
    for (i, row) in [at - stride, at, at + stride].into_iter().enumerate() {
        for j in 0..3 {
            bits |= usize::from(image[row + j - 1]) << (3 * i + j);
        }
    }
    bits
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
