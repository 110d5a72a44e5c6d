//! The convex hull of an object's pixels.

use crate::regions::Region;

/// A pixel's place: row, column.
pub type Point = (i32, i32);

/// Returns the corners of the convex hull of the object's pixel centres.
///
/// They start at the upper pixel of the leftmost column and go along the upper side first; no corner lies on the
/// line between its neighbours. A straight object has two corners, a single pixel one. Same corners in the same order as
/// `centrosome.cpmorphology.convex_hull` (1.2.3), which the enclosing circle depends on.
pub fn convex_hull(region: Region<'_>) -> Vec<Point> {
    let left = region.bounds.left as i32;
    let mut columns: Vec<Option<(i32, i32)>> = vec![None; region.bounds.width()];
    let mut note = |row: i32, column: i32| {
        let extent = columns[(column - left) as usize].get_or_insert((row, row));
        *extent = (extent.0.min(row), extent.1.max(row));
    };
    // The corners are among the ends of the rows.
    for rows in region.runs.chunk_by(|a, b| a.row == b.row) {
        note(rows[0].row as i32, rows[0].start as i32);
        note(rows[rows.len() - 1].row as i32, rows[rows.len() - 1].end as i32 - 1);
    }
    hull_of_columns(&columns, left)
}

/// Returns the corners, in the order of [`convex_hull`], of the hull of pixels of which the upper and lower end in each
/// column from `left` on are given; `None` is a column without a pixel.
pub fn hull_of_columns(columns: &[Option<(i32, i32)>], left: i32) -> Vec<Point> {
    let extents = || columns.iter().zip(left..).filter_map(|(e, column)| Some(((*e)?, column)));
    let mut hull = Vec::new();
    for ((upper, _), column) in extents() {
        push(&mut hull, (upper, column));
    }
    let mut back: Vec<Point> = extents().map(|((_, lower), column)| (lower, column)).collect();
    let first = back.remove(0);
    for &point in back.iter().rev() {
        push(&mut hull, point);
    }
    let wanted = Some(&first) != hull.first();
    push(&mut hull, first);
    if !wanted {
        hull.pop();
    }
    hull
}

/// Adds a corner, and takes away those before it that it makes flat or hollow.
fn push(hull: &mut Vec<Point>, point: Point) {
    while hull.len() >= 2 && !turns(hull[hull.len() - 2], hull[hull.len() - 1], point) {
        hull.pop();
    }
    hull.push(point);
}

/// Returns whether the way a → b → c bends outwards at b, or turns back there at the right end of a line.
fn turns(a: Point, b: Point, c: Point) -> bool {
    let ab = (i64::from(b.0 - a.0), i64::from(b.1 - a.1));
    let bc = (i64::from(c.0 - b.0), i64::from(c.1 - b.1));
    match (ab.1 * bc.0 - bc.1 * ab.0).signum() {
        1 => true,
        -1 => false,
        _ => b.1 > a.1 && b.1 > c.1,
    }
}

/// Counts the pixels whose centres lie in or on the hull of an object, given its corners.
///
/// The hull is that of [`rows_in_hull`].
pub fn convex_area(hull: &[Point]) -> usize {
    rows_in_hull(hull).iter().map(|row| (row.last - row.first + 1).max(0) as usize).sum()
}

/// The pixels of a row that lie in a hull: from column `first` to `last`, both included; none where `last` is less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HullRow {
    /// The row.
    pub row: i64,
    /// The first column.
    pub first: i64,
    /// The last column.
    pub last: i64,
}

/// Returns the pixels whose centres lie in or on the hull of an object, given its corners.
///
/// The hull is that of the middles of the pixels' sides, half a pixel out, as `skimage.morphology.convex_hull_image`
/// 0.18 makes it; in doubled coordinates all of it is whole numbers, so that a point on a side is not a matter of
/// rounding.
pub fn rows_in_hull(hull: &[Point]) -> Vec<HullRow> {
    let points = hull.iter().flat_map(|&(row, column)| {
        let (y, x) = (2 * i64::from(row), 2 * i64::from(column));
        [(y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)]
    });
    rows_in_polygon(points.collect())
}

/// Returns the pixels whose centres lie in or on the hull of the centres themselves, given its corners.
///
/// Source: `centrosome.cpmorphology.fill_convex_hulls` (1.2.3).
pub fn rows_in_hull_of_centers(hull: &[Point]) -> Vec<HullRow> {
    rows_in_polygon(hull.iter().map(|&(row, column)| (2 * i64::from(row), 2 * i64::from(column))).collect())
}

/// Returns the pixels in or on the hull of points in doubled coordinates.
fn rows_in_polygon(mut points: Vec<(i64, i64)>) -> Vec<HullRow> {
    points.sort_unstable();
    points.dedup();
    let outline = outline(&points);
    let (Some(top), Some(bottom)) = (points.first(), points.last()) else { return Vec::new() };
    let rows = ceil_halves(top.0)..=bottom.0.div_euclid(2);
    let start = *rows.start();
    let mut found: Vec<_> = rows.map(|row| HullRow { row, first: i64::MAX, last: i64::MIN }).collect();
    let mut extend = |row: i64, first: i64, last: i64| {
        let found = &mut found[(row - start) as usize];
        (found.first, found.last) = (found.first.min(first), found.last.max(last));
    };
    // A corner counts by itself where all lie in one row, or in one point.
    for point in points.iter().filter(|point| point.0 % 2 == 0) {
        extend(point.0 / 2, ceil_halves(point.1), point.1.div_euclid(2));
    }
    for (at, &a) in outline.iter().enumerate() {
        let b = outline[(at + 1) % outline.len()];
        let (a, b) = if a.0 <= b.0 { (a, b) } else { (b, a) };
        if a.0 == b.0 {
            continue;
        }
        for row in ceil_halves(a.0)..=b.0.div_euclid(2) {
            // The side crosses the row at x = numerator / denominator, in whole pixels.
            let numerator = a.1 * (b.0 - a.0) + (2 * row - a.0) * (b.1 - a.1);
            let denominator = 2 * (b.0 - a.0);
            extend(row, -(-numerator).div_euclid(denominator), numerator.div_euclid(denominator));
        }
    }
    found
}

fn ceil_halves(doubled: i64) -> i64 {
    -(-doubled).div_euclid(2)
}

/// Returns the convex hull of sorted points (Andrew 1979).
fn outline(points: &[(i64, i64)]) -> Vec<(i64, i64)> {
    let chain = |points: &mut dyn Iterator<Item = &(i64, i64)>| {
        let mut chain: Vec<(i64, i64)> = Vec::new();
        for &p in points {
            while let [.., a, b] = chain[..] {
                if (b.0 - a.0) * (p.1 - a.1) - (b.1 - a.1) * (p.0 - a.0) > 0 {
                    break;
                }
                chain.pop();
            }
            chain.push(p);
        }
        chain.pop();
        chain
    };
    let mut result = chain(&mut points.iter());
    result.extend(chain(&mut points.iter().rev()));
    result
}
