//! Linear least squares, as LAPACK's `gelsd` behind `lstsq` of numpy and scipy: of all solutions the one of least norm.

/// Equations gathered one block at a time into a triangle by Householder reflections (Golub & Van Loan 1996, 5.3.3).
///
/// Sums are f64; singular values under the machine epsilon times the largest count as zero, as with `rcond=-1`.
pub struct LeastSquares {
    unknowns: usize,
    /// Rows of unknowns and right-hand side: a triangle first, then equations not yet worked in.
    rows: Vec<f64>,
}

/// Equations that are worked into the triangle at a time.
const BLOCK: usize = 64;

impl LeastSquares {
    /// Starts without equations.
    pub fn new(unknowns: usize) -> Self {
        Self { unknowns, rows: Vec::with_capacity((2 * unknowns + BLOCK) * (unknowns + 1)) }
    }

    /// Adds the equation `coefficients` · x = `value`.
    ///
    /// # Panics
    /// When there are not as many coefficients as unknowns.
    pub fn add(&mut self, coefficients: &[f64], value: f64) {
        assert_eq!(coefficients.len(), self.unknowns, "one coefficient an unknown");
        self.rows.extend_from_slice(coefficients);
        self.rows.push(value);
        if self.rows.len() == self.rows.capacity() - self.rows.capacity() % (self.unknowns + 1) {
            self.triangulate();
        }
    }

    /// Returns the unknowns for which the sum of squared errors is least; of several solutions the shortest.
    pub fn solve(mut self) -> Vec<f64> {
        self.triangulate();
        let (n, stride) = (self.unknowns, self.unknowns + 1);
        self.rows.resize(n * stride, 0.0);
        let r: Vec<Vec<f64>> = self.rows.chunks(stride).map(|row| row[..n].to_vec()).collect();
        let y: Vec<f64> = self.rows.chunks(stride).map(|row| row[n]).collect();
        minimum_norm(r, &y)
    }

    /// Reflects the equations into a triangle of at the most as many rows as there are unknowns and one more.
    fn triangulate(&mut self) {
        let stride = self.unknowns + 1;
        let count = self.rows.len() / stride;
        let mut reflected = vec![0.0; stride];
        for pivot in 0..stride.min(count) {
            let column = |row: usize| row * stride + pivot;
            let below: f64 = (pivot + 1..count).map(|row| self.rows[column(row)].powi(2)).sum();
            let head = self.rows[column(pivot)];
            if below == 0.0 {
                continue;
            }
            let length = (head * head + below).sqrt();
            let diagonal = if head > 0.0 { -length } else { length };
            let v = head - diagonal;
            let factor = 2.0 / (v * v + below);
            self.rows[column(pivot)] = v;
            reflected[pivot..].fill(0.0);
            for row in self.rows.chunks_exact(stride).skip(pivot) {
                let weight = row[pivot];
                for (sum, value) in reflected[pivot..].iter_mut().zip(&row[pivot..]) {
                    *sum += weight * value;
                }
            }
            for row in self.rows.chunks_exact_mut(stride).skip(pivot) {
                let weight = factor * row[pivot];
                for (value, sum) in row[pivot + 1..].iter_mut().zip(&reflected[pivot + 1..]) {
                    *value -= weight * sum;
                }
                row[pivot] = 0.0;
            }
            self.rows[column(pivot)] = diagonal;
        }
        // What is left of the right-hand side below the triangle is the error, which no one asks for.
        self.rows.truncate(self.unknowns.min(count) * stride);
    }
}

/// Returns the shortest x for which |r x − y| is least, by one-sided Jacobi rotations (Hestenes 1958).
fn minimum_norm(r: Vec<Vec<f64>>, y: &[f64]) -> Vec<f64> {
    let n = r.len();
    // Columns of r become u · s, while the same rotations turn the identity into v.
    let mut u: Vec<Vec<f64>> = (0..n).map(|c| r.iter().map(|row| row[c]).collect()).collect();
    let mut v: Vec<Vec<f64>> =
        (0..n).map(|c| (0..n).map(|i| f64::from(u8::from(i == c))).collect()).collect();
    let dot = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
    for _sweep in 0..60 {
        let mut turned = false;
        for p in 0..n {
            for q in p + 1..n {
                let (a, b, c) = (dot(&u[p], &u[p]), dot(&u[q], &u[q]), dot(&u[p], &u[q]));
                if c == 0.0 || c.abs() <= 1e-15 * (a * b).sqrt() {
                    continue;
                }
                turned = true;
                let zeta = (b - a) / (2.0 * c);
                let t = zeta.signum() / (zeta.abs() + (1.0 + zeta * zeta).sqrt());
                let cos = 1.0 / (1.0 + t * t).sqrt();
                rotate(&mut u, p, q, cos, cos * t);
                rotate(&mut v, p, q, cos, cos * t);
            }
        }
        if !turned {
            break;
        }
    }
    let lengths: Vec<f64> = u.iter().map(|c| dot(c, c).sqrt()).collect();
    let least = lengths.iter().copied().fold(0.0, f64::max) * f64::EPSILON;
    let mut x = vec![0.0; n];
    for k in (0..n).filter(|&k| lengths[k] > least) {
        let share = dot(&u[k], y) / (lengths[k] * lengths[k]);
        x.iter_mut().zip(&v[k]).for_each(|(x, v)| *x += share * v);
    }
    x
}

fn rotate(columns: &mut [Vec<f64>], p: usize, q: usize, cos: f64, sin: f64) {
    let (before, after) = columns.split_at_mut(q);
    for (a, b) in before[p].iter_mut().zip(&mut after[0]) {
        (*a, *b) = (cos * *a - sin * *b, sin * *a + cos * *b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn solve(equations: &[(&[f64], f64)]) -> Vec<f64> {
        let mut system = LeastSquares::new(equations[0].0.len());
        equations.iter().for_each(|(coefficients, value)| system.add(coefficients, *value));
        system.solve()
    }

    fn close(found: &[f64], expected: &[f64]) -> bool {
        found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12)
    }

    #[test]
    fn a_line_through_points_is_found_again() {
        let points: Vec<_> =
            (0..500).map(|i| f64::from(i) / 50.0).map(|x| ([x, 1.0], 3.0 * x - 2.0)).collect();
        let equations: Vec<(&[f64], f64)> = points.iter().map(|(c, v)| (c.as_slice(), *v)).collect();
        assert!(close(&solve(&equations), &[3.0, -2.0]));
    }

    #[test]
    fn of_many_solutions_the_shortest_is_taken() {
        assert!(close(&solve(&[(&[1.0, 1.0, 0.0], 2.0)]), &[1.0, 1.0, 0.0]));
        assert!(close(&solve(&[(&[1.0, 1.0], 2.0), (&[1.0, 1.0], 4.0)]), &[1.5, 1.5]));
    }
}
