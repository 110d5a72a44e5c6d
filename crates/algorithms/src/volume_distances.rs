//! Distances to the background in a volume, and which of its pixels is nearest.
//!
//! Source: `scipy.ndimage.distance_transform_edt` (SciPy 1.9). Axis after axis, after Felzenszwalb and Huttenlocher
//! (2012). Of background pixels equally near it keeps the one of the lowest column, then row, then plane.

use pixels::{Array, Shape};

/// Computes the distance of each pixel of `foreground` (Z×H×W) to the nearest false pixel, in pixels: the square root of
/// a whole number.
///
/// Without any false pixel the distance is to what SciPy takes for it, (−1, 0, 0).
pub fn volume_distances(foreground: &Array<bool>) -> Array<f64> {
    let shape = foreground.shape();
    if foreground.data().iter().all(|&inside| inside) {
        let plane = (shape.height * shape.width).max(1);
        let square = |at: usize| {
            let (z, y, x) = (at / plane, at % plane / shape.width, at % shape.width);
            // The axis before the first of those that are there.
            let (z, y) = if shape.depth > 1 { (z + 1, y) } else { (z, y + 1) };
            (z * z + y * y + x * x) as f64
        };
        return Array::from_vec(shape, (0..shape.len()).map(|at| square(at).sqrt()).collect());
    }
    let squares = nearest(foreground.data(), shape);
    Array::from_vec(shape, squares.into_iter().map(|(square, _)| (square as f64).sqrt()).collect())
}

/// Gives each background pixel of `labels` (Z×H×W) the label of the nearest object.
pub fn expand_in_volume(labels: &Array<u32>) -> Array<u32> {
    let outside: Vec<bool> = labels.data().iter().map(|&label| label == 0).collect();
    if outside.iter().all(|&outside| outside) {
        return labels.clone();
    }
    let nearest = nearest(&outside, labels.shape());
    Array::from_vec(labels.shape(), nearest.into_iter().map(|(_, at)| labels.data()[at as usize]).collect())
}

/// Returns for each pixel the square of the distance to the nearest false one, of which there is one, and its place.
fn nearest(foreground: &[bool], shape: Shape) -> Vec<(i64, u32)> {
    let mut nearest: Vec<(i64, u32)> =
        (0..).zip(foreground).map(|(at, &inside)| (if inside { FAR } else { 0 }, at)).collect();
    let axes = [(shape.depth, shape.height * shape.width), (shape.height, shape.width), (shape.width, 1)];
    for (count, step) in axes {
        let mut line = vec![(0, 0); count];
        let mut envelope = Envelope::default();
        for start in (0..nearest.len()).filter(|at| at / step % count == 0) {
            let places = (0..count).map(|i| start + i * step);
            line.iter_mut().zip(places).for_each(|(value, at)| *value = nearest[at]);
            envelope.lower(&line, |i, found| nearest[start + i * step] = found);
        }
    }
    nearest
}

/// A square distance that none in an array reaches.
const FAR: i64 = 1 << 40;

/// The parabolas that are lowest somewhere: where each has its bottom, and from where on it is lowest.
#[derive(Default)]
struct Envelope {
    bottoms: Vec<(i64, i64)>,
}

impl Envelope {
    /// Tells for each place `i` of a line the least of `line[j] + (i − j)²`, of equals that of the lowest `j`, and what
    /// else stands there.
    fn lower(&mut self, line: &[(i64, u32)], mut found: impl FnMut(usize, (i64, u32))) {
        self.bottoms.clear();
        for (j, &(value, _)) in (0..).zip(line).filter(|(_, (value, _))| *value < FAR) {
            // From where on the parabola at `j` is below that at `i`.
            let below = |i: i64| {
                let rise = (value + j * j) - (line[i as usize].0 + i * i);
                rise.div_euclid(2 * (j - i)) + 1
            };
            while self.bottoms.last().is_some_and(|&(i, from)| below(i) <= from) {
                self.bottoms.pop();
            }
            let from = self.bottoms.last().map_or(0, |&(i, _)| below(i));
            self.bottoms.push((j, from));
        }
        let mut at = 0;
        for i in 0..line.len() as i64 {
            while self.bottoms.get(at + 1).is_some_and(|next| next.1 <= i) {
                at += 1;
            }
            let Some(&(j, _)) = self.bottoms.get(at) else { continue };
            let (square, place) = line[j as usize];
            found(i as usize, (square + (i - j) * (i - j), place));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pixels::Shape;

    #[test]
    fn the_distance_is_that_to_the_nearest_of_all_background() {
        let shape = Shape { depth: 3, height: 4, width: 5, channels: 1 };
        let background = [3, 26, 58];
        let foreground = Array::from_vec(shape, (0..60).map(|at| !background.contains(&at)).collect());
        let place = |at: usize| [at / 20, at % 20 / 5, at % 5].map(|v| v as f64);
        let distances = volume_distances(&foreground);
        for at in 0..60 {
            let to = |&b: &usize| place(b).iter().zip(place(at)).map(|(b, a)| (a - b) * (a - b)).sum::<f64>();
            let least = background.iter().map(to).fold(f64::INFINITY, f64::min);
            assert_eq!(distances.data()[at], least.sqrt(), "{at}");
        }
    }
}
