//! How many neighbours the pixels of a skeleton have, as MeasureImageSkeleton of CellProfiler 4.2.8 counts them.

use pixels::Plane;

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
    let mut line = Vec::new();
    for x in 0..wide {
        line.clear();
        line.extend((0..tall).map(|y| framed[y * wide + x]));
        for (y, mean) in running_means(&line).enumerate() {
            framed[y * wide + x] = mean;
        }
    }
    for row in framed.chunks_exact_mut(wide) {
        line.clear();
        line.extend_from_slice(row);
        row.iter_mut().zip(running_means(&line)).for_each(|(to, mean)| *to = mean);
    }
    let mut out = Plane::zeros(height, width);
    for y in 0..height {
        for x in (0..width).filter(|&x| mask[(y, x)]) {
            out[(y, x)] = (9.0 * framed[(y + 1) * wide + x + 1] - 1.0) as u16;
        }
    }
    out
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
