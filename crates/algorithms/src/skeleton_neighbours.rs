//! How many neighbours the pixels of a skeleton have, as MeasureImageSkeleton of CellProfiler 4.2.8 counts them.

use pixels::{Array, Plane};

/// Returns nine times the mean of the 3×3 pixels around each pixel of `mask` (H×W) less one, cut to a whole number; 0
/// outside the mask.
///
/// The mean is of running sums of thirds, as `scipy.ndimage.uniform_filter` has it: a count may come out one too low.
pub fn skeleton_neighbours(mask: &Plane<bool>) -> Plane<u16> {
    let (height, width) = mask.shape();
    let (tall, wide) = (height + 2, width + 2);
    let mut framed = vec![0.0; tall * wide];
    for y in 0..height {
        for (x, &on) in mask.row(y).iter().enumerate() {
            framed[(y + 1) * wide + x + 1] = f64::from(u8::from(on));
        }
    }
    means_along(&mut framed, tall, wide);
    means_along(&mut framed, wide, 1);
    let mut out = Plane::zeros(height, width);
    for y in 0..height {
        for x in (0..width).filter(|&x| mask[(y, x)]) {
            out[(y, x)] = (9.0 * framed[(y + 1) * wide + x + 1] - 1.0) as u16;
        }
    }
    out
}

/// As [`skeleton_neighbours`], of a volume (Z×H×W): 27 times the mean of 3×3×3 voxels less one.
pub fn volume_skeleton_neighbours(mask: &Array<bool>) -> Array<u16> {
    let shape = mask.shape();
    let (deep, tall, wide) = (shape.depth + 2, shape.height + 2, shape.width + 2);
    let mut framed = vec![0.0; deep * tall * wide];
    let place = |at: usize| {
        let (z, y, x) =
            (at / (shape.height * shape.width), at / shape.width % shape.height, at % shape.width);
        ((z + 1) * tall + y + 1) * wide + x + 1
    };
    for (at, &on) in mask.data().iter().enumerate() {
        framed[place(at)] = f64::from(u8::from(on));
    }
    means_along(&mut framed, deep, tall * wide);
    means_along(&mut framed, tall, wide);
    means_along(&mut framed, wide, 1);
    let neighbours = |(at, &on): (usize, &bool)| if on { (27.0 * framed[place(at)] - 1.0) as u16 } else { 0 };
    Array::from_vec(shape, mask.data().iter().enumerate().map(neighbours).collect())
}

/// Puts the running means in place of the values along an axis of `n` values that are `stride` apart.
fn means_along(data: &mut [f64], n: usize, stride: usize) {
    let mut line = Vec::with_capacity(n);
    for block in data.chunks_exact_mut(n * stride) {
        for offset in 0..stride {
            line.clear();
            line.extend((0..n).map(|i| block[i * stride + offset]));
            for (i, mean) in running_means(&line).enumerate() {
                block[i * stride + offset] = mean;
            }
        }
    }
}

/// Returns the mean of each value and its two neighbours, from one sum that runs along; the ends are repeated.
fn running_means(line: &[f64]) -> impl Iterator<Item = f64> + '_ {
    let last = line.len() - 1;
    let mut sum = 0.0 + line[0] + line[0] + line[1.min(last)];
    (0..line.len()).map(move |i| {
        if i > 0 {
            sum += line[(i + 1).min(last)] - line[i.saturating_sub(2)];
        }
        sum / 3.0
    })
}
