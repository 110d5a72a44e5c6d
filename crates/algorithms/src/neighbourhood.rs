//! Operations on masks that decide over each pixel by its 3×3 neighbourhood.
//!
//! Source: the tables of `centrosome.cpmorphology` 1.2.3 (`branchpoints` to `vbreak`, `thin`), each of which is
//! a rule on a pixel and its eight neighbours. What is outside of the image is background, but for `Rule::Fill`.

use crate::binary_shrink::peel;
use crate::connected_components::{Connectivity, label};
use pixels::Plane;

/// What each of the 512 neighbourhoods becomes: bit 0 is up left, bit 4 the pixel, bit 8 down right.
pub type Table = [bool; 512];

const CENTER: usize = 1 << 4;
/// The four neighbours with a common side.
const SIDES: usize = 1 << 1 | 1 << 3 | 1 << 5 | 1 << 7;

/// An operation that is done to all pixels at once, and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Keeps pixels from which three branches or more go out.
    Branchpoints,
    /// Adds pixels that connect what is apart.
    Bridge,
    /// Removes pixels without neighbours.
    Clean,
    /// Adds pixels so that what is connected by a corner is connected by sides.
    Diag,
    /// Keeps pixels with one neighbour at the most.
    Endpoints,
    /// Adds pixels whose neighbours are all there.
    Fill,
    /// Removes the bridge between two horizontal lines.
    HorizontalBreak,
    /// A pixel is what most of the nine are.
    Majority,
    /// Removes pixels whose four neighbours by side are all there.
    Remove,
    /// Adds neighbours of pixels unless they connect what is apart.
    Thicken,
    /// Removes the bridge between two vertical lines.
    VerticalBreak,
}

impl Rule {
    /// Returns what each neighbourhood becomes.
    pub fn table(self) -> Table {
        std::array::from_fn(|n| {
            let center = n & CENTER != 0;
            match self {
                Self::Branchpoints => center && pieces(n & !CENTER, Connectivity::Four) > 2,
                Self::Bridge => center || pieces(n, Connectivity::Eight) > 1,
                Self::Clean => center && n != CENTER,
                Self::Diag => center || CORNERS.iter().any(|&(care, value)| n & care == value),
                Self::Endpoints => center && n.count_ones() <= 2,
                Self::Fill => center || n | CENTER == 511,
                Self::HorizontalBreak => center && n != 0b111_010_111,
                Self::Majority => n.count_ones() > 4,
                Self::Remove => center && n & SIDES != SIDES,
                Self::Thicken => {
                    center || pieces(n, Connectivity::Eight) == pieces(n | CENTER, Connectivity::Eight)
                }
                Self::VerticalBreak => center && n != 0b101_111_101,
            }
        })
    }

    /// Applies the rule to `mask` (H×W) so many times at the most, until nothing changes; `None` is for ever.
    pub fn apply(self, mask: &Plane<bool>, times: Option<usize>) -> Plane<bool> {
        let mut image = Framed::of(mask, self == Self::Fill);
        image.settle(&self.table(), times);
        image.inner()
    }
}

/// Two sides that meet at a corner, both on, with the pixel and the corner off: which bits count, and what they are.
const CORNERS: [(usize, usize); 4] = [
    (CENTER | 1 | 1 << 1 | 1 << 3, 1 << 1 | 1 << 3),
    (CENTER | 1 << 2 | 1 << 1 | 1 << 5, 1 << 1 | 1 << 5),
    (CENTER | 1 << 8 | 1 << 7 | 1 << 5, 1 << 7 | 1 << 5),
    (CENTER | 1 << 6 | 1 << 7 | 1 << 3, 1 << 7 | 1 << 3),
];

/// Counts the connected parts of a neighbourhood.
fn pieces(neighbourhood: usize, connectivity: Connectivity) -> usize {
    let bits = (0..9).map(|i| neighbourhood >> i & 1 == 1).collect();
    label(&Plane::from_vec(3, 3, bits), connectivity).1
}

