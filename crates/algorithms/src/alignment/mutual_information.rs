use super::{Offset, enlarged, overlap};
use crate::numpy;
use pixels::Plane;

/// Grey levels of the histograms.
const LEVELS: usize = 256;

/// An image and where it counts.
pub type Masked<'a> = (&'a Plane<f64>, &'a Plane<bool>);

/// Returns the offset of the second image at which it tells most of the first, found step by step from no offset;
/// `None` when nothing that counts lies on each other.
pub fn mutual_information(first: Masked<'_>, second: Masked<'_>) -> Option<Offset> {
    let shape = (first.0.height().max(second.0.height()), first.0.width().max(second.0.width()));
    let large = |(plane, mask): Masked<'_>| (enlarged(plane, shape), enlarged(mask, shape));
    let (first, second) = (large(first), large(second));
    let mut best = information(&first, &second, (0, 0))?;
    let mut at = (0, 0);
    loop {
        let last = at;
        for y in last.0 - 1..=last.0 + 1 {
            for x in last.1 - 1..=last.1 + 1 {
                if (y, x) == (0, 0) {
                    continue;
                }
                let found = information(&first, &second, (y, x))?;
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

/// Returns what two images tell of each other when the second is moved.
fn information(
    (first, first_mask): &(Plane<f64>, Plane<bool>),
    (second, second_mask): &(Plane<f64>, Plane<bool>),
    (down, right): Offset,
) -> Option<f64> {
    let (from_y, to_y, height) = overlap(second.height(), first.height(), down)?;
    let (from_x, to_x, width) = overlap(second.width(), first.width(), right)?;
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for row in 0..height {
        let of_first = to_x..to_x + width;
        let of_second = from_x..from_x + width;
        let masks = first_mask.row(to_y + row)[of_first.clone()]
            .iter()
            .zip(&second_mask.row(from_y + row)[of_second.clone()]);
        let values = first.row(to_y + row)[of_first].iter().zip(&second.row(from_y + row)[of_second]);
        for ((a, b), _) in values.zip(masks).filter(|(_, (a, b))| **a && **b) {
            x.push(*a);
            y.push(*b);
        }
    }
    let (x_range, y_range) = (numpy::extremes(&x)?, numpy::extremes(&y)?);
    Some(entropy(&x, x_range) + entropy(&y, y_range) - joint_entropy((&x, x_range), (&y, y_range)))
}

fn entropy(values: &[f64], (low, high): (f64, f64)) -> f64 {
    let edges = numpy::linspace(low, high, LEVELS + 1);
    let mut counts = vec![0usize; LEVELS];
    let scale = LEVELS as f64 / (high - low);
    for &value in values {
        // Of edges that are all the same the last one counts.
        let mut level =
            if high > low { ((value - low) * scale) as usize } else { LEVELS - 1 }.min(LEVELS - 1);
        while level > 0 && value < edges[level] {
            level -= 1;
        }
        while level + 1 < LEVELS && value >= edges[level + 1] {
            level += 1;
        }
        counts[level] += 1;
    }
    of_counts(&counts)
}

fn joint_entropy((x, x_range): (&[f64], (f64, f64)), (y, y_range): (&[f64], (f64, f64))) -> f64 {
    let level = |value: f64, (low, high): (f64, f64)| {
        let stretched = match low == high {
            true if low < 0.0 => 0.0,
            true if low > 1.0 => 1.0,
            true => value,
            false => (value - low) / (high - low),
        };
        (stretched * 255.0) as usize
    };
    let mut counts = vec![0usize; LEVELS * LEVELS];
    for (&x, &y) in x.iter().zip(y) {
        counts[LEVELS * level(x, x_range) + level(y, y_range)] += 1;
    }
    of_counts(&counts)
}

fn of_counts(counts: &[usize]) -> f64 {
    let n: usize = counts.iter().sum();
    let terms: Vec<f64> = counts.iter().filter(|c| **c > 0).map(|&c| c as f64 * (c as f64).log2()).collect();
    (n as f64).log2() - numpy::sum(&terms) / n as f64
}
