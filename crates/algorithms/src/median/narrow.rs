//! Windows that fit a tile of 255 × 255 pixels with some room to slide, one byte a rank.
//!
//! Tables have 65536 entries and are looked up with 16 bits, so that no index needs a check.

use super::{Cursor, half_widths};
use pixels::Plane;

/// Entries of a tile's tables; a tile's row takes 256 of them.
const ENTRIES: usize = 1 << 16;
const STRIDE: usize = 256;

/// The greatest width of a tile: one less than a row, so that the last rank is always free.
const GREATEST_TILE: usize = 255;

/// The greatest radius whose window has room to slide 64 pixels each way.
pub(super) const GREATEST_RADIUS: usize = (GREATEST_TILE - 64) / 2;

/// The rank of what is not in the image.
const OUTSIDE: u16 = u16::MAX;

/// As [`super::disk_median`], for radii up to [`GREATEST_RADIUS`].
pub(super) fn disk_median(image: &Plane<u16>, radius: usize) -> Plane<u16> {
    let (height, width) = image.shape();
    let mut result = Plane::zeros(height, width);
    let side = (4 * radius).clamp(64, 128).min(GREATEST_TILE - 2 * radius);
    let mut tile = Tile::new(radius, side);
    for top in (0..height).step_by(side) {
        for left in (0..width).step_by(side) {
            let whole = tile.rank(image, top, left);
            if whole {
                tile.slide::<true>(&mut result, top, left);
            } else {
                tile.slide::<false>(&mut result, top, left);
            }
        }
    }
    result
}

/// The pixels around one square of the result, by rank, and the set of those in the window.
struct Tile {
    radius: usize,
    /// Rows and columns of the result that one tile makes.
    side: usize,
    /// Half the window's width in each of its rows.
    half_widths: Vec<usize>,
    /// Each pixel's place in the order of all.
    ranks: Box<[u16; ENTRIES]>,
    /// 1 for a rank whose pixel is in the window, else 0.
    marks: Box<[u8; ENTRIES]>,
    /// Sorting space, then all pixels in ascending order: value in the upper, place in the lower 16 bits.
    order: Vec<u32>,
    spare: Vec<u32>,
}

/// What enters and what leaves the window in a step, as offsets from its centre before the step.
struct Step {
    enter: Vec<u16>,
    leave: Vec<u16>,
}

impl Step {
    fn new(half_widths: &[usize], offsets: impl Fn(isize, isize) -> (isize, isize)) -> Self {
        let radius = (half_widths.len() / 2) as isize;
        let arc = || (-radius..).zip(half_widths.iter().map(|&w| w as isize));
        let entry = |offset: isize| offset as u16;
        Self {
            enter: arc().map(|(d, w)| entry(offsets(d, w).0)).collect(),
            leave: arc().map(|(d, w)| entry(offsets(d, w).1)).collect(),
        }
    }
}

impl Tile {
    fn new(radius: usize, side: usize) -> Self {
        Self {
            radius,
            side,
            half_widths: half_widths(radius),
            ranks: Box::new([OUTSIDE; ENTRIES]),
            marks: Box::new([0; ENTRIES]),
            order: Vec::with_capacity(ENTRIES),
            spare: Vec::with_capacity(ENTRIES),
        }
    }

    /// Sorts the pixels around the square of the result that begins at (`top`, `left`); returns whether all of the
    /// tile is in the image.
    fn rank(&mut self, image: &Plane<u16>, top: usize, left: usize) -> bool {
        let (height, width) = image.shape();
        let first_row = top.saturating_sub(self.radius);
        let first_column = left.saturating_sub(self.radius);
        let end_row = (top + self.side + self.radius).min(height);
        let end_column = (left + self.side + self.radius).min(width);
        self.order.clear();
        for y in first_row..end_row {
            let start = (y + self.radius - top) * STRIDE + first_column + self.radius - left;
            let row = &image.row(y)[first_column..end_column];
            self.order.extend(row.iter().zip(start as u32..).map(|(&v, at)| u32::from(v) << 16 | at));
        }
        let side = self.side + 2 * self.radius;
        let whole = self.order.len() == side * side;
        if !whole {
            self.ranks.fill(OUTSIDE);
        }
        self.spare.resize(self.order.len(), 0);
        sort_by_byte(&self.order, &mut self.spare, 16);
        sort_by_byte(&self.spare, &mut self.order, 24);
        for (rank, &pixel) in (0..).zip(&self.order) {
            self.ranks[usize::from(pixel as u16)] = rank;
        }
        whole
    }

