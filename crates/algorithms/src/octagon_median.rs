//! The median over an octagon, of values in 256 ranks, where a mask says what counts.
//!
//! Source: `centrosome/_filter.pyx: median_filter` 1.2.3 (after Perreault and Hébert 2007).

mod smallest;

use crate::few_ranks::few_ranks;
use crate::introsort::Sortable;
use pixels::Plane;

/// Returns for each pixel the median of those inside `mask` over an octagon of that radius (rounded down) around it,
/// in 255 ranks at the most; of an even number the lower one. Without a pixel inside the mask the result is the image.
///
/// Where no pixel in the octagon counts, the result is the least value of all.
pub fn octagon_median<T: Sortable + PartialEq>(
    image: &Plane<T>,
    mask: &Plane<bool>,
    radius: f64,
) -> Plane<T> {
    let inside: Vec<T> =
        image.data().iter().zip(mask.data()).filter(|(_, inside)| **inside).map(|(v, _)| *v).collect();
    if inside.is_empty() {
        return image.clone();
    }
    let (ranks, originals) = few_ranks(&inside, 255);
    let mut ranks = ranks.into_iter();
    let ranked = mask.map(|&inside| if inside { ranks.next().map_or(0, |rank| rank as u8) } else { 0 });
    let medians = match radius as usize {
        0 => Plane::zeros(image.height(), image.width()),
        1 => smallest::median(&ranked, mask),
        radius => median(&ranked, mask, radius),
    };
    medians.map(|&rank| originals[usize::from(rank)])
}

/// Returns how far each row of the octagon, from the middle one outwards, reaches from the middle column.
fn half_widths(radius: usize) -> Vec<usize> {
    const SIDE: f64 = 2.414_213;
    let half_side = ((radius as f64 * 2.0 / SIDE) as usize / 2).max(1);
    (0..=radius).map(|y| if y <= half_side { radius } else { radius + half_side - y }).collect()
}

/// The ranks in the window.
struct Window {
    counts: [u32; 256],
    count: u32,
    /// The rank looked at last, and how many in the window are below it.
    rank: usize,
    below: u32,
}

impl Window {
    fn change(&mut self, rank: u8, enters: bool) {
        let (rank, by) = (usize::from(rank), if enters { 1 } else { u32::MAX });
        self.counts[rank] = self.counts[rank].wrapping_add(by);
        self.count = self.count.wrapping_add(by);
        if rank < self.rank {
            self.below = self.below.wrapping_add(by);
        }
    }

    fn median(&mut self) -> u8 {
        if self.count == 0 {
            return 0;
        }
        let target = self.count.div_ceil(2).saturating_sub(1);
        while self.below > target {
            self.rank -= 1;
            self.below -= self.counts[self.rank];
        }
        while self.below + self.counts[self.rank] <= target {
            self.below += self.counts[self.rank];
            self.rank += 1;
        }
        self.rank as u8
    }
}

/// Slides the window along each row: at every step each of its rows loses a pixel and gets one.
fn median(ranked: &Plane<u8>, mask: &Plane<bool>, radius: usize) -> Plane<u8> {
    let (height, width) = ranked.shape();
    let half_widths = half_widths(radius);
    let mut out = Plane::zeros(height, width);
    for y in 0..height {
        let mut window = Window { counts: [0; 256], count: 0, rank: 0, below: 0 };
        let rows: Vec<(usize, usize)> = (y.saturating_sub(radius)..(y + radius + 1).min(height))
            .map(|row| (row, half_widths[row.abs_diff(y)]))
            .collect();
        let change = |window: &mut Window, row: usize, x: Option<usize>, enters: bool| {
            if let Some(x) = x.filter(|&x| x < width && mask[(row, x)]) {
                window.change(ranked[(row, x)], enters);
            }
        };
        for &(row, reach) in &rows {
            (0..reach).for_each(|x| change(&mut window, row, Some(x), true));
        }
        for x in 0..width {
            for &(row, reach) in &rows {
                change(&mut window, row, Some(x + reach), true);
                change(&mut window, row, x.checked_sub(reach + 1), false);
            }
            out[(y, x)] = window.median();
        }
    }
    out
}
