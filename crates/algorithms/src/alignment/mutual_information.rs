use super::{Offset, enlarged, overlap};
use crate::numpy;
use pixels::Plane;
use std::collections::HashMap;

/// Grey levels of the histograms.
const LEVELS: usize = 256;

/// An image and where it counts.
pub type Masked<'a> = (&'a Plane<f64>, &'a Plane<bool>);

/// Returns the offset of the second image at which it tells most of the first, found step by step from no offset;
/// `None` when nothing that counts lies on each other.
pub fn mutual_information(first: Masked<'_>, second: Masked<'_>) -> Option<Offset> {
    let shape = (first.0.height().max(second.0.height()), first.0.width().max(second.0.width()));
    let (mut first, mut second) = (Side::new(first, shape), Side::new(second, shape));
    // Most offsets around a place were around the one before.
    let mut known = HashMap::new();
    let mut information = |offset| match known.get(&offset) {
        Some(&found) => Some(found),
        None => {
            let found = information(&mut first, &mut second, offset)?;
            known.insert(offset, found);
            Some(found)
        }
    };
    let mut best = information((0, 0))?;
    let mut at = (0, 0);
    loop {
        let last = at;
        for y in last.0 - 1..=last.0 + 1 {
            for x in last.1 - 1..=last.1 + 1 {
                if (y, x) == (0, 0) {
                    continue;
                }
                let found = information((y, x))?;
                if found > best {
                    best = found;
                    at = (y, x);
                }
            }
        }
        if at == last {
            return Some(at);
        }
    }
}

/// One of the images, with the levels of the range that was asked for last: it seldom changes with the offset.
struct Side {
    values: Plane<f64>,
    counts: Plane<bool>,
    range: (f64, f64),
    levels: Plane<Level>,
}

/// The two levels of a value: numpy's bin of equal width, and 255 times the share of the range.
#[derive(Clone, Copy, Default)]
struct Level {
    bin: u8,
    stretched: u8,
}

impl Side {
    fn new((values, counts): Masked<'_>, shape: (usize, usize)) -> Self {
        Self {
            values: enlarged(values, shape),
            counts: enlarged(counts, shape),
            range: (f64::NAN, f64::NAN),
            levels: Plane::zeros(0, 0),
        }
    }

    fn set_range(&mut self, range: (f64, f64)) {
        if self.range == range {
            return;
        }
        let (low, high) = range;
        let edges = numpy::linspace(low, high, LEVELS + 1);
        let scale = LEVELS as f64 / (high - low);
        self.range = range;
        self.levels = self.values.map(|&value| Level {
            bin: bin(value, range, &edges, scale),
            stretched: stretched(value, range),
        });
    }
}

/// Returns the bin of a value within the range; that of any other does not matter.
fn bin(value: f64, (low, high): (f64, f64), edges: &[f64], scale: f64) -> u8 {
    // Of edges that are all the same the last one counts.
    let mut level = if high > low { ((value - low) * scale) as usize } else { LEVELS - 1 }.min(LEVELS - 1);
    while level > 0 && value < edges[level] {
        level -= 1;
    }
    while level + 1 < LEVELS && value >= edges[level + 1] {
        level += 1;
    }
    level as u8
}

fn stretched(value: f64, (low, high): (f64, f64)) -> u8 {
    let share = match low == high {
        true if low < 0.0 => 0.0,
        true if low > 1.0 => 1.0,
        true => value,
        false => (value - low) / (high - low),
    };
    (share * 255.0) as u8
}

/// Returns what two images tell of each other when the second is moved.
fn information(first: &mut Side, second: &mut Side, (down, right): Offset) -> Option<f64> {
    let (from_y, to_y, height) = overlap(second.values.height(), first.values.height(), down)?;
    let (from_x, to_x, width) = overlap(second.values.width(), first.values.width(), right)?;
    let of_first = |row: usize| (to_y + row, to_x..to_x + width);
    let of_second = |row: usize| (from_y + row, from_x..from_x + width);
    let mut ranges = (None, None);
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for row in 0..height {
        let ((a, across_a), (b, across_b)) = (of_first(row), of_second(row));
        let (a_values, b_values) =
            (&first.values.row(a)[across_a.clone()], &second.values.row(b)[across_b.clone()]);
        let (a_counts, b_counts) = (&first.counts.row(a)[across_a], &second.counts.row(b)[across_b]);
        if a_counts.iter().zip(b_counts).all(|(a, b)| a & b) {
            widen(&mut ranges.0, a_values);
            widen(&mut ranges.1, b_values);
            continue;
        }
        x.clear();
        y.clear();
        for ((a, b), _) in
            a_values.iter().zip(b_values).zip(a_counts.iter().zip(b_counts)).filter(|(_, (a, b))| **a && **b)
        {
            x.push(*a);
            y.push(*b);
        }
        widen(&mut ranges.0, &x);
        widen(&mut ranges.1, &y);
    }
    first.set_range(ranges.0?);
    second.set_range(ranges.1?);
    let (mut of_x, mut of_y, mut of_both) = ([0u32; LEVELS], [0u32; LEVELS], vec![0u32; LEVELS * LEVELS]);
    for row in 0..height {
        let ((a, across_a), (b, across_b)) = (of_first(row), of_second(row));
        let levels =
            first.levels.row(a)[across_a.clone()].iter().zip(&second.levels.row(b)[across_b.clone()]);
        let counts = first.counts.row(a)[across_a].iter().zip(&second.counts.row(b)[across_b]);
        for ((a, b), _) in levels.zip(counts).filter(|(_, (a, b))| **a && **b) {
            of_x[usize::from(a.bin)] += 1;
            of_y[usize::from(b.bin)] += 1;
            of_both[LEVELS * usize::from(a.stretched) + usize::from(b.stretched)] += 1;
        }
    }
    Some(entropy(&of_x) + entropy(&of_y) - entropy(&of_both))
}

/// Widens a range to hold `values`; NaN once one is.
fn widen(range: &mut Option<(f64, f64)>, values: &[f64]) {
    if let Some(more) = numpy::extremes(values) {
        *range = Some(numpy::wider(*range, more));
    }
}

fn entropy(counts: &[u32]) -> f64 {
    let n: f64 = counts.iter().map(|&c| f64::from(c)).sum();
    let terms: Vec<f64> =
        counts.iter().filter(|c| **c > 0).map(|&c| f64::from(c) * f64::from(c).log2()).collect();
    n.log2() - numpy::sum(&terms) / n
}
