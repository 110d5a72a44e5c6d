//! Denoising by non-local means: each pixel becomes the mean of pixels whose surroundings look alike.

use crate::gaussian::Boundary;
use pixels::Shape;
use std::ops::Range;

/// How alike and how far pixels are that count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NonLocalMeans {
    /// Side of the square or cube around a pixel that is compared; an even one is made odd.
    pub patch_size: usize,
    /// How far the other pixel may be, in pixels.
    pub patch_distance: usize,
    /// The difference in brightness that counts as noise, more than 0.
    pub cutoff: f64,
}

/// Patches whose distance is more than this count for nothing.
const FARTHEST: f64 = 5.0;

/// Denoises a flat image (Y×X×C, the channel is the fastest), or a grey volume (Z×Y×X), whose patches are cubes.
///
/// Source: `skimage.restoration.denoise_nl_means` 0.18 in its fast mode (Darbon et al. 2008), its approximate
/// exponential included.
pub fn non_local_means(image: &[f64], shape: Shape, volume: bool, how: NonLocalMeans) -> Vec<f64> {
    let Shape { depth, height, width, channels } = shape;
    let patch = how.patch_size | 1;
    let (reach, far) = (patch / 2, how.patch_distance);
    let margin = reach + far + 1;
    let margin_z = if volume { margin } else { 0 };
    let (deep, tall, wide) = (depth + 2 * margin_z, height + 2 * margin, width + 2 * margin);
    // Each channel is a plane of its own, with the image mirrored at its borders.
    let index = |at: usize, margin: usize, n: usize| {
        Boundary::Mirror.index(at as isize - margin as isize, n).unwrap_or(0)
    };
    let rows: Vec<usize> = (0..tall).map(|y| index(y, margin, height)).collect();
    let columns: Vec<usize> = (0..wide).map(|x| index(x, margin, width)).collect();
    let padded = |channel: usize| -> Vec<f64> {
        let planes = (0..deep).map(|z| index(z, margin_z, depth));
        let lines = planes.flat_map(|z| rows.iter().map(move |y| z * height + y));
        lines
            .flat_map(|line| columns.iter().map(move |x| image[(line * width + x) * channels + channel]))
            .collect()
    };
    let mut sums = Sums {
        padded: (0..channels).map(padded).collect(),
        tall,
        wide,
        integral: vec![0.0; deep * tall * wide],
        weights: vec![0.0; deep * tall * wide],
        results: vec![vec![0.0; deep * tall * wide]; channels],
        line: vec![0.0; wide],
    };
    let flat = channels as f64 * how.cutoff * how.cutoff * patch as f64 * patch as f64;
    let scale = if volume { flat * patch as f64 } else { flat };
    let far_z = if volume { far as isize } else { 0 };
    for deeper in -far_z..=far_z {
        for down in -(far as isize)..=far as isize {
            for right in 0..=far {
                // Pairs in one column are met twice; those straight below each other in a volume count twice, as in scikit-image.
                let share = if down != 0 && right == 0 { 0.5 } else { 1.0 };
                let first = reach.max(reach.saturating_add_signed(-down));
                let last = (tall - reach).min((tall - reach).saturating_add_signed(-down));
                for planes in compared(margin_z, depth, deeper) {
                    if volume {
                        sums.integrate_volume(
                            planes.start - reach..planes.end + reach,
                            (deeper, down, right),
                        );
                    } else {
                        sums.integrate(0, (0, down, right));
                    }
                    for plane in planes {
                        let sides = volume.then(|| [plane - reach, plane + reach]);
                        for row in first..last {
                            sums.measure(sides.unwrap_or([plane; 2]), row, right, reach);
                            sums.compare((plane, row), (deeper, down, right), (reach, scale, share));
                        }
                    }
                }
            }
        }
    }
    let mut out = Vec::with_capacity(image.len());
    for plane in margin_z..margin_z + depth {
        for y in margin..margin + height {
            let start = (plane * tall + y) * wide + margin;
            for at in start..start + width {
                out.extend(sums.results.iter().map(|result| result[at] / sums.weights[at]));
            }
        }
    }
    out
}

/// Returns the planes that are compared with those `deeper` planes on: where one of the two is of the image itself.
fn compared(margin: usize, depth: usize, deeper: isize) -> impl Iterator<Item = Range<usize>> {
    let own = margin..margin + depth;
    let others = margin.saturating_add_signed(-deeper)..(margin + depth).saturating_add_signed(-deeper);
    let (before, after) = if deeper > 0 { (others, own) } else { (own, others) };
    let ranges = if before.end >= after.start { [before.start..after.end, 0..0] } else { [before, after] };
    ranges.into_iter().filter(|range| !range.is_empty())
}

