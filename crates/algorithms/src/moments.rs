//! Image moments of an object's shape and what follows from them.

use crate::regions::Region;
use std::f64::consts::FRAC_PI_4;

/// Moments up to the third order: `m[p][q]` sums rowᵖ·columnᵠ.
pub type Moments = [[f64; 4]; 4];

/// Panels this long are summed on their own by the matrix product that the sums are taken from.
const PANEL: usize = 256;

/// Returns the moments about the upper left corner of the object's rectangle (`skimage.measure.moments`).
pub fn spatial_moments(region: Region<'_>) -> Moments {
    moments_about(region, (0.0, 0.0))
}

/// Returns the moments about the centroid, given the spatial ones (`skimage.measure.moments_central`).
pub fn central_moments(region: Region<'_>, spatial: &Moments) -> Moments {
    moments_about(region, (spatial[1][0] / spatial[0][0], spatial[0][1] / spatial[0][0]))
}

/// Sums powers of the distances from `center`, relative to the object's rectangle.
///
/// As skimage 0.18 does with numpy's matrix product on OpenBLAS: over the rows of each column, then over the columns
/// with fused multiply-add. A symmetric object's odd moments are not 0 but rounding errors, and the sign of
/// such an error is the sign of its orientation: so the order of the sums matters.
fn moments_about(region: Region<'_>, center: (f64, f64)) -> Moments {
    let (height, width) = (region.bounds.height(), region.bounds.width());
    let row_powers = powers(height, center.0);
    let column_powers = powers(width, center.1);
    let mut of_columns = vec![[0.0; 4]; width];
    let mut panel = vec![[0.0; 4]; width];
    let mut runs = region.runs;
    for rows in panels(height) {
        panel.fill([0.0; 4]);
        while let Some((run, rest)) = runs.split_first() {
            let row = run.row as usize - region.bounds.top;
            if row >= rows.end {
                break;
            }
            let power = row_powers[row];
            for sum in &mut panel[run.start as usize - region.bounds.left..][..run.len()] {
                for p in 0..4 {
                    sum[p] += power[p];
                }
            }
            runs = rest;
        }
        for (sum, part) in of_columns.iter_mut().zip(&panel) {
            for p in 0..4 {
                sum[p] += part[p];
            }
        }
    }
    let mut moments = [[0.0; 4]; 4];
    for columns in panels(width) {
        let mut part = [[0.0f64; 4]; 4];
        for column in columns {
            for p in 0..4 {
                for q in 0..4 {
                    part[p][q] = of_columns[column][p].mul_add(column_powers[column][q], part[p][q]);
                }
            }
        }
        for p in 0..4 {
            for q in 0..4 {
                moments[p][q] += part[p][q];
            }
        }
    }
    moments
}

fn powers(length: usize, center: f64) -> Vec<[f64; 4]> {
    (0..length)
        .map(|at| {
            let distance = at as f64 - center;
            [1.0, distance, distance.powi(2), cube(distance)]
        })
        .collect()
}

/// Returns x³ rounded once, as `pow` does.
fn cube(x: f64) -> f64 {
    let square = x * x;
    let square_error = x.mul_add(x, -square);
    let product = square * x;
    let product_error = square.mul_add(x, -product);
    product + square_error.mul_add(x, product_error)
}

/// Cuts a length into the panels that OpenBLAS sums one after the other.
fn panels(length: usize) -> Vec<std::ops::Range<usize>> {
    let mut panels = Vec::new();
    let mut from = 0;
    while from < length {
        let left = length - from;
        let size = if left >= 2 * PANEL {
            PANEL
        } else if left > PANEL {
            (left / 2).next_multiple_of(4)
        } else {
            left
        };
        panels.push(from..from + size);
        from += size;
    }
    panels
}

/// Returns central moments divided by the area to the power that makes them independent of scale; NaN for orders
/// below 2 (`skimage.measure.moments_normalized`).
pub fn normalized_moments(central: &Moments) -> Moments {
    let mut normalized = [[f64::NAN; 4]; 4];
    for p in 0..4 {
        for q in 0..4 {
            if p + q >= 2 {
                normalized[p][q] = central[p][q] / central[0][0].powf((p + q) as f64 / 2.0 + 1.0);
            }
        }
    }
    normalized
}

/// Returns Hu's seven invariants of normalized moments (`skimage.measure.moments_hu`).
pub fn hu_moments(nu: &Moments) -> [f64; 7] {
    let (a, b) = (nu[3][0] + nu[1][2], nu[2][1] + nu[0][3]);
    let (c, d) = (nu[3][0] - 3.0 * nu[1][2], 3.0 * nu[2][1] - nu[0][3]);
    let (sum, difference, product) = (nu[2][0] + nu[0][2], nu[2][0] - nu[0][2], 4.0 * nu[1][1]);
    let (a2, b2) = (a * a, b * b);
    let (e, f) = (a * (a2 - 3.0 * b2), b * (3.0 * a2 - b2));
    [
        sum,
        difference * difference + product * nu[1][1],
        c * c + d * d,
        a2 + b2,
        c * e + d * f,
        difference * (a2 - b2) + product * a * b,
        d * e - c * f,
    ]
}

/// The covariance of an object's pixels, as skimage's inertia tensor has it: rows and columns change places.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InertiaTensor {
    /// Variance along the columns.
    pub a: f64,
    /// Covariance, negative.
    pub b: f64,
    /// Variance along the rows.
    pub c: f64,
}

impl InertiaTensor {
    /// Returns the tensor of central moments (`skimage.measure.inertia_tensor`).
    pub fn of(central: &Moments) -> Self {
        let (area, rows, columns) = (central[0][0], central[2][0], central[0][2]);
        let sum = rows + columns;
        Self { a: (sum - rows) / area, b: -central[1][1] / area, c: (sum - columns) / area }
    }

    /// Returns the eigenvalues, the greater first, no less than 0.
    ///
    /// As LAPACK's `dlae2`, which `numpy.linalg.eigvalsh` comes down to for two rows.
    pub fn eigenvalues(&self) -> (f64, f64) {
        let (sum, difference) = (self.a + self.c, (self.a - self.c).abs());
        let twice = (self.b + self.b).abs();
        let (more, less) = if self.a.abs() > self.c.abs() { (self.a, self.c) } else { (self.c, self.a) };
        let root = if difference > twice {
            difference * (1.0 + (twice / difference).powi(2)).sqrt()
        } else if difference < twice {
            twice * (1.0 + (difference / twice).powi(2)).sqrt()
        } else {
            twice * std::f64::consts::SQRT_2
        };
        if sum == 0.0 {
            return ((root / 2.0).max(0.0), (-root / 2.0).max(0.0));
        }
        // No object has negative variances, so only the case of a positive sum is left.
        let greater = (sum + root) / 2.0;
        let lesser = (more / greater) * less - (self.b / greater) * self.b;
        let ordered = if greater >= lesser { (greater, lesser) } else { (lesser, greater) };
        (ordered.0.max(0.0), ordered.1.max(0.0))
    }

    /// Returns the angle between the rows' axis and the longest axis, in radians, from −π/2 to π/2.
    pub fn orientation(&self) -> f64 {
        if self.a - self.c == 0.0 {
            return if self.b < 0.0 { -FRAC_PI_4 } else { FRAC_PI_4 };
        }
        0.5 * (-2.0 * self.b).atan2(self.c - self.a)
    }
}
