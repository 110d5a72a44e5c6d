//! Two sets of objects made one.
//!
//! Source: `merge_objects`, `preserve_objects`, `discard_objects` and `segment_objects` of CellProfiler 4.2.8.

use crate::distance_transform::nearest_background;
use pixels::Plane;

/// What becomes of objects that overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlapping {
    /// They are one object, with the first set's number.
    Merge,
    /// The first set's stay whole.
    Preserve,
    /// The second set's are left out.
    Discard,
    /// What both claim goes to the nearest.
    Segment,
}

/// Combines two label images (H×W) of one size; numbers are not in order afterwards.
///
/// Numbers are 16 bits wide, as in CellProfiler. `None` where `Segment` finds an object of the first set that several
/// of the second cover whole: CellProfiler raises.
///
/// # Panics
/// When the sizes differ.
pub fn combine(first: &Plane<u32>, second: &Plane<u32>, overlapping: Overlapping) -> Option<Plane<u32>> {
    assert_eq!(first.shape(), second.shape(), "label images of one size");
    let narrow = |labels: &Plane<u32>| labels.map(|&l| l & 0xffff);
    let (mut first, mut second) = (narrow(first), narrow(second));
    if overlapping != Overlapping::Discard {
        let above = first.data().iter().copied().max().unwrap_or(0);
        second.data_mut().iter_mut().filter(|l| **l != 0).for_each(|l| *l = (*l + above) & 0xffff);
    }
    if overlapping == Overlapping::Preserve {
        return Some(first.zip(&second, |&a, &b| if a != 0 { a } else { b }));
    }
    let disputed: Vec<bool> =
        first.data().iter().zip(second.data()).map(|(&a, &b)| a != 0 && b != 0).collect();
    let mut out = Plane::zeros(first.height(), first.width());
    settle_undisputed(&mut first, &disputed, &mut out);
    settle_undisputed(&mut second, &disputed, &mut out);
    match overlapping {
        Overlapping::Merge => {
            let claimed = first.zip(&second, |&a, &b| a != 0 || b != 0);
            give_nearest(&first, &claimed, &mut out);
        }
        Overlapping::Segment => {
            let mut claimed = first.zip(&second, |&a, &b| a != 0 || b != 0);
            settle_identical(&first, &second, &mut claimed, &mut out)?;
            let seeds = first.zip(&second, |&a, &b| if a != 0 && b != 0 { 0 } else { a + b });
            give_nearest(&seeds, &claimed, &mut out);
        }
        Overlapping::Discard | Overlapping::Preserve => {
            out.data_mut()
                .iter_mut()
                .zip(first.data())
                .filter(|(_, l)| **l != 0)
                .for_each(|(out, l)| *out = *l);
        }
    }
    Some(out)
}

/// Moves the objects without a disputed pixel to `out`.
fn settle_undisputed(labels: &mut Plane<u32>, disputed: &[bool], out: &mut Plane<u32>) {
    let mut in_dispute = vec![false; 1 << 16];
    labels.data().iter().zip(disputed).filter(|(_, d)| **d).for_each(|(&l, _)| in_dispute[l as usize] = true);
    for (out, label) in out.data_mut().iter_mut().zip(labels.data_mut()) {
        if *label != 0 && !in_dispute[*label as usize] {
            *out = std::mem::take(label);
        }
    }
}

/// Moves the objects of the first set that are one of the second, pixel by pixel, to `out`; `None` where one is
/// covered whole by several.
fn settle_identical(
    first: &Plane<u32>,
    second: &Plane<u32>,
    claimed: &mut Plane<bool>,
    out: &mut Plane<u32>,
) -> Option<()> {
    // For each label of the one set: which of the other lies on it, u32::MAX for several.
    let partner = |own: &Plane<u32>, other: &Plane<u32>| {
        let mut partners: Vec<Option<u32>> = vec![None; 1 << 16];
        for (&own, &other) in own.data().iter().zip(other.data()).filter(|(own, _)| **own != 0) {
            let known = &mut partners[own as usize];
            *known = Some(known.map_or(other, |known| if known == other { other } else { u32::MAX }));
        }
        partners
    };
    let (of_first, of_second) = (partner(first, second), partner(second, first));
    let mut covered = of_first.iter().map(Option::is_some).collect::<Vec<_>>();
    first
        .data()
        .iter()
        .zip(second.data())
        .filter(|(_, b)| **b == 0)
        .for_each(|(&a, _)| covered[a as usize] = false);
    covered[0] = false;
    let mut identical = vec![false; 1 << 16];
    for label in (0..covered.len()).filter(|&label| covered[label]) {
        match of_first[label] {
            Some(u32::MAX) => return None,
            Some(other) => identical[label] = of_second[other as usize] == Some(label as u32),
            None => {}
        }
    }
    for ((&label, claimed), out) in first.data().iter().zip(claimed.data_mut()).zip(out.data_mut()) {
        if identical[label as usize] {
            (*claimed, *out) = (false, label);
        }
    }
    Some(())
}

/// Gives each claimed pixel to the nearest seed.
fn give_nearest(seeds: &Plane<u32>, claimed: &Plane<bool>, out: &mut Plane<u32>) {
    if !claimed.data().contains(&true) {
        return;
    }
    let nearest = nearest_background(&seeds.map(|&l| l == 0));
    let places = nearest.rows.data().iter().zip(nearest.columns.data());
    for ((out, _), (&row, &column)) in
        out.data_mut().iter_mut().zip(claimed.data()).zip(places).filter(|((_, claimed), _)| **claimed)
    {
        *out = usize::try_from(row).map_or(0, |row| seeds[(row, column as usize)]);
    }
}
