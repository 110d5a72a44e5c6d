//! Tensor-product B-splines through values on a grid, as `scipy.interpolate.RectBivariateSpline` with s = 0.
//!
//! Collocation solved by Givens rotations, row by row, and evaluated by de Boor's recurrence, in the order of
//! operations of FITPACK (Dierckx 1993: `fpregr`, `fpgrre`, `fpbspl`, `fpbisp`), so that the surface has its bits.

use pixels::Plane;

/// A surface over a rectangle.
#[derive(Clone, Debug, PartialEq)]
pub struct Surface {
    rows: Knots,
    columns: Knots,
    coefficients: Plane<f64>,
}

/// The knots along an axis.
#[derive(Clone, Debug, PartialEq)]
struct Knots {
    degree: usize,
    at: Vec<f64>,
}

/// The greatest degree there is.
const MOST: usize = 5;

impl Surface {
    /// Returns the surface of `degree` through `values`, which stand at the rising coordinates `y` × `x`, over the
    /// rectangle `within_y` × `within_x`.
    ///
    /// # Panics
    /// When the degree is not 1 to 5, an axis has no more coordinates than the degree, or another number of them
    /// than `values` has rows or columns.
    pub fn through(
        values: &Plane<f64>,
        (y, within_y): (&[f64], [f64; 2]),
        (x, within_x): (&[f64], [f64; 2]),
        degree: usize,
    ) -> Self {
        assert_eq!(values.shape(), (y.len(), x.len()), "a value at every crossing");
        let rows = Knots::through(y, within_y, degree);
        let columns = Knots::through(x, within_x, degree);
        // Every row of `reduced` is a right-hand side's row; then the same along the other axis.
        let (row_system, reduced) = rows.reduce(y, values);
        let (column_system, reduced) = columns.reduce(x, &transpose(&reduced));
        let solved = transpose(&column_system.solve(reduced));
        Self { coefficients: row_system.solve(solved), rows, columns }
    }

    /// Returns the heights of the surface at the coordinates `y` × `x`; what is outside counts as on the edge.
    pub fn heights(&self, y: &[f64], x: &[f64]) -> Plane<f64> {
        let order = self.rows.degree + 1;
        let across: Vec<_> = x.iter().map(|&x| self.columns.basis_within(x)).collect();
        let mut out = Plane::zeros(y.len(), x.len());
        let width = self.coefficients.width();
        let mut scaled = vec![0.0; order * width];
        for (i, &y) in y.iter().enumerate() {
            let (first, weights) = self.rows.basis_within(y);
            for (k, w) in weights[..order].iter().enumerate() {
                for (to, c) in scaled[k * width..].iter_mut().zip(self.coefficients.row(first + k)) {
                    *to = c * w;
                }
            }
            for (to, (first, weights)) in out.row_mut(i).iter_mut().zip(&across) {
                let mut sum = 0.0;
                for row in scaled.chunks_exact(width) {
                    for (c, w) in row[*first..].iter().zip(&weights[..=self.columns.degree]) {
                        sum += c * w;
                    }
                }
                *to = sum;
            }
        }
        out
    }
}

fn transpose(plane: &Plane<f64>) -> Plane<f64> {
    let (height, width) = plane.shape();
    let data = (0..width).flat_map(|x| (0..height).map(move |y| plane[(y, x)])).collect();
    Plane::from_vec(width, height, data)
}

impl Knots {
    /// Returns knots for an interpolating spline: at the coordinates for an odd degree, between them for an even.
    fn through(coordinates: &[f64], within: [f64; 2], degree: usize) -> Self {
        let n = coordinates.len();
        assert!((1..=MOST).contains(&degree) && n > degree, "{n} coordinates for degree {degree}");
        let skip = degree / 2 + 1;
        let inner = (0..n - degree - 1).map(|i| {
            let at = coordinates[i + skip];
            if degree.is_multiple_of(2) { (at + coordinates[i + skip - 1]) * 0.5 } else { at }
        });
        let edge = |at| std::iter::repeat_n(at, degree + 1);
        Self { degree, at: edge(within[0]).chain(inner).chain(edge(within[1])).collect() }
    }

