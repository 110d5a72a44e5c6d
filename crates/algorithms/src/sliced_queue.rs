//! A queue for entries that come in nearly ascending order.
//!
//! Entries wait unsorted in slices of the whole range, and only the slice in hand is ever sorted; what comes late, for
//! the slice in hand or one before, waits in a small heap. Entries leave in ascending order as they do from a heap of
//! all: for a total order without ties no result depends on which queue it is.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The queue.
pub(crate) struct SlicedQueue<E> {
    slices: Vec<Vec<E>>,
    in_hand: usize,
    sorted: Vec<E>,
    late: BinaryHeap<Reverse<E>>,
    waiting: usize,
}

impl<E: Copy + Ord> SlicedQueue<E> {
    /// Returns a queue of `entries` that come before all slices but the first. An entry that is pushed lies less than `count`
    /// slices past the one in hand.
    pub(crate) fn new(count: usize, mut entries: Vec<E>) -> Self {
        entries.sort_unstable_by(|a, b| b.cmp(a));
        Self {
            slices: vec![Vec::new(); count],
            in_hand: 0,
            waiting: entries.len(),
            sorted: entries,
            late: BinaryHeap::new(),
        }
    }

    /// Puts in an entry that lies in the given slice.
    #[inline]
    pub(crate) fn push(&mut self, slice: usize, entry: E) {
        self.waiting += 1;
        if slice <= self.in_hand {
            self.late.push(Reverse(entry));
        } else {
            let n = self.slices.len();
            self.slices[slice % n].push(entry);
        }
    }

    /// Takes out the least entry. Entries for which `stays` is false when their slice is taken in hand are dropped.
    #[inline]
    pub(crate) fn pop(&mut self, stays: impl Fn(E) -> bool) -> Option<E> {
        loop {
            let next = match (self.sorted.last(), self.late.peek()) {
                (Some(s), Some(Reverse(l))) if l < s => self.late.pop().map(|r| r.0),
                (Some(_), _) => self.sorted.pop(),
                (None, Some(_)) => self.late.pop().map(|r| r.0),
                (None, None) if self.waiting == 0 => return None,
                (None, None) => {
                    self.take_in_hand(&stays);
                    continue;
                }
            };
            self.waiting -= 1;
            return next;
        }
    }

    /// Sorts the next slice.
    fn take_in_hand(&mut self, stays: &impl Fn(E) -> bool) {
        self.in_hand += 1;
        let n = self.slices.len();
        let slice = &mut self.slices[self.in_hand % n];
        let before = slice.len();
        slice.retain(|&e| stays(e));
        self.waiting -= before - slice.len();
        std::mem::swap(&mut self.sorted, slice);
        self.sorted.sort_unstable_by(|a, b| b.cmp(a));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::RandomState;

    #[test]
    fn entries_leave_as_from_a_heap() {
        let mut random = RandomState::new(3);
        let start: Vec<u32> = (0..20).map(|_| random.interval(99)).collect();
        let mut heap: BinaryHeap<Reverse<u32>> = start.iter().copied().map(Reverse).collect();
        let mut queue = SlicedQueue::new(64, start);
        for round in 0..30_000 {
            let Some(Reverse(least)) = heap.pop() else { break };
            assert_eq!(queue.pop(|_| true), Some(least));
            for _ in 0..random.interval(if round < 10_000 { 3 } else { 2 }) {
                let entry = (least + random.interval(6000)).saturating_sub(500);
                heap.push(Reverse(entry));
                queue.push(entry as usize / 100, entry);
            }
        }
        while let Some(Reverse(least)) = heap.pop() {
            assert_eq!(queue.pop(|_| true), Some(least));
        }
        assert_eq!(queue.pop(|_| true), None);
    }
}
