//! What is cut out.

use crate::RunError;
use cppipe::Settings;
use pixels::Plane;

/// The shape that is kept.
#[derive(Debug, PartialEq)]
pub(super) enum Shape {
    Rectangle(Rectangle),
    Ellipse(Ellipse),
    /// Drawn by a person.
    Mouse,
    /// Where this image is above 0.
    Image(String),
    /// Where these objects are.
    Objects(String),
    /// As this image was cropped.
    Previous(String),
}

/// Rows and columns from the first to the one before the last; `None` is all to the end, and a negative number
/// counts from the end.
#[derive(Debug, PartialEq)]
pub(super) struct Rectangle {
    pub(super) columns: (i64, Option<i64>),
    pub(super) rows: (i64, Option<i64>),
}

/// Centre and radii, x before y.
#[derive(Debug, PartialEq)]
pub(super) struct Ellipse {
    pub(super) center: (i64, i64),
    pub(super) radius: (i64, i64),
}

/// Reads two positions; `begin` is the first row or column, `end` the last.
pub(super) fn limits(settings: &mut Settings<'_>, label: &str) -> (i64, Option<i64>) {
    let answer = settings.text(label);
    let mut parts = answer.split(',');
    let first = parts.next().map(|text| if text == "begin" { Some(0) } else { text.trim().parse().ok() });
    let last =
        parts.next().map(|text| if text == "end" { Some(None) } else { text.trim().parse().ok().map(Some) });
    match (first.flatten(), last.flatten()) {
        // CellProfiler takes a negative first position for 0.
        (Some(first), Some(last)) => (i64::max(first, 0), last),
        _ => {
            let message = format!("`{answer}` is not two positions with a comma between them");
            settings.problem(label, message, None);
            (0, None)
        }
    }
}

impl Rectangle {
    /// Returns true inside the rectangle.
    pub(super) fn drawn(&self, (height, width): (usize, usize)) -> Plane<bool> {
        let range = |(first, last): (i64, Option<i64>), n: usize| {
            let n = n as i64;
            let last = last.map_or(n, |last| if last < 0 { (n + last).max(0) } else { last.min(n) });
            (first.min(n) as usize, last as usize)
        };
        let (top, bottom) = range(self.rows, height);
        let (left, right) = range(self.columns, width);
        let mut inside = Plane::filled(height, width, false);
        for y in top..bottom {
            if left < right {
                inside.row_mut(y)[left..right].fill(true);
            }
        }
        inside
    }
}

impl Ellipse {
    /// Returns true where the distances from the foci add up to the long axis at the most.
    pub(super) fn drawn(&self, (height, width): (usize, usize)) -> Result<Plane<bool>, RunError> {
        let ((x, y), (radius_x, radius_y)) = (self.center, self.radius);
        let (x, y) = (x as f64, y as f64);
        let squares = (radius_x * radius_x - radius_y * radius_y) as f64;
        let (away_x, away_y, major) =
            if radius_x > radius_y { (squares, 0.0, radius_x) } else { (0.0, -squares, radius_y) };
        if away_x < 0.0 || away_y < 0.0 {
            return Err(RunError::Refused("an ellipse whose radii are negative has no foci".into()));
        }
        let (away_x, away_y) = (away_x.sqrt(), away_y.sqrt());
        let foci = [(x - away_x, y - away_y), (x + away_x, y + away_y)];
        let mut inside = Plane::filled(height, width, false);
        for row in 0..height {
            for (column, inside) in inside.row_mut(row).iter_mut().enumerate() {
                let distance = |(x, y): (f64, f64)| {
                    let (dx, dy) = (column as f64 - x, row as f64 - y);
                    (dx * dx + dy * dy).sqrt()
                };
                *inside = distance(foci[0]) + distance(foci[1]) <= (major * 2) as f64;
            }
        }
        Ok(inside)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rectangle_may_count_from_the_end() {
        let rectangle = Rectangle { columns: (1, Some(-1)), rows: (0, None) };
        assert_eq!(rectangle.drawn((1, 4)).data(), [false, true, true, false]);
        let beyond = Rectangle { columns: (3, Some(9)), rows: (0, Some(1)) };
        assert_eq!(beyond.drawn((1, 4)).data(), [false, false, false, true]);
    }
}
