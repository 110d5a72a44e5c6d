//! Colour maps: the colours that stand for numbers from 0 to 1.
//!
//! Source: matplotlib 3.5.3; `colormap/colors.txt` holds its colours, made by the script beside it.

mod formulas;

/// Red, green and blue from 0 to 1.
pub type Color = [f64; 3];

/// The colours of a map, in the steps in which it gives them out.
#[derive(Clone, Debug, PartialEq)]
pub struct Colormap {
    colors: Vec<Color>,
}

/// In how many steps a map without own steps gives its colours out.
const STEPS: usize = 256;

impl Colormap {
    /// Returns the map that matplotlib calls `name`; those whose names end in `_r` are reversed.
    pub fn named(name: &str) -> Option<Self> {
        if let Some(forward) = name.strip_suffix("_r") {
            let mut map = Self::named(forward)?;
            map.colors.reverse();
            return Some(map);
        }
        if name == "twilight_shifted" {
            let mut map = Self::named("twilight")?;
            let half = map.colors.len() / 2;
            map.colors.rotate_left(half);
            map.colors.reverse();
            return Some(map);
        }
        let line = lines().find(|line| line.0 == name);
        let colors = match line {
            Some((_, kind, numbers)) => {
                read(kind, &numbers.split(' ').filter_map(number).collect::<Vec<_>>())
            }
            None => (0..STEPS).map(|i| formulas::color(name, place(i))).collect::<Option<_>>()?,
        };
        Some(Self { colors })
    }

    /// Returns the names of all maps but the reversed ones.
    pub fn names() -> impl Iterator<Item = &'static str> {
        lines().map(|line| line.0).chain(formulas::NAMES.iter().copied()).chain(["twilight_shifted"])
    }

    /// Returns the colour that stands for `value` (0 to 1; what is beyond has the colour of the end). NaN is black.
    pub fn color(&self, value: f64) -> Color {
        if value.is_nan() {
            return [0.0; 3];
        }
        let count = self.colors.len();
        self.colors[((value * count as f64) as usize).min(count - 1)]
    }

    /// As [`Colormap::color`], computed in single precision, for a value that is a number.
    pub fn color_f32(&self, value: f32) -> Color {
        let count = self.colors.len();
        self.colors[((value * count as f32) as usize).min(count - 1)]
    }

    /// Returns the colour of each value, where the least has the first and the greatest the last colour.
    ///
    /// Where all are equal they have the first colour; where one is NaN all are black.
    pub fn scaled<'v>(&'v self, values: &'v [f64]) -> impl Iterator<Item = Color> + 'v {
        let known = !values.iter().any(|v| v.is_nan());
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let greatest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        values.iter().map(move |&value| match known {
            true if least == greatest => self.color(0.0),
            true => self.color((value - least) / (greatest - least)),
            false => [0.0; 3],
        })
    }
}

/// Returns name, kind and numbers of each map in the file.
fn lines() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    include_str!("colormap/colors.txt").lines().filter_map(|line| {
        let (name, rest) = line.split_once(' ')?;
        let (kind, numbers) = rest.split_once(' ')?;
        Some((name, kind, numbers))
    })
}

fn number(text: &str) -> Option<f64> {
    let value: f64 = text.parse().ok()?;
    Some(if text.contains(['.', 'e']) { value } else { value / 255.0 })
}

/// Where on the map the step `i` lies.
fn place(i: usize) -> f64 {
    i as f64 * (1.0 / (STEPS - 1) as f64)
}

fn read(kind: &str, numbers: &[f64]) -> Vec<Color> {
    match kind {
        "listed" => numbers.chunks_exact(3).map(|c| [c[0], c[1], c[2]]).collect(),
        "stops" => {
            let points = |channel: usize| -> Vec<Point> {
                numbers.chunks_exact(4).map(|s| [s[0], s[channel], s[channel]]).collect()
            };
            together([points(1), points(2), points(3)])
        }
        _ => {
            let mut rest = numbers;
            together(std::array::from_fn(|_| {
                let count = (rest[0] * 255.0).round() as usize;
                let (points, after) = rest[1..].split_at(count * 3);
                rest = after;
                points.chunks_exact(3).map(|p| [p[0], p[1], p[2]]).collect()
            }))
        }
    }
}

/// Position, value before it and value after it.
type Point = [f64; 3];

/// Returns the colours of three lines, each through the points of its channel.
fn together(channels: [Vec<Point>; 3]) -> Vec<Color> {
    let last = (STEPS - 1) as f64;
    let value = |points: &[Point], i: usize| {
        if i == 0 {
            return points[0][2];
        }
        let end = points.len() - 1;
        if i == STEPS - 1 {
            return points[end][1];
        }
        let at = last * place(i);
        let next = points.partition_point(|p| p[0] * last < at).clamp(1, end);
        let (from, to) = (points[next - 1], points[next]);
        let share = (at - from[0] * last) / (to[0] * last - from[0] * last);
        (share * (to[1] - from[2]) + from[2]).clamp(0.0, 1.0)
    };
    (0..STEPS).map(|i| std::array::from_fn(|c| value(&channels[c], i))).collect()
}
