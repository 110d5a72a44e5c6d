//! New numbers for labels.

use pixels::Plane;

/// Numbers the labels (H×W) anew without gaps, in the order of the old numbers.
///
/// Source: `centrosome.cpmorphology.relabel` (centrosome 1.2.3). Returns the labels and their count.
pub fn relabel(labels: &Plane<u32>) -> (Plane<u32>, usize) {
    let present = present(labels);
    let mut count = 0;
    let numbers: Vec<u32> = present
        .iter()
        .map(|&there| {
            count += u32::from(there);
            if there { count } else { 0 }
        })
        .collect();
    (labels.map(|&l| numbers[l as usize]), count as usize)
}

/// Returns for each number up to the greatest label whether it is there; 0 never is.
pub fn present(labels: &Plane<u32>) -> Vec<bool> {
    let max = labels.data().iter().copied().max().unwrap_or(0) as usize;
    let mut present = vec![false; max + 1];
    for &label in labels.data() {
        present[label as usize] = true;
    }
    present[0] = false;
    present
}

/// Counts the pixels of each label (H×W); element 0 is background.
pub fn areas(labels: &Plane<u32>) -> Vec<usize> {
    let max = labels.data().iter().copied().max().unwrap_or(0) as usize;
    let mut areas = vec![0; max + 1];
    for &label in labels.data() {
        areas[label as usize] += 1;
    }
    areas
}

/// Takes away the labels (H×W) for which `keep` is false; the others keep their numbers.
pub fn keep_labels(labels: &mut Plane<u32>, keep: impl Fn(u32) -> bool) {
    let max = labels.data().iter().copied().max().unwrap_or(0);
    let new: Vec<u32> = (0..=max).map(|l| if l != 0 && keep(l) { l } else { 0 }).collect();
    for label in labels.data_mut() {
        *label = new[*label as usize];
    }
}
