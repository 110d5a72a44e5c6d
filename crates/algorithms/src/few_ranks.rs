//! Values as ranks, few enough for a table.

use crate::introsort::{self, Sortable};
use crate::rank_order::sorted_with_places;

/// Returns the rank of each value, and the value that each rank stands for. There are `most` ranks at the most: of
/// too many the rarest are merged with the next greater.
///
/// Source: `centrosome.rankorder.rank_order` 1.2.3; which of equally rare ranks go is decided by numpy's unstable sort.
pub fn few_ranks<T: Sortable + PartialEq>(values: &[T], most: usize) -> (Vec<u32>, Vec<T>) {
    let mut ranks = vec![0u32; values.len()];
    let mut originals: Vec<T> = Vec::new();
    let (sorted, places) = sorted_with_places(values);
    for (value, place) in sorted.into_iter().zip(places) {
        if originals.last() != Some(&value) {
            originals.push(value);
        }
        ranks[place as usize] = originals.len() as u32 - 1;
    }
    while originals.len() > most {
        let greatest = originals.len() - 1;
        let mut counts = vec![0.0f64; originals.len()];
        ranks.iter().for_each(|&rank| counts[rank as usize] += 1.0);
        let mut rare = vec![false; greatest + 2];
        for &rank in introsort::argsort(&counts).iter().take(greatest + 2 - most) {
            rare[rank as usize] = true;
        }
        // Of neighbours that are both rare only every other pair goes; the least value always stays.
        let goes = |rank: usize| rank > 0 && rare[rank] && (rank & 2 == 0 || !rare[rank + 1]);
        let mut place = 0u32;
        let translation: Vec<u32> = (0..=greatest)
            .map(|rank| {
                if rank > 0 && !goes(rank) {
                    place += 1;
                }
                place
            })
            .collect();
        ranks.iter_mut().for_each(|rank| *rank = translation[*rank as usize]);
        let mut rank = 0;
        originals.retain(|_| {
            rank += 1;
            !goes(rank - 1)
        });
    }
    (ranks, originals)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_places_among_the_different_values() {
        assert_eq!(few_ranks(&[0.5f32, 0.1, 0.5, 0.7], 255), (vec![1, 0, 1, 2], vec![0.1, 0.5, 0.7]));
    }
}