/// Returns how many branches (0 to 4) go out from each pixel of `mask` (H×W).
pub fn branchings(mask: &Plane<bool>) -> Plane<u8> {
    let count = |n: usize| if n & CENTER == 0 { 0 } else { pieces(n & !CENTER, Connectivity::Four) as u8 };
    let table: [u8; 512] = std::array::from_fn(count);
    neighbourhoods(mask).map(|&n| table[usize::from(n)])
}

/// Returns the neighbourhood of each pixel of `mask` (H×W) as a number.
pub fn neighbourhoods(mask: &Plane<bool>) -> Plane<u16> {
    let image = Framed::of(mask, false);
    let mut out = Plane::zeros(mask.height(), mask.width());
    for y in 0..mask.height() {
        for (out, n) in out.row_mut(y).iter_mut().zip(image.neighbourhoods_of_row(y)) {
            *out = n;
        }
    }
    out
}

/// Thins `mask` (H×W) to lines so many times; `None` is until nothing changes.
///
/// Source: Guo and Hall, "Parallel thinning with two-subiteration algorithms" (1989), algorithm 1.
pub fn thin(mask: &Plane<bool>, times: Option<usize>) -> Plane<bool> {
    let table =
        |pass: usize| -> Table { std::array::from_fn(|n| n & CENTER != 0 && stays(n & !CENTER, pass)) };
    peel(mask, &[table(0), table(1)], times)
}

/// Returns whether a pixel with these neighbours stays in a pass of thinning.
fn stays(neighbours: usize, pass: usize) -> bool {
    if pieces(neighbours, Connectivity::Eight) != 1 {
        return true;
    }
    // Around the pixel from up left: 1 to 8.
    let around = [0, 1, 2, 5, 8, 7, 6, 3].map(|bit| neighbours >> bit & 1 == 1);
    let pairs =
        |from: usize| (0..4).filter(|i| around[(from + 2 * i) % 8] || around[(from + 2 * i + 1) % 8]).count();
    if !(2..=3).contains(&pairs(0).min(pairs(1))) {
        return true;
    }
    let [p1, p2, p3, p4, p5, p6, p7, p8] = around;
    if pass == 0 { (p2 || p3 || !p5) && p4 } else { (p6 || p7 || !p1) && p8 }
}

/// Thins `mask` (H×W) to lines of one pixel.
///
/// Source: Zhang and Suen, "A fast parallel algorithm for thinning digital patterns" (1984), with the neighbourhoods
/// that `skimage.morphology.skeletonize` 0.18 removes, which are a few more and a few less.
pub fn skeletonize_zhang(mask: &Plane<bool>) -> Plane<bool> {
    let table = |pass: u8| -> Table {
        std::array::from_fn(|n| {
            // Bit by bit around the pixel from up left, as the digits go.
            let around = [0, 1, 2, 5, 8, 7, 6, 3].iter().enumerate();
            let place: usize = around.map(|(i, bit)| (n >> bit & 1) << i).sum();
            n & CENTER != 0 && (ZHANG[place] - b'0') & pass == 0
        })
    };
    peel(mask, &[table(1), table(2)], None)
}

/// When a pixel goes, by its neighbours: 1 in the first pass, 2 in the second, 3 in both, 0 never.
const ZHANG: &[u8; 256] = b"\
    0001001300311013000000002020303300000000300000000000000020003022\
    0000000000000000000000000000000020000000200020003000000030003020\
    0031001300000001000000000000000131000000000000002000000000000000\
    2313001300000001000000000000000023010001000000003301000022002000";

/// A mask with a frame of one pixel around it.
struct Framed {
    pixels: Vec<bool>,
    stride: usize,
}

impl Framed {
    fn of(mask: &Plane<bool>, outside: bool) -> Self {
        let stride = mask.width() + 2;
        let mut pixels = vec![outside; (mask.height() + 2) * stride];
        for y in 0..mask.height() {
            pixels[(y + 1) * stride + 1..][..mask.width()].copy_from_slice(mask.row(y));
        }
        Self { pixels, stride }
    }

