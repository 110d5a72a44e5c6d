//! Windows of any width, one bit a rank.

use super::{Cursor, half_widths};
use pixels::Plane;

/// As [`super::disk_median`].
pub(super) fn disk_median(image: &Plane<u16>, radius: usize) -> Plane<u16> {
    let (height, width) = image.shape();
    let mut result = Plane::zeros(height, width);
    let side = (radius * 2).clamp(64, 256);
    let mut tile = Tile::new(radius, side);
    for top in (0..height).step_by(side) {
        for left in (0..width).step_by(side) {
            tile.rank(image, top, left);
            tile.slide(&mut result, top, left);
        }
    }
    result
}

/// The pixels around one square of the result, by rank, and the set of those in the window.
struct Tile {
    radius: usize,
    /// Rows and columns of the result that one tile makes.
    side: usize,
    /// Row length of `ranks`: `side` and the radius on both sides.
    stride: usize,
    /// Half the window's width in each of its rows.
    half_widths: Vec<usize>,
    /// Each pixel's place in the order of all, or `outside`, row by row.
    ranks: Vec<u32>,
    /// What stands in `ranks` for a place outside the image: a bit after all others that no one reads.
    outside: u32,
    /// Values in ascending order.
    values: Vec<u16>,
    /// One bit a rank: whether that pixel is in the window.
    bits: Vec<u64>,
    /// Sorting space: value and place.
    order: [Vec<(u16, u32)>; 2],
}

/// What enters and what leaves the window in a step, as offsets from its centre before the step.
struct Step {
    enter: Vec<isize>,
    leave: Vec<isize>,
}

impl Tile {
    fn new(radius: usize, side: usize) -> Self {
        let stride = side + 2 * radius;
        let half_widths = half_widths(radius);
        let n = stride * stride;
        let outside = (n.div_ceil(64) * 64) as u32;
        Self {
            radius,
            side,
            stride,
            half_widths,
            ranks: vec![outside; n],
            outside,
            values: Vec::with_capacity(n),
            bits: vec![0; n.div_ceil(64) + 1],
            order: [Vec::with_capacity(n), Vec::with_capacity(n)],
        }
    }

    /// Sorts the pixels around the square of the result that begins at (`top`, `left`).
    fn rank(&mut self, image: &Plane<u16>, top: usize, left: usize) {
        let (height, width) = image.shape();
        self.ranks.fill(self.outside);
        let [order, spare] = &mut self.order;
        order.clear();
        let first_row = top.saturating_sub(self.radius);
        let first_column = left.saturating_sub(self.radius);
        let end_column = (left + self.side + self.radius).min(width);
        for y in first_row..(top + self.side + self.radius).min(height) {
            let start = (y + self.radius - top) * self.stride + first_column + self.radius - left;
            let row = &image.row(y)[first_column..end_column];
            order.extend(row.iter().zip(start..).map(|(&v, at)| (v, at as u32)));
        }
        spare.clear();
        spare.resize(order.len(), (0, 0));
        sort_by_byte(order, spare, 0);
        sort_by_byte(spare, order, 8);
        self.values.clear();
        self.values.extend(order.iter().map(|&(v, _)| v));
        for (rank, &(_, at)) in order.iter().enumerate() {
            self.ranks[at as usize] = rank as u32;
        }
    }

