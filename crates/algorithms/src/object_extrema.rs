//! Where each object has its greatest or least value, with scipy's choice among equal ones.

use crate::introsort::{Placed, Sortable, placed, sort_where};

/// Which extreme is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extreme {
    /// The least value; of equal ones the first in the sorted order.
    Minimum,
    /// The greatest value (NaN is greater than all); of equal ones the last in the sorted order.
    Maximum,
}

/// Returns the place in `values` of each object's greatest value: `scipy.ndimage.maximum_position`.
///
/// `labels` says which object each value belongs to (0 is none) and `count` is the number of objects. The answer has
/// `count` places, object 1 first; an object without values gets 0, as in scipy.
pub fn maximum_positions<T: Sortable>(values: &[T], labels: &[u32], count: usize) -> Vec<u32> {
    positions(values, labels, count, Extreme::Maximum)
}

/// Returns the place in `values` of each object's least value: `scipy.ndimage.minimum_position`.
///
/// As [`maximum_positions`].
pub fn minimum_positions<T: Sortable>(values: &[T], labels: &[u32], count: usize) -> Vec<u32> {
    positions(values, labels, count, Extreme::Minimum)
}

fn positions<T: Sortable>(values: &[T], labels: &[u32], count: usize, extreme: Extreme) -> Vec<u32> {
    let mut found: Vec<Option<u32>> = vec![None; count];
    let mut tied = vec![false; count];
    let mut any_tied = false;
    for (place, (&value, &label)) in (0u32..).zip(values.iter().zip(labels)) {
        if label == 0 || label as usize > count {
            continue;
        }
        let object = label as usize - 1;
        let Some(best) = found[object] else {
            found[object] = Some(place);
            continue;
        };
        let (first, second) = match extreme {
            Extreme::Maximum => (values[best as usize], value),
            Extreme::Minimum => (value, values[best as usize]),
        };
        if first.key() < second.key() {
            found[object] = Some(place);
            tied[object] = false;
        } else if first.key() == second.key() {
            tied[object] = true;
            any_tied = true;
        }
    }
    let mut found: Vec<u32> = found.into_iter().map(|f| f.unwrap_or(0)).collect();
    if any_tied {
        settle_ties(values, labels, &tied, &mut found, extreme);
    }
    found
}

/// Chooses among equal extremes as scipy does: by their order after numpy's unstable sort of *all* values.
///
/// `found` holds a place of each object's extreme; those of `tied` objects are replaced by scipy's choice. Only the pieces of the quicksort that hold a tied value are
/// sorted.
pub fn settle_ties<T: Sortable>(
    values: &[T],
    labels: &[u32],
    tied: &[bool],
    found: &mut [u32],
    extreme: Extreme,
) {
    let best: Vec<T::Key> = found.iter().map(|&f| values[f as usize].key()).collect();
    let mut asked: Vec<T::Key> = (0..found.len()).filter(|&o| tied[o]).map(|o| best[o]).collect();
    asked.sort_unstable();
    asked.dedup();
    let wanted = |lowest: Option<T::Key>, highest: Option<T::Key>| {
        let from = lowest.map_or(0, |l| asked.partition_point(|a| *a < l));
        from < asked.len() && highest.is_none_or(|h| asked[from] <= h)
    };
    let mut items = placed(values);
    let mut ranges = Vec::new();
    sort_where(&mut items, wanted, |from, to| ranges.push((from, to)));
    ranges.sort_unstable();
    if extreme == Extreme::Minimum {
        ranges.reverse();
    }
    for (from, to) in ranges {
        let mut look = |at: usize| {
            let Placed { key, place } = items[at];
            let label = labels[place as usize] as usize;
            if label != 0 && label <= tied.len() && tied[label - 1] && key == best[label - 1] {
                found[label - 1] = place;
            }
        };
        match extreme {
            Extreme::Maximum => (from..to).for_each(&mut look),
            Extreme::Minimum => (from..to).rev().for_each(&mut look),
        }
    }
}
