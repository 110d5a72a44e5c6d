//! Zernike moments of the intensity within objects.

use crate::convex_hull::{Point, convex_hull};
use crate::enclosing_circle::enclosing_circles;
use crate::numpy::Real;
use crate::regions::Regions;
use pixels::Plane;

/// Returns order n and repetition m of every moment up to `degree`, in CellProfiler's order.
pub fn indices(degree: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..=degree).flat_map(|n| (n % 2..=n).step_by(2).map(move |m| (n, m)))
}

/// The moments of an object set, whatever the image: the pixels' places in the circles around their objects.
#[derive(Clone, Debug, PartialEq)]
pub struct Zernikes {
    polynomials: Vec<Polynomial>,
    circles: Vec<((f64, f64), f64)>,
}

/// R(r)·(y + ix)ᵐ: the factors of the radial part, of the highest power of r² first, and m.
#[derive(Clone, Debug, PartialEq)]
struct Polynomial {
    factors: Vec<f64>,
    m: usize,
}

/// Sums over an object's pixels, of each moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MomentSums {
    /// Number of pixels.
    pub area: f64,
    /// Sum of intensity times the real part of each polynomial.
    pub real: Vec<f64>,
    /// Sum of intensity times the imaginary part.
    pub imaginary: Vec<f64>,
}

impl Zernikes {
    /// Prepares the moments up to `degree` of all objects.
    pub fn new(objects: &Regions, degree: usize) -> Self {
        let hull = |label| objects.get(label).map(convex_hull).unwrap_or_default();
        let hulls: Vec<Vec<Point>> = (1..=objects.count()).map(hull).collect();
        let circles = enclosing_circles(&hulls).into_iter().map(|c| (c.center, c.radius)).collect();
        Self { polynomials: indices(degree).map(|(n, m)| polynomial(n, m)).collect(), circles }
    }

    /// Sums up the moments of an image in the objects, object by object; `counts` says which pixels (row, column) do.
    ///
    /// Source: `centrosome.zernike.construct_zernike_polynomials` 1.2.3, with its order of operations: where a moment is
    /// 0 but for rounding, its phase hangs on them.
    pub fn sums<T: Real>(
        &self,
        image: &Plane<T>,
        objects: &Regions,
        counts: impl Fn(usize, usize) -> bool,
    ) -> Vec<MomentSums> {
        let none = || vec![0.0; self.polynomials.len()];
        let mut powers = Vec::new();
        let mut found = Vec::with_capacity(objects.count());
        for (label, &((cy, cx), radius)) in (1..).zip(&self.circles) {
            let mut sums = MomentSums { area: 0.0, real: none(), imaginary: none() };
            let runs = objects.runs(label).iter();
            for (y, x) in runs.flat_map(|run| run.columns().map(|x| (run.row as usize, x))) {
                if !counts(y, x) {
                    continue;
                }
                let value = image[(y, x)].to_f64();
                let (y, x) = ((y as f64 - cy) / radius, (x as f64 - cx) / radius);
                sums.area += 1.0;
                self.add(&mut sums, value, (y, x), &mut powers);
            }
            found.push(sums);
        }
        found
    }

    fn add(&self, sums: &mut MomentSums, value: f64, (y, x): (f64, f64), powers: &mut Vec<(f64, f64)>) {
        let square = x * x + y * y;
        let outside = square > 1.0;
        powers.clear();
        powers
            .extend((0..=self.polynomials.iter().map(|p| p.m).max().unwrap_or(0)).map(|m| power((y, x), m)));
        for (at, polynomial) in self.polynomials.iter().enumerate() {
            let radial = polynomial.factors.iter().fold(0.0, |sum, factor| sum * square + factor);
            let radial = if outside { 0.0 } else { radial };
            let (real, imaginary) = powers[polynomial.m];
            sums.real[at] += value * (radial * real);
            if polynomial.m > 0 {
                sums.imaginary[at] += value * (radial * imaginary);
            }
        }
    }
}

fn polynomial(n: usize, m: usize) -> Polynomial {
    let factorial = |n: usize| (1..=n).map(|i| i as f64).product::<f64>();
    let (half_sum, half) = ((n + m) / 2, (n - m) / 2);
    let factor = |k: usize| {
        let sign = if k.is_multiple_of(2) { 1.0 } else { -1.0 };
        sign * factorial(n - k) / (factorial(k) * factorial(half_sum - k) * factorial(half - k))
    };
    Polynomial { factors: (0..=half).map(factor).collect(), m }
}

/// Returns a complex number to a whole power, in numpy's order of operations.
fn power(z: (f64, f64), n: usize) -> (f64, f64) {
    let times = |a: (f64, f64), b: (f64, f64)| (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0);
    match n {
        0 => (1.0, 0.0),
        1 => z,
        2 => times(z, z),
        3 => times(z, times(z, z)),
        _ => {
            let (mut product, mut squared, mut left) = ((1.0, 0.0), z, n);
            loop {
                if left % 2 == 1 {
                    product = times(product, squared);
                }
                left /= 2;
                if left == 0 {
                    return product;
                }
                squared = times(squared, squared);
            }
        }
    }
}
