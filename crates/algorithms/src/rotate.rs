//! Rotation about the centre by any angle, on a canvas that holds all of the image.

use crate::map_coordinates::{Order, Outside, map_affine};
use pixels::Plane;

/// A rotation of planes of one shape.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rotation {
    /// Rows of the matrix that takes a place of the result to one of the image.
    matrix: [[f64; 2]; 2],
    offset: [f64; 2],
    /// (height, width) of the result.
    shape: (usize, usize),
}

impl Rotation {
    /// Prepares the rotation of planes of a shape by an angle in degrees, anticlockwise on the screen.
    ///
    /// Source: `scipy.ndimage.rotate` 1.9 with `reshape=True`.
    pub fn new((height, width): (usize, usize), degrees: f64) -> Self {
        let (c, s) = (cosine_of_degrees(degrees), sine_of_degrees(degrees));
        let matrix = [[c, s], [-s, c]];
        let (y, x) = (height as f64, width as f64);
        let extent = |[a, b]: [f64; 2]| {
            let corners = [0.0, b * x, a * y, a * y + b * x];
            let least = corners.into_iter().fold(f64::INFINITY, f64::min);
            let greatest = corners.into_iter().fold(f64::NEG_INFINITY, f64::max);
            (greatest - least + 0.5) as usize
        };
        let shape = (extent(matrix[0]), extent(matrix[1]));
        let middle = |n: usize| (n as f64 - 1.0) / 2.0;
        let centre = |[a, b]: [f64; 2]| a * middle(shape.0) + b * middle(shape.1);
        let offset = [middle(height) - centre(matrix[0]), middle(width) - centre(matrix[1])];
        Self { matrix, offset, shape }
    }

    /// Returns the plane rotated, by cubic splines; what comes from outside is 0. The result is f64: scipy rounds it to
    /// the plane's type.
    pub fn apply<T: Copy + Into<f64>>(&self, plane: &Plane<T>) -> Plane<f64> {
        map_affine(plane, self.matrix, self.offset, self.shape, Order::Cubic, Outside::Constant(0.0))
    }
}

/// Coefficients of sine and cosine near 0, of the powers of the square from the highest.
const SINE: [f64; 6] = [
    1.589_623_015_722_184_479_52e-10,
    -2.505_074_776_285_035_401_35e-8,
    2.755_731_362_138_567_735_49e-6,
    -1.984_126_982_958_953_846_58e-4,
    8.333_333_333_322_118_588_62e-3,
    -1.666_666_666_666_663_072_95e-1,
];
const COSINE: [f64; 7] = [
    1.136_781_713_820_445_530_91e-11,
    -2.087_588_337_576_836_442_17e-9,
    2.755_731_554_298_166_115_47e-7,
    -2.480_158_729_361_863_037_76e-5,
    1.388_888_888_888_066_667_60e-3,
    -4.166_666_666_666_663_481_41e-2,
    4.999_999_999_999_999_997_98e-1,
];
const DEGREE: f64 = 1.745_329_251_994_329_576_92e-2;

/// Returns the octant (0, 2, 4, 6: with odd ones counted to the next) and what is left of the angle, in radians.
fn reduced(degrees: f64) -> (u8, f64) {
    let mut octants = (degrees / 45.0).floor();
    let mut octant = (octants % 16.0) as u8;
    if octant % 2 == 1 {
        octant += 1;
        octants += 1.0;
    }
    (octant % 8, (degrees - octants * 45.0) * DEGREE)
}

fn series(coefficients: &[f64], square: f64) -> f64 {
    coefficients.iter().fold(0.0, |sum, c| sum * square + c)
}

fn near_sine(x: f64) -> f64 {
    let square = x * x;
    x + x * (square * series(&SINE, square))
}

fn near_cosine(x: f64) -> f64 {
    let square = x * x;
    1.0 - square * series(&COSINE, square)
}

/// Returns the sine of an angle in degrees, exact at multiples of 90. Source: Cephes, `sindg.c` (in `scipy.special`).
fn sine_of_degrees(degrees: f64) -> f64 {
    let (octant, rest) = reduced(degrees.abs());
    let negative = (degrees < 0.0) != (octant > 3);
    let value = if octant % 4 == 2 { near_cosine(rest) } else { near_sine(rest) };
    if negative { -value } else { value }
}

/// Returns the cosine of an angle in degrees, as [`sine_of_degrees`].
fn cosine_of_degrees(degrees: f64) -> f64 {
    let (octant, rest) = reduced(degrees.abs());
    let negative = (octant > 3) != (octant % 4 > 1);
    let value = if octant % 4 == 2 { near_sine(rest) } else { near_cosine(rest) };
    if negative { -value } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn right_angles_are_exact() {
        for (degrees, sine, cosine) in
            [(0.0, 0.0, 1.0), (90.0, 1.0, 0.0), (180.0, 0.0, -1.0), (-90.0, -1.0, 0.0)]
        {
            assert_eq!(
                (sine_of_degrees(degrees).abs(), cosine_of_degrees(degrees)),
                (f64::abs(sine), cosine)
            );
            assert!(sine_of_degrees(degrees) * sine >= 0.0);
        }
        // scipy.special.sindg(33.3), cosdg(100.25)
        assert_eq!(sine_of_degrees(33.3), 0.549_022_817_998_131_7);
        assert_eq!(cosine_of_degrees(100.25), -0.177_943_545_473_841_75);
    }

    #[test]
    fn a_quarter_turn_moves_every_pixel_to_a_pixel() {
        let plane = Plane::from_vec(2, 3, vec![1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let turned = Rotation::new((2, 3), 90.0).apply(&plane);
        assert_eq!(turned.shape(), (3, 2));
        let rounded: Vec<f64> = turned.data().iter().map(|v| v.round()).collect();
        assert_eq!(rounded, [3.0, 6.0, 2.0, 5.0, 1.0, 4.0]);
    }
}
