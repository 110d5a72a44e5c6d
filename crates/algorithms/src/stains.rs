//! Stains of a bright-field image and how each is told from the others by its colour.

/// Returns, for each stain's absorbance of red, green and blue, the factors of the logarithms of red, green and blue
/// that give that stain alone: the columns of the inverse of the matrix of absorbances scaled to length 1, or of its
/// pseudo-inverse unless there are three stains. `None` when three stains are not independent, or an absorbance is no
/// number.
///
/// Source: `cellprofiler.modules.unmixcolors`, `numpy.linalg.inv` and `pinv` (Ruifrok and Johnston 2001).
pub fn inverse_absorbances(stains: &[[f64; 3]]) -> Option<Vec<[f64; 3]>> {
    let unit = |stain: &[f64; 3]| {
        let length = stain.iter().map(|v| v * v).sum::<f64>().sqrt();
        stain.map(|v| v / length)
    };
    let stains: Vec<[f64; 3]> = stains.iter().map(unit).collect();
    if let Ok(square) = <[[f64; 3]; 3]>::try_from(stains.as_slice()) {
        return inverse(square);
    }
    if stains.iter().flatten().any(|v| !v.is_finite()) {
        return None;
    }
    Some(pseudo_inverse(&stains))
}

/// Inverts by Gaussian elimination with partial pivoting; returns the columns.
fn inverse(mut rows: [[f64; 3]; 3]) -> Option<Vec<[f64; 3]>> {
    let mut inverse = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    for step in 0..3 {
        let pivot =
            (step..3).fold(step, |p, r| if rows[r][step].abs() > rows[p][step].abs() { r } else { p });
        if rows[pivot][step] == 0.0 {
            return None;
        }
        rows.swap(step, pivot);
        inverse.swap(step, pivot);
        for below in step + 1..3 {
            let factor = rows[below][step] / rows[step][step];
            for column in 0..3 {
                rows[below][column] -= factor * rows[step][column];
                inverse[below][column] -= factor * inverse[step][column];
            }
        }
    }
    for step in (0..3).rev() {
        for column in 0..3 {
            let known: f64 = (step + 1..3).map(|k| rows[step][k] * inverse[k][column]).sum();
            inverse[step][column] = (inverse[step][column] - known) / rows[step][step];
        }
    }
    Some((0..3).map(|column| [0, 1, 2].map(|row: usize| inverse[row][column])).collect())
}

/// Returns the columns of the pseudo-inverse of rows of three, by one-sided Jacobi rotations (Hestenes 1958).
fn pseudo_inverse(rows: &[[f64; 3]]) -> Vec<[f64; 3]> {
    let count = rows.len();
    let wide = count < 3;
    // A matrix with no more columns than rows; `u` becomes orthogonal columns, `v` the rotations.
    let mut u: Vec<Vec<f64>> = if wide {
        rows.iter().map(|row| row.to_vec()).collect()
    } else {
        (0..3).map(|column| rows.iter().map(|row| row[column]).collect()).collect()
    };
    let n = u.len();
    let mut v: Vec<Vec<f64>> =
        (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    const SWEEPS: usize = 60;
    for _ in 0..SWEEPS {
        let mut turned = false;
        for p in 0..n {
            for q in p + 1..n {
                let (a, b, c) = (dot(&u[p], &u[p]), dot(&u[q], &u[q]), dot(&u[p], &u[q]));
                if c == 0.0 || c.abs() <= f64::EPSILON * 0.5 * (a * b).sqrt() {
                    continue;
                }
                turned = true;
                let zeta = (b - a) / (2.0 * c);
                let t = zeta.signum() / (zeta.abs() + (1.0 + zeta * zeta).sqrt());
                let cos = 1.0 / (1.0 + t * t).sqrt();
                let sin = cos * t;
                for columns in [&mut u, &mut v] {
                    for i in 0..columns[p].len() {
                        let (x, y) = (columns[p][i], columns[q][i]);
                        columns[p][i] = cos * x - sin * y;
                        columns[q][i] = sin * x + cos * y;
                    }
                }
            }
        }
        if !turned {
            break;
        }
    }
    let squares: Vec<f64> = u.iter().map(|column| dot(column, column)).collect();
    let greatest = squares.iter().copied().fold(0.0, f64::max).sqrt();
    let kept: Vec<usize> = (0..n).filter(|&k| squares[k].sqrt() > 1e-15 * greatest).collect();
    let entry = |i: usize, j: usize| kept.iter().map(|&k| v[k][i] * u[k][j] / squares[k]).sum::<f64>();
    (0..count)
        .map(|stain| [0, 1, 2].map(|c: usize| if wide { entry(stain, c) } else { entry(c, stain) }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEMATOXYLIN: [f64; 3] = [0.644, 0.717, 0.267];
    const EOSIN: [f64; 3] = [0.093, 0.954, 0.283];
    const DAB: [f64; 3] = [0.268, 0.57, 0.776];

    #[test]
    fn each_stain_gives_itself_and_none_of_the_others() {
        for stains in [&[HEMATOXYLIN][..], &[HEMATOXYLIN, EOSIN], &[HEMATOXYLIN, EOSIN, DAB]] {
            let inverse = inverse_absorbances(stains).unwrap();
            for (i, stain) in stains.iter().enumerate() {
                let length = stain.iter().map(|v| v * v).sum::<f64>().sqrt();
                for (j, factors) in inverse.iter().enumerate() {
                    let found: f64 = stain.iter().zip(factors).map(|(a, b)| a / length * b).sum();
                    assert!((found - f64::from(u8::from(i == j))).abs() < 1e-14, "{i} {j} {found}");
                }
            }
        }
    }

    #[test]
    fn stains_that_are_the_same_share_alike_or_cannot_be_told_apart() {
        let twice = inverse_absorbances(&[EOSIN, EOSIN]).unwrap();
        let length: f64 = EOSIN.iter().map(|v| v * v).sum::<f64>().sqrt();
        for (found, of) in twice[0].iter().zip(EOSIN) {
            assert!((found - of / length / 2.0).abs() < 1e-15);
        }
        assert_eq!(inverse_absorbances(&[EOSIN, EOSIN, DAB]), None);
    }
}
