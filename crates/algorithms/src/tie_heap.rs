//! A binary heap that lets equal entries out in the order scikit-image's does.
//!
//! Source: the heap of scikit-image 0.18 (`heap_general.pxi`, from CellProfiler). Equal entries leave in an
//! order that follows from the swaps alone, and label boundaries hang on it: another heap, as
//! `std::collections::BinaryHeap`, gives other labels.

/// What the heap keeps: copied about, and compared.
pub trait Entry: Copy {
    /// Returns whether `self` must leave before `other`.
    fn before(self, other: Self) -> bool;
}

/// The heap; the entry that goes before all others is on top.
#[derive(Debug)]
pub struct TieHeap<E> {
    entries: Vec<E>,
}

impl<E: Entry> TieHeap<E> {
    /// Returns an empty heap with room for `capacity` entries.
    pub fn with_capacity(capacity: usize) -> Self {
        Self { entries: Vec::with_capacity(capacity) }
    }

    /// Puts an entry in.
    #[inline]
    pub fn push(&mut self, entry: E) {
        let mut at = self.entries.len();
        self.entries.push(entry);
        let heap = self.entries.as_mut_slice();
        while at > 0 {
            let up = (at - 1) / 2;
            if !entry.before(heap[up]) {
                break;
            }
            heap[at] = heap[up];
            at = up;
        }
        heap[at] = entry;
    }

    /// Returns the top entry.
    #[inline]
    pub fn peek(&self) -> Option<E> {
        self.entries.first().copied()
    }

    /// Returns all entries, in no particular order.
    pub fn into_entries(self) -> Vec<E> {
        self.entries
    }

    /// Takes the top entry out.
    ///
    /// The last entry goes down from the top past children that go before it. Going down to a leaf first and
    /// then up again ends at the same place, with fewer comparisons: it belongs low.
    #[inline]
    pub fn pop(&mut self) -> Option<E> {
        let last = self.entries.pop()?;
        let heap = self.entries.as_mut_slice();
        let Some(&top) = heap.first() else { return Some(last) };
        let n = heap.len();
        let mut at = 0;
        // Two levels at a time: which of the grandchildren would go up is found out while it is not known yet which child does.
        while let Some(&[a, b, c, d]) = heap.get(4 * at + 3..4 * at + 7).and_then(<[E]>::first_chunk) {
            let left = 2 * at + 1;
            let right_goes = heap[left + 1].before(heap[left]);
            let (under_left, under_right) = (usize::from(b.before(a)), 2 + usize::from(d.before(c)));
            let child = left + usize::from(right_goes);
            let grandchild = 4 * at + 3 + if right_goes { under_right } else { under_left };
            heap[at] = heap[child];
            heap[child] = heap[grandchild];
            at = grandchild;
        }
        loop {
            let left = 2 * at + 1;
            if left + 1 >= n {
                if left < n {
                    heap[at] = heap[left];
                    at = left;
                }
                break;
            }
            let child = left + usize::from(heap[left + 1].before(heap[left]));
            heap[at] = heap[child];
            at = child;
        }
        while at > 0 {
            let up = (at - 1) / 2;
            if heap[up].before(last) {
                break;
            }
            heap[at] = heap[up];
            at = up;
        }
        heap[at] = last;
        Some(top)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Entry for (u32, u32) {
        fn before(self, other: Self) -> bool {
            self.0 < other.0
        }
    }

    /// The heap as it is described in words: swap with the last, then swap down while a child is smaller.
    #[derive(Default)]
    struct Plain(Vec<(u32, u32)>);

    impl Plain {
        fn push(&mut self, e: (u32, u32)) {
            self.0.push(e);
            let mut child = self.0.len() - 1;
            while child > 0 && self.0[child].0 < self.0[(child - 1) / 2].0 {
                self.0.swap(child, (child - 1) / 2);
                child = (child - 1) / 2;
            }
        }

        fn pop(&mut self) -> Option<(u32, u32)> {
            if self.0.is_empty() {
                return None;
            }
            let top = self.0.swap_remove(0);
            let mut at = 0;
            loop {
                let mut smallest = at;
                for child in [2 * at + 1, 2 * at + 2] {
                    if child < self.0.len() && self.0[child].0 < self.0[smallest].0 {
                        smallest = child;
                    }
                }
                if smallest == at {
                    return Some(top);
                }
                self.0.swap(at, smallest);
                at = smallest;
            }
        }
    }

    #[test]
    fn equal_entries_leave_in_the_order_of_the_plain_heap() {
        let (mut fast, mut plain) = (TieHeap::with_capacity(0), Plain::default());
        let mut random = crate::random::RandomState::new(1);
        for id in 0..20_000 {
            if random.interval(2) > 0 {
                let entry = (random.interval(9), id);
                fast.push(entry);
                plain.push(entry);
            } else {
                assert_eq!(fast.pop(), plain.pop());
            }
        }
        while let Some(entry) = plain.pop() {
            assert_eq!(fast.pop(), Some(entry));
        }
        assert_eq!(fast.pop(), None);
    }
}