struct Sums {
    padded: Vec<Vec<f64>>,
    tall: usize,
    wide: usize,
    /// Sums of squared differences above and left of each pixel, and of a volume in the planes before.
    integral: Vec<f64>,
    weights: Vec<f64>,
    results: Vec<Vec<f64>>,
    /// The differences, then the weights, of one row.
    line: Vec<f64>,
}

impl Sums {
    /// Sums the squared differences between a plane of the image and itself moved.
    fn integrate(&mut self, plane: usize, (deeper, down, right): (isize, isize, usize)) {
        let (tall, wide) = (self.tall, self.wide);
        let first = usize::try_from(-down).unwrap_or(0).max(1);
        let last = tall.min(tall.saturating_add_signed(-down));
        let top = plane * tall;
        let moved = plane.saturating_add_signed(deeper) * tall;
        for row in first..last {
            let here = (top + row) * wide;
            let there = (moved + row.saturating_add_signed(down)) * wide + right;
            let line = &mut self.line[..wide - right];
            line.fill(0.0);
            for plane in &self.padded {
                let pairs = plane[here..].iter().zip(&plane[there..]);
                for (sum, (a, b)) in line.iter_mut().zip(pairs) {
                    let difference = a - b;
                    *sum += difference * difference;
                }
            }
            let (above, row) = self.integral.split_at_mut(here);
            let above = &above[here - wide..];
            let mut left = row[0];
            for column in 1..wide - right {
                left = line[column] + above[column] + left - above[column - 1];
                row[column] = left;
            }
        }
    }

    /// As [`Sums::integrate`], of planes of a volume, from 0 in the first of them.
    fn integrate_volume(&mut self, planes: Range<usize>, shift: (isize, isize, usize)) {
        let size = self.tall * self.wide;
        self.integral[planes.start * size..planes.end * size].fill(0.0);
        for plane in planes.skip(1) {
            self.integrate(plane, shift);
            let (before, own) = self.integral.split_at_mut(plane * size);
            add(&mut own[..size], before[(plane - 1) * size..].iter().copied());
        }
    }

    /// Leaves in the line, for each pixel of a row, the sum of the squared differences of the patch around it: those summed
    /// up in the second of two planes that are not in the first, unless they are one.
    fn measure(&mut self, [before, plane]: [usize; 2], row: usize, right: usize, reach: usize) {
        let count = self.wide - 2 * reach - right;
        let integral = &self.integral;
        let corners = |plane: usize| {
            let top = plane * self.tall + row;
            let (below, above) = ((top + reach) * self.wide, (top - reach) * self.wide);
            let corner = move |start: usize| integral[start..start + count].iter();
            let corners = corner(below + 2 * reach).zip(corner(above));
            corners.zip(corner(above + 2 * reach)).zip(corner(below)).map(|(((a, b), c), d)| a + b - c - d)
        };
        let line = &mut self.line[..count];
        line.iter_mut().zip(corners(plane)).for_each(|(line, sum)| *line = sum);
        if before != plane {
            line.iter_mut().zip(corners(before)).for_each(|(line, sum)| *line -= sum);
        }
    }

    /// Adds, for each pixel of a row and the one it is compared with, what they are to each other by the line.
    fn compare(
        &mut self,
        (plane, row): (usize, usize),
        (deeper, down, right): (isize, isize, usize),
        (reach, scale, share): (usize, f64, f64),
    ) {
        let (tall, wide) = (self.tall, self.wide);
        let weights = &mut self.line[..wide - 2 * reach - right];
        for weight in weights.iter_mut() {
            let distance = weight.max(0.0) / scale;
            *weight = if distance > FARTHEST { 0.0 } else { share * roughly_exp(-distance) };
        }
        let here = (plane * tall + row) * wide + reach;
        let other = plane.saturating_add_signed(deeper) * tall + row.saturating_add_signed(down);
        let there = other * wide + reach + right;
        // The pixel farther right gets its share first: it is a pixel of this row later.
        add(&mut self.weights[there..], weights.iter().copied());
        add(&mut self.weights[here..], weights.iter().copied());
        for (result, plane) in self.results.iter_mut().zip(&self.padded) {
            add(&mut result[there..], weights.iter().zip(&plane[here..]).map(|(w, v)| w * v));
            add(&mut result[here..], weights.iter().zip(&plane[there..]).map(|(w, v)| w * v));
        }
    }
}

fn add(to: &mut [f64], values: impl Iterator<Item = f64>) {
    to.iter_mut().zip(values).for_each(|(to, v)| *to += v);
}

/// Returns about e to the power of `x`, by way of the exponent's bits (Schraudolph 1999).
fn roughly_exp(x: f64) -> f64 {
    const STEPS: f64 = 1_512_775.395_195_185_693_8;
    const ONE: i32 = 1_072_632_447;
    let high = ((STEPS * x) as i32).wrapping_add(ONE);
    f64::from_bits(u64::from(high as u32) << 32)
}
