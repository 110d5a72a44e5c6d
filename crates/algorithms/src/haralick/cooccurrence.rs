//! How often grey levels occur side by side.

/// Tables that are counted in by turns: a pair like the one before it then waits for no one.
const TABLES: usize = 4;

/// Tables of this many entries or fewer are counted in by turns.
const SMALL: usize = 4096;

/// Pairs whose entries are found together.
const BLOCK: usize = 256;

/// Counts of pairs of grey levels, whichever comes first. The room is used again for each image or object.
#[derive(Clone, Debug, Default)]
pub struct Cooccurrence {
    /// The lowest level there is.
    least: u8,
    /// Number of levels.
    size: usize,
    /// Counts, all 0 between uses: of levels (lower, higher) at lower · size + higher, less the lowest.
    counts: Vec<u32>,
    /// The entries of all pairs, when there are fewer of them than entries.
    entries: Vec<u16>,
    sparse: bool,
    /// Pairs that were counted and not visited yet.
    pairs: u64,
    zero: bool,
}

impl Cooccurrence {
    /// Starts to count pairs of levels from `least` to `greatest`; `few` says that there are so few pairs that it pays
    /// to remember them.
    pub(super) fn start(&mut self, least: u8, greatest: u8, few: bool) {
        self.clear();
        self.least = least;
        self.size = usize::from(greatest - least) + 1;
        let entries = self.size * self.size;
        self.sparse = few && entries > SMALL;
        self.counts.resize((entries * self.tables()).max(self.counts.len()), 0);
        self.zero = true;
        self.pairs = 0;
    }

    fn clear(&mut self) {
        if self.sparse {
            for entry in self.entries.drain(..) {
                self.counts[usize::from(entry)] = 0;
            }
        } else if self.pairs > 0 {
            let used = self.size * self.size * self.tables();
            self.counts[..used].fill(0);
        }
    }

    fn tables(&self) -> usize {
        if self.size * self.size <= SMALL { TABLES } else { 1 }
    }

    /// Counts the pairs of levels at the same place of two rows.
    pub(super) fn add(&mut self, first: &[u8], second: &[u8]) {
        self.pairs += first.len() as u64;
        let (least, size) = (u16::from(self.least), self.size as u16);
        let mut block = [0u16; BLOCK];
        let area = self.size * self.size;
        for (first, second) in first.chunks(BLOCK).zip(second.chunks(BLOCK)) {
            let block = &mut block[..first.len()];
            for (entry, (&a, &b)) in block.iter_mut().zip(first.iter().zip(second)) {
                let (low, high) = (u16::from(a.min(b)) - least, u16::from(a.max(b)) - least);
                *entry = low.wrapping_mul(size).wrapping_add(high);
            }
            if area <= SMALL {
                let (first, rest) = self.counts.split_at_mut(area);
                let (second, rest) = rest.split_at_mut(area);
                let (third, fourth) = rest.split_at_mut(area);
                let (fours, left) = block.as_chunks::<TABLES>();
                for &[a, b, c, d] in fours {
                    first[usize::from(a)] += 1;
                    second[usize::from(b)] += 1;
                    third[usize::from(c)] += 1;
                    fourth[usize::from(d)] += 1;
                }
                for &entry in left {
                    first[usize::from(entry)] += 1;
                }
            } else {
                for &entry in block.iter() {
                    self.counts[usize::from(entry)] += 1;
                }
                if self.sparse {
                    self.entries.extend_from_slice(block);
                }
            }
        }
    }

    /// Lets pairs with the level 0 not count.
    pub(super) fn leave_out_zero(&mut self) {
        self.zero = false;
    }

    /// Gives each pair of levels that occurs to `visit`, once: the lower, the higher, and how often.
    pub(super) fn visit(&mut self, mut visit: impl FnMut(usize, usize, u32)) {
        let (least, size) = (usize::from(self.least), self.size);
        let area = size * size;
        let skipped = if self.zero || least > 0 { 0 } else { 1 };
        if self.sparse {
            for &entry in &self.entries {
                let count = std::mem::take(&mut self.counts[usize::from(entry)]);
                let (low, high) = (usize::from(entry) / size, usize::from(entry) % size);
                if count > 0 && low >= skipped {
                    visit(low + least, high + least, count);
                }
            }
            return;
        }
        let tables = self.tables();
        for low in 0..size {
            for high in low..size {
                let entry = low * size + high;
                let count: u32 =
                    (0..tables).map(|t| std::mem::take(&mut self.counts[t * area + entry])).sum();
                if count > 0 && low >= skipped {
                    visit(low + least, high + least, count);
                }
            }
        }
        self.pairs = 0;
    }
}
