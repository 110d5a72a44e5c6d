//! The stable order of values, by counting digits: no comparison of values, a few passes over them.

use crate::introsort::Sortable;
use multiversion::multiversion;

/// Bits of a key that are sorted by in one pass.
const DIGIT: u32 = 11;

/// Returns the places of `values` in ascending order; equal values stay in their order and NaN comes last.
///
/// Source: `numpy.argsort(kind="stable")`, `numpy.lexsort`.
pub fn stable_order<T: Sortable>(values: &[T]) -> Vec<u32> {
    sorted(values).into_iter().map(|(_, place)| place).collect()
}

/// Returns the values in ascending order and the places they had, as [`stable_order`].
pub fn sorted_with_places<T: Sortable>(values: &[T]) -> (Vec<T>, Vec<u32>) {
    sorted(values).into_iter().map(|(key, place)| (T::of_key(key), place)).unzip()
}

/// Returns the rank of each value among the different values there are, from 0; no NaN equals another.
pub fn dense_ranks<T: Sortable + PartialEq>(values: &[T]) -> Vec<u32> {
    let mut ranks = vec![0; values.len()];
    let mut rank = 0;
    let items = sorted(values);
    for (at, &(key, place)) in items.iter().enumerate() {
        // A key stands for one value only, but for NaN.
        let differs = |before: T::Key| before != key || T::of_key(key) != T::of_key(key);
        rank += u32::from(at > 0 && differs(items[at - 1].0));
        ranks[place as usize] = rank;
    }
    ranks
}

/// Which of the [`dense_ranks`] of many values there still are among some of them.
///
/// They are not put in order: each is marked in a set of bits, and the number of marks before it is its new rank.
#[derive(Clone, Debug, PartialEq)]
pub struct RanksLeft {
    marks: Vec<u64>,
    /// The number of marks before each word of them.
    before: Vec<u32>,
    count: u32,
}

impl RanksLeft {
    /// Marks the ranks of the values that are left, which come in stretches.
    pub fn new<'r>(ranks: impl Iterator<Item = &'r [u32]> + Clone) -> Self {
        let most = ranks.clone().flatten().copied().max().unwrap_or(0);
        let mut marks = vec![0u64; most as usize / 64 + 1];
        for &rank in ranks.flatten() {
            marks[rank as usize / 64] |= 1 << (rank % 64);
        }
        let (mut before, mut count) = (Vec::with_capacity(marks.len()), 0);
        for marks in &marks {
            before.push(count);
            count += marks.count_ones();
        }
        Self { marks, before, count }
    }

    /// Returns how many different ranks are left.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// Adds to `out` the new ranks, from 0, of some that are left.
    pub fn extend(&self, ranks: &[u32], out: &mut Vec<u32>) {
        ranks_left(&self.marks, &self.before, ranks, out);
    }
}

#[multiversion(targets("x86_64+avx2+popcnt"))]
fn ranks_left(marks: &[u64], before: &[u32], ranks: &[u32], out: &mut Vec<u32>) {
    out.extend(ranks.iter().map(|&rank| {
        let (word, bit) = (rank as usize / 64, rank % 64);
        before[word] + (marks[word] & ((1 << bit) - 1)).count_ones()
    }));
}

/// Returns the keys and places of `values` in ascending order.
fn sorted<T: Sortable>(values: &[T]) -> Vec<(T::Key, u32)> {
    let mut items: Vec<(T::Key, u32)> = values.iter().zip(0..).map(|(v, place)| (v.key(), place)).collect();
    let mut sorted = items.clone();
    for shift in (0..8 * size_of::<T::Key>() as u32).step_by(DIGIT as usize) {
        let digit = |key: T::Key| (key.into() >> shift) as usize & ((1 << DIGIT) - 1);
        let mut starts = [0u32; 1 << DIGIT];
        for (key, _) in &items {
            starts[digit(*key)] += 1;
        }
        if starts.iter().any(|&count| count as usize == items.len()) {
            continue;
        }
        let mut start = 0;
        for count in &mut starts {
            start += std::mem::replace(count, start);
        }
        for &item in &items {
            let at = &mut starts[digit(item.0)];
            sorted[*at as usize] = item;
            *at += 1;
        }
        std::mem::swap(&mut items, &mut sorted);
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_the_order_of_a_stable_sort(values in proptest::collection::vec(-4i8..4, 0..200), scale in 0.1f64..1e9) {
            let values: Vec<f64> = values.iter().map(|&v| f64::from(v) * scale).collect();
            let narrow: Vec<f32> = values.iter().map(|&v| v as f32).collect();
            let mut expected: Vec<u32> = (0..values.len() as u32).collect();
            expected.sort_by(|&a, &b| values[a as usize].total_cmp(&values[b as usize]));
            prop_assert_eq!(&stable_order(&values), &expected);
            prop_assert_eq!(&stable_order(&narrow), &expected);
        }

        #[test]
        fn ranks_left_are_those_of_the_values_that_are_left(values in proptest::collection::vec(0i16..900, 1..400)) {
            let values: Vec<f32> = values.into_iter().map(f32::from).collect();
            let half: Vec<f32> = values.iter().copied().step_by(2).collect();
            let ranks: Vec<u32> = dense_ranks(&values).into_iter().step_by(2).collect();
            let left = RanksLeft::new(ranks.chunks(7));
            let mut found = Vec::new();
            ranks.chunks(5).for_each(|ranks| left.extend(ranks, &mut found));
            let expected = dense_ranks(&half);
            prop_assert_eq!(left.count(), expected.iter().max().map_or(0, |&most| most + 1));
            prop_assert_eq!(found, expected);
        }
    }
}
