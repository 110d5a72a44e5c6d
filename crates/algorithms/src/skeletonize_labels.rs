//! Skeletons of labelled objects.
//!
//! Source: `skeletonize_labels` and `color_labels` of `centrosome.cpmorphology` (centrosome 1.2.3).

use crate::skeletonize::skeletonize;
use pixels::Plane;

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
