//! Exact Euclidean distance to the nearest background pixel, and which one that is.
//!
//! Source: `scipy.ndimage.distance_transform_edt` (SciPy 1.9), the feature transform of Maurer, Qi and
//! Raghavan, PAMI 25 (2003). Of background pixels equally near it keeps the one of the lowest column, then of
//! the lowest row. The way here is that of Meijster, Roerdink and Hesselink (2000): columns, then, in each run
//! of foreground of a row, the lower envelope of parabolas.

use pixels::Plane;

/// The row and column of the background pixel nearest to each pixel; (−1, 0) when there is no background at all.
#[derive(Clone, Debug, PartialEq)]
pub struct Nearest {
    /// Rows.
    pub rows: Plane<i32>,
    /// Columns.
    pub columns: Plane<i32>,
}

/// Computes each pixel's distance to the nearest false pixel of `foreground` (H×W), in pixels.
///
/// Without any false pixel the distance is to row −1, column 0, as SciPy has it.
pub fn distances(foreground: &Plane<bool>) -> Plane<f64> {
    let mut out = Plane::zeros(foreground.height(), foreground.width());
    each_nearest(foreground, f64::INFINITY, |y, x, row, column| {
        let (dy, dx) = (f64::from(row) - y as f64, f64::from(column) - x as f64);
        out[(y, x)] = (dy * dy + dx * dx).sqrt();
    });
    out
}

/// Finds the false pixel of `foreground` (H×W) nearest to each pixel; a false pixel is its own.
pub fn nearest_background(foreground: &Plane<bool>) -> Nearest {
    let (height, width) = foreground.shape();
    let data = |f: &dyn Fn(usize, usize) -> i32| {
        (0..height * width).map(|i| f(i / width, i % width)).collect::<Vec<_>>()
    };
    let mut rows = Plane::from_vec(height, width, data(&|y, _| y as i32));
    let mut columns = Plane::from_vec(height, width, data(&|_, x| x as i32));
    each_nearest(foreground, f64::INFINITY, |y, x, row, column| {
        rows[(y, x)] = row;
        columns[(y, x)] = column;
    });
    Nearest { rows, columns }
}

/// Calls `found` with each foreground pixel (H×W) and the row and column of the background nearest to it, of those no
/// more than `reach` pixels away at the least: what is further off may be left out, or be another.
pub(crate) fn each_nearest(
    foreground: &Plane<bool>,
    reach: f64,
    mut found: impl FnMut(usize, usize, i32, i32),
) {
    let (height, width) = foreground.shape();
    if foreground.data().iter().all(|&f| f) {
        for i in 0..height * width {
            found(i / width, i % width, -1, 0);
        }
        return;
    }
    let mut rows = nearest_in_column(foreground);
    if reach < height as f64 {
        for y in 0..height {
            for row in rows.row_mut(y).iter_mut().filter(|row| (f64::from(**row) - y as f64).abs() > reach) {
                *row = -1;
            }
        }
    }
    let mut envelope = Vec::with_capacity(width);
    for y in 0..height {
        let inside = foreground.row(y);
        let mut x = 0;
        while let Some(gap) = inside[x..].iter().position(|&f| f) {
            let start = x + gap;
            let end = inside[start..].iter().position(|&f| !f).map_or(width, |n| start + n);
            // The background on both sides is nearer than anything beyond it.
            let sites = start.saturating_sub(1)..(end + 1).min(width);
            lower_envelope(rows.row(y), y, sites, end, &mut envelope);
            let mut at = 0;
            for x in if envelope.is_empty() { end } else { start }..end {
                while at + 1 < envelope.len() && envelope[at + 1].1 <= x as i64 {
                    at += 1;
                }
                let column = envelope[at].0;
                found(y, x, rows[(y, column)], column as i32);
            }
            x = end;
        }
    }
}

/// Returns the row of the background pixel of each pixel's column that is nearest to it, the upper of two; −1
/// for a column without background.
fn nearest_in_column(foreground: &Plane<bool>) -> Plane<i32> {
    let (height, width) = foreground.shape();
    let mut rows = Plane::filled(height, width, -1);
    let mut last = vec![-1; width];
    for y in 0..height {
        for ((last, row), &inside) in last.iter_mut().zip(rows.row_mut(y)).zip(foreground.row(y)) {
            *last = if inside { *last } else { y as i32 };
            *row = *last;
        }
    }
    last.fill(-1);
    for y in (0..height).rev() {
        for ((last, row), &inside) in last.iter_mut().zip(rows.row_mut(y)).zip(foreground.row(y)) {
            *last = if inside { *last } else { y as i32 };
            let below = *last >= 0 && (*row < 0 || *last - (y as i32) < y as i32 - *row);
            *row = if below { *last } else { *row };
        }
    }
    rows
}

/// Fills `envelope` with the columns of `sites` that are nearest somewhere left of `end`, each with the
/// column from where on it is.
fn lower_envelope(
    rows: &[i32],
    y: usize,
    sites: std::ops::Range<usize>,
    end: usize,
    envelope: &mut Vec<(usize, i64)>,
) {
    envelope.clear();
    let square = |column: usize| {
        let d = i64::from(rows[column]) - y as i64;
        d * d
    };
    for column in sites.clone() {
        if rows[column] < 0 {
            continue;
        }
        let at = |site: usize, x: i64| {
            let d = x - site as i64;
            d * d + square(site)
        };
        while envelope.last().is_some_and(|&(site, from)| at(site, from) > at(column, from)) {
            envelope.pop();
        }
        let Some(&(site, _)) = envelope.last() else {
            envelope.push((column, sites.start as i64));
            continue;
        };
        let (s, c) = (site as i64, column as i64);
        let from = 1 + (c * c - s * s + square(column) - square(site)).div_euclid(2 * (c - s));
        if from < end as i64 {
            envelope.push((column, from));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_equally_near_pixels_the_lowest_column_then_row_is_taken() {
        let mut foreground = Plane::filled(3, 3, true);
        for (y, x) in [(0, 1), (1, 0), (1, 2), (2, 1)] {
            foreground[(y, x)] = false;
        }
        let nearest = nearest_background(&foreground);
        assert_eq!((nearest.rows[(1, 1)], nearest.columns[(1, 1)]), (1, 0));
    }

    #[test]
    fn without_background_the_distance_is_to_a_pixel_outside() {
        let d = distances(&Plane::filled(2, 2, true));
        assert_eq!(d.data(), [1.0, 2_f64.sqrt(), 2.0, 5_f64.sqrt()]);
    }
}