    fn inner(&self) -> Plane<bool> {
        let (height, width) = (self.pixels.len() / self.stride - 2, self.stride - 2);
        let mut out = Plane::zeros(height, width);
        for y in 0..height {
            out.row_mut(y).copy_from_slice(&self.pixels[(y + 1) * self.stride + 1..][..width]);
        }
        out
    }

    /// Returns the neighbourhoods of the pixels of a row of the mask.
    fn neighbourhoods_of_row(&self, y: usize) -> impl Iterator<Item = u16> {
        let [above, own, below] = [y, y + 1, y + 2].map(|y| &self.pixels[y * self.stride..][..self.stride]);
        let columns = above.iter().zip(own).zip(below);
        let columns = columns.map(|((&a, &o), &b)| u16::from(a) << 2 | u16::from(o) << 5 | u16::from(b) << 8);
        // What was the middle column becomes the left one.
        let seen = columns.scan(0, |n, column| {
            *n = (*n >> 1) & 0b011_011_011 | column;
            Some(*n)
        });
        seen.skip(2)
    }

    #[inline]
    fn neighbourhood(&self, at: usize) -> usize {
        let mut bits = 0;
        for (i, row) in [at - self.stride, at, at + self.stride].into_iter().enumerate() {
            for j in 0..3 {
                bits |= usize::from(self.pixels[row + j - 1]) << (3 * i + j);
            }
        }
        bits
    }

    /// Applies a table so many times at the most, until nothing changes.
    fn settle(&mut self, table: &Table, times: Option<usize>) {
        if times == Some(0) {
            return;
        }
        // A frame that is on counts for the pixels at the border.
        let mut changes = Vec::new();
        for y in 0..self.pixels.len() / self.stride - 2 {
            for (n, at) in self.neighbourhoods_of_row(y).zip((y + 1) * self.stride + 1..) {
                if table[usize::from(n)] != (usize::from(n) & CENTER != 0) {
                    changes.push(at);
                }
            }
        }
        let mut round = 1;
        while !changes.is_empty() {
            changes.iter().for_each(|&at| self.pixels[at] = !self.pixels[at]);
            if times.is_some_and(|times| round >= times) {
                return;
            }
            round += 1;
            // Only where a neighbour changed may a pixel change next.
            let mut near: Vec<usize> = changes
                .iter()
                .flat_map(|&at| {
                    [at - self.stride, at, at + self.stride].into_iter().flat_map(|row| row - 1..=row + 1)
                })
                .filter(|&at| self.is_inside(at))
                .collect();
            near.sort_unstable();
            near.dedup();
            near.retain(|&at| table[self.neighbourhood(at)] != self.pixels[at]);
            changes = near;
        }
    }

    fn is_inside(&self, at: usize) -> bool {
        let (y, x) = (at / self.stride, at % self.stride);
        y > 0 && (y + 1) * self.stride < self.pixels.len() && x > 0 && x + 1 < self.stride
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(text: &[&str]) -> Plane<bool> {
        let data = text.iter().flat_map(|row| row.bytes().map(|b| b == b'#')).collect();
        Plane::from_vec(text.len(), text[0].len(), data)
    }

    #[test]
    fn a_plus_has_four_branches_and_ends() {
        let plus = mask(&["..#..", "..#..", "#####", "..#..", "..#.."]);
        assert_eq!(branchings(&plus)[(2, 2)], 4);
        assert_eq!(Rule::Endpoints.apply(&plus, Some(1)).data().iter().filter(|v| **v).count(), 4);
    }

    #[test]
    fn a_neighbourhood_counts_from_up_left() {
        let found = neighbourhoods(&mask(&["#..", "...", "..#"]));
        assert_eq!(found[(1, 1)], 0b100_000_001);
        assert_eq!(found[(0, 0)], 0b000_010_000);
    }
}