    /// Slides the window over the square of the result that begins at (`top`, `left`).
    fn slide(&mut self, result: &mut Plane<u16>, top: usize, left: usize) {
        let rows = self.side.min(result.height() - top);
        let columns = self.side.min(result.width() - left);
        let stride = self.stride as isize;
        let radius = self.radius as isize;
        let arc = || (-radius..=radius).zip(self.half_widths.iter().map(|&w| w as isize));
        let east = Step {
            enter: arc().map(|(dy, w)| dy * stride + w + 1).collect(),
            leave: arc().map(|(dy, w)| dy * stride - w).collect(),
        };
        let west = Step {
            enter: arc().map(|(dy, w)| dy * stride - w - 1).collect(),
            leave: arc().map(|(dy, w)| dy * stride + w).collect(),
        };
        let south = Step {
            enter: arc().map(|(dx, w)| (w + 1) * stride + dx).collect(),
            leave: arc().map(|(dx, w)| dx - w * stride).collect(),
        };
        let mut centre = self.radius * self.stride + self.radius;
        let mut cursor = self.start(centre);
        for y in 0..rows {
            let out = &mut result.row_mut(top + y)[left..left + columns];
            if y > 0 {
                self.step(&mut cursor, &south, centre);
                centre += self.stride;
            }
            if y % 2 == 0 {
                out[0] = self.median(&mut cursor);
                for out in &mut out[1..] {
                    self.step(&mut cursor, &east, centre);
                    centre += 1;
                    *out = self.median(&mut cursor);
                }
            } else {
                out[columns - 1] = self.median(&mut cursor);
                for out in out[..columns - 1].iter_mut().rev() {
                    self.step(&mut cursor, &west, centre);
                    centre -= 1;
                    *out = self.median(&mut cursor);
                }
            }
        }
    }

    /// Fills the window around `centre`.
    fn start(&mut self, centre: usize) -> Cursor {
        self.bits.fill(0);
        let mut cursor = Cursor::default();
        for (dy, &w) in self.half_widths.iter().enumerate() {
            let middle = centre + dy * self.stride - self.radius * self.stride;
            for &rank in &self.ranks[middle - w..=middle + w] {
                self.bits[(rank >> 6) as usize] ^= 1 << (rank & 63);
                cursor.count += i32::from(rank != self.outside);
            }
        }
        cursor
    }

    fn step(&mut self, cursor: &mut Cursor, step: &Step, centre: usize) {
        let mut below = cursor.below;
        let mut count = cursor.count;
        for (&enter, &leave) in step.enter.iter().zip(&step.leave) {
            let enter = self.ranks[centre.wrapping_add_signed(enter)];
            let leave = self.ranks[centre.wrapping_add_signed(leave)];
            self.bits[(enter >> 6) as usize] ^= 1 << (enter & 63);
            self.bits[(leave >> 6) as usize] ^= 1 << (leave & 63);
            below += i32::from(enter < cursor.rank) - i32::from(leave < cursor.rank);
            count += i32::from(enter != self.outside) - i32::from(leave != self.outside);
        }
        cursor.below = below;
        cursor.count = count;
    }

    /// Moves the cursor to the upper median and returns its value.
    fn median(&self, cursor: &mut Cursor) -> u16 {
        let wanted = cursor.count / 2;
        let mut word = (cursor.rank >> 6) as usize;
        let low_bits = (1u64 << (cursor.rank & 63)) - 1;
        if cursor.below > wanted {
            let mut back = (cursor.below - wanted) as u32;
            let mut bits = self.bits[word] & low_bits;
            while bits.count_ones() < back {
                back -= bits.count_ones();
                word -= 1;
                bits = self.bits[word];
            }
            for _ in 1..back {
                bits ^= 1 << bits.ilog2();
            }
            cursor.rank = (word * 64) as u32 + bits.ilog2();
        } else {
            let mut ahead = (wanted - cursor.below) as u32;
            let mut bits = self.bits[word] & !low_bits;
            while bits.count_ones() <= ahead {
                ahead -= bits.count_ones();
                word += 1;
                bits = self.bits[word];
            }
            for _ in 0..ahead {
                bits &= bits - 1;
            }
            cursor.rank = (word * 64) as u32 + bits.trailing_zeros();
        }
        cursor.below = wanted;
        self.values[cursor.rank as usize]
    }
}

/// Sorts `from` into `to` by eight bits of the value, leaving the order of equals.
fn sort_by_byte(from: &[(u16, u32)], to: &mut [(u16, u32)], shift: u32) {
    let mut starts = [0usize; 257];
    for &(v, _) in from {
        starts[((v >> shift) & 255) as usize + 1] += 1;
    }
    for i in 0..256 {
        starts[i + 1] += starts[i];
    }
    for &pixel in from {
        let start = &mut starts[((pixel.0 >> shift) & 255) as usize];
        to[*start] = pixel;
        *start += 1;
    }
}
