//! Parts touching shapes where they are narrow: the distance to the background is flooded from its peaks.
//!
//! Source: `stretch`, `regmax`, `label` and `cwatershed` of mahotas 1.4, one after the other as CellProfiler's Watershed
//! calls them. Arrays are z·y·x; a flat one has one plane.

use crate::surroundings::{Offset, around, cube, neighbors};
use crate::volume_distances::volume_distances;
use pixels::{Array, Shape};
use std::collections::VecDeque;

/// The side of the cube within which peaks are one.
const ONE_PEAK: usize = 16;

/// Returns the parts of `mask`, 0 outside. A peak is the highest place within a cube (of a flat array, a square) of
/// `side` pixels.
pub fn distance_watershed(mask: &Array<bool>, side: usize) -> Array<u32> {
    if !mask.data().contains(&true) {
        return mask.map(|_| 0);
    }
    let shape = mask.shape();
    let heights = stretched(volume_distances(mask).data());
    let peaks = regional_maxima(&heights, shape, side);
    let mut parts = joined(&peaks, shape);
    flood(&heights, shape, &mut parts);
    parts.iter_mut().zip(mask.data()).for_each(|(part, &inside)| *part *= u32::from(inside));
    Array::from_vec(shape, parts)
}

/// Scales values to 0…255 and cuts off what is behind the point.
fn stretched(values: &[f64]) -> Vec<u8> {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let range = most - least;
    if range == 0.0 {
        return vec![0; values.len()];
    }
    let factor = 255.0 / range;
    values.iter().map(|&v| ((v - least) * factor) as u8).collect()
}

/// Marks the places that nothing around is above of, without plateaus from which another place of their height is seen
/// that is none. With them goes every marked place around, of whatever height: of a cube of even side, which is not
/// the same both ways, that can be a lower one.
fn regional_maxima(heights: &[u8], shape: Shape, side: usize) -> Vec<bool> {
    let mut maxima: Vec<bool> =
        greatest_around(heights, shape, side).iter().zip(heights).map(|(most, own)| most == own).collect();
    let offsets: Vec<Offset> = cube(shape, side).into_iter().filter(|&o| o != (0, 0, 0)).collect();
    let mut open = Vec::new();
    for at in 0..heights.len() {
        if !maxima[at]
            || !around(shape, at, &offsets).any(|near| !maxima[near] && heights[near] >= heights[at])
        {
            continue;
        }
        maxima[at] = false;
        open.push(at);
        while let Some(place) = open.pop() {
            for near in around(shape, place, &offsets) {
                if maxima[near] {
                    maxima[near] = false;
                    open.push(near);
                }
            }
        }
    }
    maxima
}

/// Returns the greatest height of the cube around each place.
fn greatest_around(heights: &[u8], shape: Shape, side: usize) -> Vec<u8> {
    let axes = [(shape.width, 1), (shape.height, shape.width), (shape.depth, shape.height * shape.width)];
    let before = side / 2;
    let mut greatest = heights.to_vec();
    for (count, step) in axes {
        let from = greatest.clone();
        for (at, most) in greatest.iter_mut().enumerate() {
            let i = at / step % count;
            let start = at - i * step;
            let reach = i.saturating_sub(before)..(i + side - before).min(count);
            *most = reach.map(|j| from[start + j * step]).max().unwrap_or(*most);
        }
    }
    greatest
}

/// Labels the marked places; those within a cube of each other are one. Labels count by their first place.
fn joined(marked: &[bool], shape: Shape) -> Vec<u32> {
    // The cube is not the same both ways: whoever sees the other joins it.
    let mut both: Vec<Offset> =
        cube(shape, ONE_PEAK).into_iter().flat_map(|(z, y, x)| [(z, y, x), (-z, -y, -x)]).collect();
    both.sort_unstable();
    both.dedup();
    let mut labels = vec![0; marked.len()];
    let mut count = 0;
    let mut open = Vec::new();
    for first in 0..marked.len() {
        if !marked[first] || labels[first] != 0 {
            continue;
        }
        count += 1;
        labels[first] = count;
        open.push(first);
        while let Some(place) = open.pop() {
            for near in around(shape, place, &both) {
                if marked[near] && labels[near] == 0 {
                    labels[near] = count;
                    open.push(near);
                }
            }
        }
    }
    labels
}

/// Floods from the labelled places, high ones first and those of one height in the order in which they were reached, to
/// the neighbours that share a side.
fn flood(heights: &[u8], shape: Shape, labels: &mut [u32]) {
    let near = neighbors(shape, 1);
    let mut queues: [VecDeque<u32>; 256] = std::array::from_fn(|_| VecDeque::new());
    for at in (0..labels.len()).filter(|&at| labels[at] != 0) {
        queues[usize::from(heights[at])].push_back(at as u32);
    }
    let mut highest = u8::MAX;
    loop {
        let Some(at) = queues[usize::from(highest)].pop_front() else {
            let Some(lower) = highest.checked_sub(1) else { break };
            highest = lower;
            continue;
        };
        for reached in around(shape, at as usize, &near) {
            if labels[reached] == 0 {
                labels[reached] = labels[at as usize];
                queues[usize::from(heights[reached])].push_back(reached as u32);
                highest = highest.max(heights[reached]);
            }
        }
    }
}