    /// Slides the window over the square of the result that begins at (`top`, `left`). `WHOLE` says that all of the tile
    /// is in the image, so that the window always has as many pixels.
    fn slide<const WHOLE: bool>(&mut self, result: &mut Plane<u16>, top: usize, left: usize) {
        let rows = self.side.min(result.height() - top);
        let columns = self.side.min(result.width() - left);
        let stride = STRIDE as isize;
        let east = Step::new(&self.half_widths, |dy, w| (dy * stride + w + 1, dy * stride - w));
        let west = Step::new(&self.half_widths, |dy, w| (dy * stride - w - 1, dy * stride + w));
        let south = Step::new(&self.half_widths, |dx, w| ((w + 1) * stride + dx, dx - w * stride));
        let mut centre = (self.radius * STRIDE + self.radius) as u16;
        let mut cursor = self.start(centre);
        for y in 0..rows {
            let out = &mut result.row_mut(top + y)[left..left + columns];
            if y > 0 {
                self.step::<WHOLE>(&mut cursor, &south, centre);
                centre += STRIDE as u16;
            }
            if y % 2 == 0 {
                out[0] = self.median(&mut cursor);
                for out in &mut out[1..] {
                    self.step::<WHOLE>(&mut cursor, &east, centre);
                    centre += 1;
                    *out = self.median(&mut cursor);
                }
            } else {
                out[columns - 1] = self.median(&mut cursor);
                for out in out[..columns - 1].iter_mut().rev() {
                    self.step::<WHOLE>(&mut cursor, &west, centre);
                    centre -= 1;
                    *out = self.median(&mut cursor);
                }
            }
        }
    }

    /// Fills the window around `centre`.
    fn start(&mut self, centre: u16) -> Cursor {
        self.marks.fill(0);
        let mut cursor = Cursor::default();
        for (dy, &w) in self.half_widths.iter().enumerate() {
            let middle = usize::from(centre) + dy * STRIDE - self.radius * STRIDE;
            for &rank in &self.ranks[middle - w..=middle + w] {
                self.marks[usize::from(rank)] = 1;
                cursor.count += i32::from(rank != OUTSIDE);
            }
        }
        cursor
    }

    fn step<const WHOLE: bool>(&mut self, cursor: &mut Cursor, step: &Step, centre: u16) {
        let rank = cursor.rank as u16;
        let (mut below, mut count) = (cursor.below, cursor.count);
        for (&enter, &leave) in step.enter.iter().zip(&step.leave) {
            let enter = self.ranks[usize::from(centre.wrapping_add(enter))];
            let leave = self.ranks[usize::from(centre.wrapping_add(leave))];
            self.marks[usize::from(leave)] = 0;
            self.marks[usize::from(enter)] = 1;
            below += i32::from(enter < rank) - i32::from(leave < rank);
            if !WHOLE {
                count += i32::from(enter != OUTSIDE) - i32::from(leave != OUTSIDE);
            }
        }
        cursor.below = below;
        cursor.count = count;
    }

    /// Moves the cursor to the upper median and returns its value.
    fn median(&self, cursor: &mut Cursor) -> u16 {
        let wanted = cursor.count / 2;
        let words = self.marks.as_chunks::<8>().0;
        let mut word = (cursor.rank / 8) as usize;
        let low_bytes = (1u64 << (8 * (cursor.rank % 8))) - 1;
        let at = |word: usize| u64::from_le_bytes(words[word]);
        let sum = |marks: u64| (marks.wrapping_mul(0x0101_0101_0101_0101) >> 56) as i32;
        if cursor.below > wanted {
            let mut back = cursor.below - wanted;
            let mut marks = at(word) & low_bytes;
            while sum(marks) < back {
                back -= sum(marks);
                word -= 1;
                marks = at(word);
            }
            for _ in 1..back {
                marks ^= 1 << marks.ilog2();
            }
            cursor.rank = (word * 8) as u32 + marks.ilog2() / 8;
        } else {
            let mut ahead = wanted - cursor.below;
            let mut marks = at(word) & !low_bytes;
            while sum(marks) <= ahead {
                ahead -= sum(marks);
                word += 1;
                marks = at(word);
            }
            for _ in 0..ahead {
                marks &= marks - 1;
            }
            cursor.rank = (word * 8) as u32 + marks.trailing_zeros() / 8;
        }
        cursor.below = wanted;
        (self.order[cursor.rank as usize] >> 16) as u16
    }
}

/// Sorts `from` into `to` by eight bits, leaving the order of equals.
fn sort_by_byte(from: &[u32], to: &mut [u32], shift: u32) {
    let mut starts = [0usize; 256];
    for &pixel in from {
        starts[usize::from((pixel >> shift) as u8)] += 1;
    }
    let mut sum = 0;
    for start in &mut starts {
        sum += std::mem::replace(start, sum);
    }
    for &pixel in from {
        let start = &mut starts[usize::from((pixel >> shift) as u8)];
        to[*start] = pixel;
        *start += 1;
    }
}
