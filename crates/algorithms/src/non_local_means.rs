//! Denoising by non-local means: each pixel becomes the mean of pixels whose surroundings look alike.

use crate::gaussian::Boundary;

/// How alike and how far pixels are that count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NonLocalMeans {
    /// Side of the patch around a pixel that is compared; an even one is made odd.
    pub patch_size: usize,
    /// How far the other pixel may be, in pixels.
    pub patch_distance: usize,
    /// The difference in brightness that counts as noise, more than 0.
    pub cutoff: f64,
}

/// Patches whose distance is more than this count for nothing.
const FARTHEST: f64 = 5.0;

/// Denoises a flat image of `shape` (height, width, channels; the channel is the fastest).
///
/// Source: `skimage.restoration.denoise_nl_means` 0.18 in its fast mode (Darbon et al. 2008), its approximate
/// exponential included.
pub fn non_local_means(image: &[f64], shape: [usize; 3], how: NonLocalMeans) -> Vec<f64> {
    let [height, width, channels] = shape;
    let patch = how.patch_size | 1;
    let (reach, far) = (patch / 2, how.patch_distance);
    let margin = reach + far + 1;
    let (tall, wide) = (height + 2 * margin, width + 2 * margin);
    // Each channel is a plane of its own, with the image mirrored at its borders.
    let index = |at: usize, n: usize| Boundary::Mirror.index(at as isize - margin as isize, n).unwrap_or(0);
    let columns: Vec<usize> = (0..wide).map(|x| index(x, width)).collect();
    let padded: Vec<Vec<f64>> = (0..channels)
        .map(|channel| {
            let rows = (0..tall).map(|y| index(y, height));
            rows.flat_map(|y| columns.iter().map(move |x| image[(y * width + x) * channels + channel]))
                .collect()
        })
        .collect();
    let mut sums = Sums {
        padded,
        wide,
        integral: vec![0.0; tall * wide],
        weights: vec![0.0; tall * wide],
        results: vec![vec![0.0; tall * wide]; channels],
        line: vec![0.0; wide],
    };
    let scale = channels as f64 * how.cutoff * how.cutoff * patch as f64 * patch as f64;
    for down in -(far as isize)..=far as isize {
        for right in 0..=far {
            // Pairs in one column are met twice.
            let share = if down != 0 && right == 0 { 0.5 } else { 1.0 };
            sums.integrate(down, right, tall);
            let first = reach.max(reach.saturating_add_signed(-down));
            let last = (tall - reach).min((tall - reach).saturating_add_signed(-down));
            for row in first..last {
                sums.compare(row, row.saturating_add_signed(down), right, (reach, scale, share));
            }
        }
    }
    let mut out = Vec::with_capacity(image.len());
    for y in margin..margin + height {
        for at in y * wide + margin..y * wide + margin + width {
            out.extend(sums.results.iter().map(|result| result[at] / sums.weights[at]));
        }
    }
    out
}

struct Sums {
    padded: Vec<Vec<f64>>,
    wide: usize,
    /// Sums of squared differences above and left of each pixel.
    integral: Vec<f64>,
    weights: Vec<f64>,
    results: Vec<Vec<f64>>,
    /// The differences, then the weights, of one row.
    line: Vec<f64>,
}

impl Sums {
    /// Sums the squared differences between the image and itself moved `down` and `right`.
    fn integrate(&mut self, down: isize, right: usize, tall: usize) {
        let wide = self.wide;
        let first = usize::try_from(-down).unwrap_or(0).max(1);
        let last = tall.min(tall.saturating_add_signed(-down));
        for row in first..last {
            let (here, there) = (row * wide, row.saturating_add_signed(down) * wide + right);
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

    /// Adds, for each pixel of a row and the one it is compared with, what they are to each other.
    fn compare(&mut self, row: usize, other: usize, right: usize, (reach, scale, share): (usize, f64, f64)) {
        let wide = self.wide;
        let count = wide - 2 * reach - right;
        let (below, above) = ((row + reach) * wide, (row - reach) * wide);
        let corner = |start: usize| &self.integral[start..start + count];
        let corners = corner(below + 2 * reach)
            .iter()
            .zip(corner(above))
            .zip(corner(above + 2 * reach))
            .zip(corner(below));
        for (weight, (((a, b), c), d)) in self.line.iter_mut().zip(corners) {
            let distance = (a + b - c - d).max(0.0) / scale;
            *weight = if distance > FARTHEST { 0.0 } else { share * roughly_exp(-distance) };
        }
        let weights = &self.line[..count];
        let (here, there) = (row * wide + reach, other * wide + reach + right);
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
