//! Points that stand for the pixels of objects, and how many pixels each stands for.
//!
//! Source: `get_skeleton_points` and `get_weights` of CellProfiler 4.2.8's MeasureObjectOverlap.

use crate::distance_transform::{distances, nearest_background};
use crate::neighbourhood::Rule;
use crate::poisson_depth::poisson_depth;
use crate::propagate::propagate;
use crate::skeletonize::skeletonize_by;
use crate::skeletonize_labels::color_labels;
use pixels::Plane;

/// Returns points (row, column) along the skeletons of the objects of `labels` (H×W): all, or `most` of them, evenly from
/// the ends and forks of the skeletons on.
pub fn skeleton_points(labels: &Plane<u32>, most: usize) -> Vec<(usize, usize)> {
    let (height, width) = labels.shape();
    let mut skeleton = Plane::zeros(height, width);
    let colors = color_labels(labels);
    for color in 1..=colors.iter().copied().max().unwrap_or(0) {
        let mask = labels.map(|&l| colors[l as usize] == color);
        let depth = distances(&mask).zip(&poisson_depth(&mask), |a, b| a * b);
        skeleton = skeletonize_by(&mask, &depth).zip(&skeleton, |&a, &b| a || b);
    }
    let points: Vec<_> = (0..skeleton.len()).filter(|&at| skeleton.data()[at]).collect();
    let place = |at: usize| (at / width, at % width);
    if points.len() <= most {
        return points.into_iter().map(place).collect();
    }
    let knots = [Rule::Branchpoints, Rule::Endpoints].map(|rule| rule.apply(&skeleton, Some(1)));
    let mut number = 0;
    let markers = knots[0].zip(&knots[1], |&a, &b| {
        number += u32::from(a || b);
        if a || b { number } else { 0 }
    });
    let (nearest, away) = propagate(None, &markers, &skeleton, 1.0);
    let mut order = points;
    order.sort_by(|&a, &b| {
        let (labels, away) = (nearest.data(), away.data());
        labels[a].cmp(&labels[b]).then(away[a].total_cmp(&away[b]))
    });
    let (last, steps) = (order.len() - 1, most - 1);
    let step = last as f64 / steps as f64;
    let even = |i: usize| if i == steps { last } else { (i as f64 * step) as usize };
    (0..most).map(|i| place(order[even(i)])).collect()
}

/// Counts the pixels of `mask` (H×W) to which each of `points` is nearest; of points at one place the last has them all.
///
/// # Panics
/// When a point lies outside.
pub fn pixels_of(points: &[(usize, usize)], mask: &Plane<bool>) -> Vec<u64> {
    let mut counts = vec![0; points.len()];
    let mut number = Plane::filled(mask.height(), mask.width(), usize::MAX);
    points.iter().enumerate().for_each(|(i, &at)| number[at] = i);
    let nearest = nearest_background(&number.map(|&i| i == usize::MAX));
    for at in (0..mask.len()).filter(|&at| mask.data()[at]) {
        let place = (nearest.rows.data()[at] as usize, nearest.columns.data()[at] as usize);
        counts[number[place]] += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_lie_on_skeletons_and_share_all_pixels() {
        let mut labels = Plane::zeros(9, 14);
        for (y, x) in (1..6).flat_map(|y| (1..8).map(move |x| (y, x))).filter(|&at| at != (3, 3)) {
            labels[(y, x)] = 1;
        }
        (5..13).for_each(|x| (labels[(6, x)], labels[(7, x)]) = (2, 2));
        let mask = labels.map(|&label| label != 0);
        // get_skeleton_points and get_weights of CellProfiler 4.2.8's MeasureObjectOverlap.
        let points = skeleton_points(&labels, 250);
        assert_eq!(points, [(2, 3), (2, 4), (3, 2), (3, 5), (3, 6), (4, 3), (4, 4), (6, 8), (7, 8)]);
        assert_eq!(pixels_of(&points, &mask), [3, 5, 8, 1, 9, 3, 5, 8, 8]);
        let points = skeleton_points(&labels, 5);
        assert_eq!(points, [(3, 5), (4, 4), (4, 3), (3, 6), (7, 8)]);
        assert_eq!(pixels_of(&points, &mask), [6, 6, 13, 10, 15]);
    }
}
