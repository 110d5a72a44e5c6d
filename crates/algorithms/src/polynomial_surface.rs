//! A surface of second degree through an image, as `centrosome.smooth.fit_polynomial` (1.2.3).

use crate::least_squares::LeastSquares;
use crate::numpy::Real;
use pixels::Plane;

/// Returns A y² + B x² + C y x + D y + E x + F with the least squared error over the positive pixels inside `mask`, cut
/// to 0 to 1 if `clip` asks for it.
///
/// Without a positive pixel the result is the image. The fit is made in coordinates from −1 to 1, where it is well
/// conditioned; centrosome's, in pixels, is off by 1e-13. Too few pixels for one best surface give the shortest
/// coefficients, in pixels, that fit.
pub fn fit_polynomial<T: Real>(plane: &Plane<T>, mask: &Plane<bool>, clip: bool) -> Plane<f64> {
    let (height, width) = plane.shape();
    let middle = |n: usize| (n as f64 - 1.0) / 2.0;
    let (cy, cx) = (middle(height), middle(width));
    let (sy, sx) = (cy.max(1.0), cx.max(1.0));
    let few = few(plane, mask);
    if !few.is_empty() {
        return evaluate(shortest(&few), height, width, clip);
    }
    let Some(fit) = fit(plane, mask, (cy, sy), (cx, sx)) else {
        return plane.map(|&v| v.to_f64());
    };
    // From u = (y - cy) / sy and v = (x - cx) / sx back to pixels.
    let [uu, vv, uv, u, v, one] = fit;
    let (uu, vv, uv, u, v) = (uu / (sy * sy), vv / (sx * sx), uv / (sy * sx), u / sy, v / sx);
    let (y, x) = (u - 2.0 * uu * cy - uv * cx, v - 2.0 * vv * cx - uv * cy);
    let constant = one - u * cy - v * cx + uu * cy * cy + vv * cx * cx + uv * cy * cx;
    evaluate([uu, vv, uv, y, x, constant], height, width, clip)
}

/// Returns the surface of these coefficients of y², x², yx, y, x and 1, cut to 0 to 1 if asked.
fn evaluate([yy, xx, yx, y, x, one]: [f64; 6], height: usize, width: usize, clip: bool) -> Plane<f64> {
    let mut result = Plane::zeros(height, width);
    for i in 0..height {
        let at = i as f64;
        for (j, to) in result.row_mut(i).iter_mut().enumerate() {
            let along = j as f64;
            let value = y * at + x * along + yy * (at * at) + xx * (along * along) + yx * (at * along) + one;
            *to = if clip { value.clamp(0.0, 1.0) } else { value };
        }
    }
    result
}

/// Returns the pixels to fit, if they are so few that they might lie on a line or a conic section.
fn few<T: Real>(plane: &Plane<T>, mask: &Plane<bool>) -> Vec<(f64, f64, f64)> {
    const FEW: usize = 100;
    let pairs = plane.data().iter().zip(mask.data()).enumerate();
    let fitted = pairs.filter(|(_, (z, m))| **m && **z > T::ZERO);
    let place = |at: usize| ((at / plane.width()) as f64, (at % plane.width()) as f64);
    let some: Vec<_> = fitted.take(FEW).map(|(at, (z, _))| (place(at).0, place(at).1, z.to_f64())).collect();
    if some.len() < FEW { some } else { Vec::new() }
}

fn shortest(pixels: &[(f64, f64, f64)]) -> [f64; 6] {
    let mut system = LeastSquares::new(6);
    for &(y, x, z) in pixels {
        system.add(&[y * y, x * x, y * x, y, x, 1.0], z);
    }
    system.solve().try_into().unwrap_or([0.0; 6])
}

/// Returns the coefficients of u², v², uv, u, v and 1; `None` without a pixel to fit.
fn fit<T: Real>(
    plane: &Plane<T>,
    mask: &Plane<bool>,
    (cy, sy): (f64, f64),
    (cx, sx): (f64, f64),
) -> Option<[f64; 6]> {
    // Sums over the pixels of value · u^a v^b, and of u^a v^b alone.
    let mut values = [[0.0; 3]; 3];
    let mut counts = [[0.0; 5]; 5];
    let v: Vec<f64> = (0..plane.width()).map(|j| (j as f64 - cx) / sx).collect();
    for i in 0..plane.height() {
        let (mut of_row, mut in_row) = ([0.0; 3], [0.0; 5]);
        for ((&z, &m), &v) in plane.row(i).iter().zip(mask.row(i)).zip(&v) {
            if m && z > T::ZERO {
                let (z, vv) = (z.to_f64(), v * v);
                let powers = [1.0, v, vv, vv * v, vv * vv];
                in_row.iter_mut().zip(powers).for_each(|(sum, p)| *sum += p);
                of_row.iter_mut().zip(powers).for_each(|(sum, p)| *sum += z * p);
            }
        }
        let mut power = 1.0;
        for a in 0..5 {
            counts[a].iter_mut().zip(in_row).for_each(|(sum, r)| *sum += power * r);
            if a < 3 {
                values[a].iter_mut().zip(of_row).for_each(|(sum, r)| *sum += power * r);
            }
            power *= (i as f64 - cy) / sy;
        }
    }
    if counts[0][0] == 0.0 {
        return None;
    }
    const POWERS: [(usize, usize); 6] = [(2, 0), (0, 2), (1, 1), (1, 0), (0, 1), (0, 0)];
    let mut system = LeastSquares::new(6);
    for (a, b) in POWERS {
        system.add(&POWERS.map(|(c, d)| counts[a + c][b + d]), values[a][b]);
    }
    system.solve().try_into().ok()
}
