//! Zernike moments of an object's shape.

use crate::enclosing_circle::Circle;
use crate::regions::Region;
use std::f64::consts::PI;
use std::sync::LazyLock;

/// The moments CellProfiler measures have orders below this.
const ORDERS: usize = 10;

/// Number of moments.
pub const COUNT: usize = 30;

/// Returns the order n and the repetition m of every moment, in CellProfiler's order.
pub fn indices() -> impl Iterator<Item = (usize, usize)> {
    (0..ORDERS).flat_map(|n| (n % 2..=n).step_by(2).map(move |m| (n, m)))
}

/// Returns the magnitudes of the Zernike moments of an object within its enclosing circle, divided by the circle's
/// area. NaN when the circle has no area.
///
/// Source: `centrosome/zernike.py` 1.2.3. Pixels whose computed squared distance from the centre is over 1 are left
/// out; for those on the circle that is a matter of the last bit, so distances are computed as there. The sums are not
/// taken pixel by pixel but row by row: a polynomial's sum over a run of pixels is the difference of two entries of a table.
pub fn zernike(region: Region<'_>, circle: Circle) -> [f64; COUNT] {
    let area = circle.radius * circle.radius * PI;
    if area == 0.0 || area.is_nan() {
        return [f64::NAN; COUNT];
    }
    let moments = geometric_moments(region, circle);
    let mut scores = [0.0; COUNT];
    for (score, polynomial) in scores.iter_mut().zip(POLYNOMIALS.iter()) {
        let sum = |terms: &[Term]| terms.iter().map(|t| t.factor * moments[t.monomial]).sum::<f64>();
        let (real, imaginary) = (sum(&polynomial.real), sum(&polynomial.imaginary));
        *score = (real * real + imaginary * imaginary).sqrt() / area;
    }
    scores
}

/// A monomial yᵖxᵠ of p + q < 10, and what it is multiplied by.
struct Term {
    monomial: usize,
    factor: f64,
}

/// A Zernike polynomial in y and x.
struct Polynomial {
    real: Vec<Term>,
    imaginary: Vec<Term>,
}

/// Returns the place of yᵖxᵠ in the list of monomials.
const fn monomial(p: usize, q: usize) -> usize {
    p * ORDERS + q
}

/// Sums of yᵖxᵠ over the object's pixels, y and x from the centre in radii.
fn geometric_moments(region: Region<'_>, circle: Circle) -> [f64; ORDERS * ORDERS] {
    let left = region.bounds.left;
    let xs: Vec<f64> =
        (left..region.bounds.right).map(|x| (x as f64 - circle.center.1) / circle.radius).collect();
    let sums = power_sums(&xs);
    let mut moments = [0.0; ORDERS * ORDERS];
    for row in region.runs.chunk_by(|a, b| a.row == b.row) {
        let y = (f64::from(row[0].row) - circle.center.0) / circle.radius;
        let outside = |at: usize| xs[at] * xs[at] + y * y > 1.0;
        let mut of_row = [0.0; ORDERS];
        for run in row {
            let (mut start, mut end) = (run.start as usize - left, run.end as usize - left);
            while start < end && outside(start) {
                start += 1;
            }
            while start < end && outside(end - 1) {
                end -= 1;
            }
            for q in 0..ORDERS {
                of_row[q] += sums[end][q] - sums[start][q];
            }
        }
        let mut power = 1.0;
        for p in 0..ORDERS {
            for q in 0..ORDERS - p {
                moments[monomial(p, q)] += power * of_row[q];
            }
            power *= y;
        }
    }
    moments
}

/// Returns, for each number of leading `xs`, the sums of their powers.
fn power_sums(xs: &[f64]) -> Vec<[f64; ORDERS]> {
    let mut sums = Vec::with_capacity(xs.len() + 1);
    let mut sum = [0.0; ORDERS];
    sums.push(sum);
    for &x in xs {
        let mut power = 1.0;
        for s in &mut sum {
            *s += power;
            power *= x;
        }
        sums.push(sum);
    }
    sums
}

/// The polynomials R(r)·(y + ix)ᵐ/rᵐ, in the order of [`indices`].
static POLYNOMIALS: LazyLock<Vec<Polynomial>> =
    LazyLock::new(|| indices().map(|(n, m)| polynomial(n, m)).collect());

fn polynomial(n: usize, m: usize) -> Polynomial {
    let mut real = [0.0; ORDERS * ORDERS];
    let mut imaginary = [0.0; ORDERS * ORDERS];
    let steps = (n - m) / 2;
    for k in 0..=steps {
        let sign = if k % 2 == 0 { 1.0 } else { -1.0 };
        let radial =
            sign * factorial(n - k) / (factorial(k) * factorial(n.midpoint(m) - k) * factorial(steps - k));
        // r to the power of 2(steps - k) is (y² + x²)ʲ; the angle's part is (y + ix)ᵐ.
        let j = steps - k;
        for a in 0..=j {
            for b in 0..=m {
                let at = monomial(2 * (j - a) + m - b, 2 * a + b);
                let value = radial * binomial(j, a) * binomial(m, b);
                match b % 4 {
                    0 => real[at] += value,
                    1 => imaginary[at] += value,
                    2 => real[at] -= value,
                    _ => imaginary[at] -= value,
                }
            }
        }
    }
    let terms = |factors: &[f64]| {
        let present = factors.iter().enumerate().filter(|(_, f)| **f != 0.0);
        present.map(|(monomial, &factor)| Term { monomial, factor }).collect()
    };
    Polynomial { real: terms(&real), imaginary: terms(&imaginary) }
}

fn factorial(n: usize) -> f64 {
    (1..=n).map(|i| i as f64).product()
}

fn binomial(n: usize, k: usize) -> f64 {
    factorial(n) / (factorial(k) * factorial(n - k))
}
