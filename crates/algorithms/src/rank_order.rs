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
    ranks_by_marks(values).unwrap_or_else(|| ranks_by_order(values))
}

fn ranks_by_order<T: Sortable + PartialEq>(values: &[T]) -> Vec<u32> {
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

/// Fewer values than this are ranked by their order.
const FEW: usize = 1 << 14;

/// Bits of a key within a block of marks.
const BLOCK: u32 = 14;

/// Ranks values without putting them in order: each that there is is marked in a set of bits, and its rank is the number
/// of marks before its own. Blocks of marks exist where there are values.
///
/// `None` when the values are few, too wide or too far apart for that, or one is NaN.
#[multiversion(targets("x86_64+avx2+popcnt"))]
fn ranks_by_marks<T: Sortable>(values: &[T]) -> Option<Vec<u32>> {
    if size_of::<T::Key>() > size_of::<u32>() || values.len() < FEW {
        return None;
    }
    let key = |value: &T| -> u64 { value.key().into() };
    let mut blocks = vec![0u32; 1 << (u32::BITS - BLOCK)];
    for value in values {
        blocks[(key(value) >> BLOCK) as usize] = 1;
    }
    // Nothing but NaN is in the last block.
    if blocks.last() == Some(&1) {
        return None;
    }
    let mut count = 0;
    for block in &mut blocks {
        count += std::mem::replace(block, count);
    }
    let words = (count as usize) << (BLOCK - u64::BITS.ilog2());
    if words > 8 * values.len() {
        return None;
    }
    let bit = |value: &T| {
        let key = key(value);
        (blocks[(key >> BLOCK) as usize] as usize) << BLOCK | key as usize & ((1 << BLOCK) - 1)
    };
    let mut marks = vec![0u64; words];
    for value in values {
        let bit = bit(value);
        marks[bit / 64] |= 1 << (bit % 64);
    }
    let mut before = Vec::with_capacity(words);
    let mut all = 0;
    for marks in &marks {
        before.push(all);
        all += marks.count_ones();
    }
    let rank = |value: &T| {
        let bit = bit(value);
        before[bit / 64] + (marks[bit / 64] & ((1 << (bit % 64)) - 1)).count_ones()
    };
    Some(values.iter().map(rank).collect())
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
    use crate::random::RandomState;
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
        fn marks_rank_as_an_order_does(
            seed in 0u32..99,
            from in 0usize..2,
            step in 1e-9f32..1e-4,
            levels in 2u32..70_000,
        ) {
            let mut random = RandomState::new(seed);
            let mut value = || ((random.next_u32() % levels) as f32 - 9.0) * step + from as f32;
            let values: Vec<f32> = (0..FEW + 99).map(|_| value()).collect();
            prop_assert_eq!(dense_ranks(&values), ranks_by_order(&values));
        }
    }
}
