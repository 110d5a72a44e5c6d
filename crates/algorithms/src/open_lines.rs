//! Lines of any direction: how much an opening by a line depends on the line's angle.
//!
//! Source: `openlines`, `opening` and `strel_line` of `centrosome.cpmorphology` 1.2.3.

use crate::line::line;
use crate::morphology::{Offsets, dilate, erode};
use crate::numpy::Real;
use pixels::Plane;

/// Degrees from line to line.
const STEP: usize = 10;

/// Returns, for each pixel of `image` (H×W), the greatest less the least of the openings by lines of `length` pixels in 18
/// directions; 0 outside the mask. Beyond the border and the mask is 1 for erosions and 0 for dilations.
pub fn open_lines<T: Real>(image: &Plane<T>, length: f64, mask: Option<&Plane<bool>>) -> Plane<T> {
    let wide = image.map(|v| v.to_f64());
    let openings = (0..180 / STEP).map(|i| {
        let line = through_centre(length, (i * STEP) as f64);
        let eroded = filter(&wide, mask, &line, 1.0, erode);
        filter(&eroded, mask, &line, 0.0, dilate).map(|&v| T::of(v))
    });
    let mut extremes: Option<(Plane<T>, Plane<T>)> = None;
    for opening in openings {
        extremes = Some(match extremes {
            None => (opening.clone(), opening),
            Some((low, high)) => (
                low.zip(&opening, |&a, &b| if b < a { b } else { a }),
                high.zip(&opening, |&a, &b| if b > a { b } else { a }),
            ),
        });
    }
    extremes.map_or_else(|| image.map(|_| T::ZERO), |(low, high)| high.zip(&low, |&h, &l| h - l))
}

/// Filters an image whose surroundings, and what is masked, have the value `outside`; the masked stays as it is.
fn filter(
    image: &Plane<f64>,
    mask: Option<&Plane<bool>>,
    line: &[(isize, isize)],
    outside: f64,
    by: impl Fn(&Plane<f64>, &[(isize, isize)]) -> Plane<f64>,
) -> Plane<f64> {
    let margin = line.iter().map(|&(y, x)| y.abs().max(x.abs())).max().unwrap_or(0).max(1) as usize;
    let (height, width) = image.shape();
    let mut framed = Plane::filled(height + 2 * margin, width + 2 * margin, outside);
    for y in 0..height {
        let row = &mut framed.row_mut(y + margin)[margin..margin + width];
        row.copy_from_slice(image.row(y));
        if let Some(mask) = mask {
            row.iter_mut().zip(mask.row(y)).filter(|(_, m)| !**m).for_each(|(v, _)| *v = outside);
        }
    }
    let filtered = by(&framed, line);
    let rows = (0..height).flat_map(|y| &filtered.row(y + margin)[margin..margin + width]);
    let inner = Plane::from_vec(height, width, rows.copied().collect());
    match mask {
        None => inner,
        Some(mask) => {
            let own = image.zip(mask, |&v, &m| (v, m));
            inner.zip(&own, |&v, &(own, m)| if m { v } else { own })
        }
    }
}

/// Returns the offsets of a line through the centre, from both ends inwards.
fn through_centre(length: f64, degrees: f64) -> Offsets {
    let angle = degrees * std::f64::consts::PI / 180.0;
    let half = |part: f64| (f64::EPSILON + part * length / 2.0).round_ties_even() as i32;
    let end = (-half(angle.sin()), half(angle.cos()));
    let points = line((-end.0, -end.1), (0, 0)).chain(line(end, (0, 0)));
    let mut points: Offsets = points.map(|(y, x)| (y as isize, x as isize)).collect();
    points.sort_unstable();
    points.dedup();
    points
}