    fn count(&self) -> usize {
        self.at.len() - self.degree - 1
    }

    /// Returns the first of the `degree + 1` basis functions that are not 0 at `x`, and their values there.
    fn basis(&self, x: f64) -> (usize, [f64; MOST + 1]) {
        let (k, t) = (self.degree, &self.at);
        let inner = &t[k + 1..self.count()];
        let first = inner.partition_point(|&knot| knot <= x);
        let left = first + k;
        let mut h = [0.0; MOST + 1];
        h[0] = 1.0;
        for j in 1..=k {
            let before = h;
            h[0] = 0.0;
            for i in 0..j {
                let (low, high) = (t[left + 1 + i - j], t[left + 1 + i]);
                if low == high {
                    h[i + 1] = 0.0;
                    continue;
                }
                let f = before[i] / (high - low);
                h[i] += f * (high - x);
                h[i + 1] = f * (x - low);
            }
        }
        (first, h)
    }

    fn basis_within(&self, x: f64) -> (usize, [f64; MOST + 1]) {
        self.basis(x.max(self.at[0]).min(self.at[self.at.len() - 1]))
    }

    /// Returns the collocation system at `coordinates` in triangular form, and `values` (a row for each coordinate)
    /// rotated along.
    fn reduce(&self, coordinates: &[f64], values: &Plane<f64>) -> (Triangular, Plane<f64>) {
        let (n, order) = (self.count(), self.degree + 1);
        let mut bands = vec![[0.0; MOST + 1]; n];
        let mut right = Plane::zeros(n, values.width());
        for (i, &x) in coordinates.iter().enumerate() {
            let (first, mut row) = self.basis(x);
            let mut value = values.row(i).to_vec();
            for j in 0..order {
                let pivot = row[j];
                if pivot == 0.0 {
                    continue;
                }
                let band = &mut bands[first + j];
                let rotation = Rotation::new(pivot, &mut band[0]);
                for (a, b) in value.iter_mut().zip(right.row_mut(first + j)) {
                    rotation.turn(a, b);
                }
                for (a, b) in row[j + 1..order].iter_mut().zip(&mut band[1..]) {
                    rotation.turn(a, b);
                }
            }
        }
        (Triangular { bands, order }, right)
    }
}

/// A rotation that brings a pivot to 0.
struct Rotation {
    cos: f64,
    sin: f64,
}

impl Rotation {
    fn new(pivot: f64, diagonal: &mut f64) -> Self {
        let size = pivot.abs();
        let ww = *diagonal;
        let length = if size >= ww {
            size * (1.0 + (ww / pivot) * (ww / pivot)).sqrt()
        } else {
            ww * (1.0 + (pivot / ww) * (pivot / ww)).sqrt()
        };
        *diagonal = length;
        Self { cos: ww / length, sin: pivot / length }
    }

    fn turn(&self, a: &mut f64, b: &mut f64) {
        (*a, *b) = (self.cos * *a - self.sin * *b, self.cos * *b + self.sin * *a);
    }
}

/// An upper triangular band matrix, a row's diagonal first.
struct Triangular {
    bands: Vec<[f64; MOST + 1]>,
    order: usize,
}

impl Triangular {
    /// Solves for every column of `right`, from the last row up.
    fn solve(&self, mut right: Plane<f64>) -> Plane<f64> {
        let (n, width) = right.shape();
        for i in (0..n).rev() {
            for x in 0..width {
                let mut value = right[(i, x)];
                for l in 1..self.order.min(n - i) {
                    value -= right[(i + l, x)] * self.bands[i][l];
                }
                right[(i, x)] = value / self.bands[i][0];
            }
        }
        right
    }
}
