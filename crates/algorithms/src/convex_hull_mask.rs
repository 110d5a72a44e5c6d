//! The convex hull of all that is on in a mask, as a mask.
//!
//! Source: `convex_hull_image` and `draw_line` of `centrosome.cpmorphology` 1.2.3.

use crate::convex_hull::{Point, convex_hull};
use crate::fill_holes::fill_labeled_holes;
use crate::regions::Regions;
use pixels::Plane;

/// Returns the hull of `mask` (H×W): lines from corner to corner, filled.
pub fn convex_hull_mask(mask: &Plane<bool>) -> Plane<bool> {
    let regions = Regions::of(&mask.map(|&m| u32::from(m)));
    let mut lines: Plane<u32> = Plane::zeros(mask.height(), mask.width());
    if let Some(region) = regions.get(1) {
        let corners = convex_hull(region);
        for (i, &from) in corners.iter().enumerate() {
            draw(&mut lines, from, corners[(i + 1) % corners.len()]);
        }
    }
    fill_labeled_holes(&lines, |_| true).map(|&v| v == 1)
}

/// Draws a line (Bresenham), from the first point on: the way back may differ.
fn draw(image: &mut Plane<u32>, from: Point, to: Point) {
    let (mut y, mut x) = from;
    let (tall, wide) = ((to.0 - y).abs(), (to.1 - x).abs());
    let step_x = if to.1 > x { 1 } else { -1 };
    let step_y = if to.0 > y { 1 } else { -1 };
    image[(y as usize, x as usize)] = 1;
    let (long, short) = if tall > wide { (tall, wide) } else { (wide, tall) };
    let mut rest = short * 2 - long;
    for _ in 0..long {
        let turn = rest >= 0;
        if turn {
            rest -= long * 2;
        }
        rest += short * 2;
        if tall > wide || turn {
            y += step_y;
        }
        if tall <= wide || turn {
            x += step_x;
        }
        image[(y as usize, x as usize)] = 1;
    }
}
