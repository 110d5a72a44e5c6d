//! The circular Hough transform: how much of a circle of one radius around each pixel is bright.
//!
//! Source: `skimage.transform.hough_circle` and `skimage.draw.circle_perimeter` 0.18.

use pixels::Plane;

/// Returns, for each pixel of `mask` (H×W), the share of the points of a circle of `radius` around it that are on.
///
/// The circle's points are Bresenham's; those on axes and diagonals count twice, as they do in scikit-image.
pub fn circle_transform(mask: &Plane<bool>, radius: usize) -> Plane<f64> {
    let points = perimeter(radius as isize);
    let (height, width) = mask.shape();
    let mut counts: Plane<u32> = Plane::zeros(height, width);
    for &(dy, dx) in &points {
        for y in 0..height {
            let Some(to) = y.checked_add_signed(dy).filter(|&y| y < height) else { continue };
            let start = dx.unsigned_abs().min(width);
            let (from, into) =
                if dx < 0 { (start..width, 0..width - start) } else { (0..width - start, start..width) };
            for (count, &on) in counts.row_mut(to)[into].iter_mut().zip(&mask.row(y)[from]) {
                *count += u32::from(on);
            }
        }
    }
    let share = 1.0 / points.len() as f64;
    counts.map(|&count| f64::from(count) * share)
}

/// Returns the (row, column) offsets of a circle's points, eight at a time.
fn perimeter(radius: isize) -> Vec<(isize, isize)> {
    let (mut c, mut r, mut d) = (0, radius, 3 - 2 * radius);
    let mut points = Vec::new();
    while r >= c {
        points.extend([(r, c), (-r, c), (r, -c), (-r, -c), (c, r), (-c, r), (c, -r), (-c, -r)]);
        if d < 0 {
            d += 4 * c + 6;
        } else {
            d += 4 * (c - r) + 10;
            r -= 1;
        }
        c += 1;
    }
    points
}
