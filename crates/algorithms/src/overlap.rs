//! Which objects of one set lie on which of another.

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
    let count = |labels: &Plane<u32>| labels.data().iter().copied().max().unwrap_or(0) as usize;
    let mut shared = Vec::new();
    for y in 0..parents.height().min(children.height()) {
        let mut run = (0, 0, 0_u32);
        for (&parent, &child) in parents.row(y).iter().zip(children.row(y)) {
            if parent == 0 || child == 0 {
                continue;
            }
            if (run.0, run.1) == (child, parent) {
                run.2 += 1;
            } else {
                if run.2 > 0 {
                    shared.push(run);
                }
                run = (child, parent, 1);
            }
        }
        if run.2 > 0 {
            shared.push(run);
        }
    }
    shared.sort_unstable();
    let mut related = Related { children: vec![0; count(parents)], parents: vec![0; count(children)] };
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

/// Returns for each label of `labels` (H×W) from 0 to its greatest the greatest value of `values` (H×W) there;
/// 0 for a label without pixels.
///
/// Source: `scipy.ndimage.maximum`.
pub fn greatest_within(values: &Plane<u32>, labels: &Plane<u32>) -> Vec<u32> {
    let max = labels.data().iter().copied().max().unwrap_or(0) as usize;
    let mut greatest = vec![0; max + 1];
    for (&label, &value) in labels.data().iter().zip(values.data()) {
        let g = &mut greatest[label as usize];
        *g = value.max(*g);
    }
    greatest
}
