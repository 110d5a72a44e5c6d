//! The pixels of a straight line.
//!
//! Source: J. E. Bresenham, Algorithm for computer control of a digital plotter, 1965; `draw_line` and `get_line_pts` of
//! `centrosome.cpmorphology` 1.2.3, which walk alike.

/// Returns the pixels (y, x) of the line, both ends included, from the first on: the way back may differ.
pub fn line(from: (i32, i32), to: (i32, i32)) -> impl Iterator<Item = (i32, i32)> {
    let (rows, columns) = ((to.0 - from.0).abs(), (to.1 - from.1).abs());
    let (down, right) = ((to.0 - from.0).signum(), (to.1 - from.1).signum());
    let (long, short) = (rows.max(columns), rows.min(columns));
    let mut remainder = 2 * short - long;
    let (mut y, mut x) = from;
    let steps = (0..long).map(move |_| {
        let aside = remainder >= 0;
        if aside {
            remainder -= 2 * long;
        }
        remainder += 2 * short;
        if rows == long || aside {
            y += down;
        }
        if columns == long || aside {
            x += right;
        }
        (y, x)
    });
    std::iter::once(from).chain(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected: `get_line_pts` of centrosome 1.2.3.
    #[test]
    fn its_pixels_are_those_of_centrosome() {
        let pixels = |from, to| line(from, to).collect::<Vec<_>>();
        assert_eq!(pixels((0, 0), (2, 5)), [(0, 0), (0, 1), (1, 2), (1, 3), (2, 4), (2, 5)]);
        assert_eq!(pixels((2, 5), (0, 0)), [(2, 5), (2, 4), (1, 3), (1, 2), (0, 1), (0, 0)]);
        assert_eq!(pixels((4, 1), (0, 1)), [(4, 1), (3, 1), (2, 1), (1, 1), (0, 1)]);
        assert_eq!(pixels((0, 3), (4, 0)), [(0, 3), (1, 2), (2, 1), (3, 1), (4, 0)]);
    }
}
