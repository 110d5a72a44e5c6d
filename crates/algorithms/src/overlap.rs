//! Which objects of one set lie on which of another.

use crate::regions::visit_runs;
use crate::relabel::{each_run, place_of};
use pixels::Plane;

/// Who belongs to whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Related {
    /// How many children each parent has; parent 1 first.
    pub children: Vec<u32>,
    /// The parent of each child, 0 for none; child 1 first.
    pub parents: Vec<u32>,
}

/// Finds for each child (H×W labels) the parent (H×W labels) that it shares most pixels with; of equals, that of
/// the lower number.
///
/// Source: `Objects.relate_children` of CellProfiler 4.2.8. Planes of different sizes are laid on each other
/// at their first pixel.
pub fn relate(parents: &Plane<u32>, children: &Plane<u32>) -> Related {
    let mut related = Related { children: vec![0; greatest(parents)], parents: vec![0; greatest(children)] };
    let mut shared = Vec::new();
    for y in 0..parents.height().min(children.height()) {
        let row = parents.row(y);
        let width = row.len().min(children.width());
        visit_runs(&children.row(y)[..width], y as u32, |child, run| {
            for part in row[run.columns()].chunk_by(|a, b| a == b).filter(|part| part[0] != 0) {
                shared.push((child, part[0], part.len() as u32));
            }
        });
    }
    shared.sort_unstable();
    for pairs in shared.chunk_by(|a, b| a.0 == b.0) {
        let mut best = (0, 0);
        for same in pairs.chunk_by(|a, b| a.1 == b.1) {
            let pixels: u32 = same.iter().map(|p| p.2).sum();
            if pixels > best.1 {
                best = (same[0].1, pixels);
            }
        }
        related.parents[pairs[0].0 as usize - 1] = best.0;
        related.children[best.0 as usize - 1] += 1;
    }
    related
}

/// Returns the greatest label (H×W).
fn greatest(labels: &Plane<u32>) -> usize {
    labels.data().iter().copied().max().unwrap_or(0) as usize
}

/// Returns for each label of `labels` (H×W) up to its greatest the greatest value of `values` (H×W) there; 0 for
/// background and for a label without pixels.
///
/// Source: `scipy.ndimage.maximum`.
pub fn greatest_within(values: &Plane<u32>, labels: &Plane<u32>) -> Vec<u32> {
    let mut greatest = vec![0];
    each_run(labels, |label, run| {
        let most = values.row(run.row as usize)[run.columns()].iter().copied().max().unwrap_or(0);
        let g = place_of(&mut greatest, label);
        *g = most.max(*g);
    });
    greatest
}
