//! Shrinking of every component to a point (or a ring around its holes), and other ways to peel pixels off.
//!
//! Source: `centrosome.cpmorphology.binary_shrink` and `spur` (centrosome 1.2.3): passes that each take away at once
//! all pixels whose 3×3 neighbourhood says so. In a label image only pixels of the same label are neighbours.

use pixels::Plane;
use std::sync::OnceLock;

/// Shrinks `mask` (H×W) until nothing changes.
pub fn binary_shrink(mask: &Plane<bool>) -> Plane<bool> {
    peel(mask, tables(), None)
}

/// Shrinks each label of an H×W label image, or a mask, whether or not they touch, for so many rounds, or until nothing
/// changes.
pub fn shrink_labels<T: Copy + Default + PartialEq>(labels: &Plane<T>, rounds: Option<usize>) -> Plane<T> {
    peel(labels, tables(), rounds)
}

/// Takes the last pixel off each end of each line in an H×W label image, or a mask, for so many rounds.
pub fn remove_spurs<T: Copy + Default + PartialEq>(labels: &Plane<T>, rounds: usize) -> Plane<T> {
    // First the ends whose only neighbour is above or at the left, then the others.
    let tables = [true, false].map(|before| {
        std::array::from_fn(|index: usize| {
            index & 16 != 0 && (index.count_ones() != 2 || (index & 0b1111 != 0) != before)
        })
    });
    peel(labels, &tables, Some(rounds))
}

/// Applies the tables in turn, each once a round, to the pixels of `image` (H×W) that are not the default value; a
/// table says whether a pixel stays, given its neighbourhood, and one among its like always does. Ends when a round
/// takes none.
pub(crate) fn peel<T: Copy + Default + PartialEq>(
    image: &Plane<T>,
    tables: &[Table],
    rounds: Option<usize>,
) -> Plane<T> {
    const INSIDE: usize = 511;
    debug_assert!(tables.iter().all(|table| table[INSIDE]), "a pixel among its like stays");
    let (height, width) = image.shape();
    let stride = width + 2;
    let mut padded = vec![T::default(); (height + 2) * stride];
    for y in 0..height {
        padded[(y + 1) * stride + 1..][..width].copy_from_slice(image.row(y));
    }
    // Pixels that may go in this round: those at an edge, then those next to one that went since they were looked at.
    const NOW: u8 = 1;
    const NEXT: u8 = 2;
    let mut now = Vec::new();
    let mut listed = vec![0; padded.len()];
    for y in 0..height {
        for (x, _) in image.row(y).iter().enumerate().filter(|(_, v)| **v != T::default()) {
            let at = (y + 1) * stride + x + 1;
            if neighbourhood(&padded, at, stride) != INSIDE {
                listed[at] = NOW;
                now.push(at);
            }
        }
    }
    let (mut next, mut gone) = (Vec::new(), Vec::new());
    for _ in 0..rounds.unwrap_or(usize::MAX) {
        for table in tables {
            gone.clear();
            now.retain(|&at| {
                let keep = table[neighbourhood(&padded, at, stride)];
                if !keep {
                    gone.push(at);
                }
                keep
            });
            for &at in &gone {
                padded[at] = T::default();
            }
            for near in gone.iter().flat_map(|&at| [at - stride - 1, at - 1, at + stride - 1]) {
                for at in (near..near + 3).filter(|&at| padded[at] != T::default()) {
                    if listed[at] & NOW == 0 {
                        now.push(at);
                    }
                    if listed[at] & NEXT == 0 {
                        next.push(at);
                    }
                    listed[at] = NOW | NEXT;
                }
            }
        }
        now.drain(..).for_each(|at| listed[at] &= NEXT);
        std::mem::swap(&mut now, &mut next);
        now.retain(|&at| padded[at] != T::default());
        now.iter().for_each(|&at| listed[at] = NOW);
        if now.is_empty() {
            break;
        }
    }
    let mut out = Plane::zeros(height, width);
    for y in 0..height {
        out.row_mut(y).copy_from_slice(&padded[(y + 1) * stride + 1..][..width]);
    }
    out
}

/// Returns the 3×3 neighbourhood as a number: bit 0 up left, bit 1 up … bit 8 down right.
#[inline]
fn neighbourhood<T: Copy + PartialEq>(image: &[T], at: usize, stride: usize) -> usize {
    let own = image[at];
    let mut bits = 0;
    for (i, row) in [at - stride, at, at + stride].into_iter().enumerate() {
        for j in 0..3 {
            bits |= usize::from(image[row + j - 1] == own) << (3 * i + j);
        }
    }
    bits
}

type Table = [bool; 512];

/// The four tables: whether a pixel stays, given its neighbourhood.
fn tables() -> &'static [Table; 4] {
    static TABLES: OnceLock<[Table; 4]> = OnceLock::new();
    TABLES.get_or_init(|| {
        // What is taken away beside the erosion: an end of a line, or a corner; `.` is either.
        let removed = [
            ["...110...", "1...10.00"],
            [".1..1..0.", "..101.00."],
            ["...011...", "00.01...1"],
            [".0..1..1.", ".00.101.."],
        ];
        removed.map(|texts| {
            let patterns = texts.map(pattern);
            std::array::from_fn(|index| {
                never_removed(index) || !patterns.iter().any(|&(care, value)| index & care == value)
            })
        })
    })
}

/// Reads a pattern, row by row: which bits count and what they must be.
fn pattern(text: &str) -> (usize, usize) {
    let bits = |which: fn(u8) -> bool| {
        text.bytes().enumerate().filter(|(_, b)| which(*b)).map(|(i, _)| 1 << i).sum::<usize>()
    };
    (bits(|b| b != b'.'), bits(|b| b == b'1'))
}

/// Returns whether a pixel stays in any case: it is inside, or without it its neighbours (4-connected) would
/// not be one piece.
fn never_removed(index: usize) -> bool {
    if index & 16 == 0 {
        return false;
    }
    if index == 511 {
        return true;
    }
    let around = Plane::from_vec(3, 3, (0..9).map(|i| i != 4 && index >> i & 1 == 1).collect());
    crate::connected_components::label(&around, crate::connected_components::Connectivity::Four).1 != 1
}
