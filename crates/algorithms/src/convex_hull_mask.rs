//! The convex hull of all that is on in a mask, as a mask.
//!
//! Source: `convex_hull_image` of `centrosome.cpmorphology` 1.2.3.

use crate::convex_hull::convex_hull;
use crate::fill_holes::fill_labeled_holes;
use crate::line::line;
use crate::regions::Regions;
use pixels::Plane;

/// Returns the hull of `mask` (H×W): lines from corner to corner, filled.
pub fn convex_hull_mask(mask: &Plane<bool>) -> Plane<bool> {
    let regions = Regions::of(&mask.map(|&m| u32::from(m)));
    let mut lines: Plane<u32> = Plane::zeros(mask.height(), mask.width());
    if let Some(region) = regions.get(1) {
        let corners = convex_hull(region);
        for (i, &from) in corners.iter().enumerate() {
            for (y, x) in line(from, corners[(i + 1) % corners.len()]) {
                lines[(y as usize, x as usize)] = 1;
            }
        }
    }
    fill_labeled_holes(&lines, |_| true).map(|&v| v == 1)
}
