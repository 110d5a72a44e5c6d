//! How alike two partitions of the same pixels are.
//!
//! Source: MeasureImageOverlap and MeasureObjectOverlap of CellProfiler 4.2.8 (Hubert and Arabie, Journal of
//! Classification 2 (1985), 193).

use std::collections::BTreeMap;

/// How many pixels two partitions have in common.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contingency {
    cells: BTreeMap<(u32, u32), u64>,
    first: BTreeMap<u32, u64>,
    second: BTreeMap<u32, u64>,
    total: u64,
}

impl Contingency {
    /// Counts pairs of labels, one pair a pixel.
    pub fn of(pairs: impl Iterator<Item = (u32, u32)>) -> Self {
        let mut counts = Self::default();
        let mut run = ((0, 0), 0);
        for pair in pairs {
            if run.0 != pair {
                counts.add(run.0, run.1);
                run = (pair, 0);
            }
            run.1 += 1;
        }
        counts.add(run.0, run.1);
        counts
    }

    fn add(&mut self, (a, b): (u32, u32), pixels: u64) {
        if pixels > 0 {
            *self.cells.entry((a, b)).or_default() += pixels;
            *self.first.entry(a).or_default() += pixels;
            *self.second.entry(b).or_default() += pixels;
            self.total += pixels;
        }
    }

    /// Returns the numbers of pairs of pixels that are together in both, in the first, in the second, and all pairs.
    fn pairs(&self) -> [f64; 4] {
        let pairs = |n: &u64| *n as f64 * (*n as f64 - 1.0) / 2.0;
        let sum = |counts: &BTreeMap<u32, u64>| counts.values().map(pairs).sum();
        [self.cells.values().map(pairs).sum(), sum(&self.first), sum(&self.second), pairs(&self.total)]
    }

    /// Returns the Rand index and the adjusted one, by the operations of MeasureImageOverlap; NaN without pixels.
    pub fn rand_index_of_images(&self) -> (f64, f64) {
        if self.total == 0 {
            return (f64::NAN, f64::NAN);
        }
        let [both, first, second, all] = self.pairs();
        let neither = all - both - (first - both) - (second - both);
        let expected = first * second;
        let greatest = (first + second) * all / 2.0;
        ((both + neither) / all, (both * all - expected) / (greatest - expected))
    }

    /// Returns the Rand index and the adjusted one, by the operations of MeasureObjectOverlap.
    pub fn rand_index_of_objects(&self) -> (f64, f64) {
        let [both, first, second, all] = self.pairs();
        let (only_first, only_second) = (first - both, second - both);
        let neither = all - both - only_first - only_second;
        let index = (neither + both) / all;
        let chance =
            (neither + only_first) * (neither + only_second) + (both + only_first) * (both + only_second);
        let expected = chance / (all * all);
        (index, (index - expected) / (1.0 - expected))
    }
}
