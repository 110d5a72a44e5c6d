//! How deep inside a mask a pixel is, by Poisson's equation.
//!
//! Source: `centrosome.filter.poisson_equation` 1.2.3, after Gorelick et al., "Shape representation and classification
//! using the Poisson equation" (2006).

use crate::map_coordinates::{Order, Outside, map_grid};
use crate::numpy::{Real, percentile};
use pixels::Plane;

/// Rounds at the most.
const ROUNDS: usize = 100;

/// Returns the depth of each pixel of `mask` (H×W): one more than the mean of its four neighbours', 0 outside, up to where
/// nine tenths of the pixels change by a hundredth at the most.
pub fn poisson_depth(mask: &Plane<bool>) -> Plane<f64> {
    let (height, width) = mask.shape();
    let wide = width + 2;
    let mut depth = start(mask);
    let inside: Vec<usize> =
        (0..mask.len()).filter(|&i| mask.data()[i]).map(|i| (i / width + 1) * wide + i % width + 1).collect();
    if let [only] = inside[..] {
        depth[only] = 1.0;
    } else if !inside.is_empty() {
        for _ in 0..ROUNDS {
            let next: Vec<f64> = inside
                .iter()
                .map(|&at| (depth[at + wide] + depth[at - wide] + depth[at + 1] + depth[at - 1]) / 4.0 + 1.0)
                .collect();
            let mut changes: Vec<f64> =
                inside.iter().zip(&next).map(|(&at, next)| ((depth[at] - next) / next).abs()).collect();
            inside.iter().zip(&next).for_each(|(&at, &next)| depth[at] = next);
            f64::sort(&mut changes);
            if percentile(&changes, 90.0) <= 0.01 {
                break;
            }
        }
    }
    let rows = (1..=height).flat_map(|y| &depth[y * wide + 1..][..width]);
    Plane::from_vec(height, width, rows.copied().collect())
}

/// Returns the depths to start from, with a frame of one pixel: twice as coarse for large masks.
fn start(mask: &Plane<bool>) -> Vec<f64> {
    let (height, width) = mask.shape();
    let wide = width + 2;
    let mut depth = vec![0.0; (height + 2) * wide];
    if height <= 64 || width <= 64 {
        for (i, &on) in mask.data().iter().enumerate() {
            depth[(i / width + 1) * wide + i % width + 1] = f64::from(u8::from(on));
        }
        return depth;
    }
    let coarse = |n: usize| n.div_ceil(2);
    let cells = (0..coarse(height)).flat_map(|y| (0..coarse(width)).map(move |x| (2 * y, 2 * x)));
    let sampled = Plane::from_vec(coarse(height), coarse(width), cells.map(|at| mask[at]).collect());
    let halves = |n: usize| (0..2 * coarse(n)).map(|i| i as f64 / 2.0).collect::<Vec<_>>();
    let seed = poisson_depth(&sampled);
    let fine = map_grid(&seed, &halves(height), &halves(width), Order::Linear, Outside::Constant(0.0));
    for y in 0..fine.height() {
        depth[(y + 1) * wide + 1..][..fine.width()].copy_from_slice(fine.row(y));
    }
    // The mask is laid on a pixel to the upper left of where it belongs.
    for (i, _) in mask.data().iter().enumerate().filter(|(_, on)| !**on) {
        depth[i / width * wide + i % width] = 0.0;
    }
    depth
}
