//! New numbers for labels.

use crate::regions::{Run, visit_runs};
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
    let mut new = labels.clone();
    if count as usize + 1 < numbers.len() {
        rewrite(&mut new, |label| numbers[label as usize]);
    }
    (new, count as usize)
}

/// Returns for each number up to the greatest label whether it is there; 0 never is.
pub fn present(labels: &Plane<u32>) -> Vec<bool> {
    let mut present = vec![false];
    each_run(labels, |label, _| *place_of(&mut present, label) = true);
    present
}

/// Counts the pixels of each label (H×W); element 0 is background.
pub fn areas(labels: &Plane<u32>) -> Vec<usize> {
    let mut areas = vec![0];
    let mut inside = 0;
    each_run(labels, |label, run| {
        *place_of(&mut areas, label) += run.len();
        inside += run.len();
    });
    areas[0] = labels.len() - inside;
    areas
}

/// Takes away the labels (H×W) for which `keep` is false; the others keep their numbers.
pub fn keep_labels(labels: &mut Plane<u32>, keep: impl Fn(u32) -> bool) {
    rewrite(labels, |label| if keep(label) { label } else { 0 });
}

/// Gives every label (H×W) but 0 the number that `new` has for it.
pub fn rewrite(labels: &mut Plane<u32>, new: impl Fn(u32) -> u32) {
    let mut changed = Vec::new();
    for y in 0..labels.height() {
        visit_runs(labels.row(y), y as u32, |label, run| {
            let number = new(label);
            if number != label {
                changed.push((number, run));
            }
        });
        for (number, run) in changed.drain(..) {
            labels.row_mut(y)[run.columns()].fill(number);
        }
    }
}

/// Gives each stretch of one label (H×W) in a row to `visit`, in raster order; background is passed over.
pub(crate) fn each_run(labels: &Plane<u32>, mut visit: impl FnMut(u32, Run)) {
    for y in 0..labels.height() {
        visit_runs(labels.row(y), y as u32, &mut visit);
    }
}

/// Returns the element of a label in a list that grows with the greatest label met.
pub(crate) fn place_of<T: Clone + Default>(list: &mut Vec<T>, label: u32) -> &mut T {
    let at = label as usize;
    if at >= list.len() {
        list.resize(at + 1, T::default());
    }
    &mut list[at]
}
