//! The smallest octagon, where centrosome's bookkeeping is off: it widens a radius of 1 to 2, but starts as for 1.
//!
//! Pixels of the first columns never enter some rows of the window, and counts left in its ring of histograms come up
//! again. So the ring is kept as it is there: five histograms a place (the octagon's sides at the place where they
//! enter or leave), which turns by one place a row for the diagonals.

use pixels::Plane;

/// The radius asked for, by which rows and columns are visited, and the one the octagon gets.
const ASKED: i64 = 1;
const RADIUS: i64 = 2;
/// From the middle to the corners of the octagon.
const HALF_SIDE: i64 = 1;

/// A histogram of the ranks of some pixels; counts wrap around below 0, as theirs do.
#[derive(Clone)]
struct Histogram {
    coarse: [u16; 16],
    fine: [u16; 256],
    pixels: u16,
}

const EMPTY: Histogram = Histogram { coarse: [0; 16], fine: [0; 256], pixels: 0 };

impl Histogram {
    fn change(&mut self, rank: Option<u8>, by: u16) {
        if let Some(rank) = rank {
            let rank = usize::from(rank);
            self.pixels = self.pixels.wrapping_add(by);
            self.fine[rank] = self.fine[rank].wrapping_add(by);
            self.coarse[rank / 16] = self.coarse[rank / 16].wrapping_add(by);
        }
    }
}

/// The ring: the diagonals by name of their corner, and the right edge, which is the left one some columns later.
struct Ring<'a> {
    ranked: &'a Plane<u8>,
    mask: &'a Plane<bool>,
    places: i64,
    top_left: Vec<Histogram>,
    top_right: Vec<Histogram>,
    edge: Vec<Histogram>,
    bottom_left: Vec<Histogram>,
    bottom_right: Vec<Histogram>,
}

impl Ring<'_> {
    fn falling(&self, row: i64, column: i64) -> usize {
        ((column + 3 * RADIUS + row) % self.places) as usize
    }

    fn rising(&self, row: i64, column: i64) -> usize {
        ((column + 3 * RADIUS + self.ranked.height() as i64 - row) % self.places) as usize
    }

    fn leading(&self, column: i64) -> usize {
        ((column + 5 * RADIUS) % self.places) as usize
    }

    fn trailing(&self, column: i64) -> usize {
        ((column + 3 * RADIUS - 1) % self.places) as usize
    }

    fn rank(&self, row: i64, column: i64) -> Option<u8> {
        let (y, x) = (usize::try_from(row).ok()?, usize::try_from(column).ok()?);
        let (height, width) = self.ranked.shape();
        (y < height && x < width && self.mask[(y, x)]).then(|| self.ranked[(y, x)])
    }

    /// Moves the sides to this row and column.
    fn update(&mut self, row: i64, column: i64) {
        let (falling, rising, leading) =
            (self.falling(row, column), self.rising(row, column), self.leading(column));
        let at = |y: i64, x: i64| self.rank(row + y, column + x);
        let (r, a) = (RADIUS, HALF_SIDE);
        let gone = [at(-r - 1, -a), at(-r - 1, a - 1), at(a, -r - 1), at(a, r), at(-a - 1, r)];
        let come = [at(-a - 1, -r), at(-a - 1, r - 1), at(r, -a - 1), at(r, a), at(a, r)];
        let sides = [
            &mut self.top_left[falling],
            &mut self.top_right[rising],
            &mut self.bottom_left[rising],
            &mut self.bottom_right[falling],
            &mut self.edge[leading],
        ];
        for ((side, gone), come) in sides.into_iter().zip(gone).zip(come) {
            side.change(gone, u16::MAX);
            side.change(come, 1);
        }
    }
}

/// The octagon's histogram; its fine part is brought up to date, sixteen ranks at a time, when it is needed.
struct Window {
    coarse: [u16; 16],
    fine: [u16; 256],
    pixels: u32,
    updated: [i64; 16],
}

impl Window {
    fn accumulate(&mut self, ring: &Ring<'_>, row: i64, column: i64) {
        let (falling, rising) = (ring.falling(row, column), ring.rising(row, column));
        let edge = &ring.edge[ring.leading(column)];
        for side in [&ring.top_right[rising], edge, &ring.bottom_right[falling]] {
            self.take(side, 1);
        }
        if column > HALF_SIDE {
            self.take(&ring.top_left[falling], -1);
            if column > RADIUS {
                self.take(&ring.edge[ring.trailing(column)], -1);
            }
            self.take(&ring.bottom_left[rising], -1);
        }
    }

    fn take(&mut self, side: &Histogram, sign: i32) {
        if side.pixels > 0 {
            add(&mut self.coarse, &side.coarse, sign);
            let pixels = u32::from(side.pixels);
            self.pixels =
                if sign > 0 { self.pixels.wrapping_add(pixels) } else { self.pixels.wrapping_sub(pixels) };
        }
    }

