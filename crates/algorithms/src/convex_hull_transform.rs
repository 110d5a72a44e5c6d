//! The convex hull transform, as `centrosome.filter.convex_hull_transform` (1.2.3).

use crate::convex_hull::hull_of_columns;
use crate::line::line;
use pixels::Plane;

/// Returns `image` smoothed for an illumination function: eroded, hull-transformed in 256 levels and dilated inside `mask`.
///
/// Erosion and dilation are over a disk of radius 2 and ignore single pixels' noise. Outside the mask values stay as
/// they are before each step. Pixels beyond the border count as 1 for the erosion and as 0 for the dilation. `None` is
/// where centrosome fails: when the hull of the brightest sixteenth is the whole image.
pub fn convex_hull_background(image: &Plane<f64>, mask: &Plane<bool>) -> Option<Plane<f64>> {
    let eroded = over_disk(image, mask, 1.0, f64::min);
    let transformed = convex_hull_transform(&eroded, Some(mask), 256)?;
    Some(over_disk(&transformed, mask, 0.0, f64::max))
}

/// Returns for each pixel inside `mask` the extreme over the disk of radius 2, where `outside` stands for what is not in
/// the image or the mask.
fn over_disk(
    image: &Plane<f64>,
    mask: &Plane<bool>,
    outside: f64,
    extreme: impl Fn(f64, f64) -> f64,
) -> Plane<f64> {
    const HALF_WIDTHS: [usize; 5] = [0, 1, 2, 1, 0];
    let (height, width) = image.shape();
    let stride = width + 4;
    let mut wide = vec![outside; (height + 4) * stride];
    for y in 0..height {
        let to = &mut wide[(y + 2) * stride + 2..][..width];
        for ((to, &v), _) in to.iter_mut().zip(image.row(y)).zip(mask.row(y)).filter(|(_, m)| **m) {
            *to = v;
        }
    }
    let mut result = image.clone();
    for y in 0..height {
        for (x, to) in result.row_mut(y).iter_mut().enumerate().filter(|(x, _)| mask[(y, *x)]) {
            let rows = HALF_WIDTHS.iter().enumerate();
            let values = rows.flat_map(|(dy, &w)| &wide[(y + dy) * stride + x + 2 - w..][..2 * w + 1]);
            *to = values.copied().reduce(&extreme).unwrap_or(outside);
        }
    }
    result
}

/// Returns for each pixel the greatest level in whose convex hull it lies: the hull of all pixels at that level or above.
///
/// `levels` of them divide the range of the image inside `mask` (`None` is everywhere); pixels outside the mask are of
/// the lowest. More than 16 levels are first transformed in their square root of levels, and the result of that is
/// taken for the image where it is higher.
fn convex_hull_transform(
    image: &Plane<f64>,
    mask: Option<&Plane<bool>>,
    levels: usize,
) -> Option<Plane<f64>> {
    let (height, width) = image.shape();
    let counts = |at: usize| mask.is_none_or(|mask| mask.data()[at]);
    let mut inside = (0..image.len()).filter(|&at| counts(at)).map(|at| image.data()[at]);
    let Some(first) = inside.next() else { return Some(Plane::zeros(height, width)) };
    let (min, max) = inside.fold((first, first), |(min, max), v| (min.min(v), max.max(v)));
    if min == max {
        return Some(image.clone());
    }
    let top = levels as f64 - 1.0;
    let value = |level: usize| min + level as f64 * (max - min) / top;
    let mut scaled = image.map(|&v| (v - min) * top / (max - min));
    if let Some(mask) = mask {
        scaled = scaled.zip(mask, |&v, &m| if m { v } else { 0.0 });
    }
    if levels > 16 {
        let rough = convex_hull_transform(&scaled.map(|v| v.floor()), None, (levels as f64).sqrt() as usize)?;
        scaled = scaled.zip(&rough, |&v, &r| v.max(r));
    }
    let level = scaled.map(|&v| (v as usize).min(levels - 1));
    let flat = level.data().iter().all(|&l| l == level.data()[0]);
    (!flat).then(|| hulls(&level, levels).map(|&l| value(l)))
}

/// Returns for each pixel the level of the hull it lies in, of an image of levels.
fn hulls(level: &Plane<usize>, levels: usize) -> Plane<usize> {
    let (height, width) = level.shape();
    let mut pixels: Vec<Vec<(usize, usize)>> = vec![Vec::new(); levels];
    for y in 0..height {
        for (x, &l) in level.row(y).iter().enumerate() {
            pixels[l].push((y, x));
        }
    }
    let lowest = pixels.iter().position(|p| !p.is_empty()).unwrap_or(0);
    // The sides of the hulls, those of higher levels over those of lower ones.
    let mut sides = Plane::<Option<usize>>::filled(height, width, None);
    let mut columns: Vec<Option<(i32, i32)>> = vec![None; width];
    for l in (lowest + 1..levels).rev().filter(|&l| !pixels[l].is_empty()) {
        for &(y, x) in &pixels[l] {
            let extent = columns[x].get_or_insert((y as i32, y as i32));
            *extent = (extent.0.min(y as i32), extent.1.max(y as i32));
        }
        let corners = hull_of_columns(&columns, 0);
        for (at, &from) in corners.iter().enumerate() {
            for (y, x) in line(from, corners[(at + 1) % corners.len()]) {
                sides[(y as usize, x as usize)].get_or_insert(l);
            }
        }
    }
    fill(&sides, lowest)
}

/// Returns for each pixel the lesser of the nearest sides above and below it in its column, itself included.
fn fill(sides: &Plane<Option<usize>>, lowest: usize) -> Plane<usize> {
    let (height, width) = sides.shape();
    let mut result = Plane::filled(height, width, lowest);
    let mut near = vec![lowest; width];
    for y in 0..height {
        for ((near, side), to) in near.iter_mut().zip(sides.row(y)).zip(result.row_mut(y)) {
            *near = side.unwrap_or(*near);
            *to = *near;
        }
    }
    near.fill(lowest);
    for y in (0..height).rev() {
        for ((near, side), to) in near.iter_mut().zip(sides.row(y)).zip(result.row_mut(y)) {
            *near = side.unwrap_or(*near);
            *to = (*to).min(*near);
        }
    }
    result
}
