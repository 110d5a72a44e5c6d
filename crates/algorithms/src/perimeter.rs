//! The length of an object's outline, and the number of its holes.

use crate::regions::Region;
use pixels::Plane;
use std::f64::consts::SQRT_2;

/// Returns the perimeter and the Euler number of an object.
///
/// Perimeter: `skimage.measure.perimeter` 0.18, 4-neighbourhood (Benkrid and Crookes): pixels with a neighbour outside
/// count 1, √2 or their mean by the outline pixels around them, some none. Euler number:
/// `skimage.measure.euler_number`, 8-connected (Ohser, Nagel and Schladitz 2002).
pub fn perimeter_and_euler_number(region: Region<'_>) -> (f64, i64) {
    let mask = region.drawn(2, 1u8);
    let (height, width) = mask.shape();
    let mut border: Plane<u8> = Plane::zeros(height, width);
    let (mut corners, mut bays) = (0u32, 0u32);
    for y in 1..height - 1 {
        let (above, row, below) = (mask.row(y - 1), mask.row(y), mask.row(y + 1));
        let [up, here, down] = [above, row, below].map(|r| &r[1..width - 1]);
        let (left, right) = (&row[..width - 2], &row[2..]);
        let border = &mut border.row_mut(y)[1..width - 1];
        for x in 0..border.len() {
            border[x] = here[x] & !(up[x] & down[x] & left[x] & right[x]);
        }
        // A corner pointing down right is one part more, a bay is one less.
        for x in 0..border.len() {
            let outside = here[x] ^ 1;
            corners += u32::from(outside & above[x] & (up[x] ^ 1) & (left[x] ^ 1));
            bays += u32::from(outside & up[x] & left[x]);
        }
    }
    let euler = i64::from(corners) - i64::from(bays);
    let (mut straight, mut diagonal, mut mixed) = (0u32, 0u32, 0u32);
    for y in 1..height - 1 {
        let (above, row, below) = (border.row(y - 1), border.row(y), border.row(y + 1));
        let mut x = 0;
        while let Some(gap) = row[x..].iter().position(|&b| b == 1) {
            x += gap;
            let sides = above[x] + below[x] + row[x - 1] + row[x + 1];
            let corners = above[x - 1] + above[x + 1] + below[x - 1] + below[x + 1];
            match 1 + 2 * sides + 10 * corners {
                5 | 7 | 15 | 17 | 25 | 27 => straight += 1,
                21 | 33 => diagonal += 1,
                13 | 23 => mixed += 1,
                _ => {}
            }
            x += 1;
        }
    }
    let length = f64::from(straight) + f64::from(diagonal) * SQRT_2 + f64::from(mixed) * (1.0 + SQRT_2) / 2.0;
    (length, euler)
}