    fn refine(&mut self, ring: &Ring<'_>, row: i64, column: i64, block: usize) {
        let ranks = block * 16..block * 16 + 16;
        for column in self.updated[block] + 1..=column {
            let (falling, rising) = (ring.falling(row, column), ring.rising(row, column));
            let fine = &mut self.fine[ranks.clone()];
            add(fine, &ring.top_right[rising].fine[ranks.clone()], 1);
            add(fine, &ring.edge[ring.leading(column)].fine[ranks.clone()], 1);
            add(fine, &ring.bottom_right[falling].fine[ranks.clone()], 1);
            if column >= HALF_SIDE {
                add(fine, &ring.top_left[falling].fine[ranks.clone()], -1);
                if column >= RADIUS {
                    add(fine, &ring.edge[ring.trailing(column)].fine[ranks.clone()], -1);
                }
                add(fine, &ring.bottom_left[rising].fine[ranks.clone()], -1);
            }
        }
        self.updated[block] = column;
    }

    fn median(&mut self, ring: &Ring<'_>, row: i64, column: i64) -> u8 {
        if self.pixels == 0 {
            return 0;
        }
        let below = (self.pixels.wrapping_mul(50).wrapping_add(50) / 100).saturating_sub(1);
        let mut sum = 0u32;
        let mut block = 15;
        for (i, &count) in self.coarse.iter().enumerate() {
            sum = sum.wrapping_add(u32::from(count));
            if sum > below {
                block = i;
                break;
            }
        }
        sum = sum.wrapping_sub(u32::from(self.coarse[block]));
        self.refine(ring, row, column, block);
        for rank in block * 16..block * 16 + 16 {
            sum = sum.wrapping_add(u32::from(self.fine[rank]));
            if sum > below {
                return rank as u8;
            }
        }
        0
    }
}

fn add(to: &mut [u16], from: &[u16], sign: i32) {
    for (to, &from) in to.iter_mut().zip(from) {
        *to = if sign > 0 { to.wrapping_add(from) } else { to.wrapping_sub(from) };
    }
}

/// Returns the medians of an octagon of radius 1.
pub(super) fn median(ranked: &Plane<u8>, mask: &Plane<bool>) -> Plane<u8> {
    let (height, width) = ranked.shape();
    let (rows, columns) = (height as i64, width as i64);
    let places = columns + 2 * ASKED + 1;
    let side = || vec![EMPTY; places as usize];
    let mut ring = Ring {
        ranked,
        mask,
        places,
        top_left: side(),
        top_right: side(),
        edge: side(),
        bottom_left: side(),
        bottom_right: side(),
    };
    let mut out = Plane::zeros(height, width);
    for row in -ASKED..rows {
        // What enters is cleared by the place it had a row before.
        let before = (row - 1).max(if row == -ASKED { 0 } else { -ASKED });
        let (falling, rising) = (ring.falling(before, -ASKED), ring.rising(before, columns + ASKED - 1));
        ring.top_left[falling] = EMPTY;
        ring.bottom_right[falling] = EMPTY;
        ring.top_right[rising] = EMPTY;
        ring.bottom_left[rising] = EMPTY;
        let mut window = Window { coarse: [0; 16], fine: [0; 256], pixels: 0, updated: [-ASKED - 1; 16] };
        for column in -ASKED..columns + ASKED {
            ring.update(row, column);
            if column < columns {
                window.accumulate(&ring, row, column);
            }
            if row >= 0 && (0..columns).contains(&column) {
                out[(row as usize, column as usize)] = window.median(&ring, row, column);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_medians_are_those_of_centrosome() {
        // centrosome._filter.median_filter(values, numpy.ones_like(values), out, 1, 50)
        let values = [
            [106, 152, 131, 184, 0, 21, 147, 107, 169],
            [138, 149, 119, 166, 148, 172, 93, 167, 142],
            [26, 81, 150, 66, 2, 191, 60, 129, 179],
            [90, 69, 104, 110, 97, 157, 106, 152, 62],
            [7, 171, 33, 123, 79, 176, 37, 20, 94],
            [49, 149, 127, 28, 119, 54, 0, 192, 18],
            [116, 191, 165, 184, 184, 199, 165, 174, 33],
        ];
        let expected = [
            [0, 149, 21, 0, 148, 152, 148, 152, 21],
            [131, 149, 147, 147, 107, 148, 0, 0, 0],
            [106, 110, 119, 119, 0, 107, 0, 0, 0],
            [104, 107, 0, 0, 106, 106, 97, 106, 94],
            [81, 104, 104, 104, 97, 97, 94, 62, 62],
            [127, 0, 0, 0, 0, 0, 0, 0, 0],
            [0, 0, 0, 0, 0, 0, 0, 0, 0],
        ];
        let plane = |rows: [[u8; 9]; 7]| Plane::from_vec(7, 9, rows.as_flattened().to_vec());
        assert_eq!(median(&plane(values), &Plane::filled(7, 9, true)), plane(expected));
    }
}
