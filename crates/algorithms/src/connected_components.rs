//! Connected components of a plane, numbered in raster order.
//!
//! Source: `scipy.ndimage.label` (SciPy 1.9). Components are numbered by their first pixel in raster order.

use pixels::Plane;

/// Which pixels touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connectivity {
    /// Pixels that share a side.
    Four,
    /// Pixels that share a side or a corner.
    Eight,
}

/// Labels the components of the true pixels of `mask` (H×W).
///
/// Returns the labels (0 is background) and how many there are.
pub fn label(mask: &Plane<bool>, connectivity: Connectivity) -> (Plane<u32>, usize) {
    label_where(mask, connectivity, |&v| v)
}

/// Labels the components of the pixels of `plane` (H×W) for which `inside` holds.
///
/// Returns the labels (0 is background) and how many there are.
pub fn label_where<T>(
    plane: &Plane<T>,
    connectivity: Connectivity,
    inside: impl Fn(&T) -> bool,
) -> (Plane<u32>, usize) {
    label_kinds(plane, connectivity, |v| inside(v).then_some(()))
}

/// Labels the components of pixels of `plane` (H×W) of equal value; those of the value `background` are 0.
///
/// Source: `skimage.measure.label` 0.18. Returns the labels and how many there are.
pub fn label_equal<T: Copy + PartialEq>(
    plane: &Plane<T>,
    connectivity: Connectivity,
    background: T,
) -> (Plane<u32>, usize) {
    label_kinds(plane, connectivity, |&v| (v != background).then_some(v))
}

/// Labels the components of the pixels of one kind; pixels without a kind are background.
fn label_kinds<T, K: Copy + PartialEq>(
    plane: &Plane<T>,
    connectivity: Connectivity,
    kind: impl Fn(&T) -> Option<K>,
) -> (Plane<u32>, usize) {
    let (height, width) = plane.shape();
    let reach = u32::from(connectivity == Connectivity::Eight);
    let mut runs: Vec<Run<K>> = Vec::new();
    let mut parent: Vec<u32> = Vec::new();
    let mut above = 0..0;
    for y in 0..height {
        let first = runs.len();
        runs_of(plane.row(y), y as u32, &kind, &mut runs);
        let mut up = above.start;
        for i in first..runs.len() {
            parent.push(i as u32);
            let run = runs[i];
            while up < above.end && runs[up].end + reach <= run.start {
                up += 1;
            }
            let mut touching = up;
            while touching < above.end && runs[touching].start < run.end + reach {
                if runs[touching].kind == run.kind {
                    unite(&mut parent, touching as u32, i as u32);
                }
                touching += 1;
            }
        }
        above = first..runs.len();
    }
    let mut count = 0;
    let mut numbers = vec![0_u32; runs.len()];
    let mut labels = Plane::zeros(height, width);
    for (i, run) in runs.iter().enumerate() {
        let root = find(&mut parent, i as u32);
        if root as usize == i {
            count += 1;
            numbers[i] = count;
        }
        let row: &mut [u32] = labels.row_mut(run.row as usize);
        row[run.start as usize..run.end as usize].fill(numbers[root as usize]);
    }
    (labels, count as usize)
}

#[derive(Clone, Copy)]
struct Run<K> {
    row: u32,
    start: u32,
    end: u32,
    kind: K,
}

fn runs_of<T, K: Copy + PartialEq>(
    row: &[T],
    y: u32,
    kind: &impl Fn(&T) -> Option<K>,
    runs: &mut Vec<Run<K>>,
) {
    let mut x = 0;
    while x < row.len() {
        let Some(own) = kind(&row[x]) else {
            x += 1;
            continue;
        };
        let end = row[x..].iter().position(|v| kind(v) != Some(own)).map_or(row.len(), |n| x + n);
        runs.push(Run { row: y, start: x as u32, end: end as u32, kind: own });
        x = end;
    }
}

/// Finds the root of a tree and halves the way to it.
pub(crate) fn find(parent: &mut [u32], mut i: u32) -> u32 {
    while parent[i as usize] != i {
        let up = parent[parent[i as usize] as usize];
        parent[i as usize] = up;
        i = up;
    }
    i
}

/// Joins two trees; the lower number stays the root, so that a root is its component's first run.
pub(crate) fn unite(parent: &mut [u32], a: u32, b: u32) {
    let (a, b) = (find(parent, a), find(parent, b));
    parent[a.max(b) as usize] = a.min(b);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plane(rows: &[&str]) -> Plane<bool> {
        let data = rows.iter().flat_map(|r| r.bytes().map(|b| b == b'#')).collect();
        Plane::from_vec(rows.len(), rows[0].len(), data)
    }

    #[test]
    fn corners_join_only_when_eight_pixels_are_neighbours() {
        let mask = plane(&["#.#", ".#.", "..."]);
        assert_eq!(label(&mask, Connectivity::Four).1, 3);
        assert_eq!(label(&mask, Connectivity::Eight).0.data(), [1, 0, 1, 0, 1, 0, 0, 0, 0]);
    }

    #[test]
    fn a_component_that_joins_late_has_the_number_of_its_first_pixel() {
        let mask = plane(&["..#.#", "#.#.#", "#####"]);
        assert_eq!(label(&mask, Connectivity::Four).1, 1);
        let mask = plane(&["#.#", "#.#", "###"]);
        assert_eq!(label(&mask, Connectivity::Four).0.data(), [1, 0, 1, 1, 0, 1, 1, 1, 1]);
    }

    #[test]
    fn pixels_of_other_values_are_other_components() {
        let values = Plane::from_vec(3, 3, vec![1, 1, 2, 0, 2, 1, 2, 0, 1]);
        let (labels, count) = label_equal(&values, Connectivity::Eight, 0);
        assert_eq!((labels.data(), count), (&[1, 1, 2, 0, 2, 1, 2, 0, 1][..], 2));
        assert_eq!(label_equal(&values, Connectivity::Four, 2).1, 4);
    }

    #[test]
    fn an_empty_plane_has_no_component() {
        assert_eq!(label(&Plane::zeros(0, 5), Connectivity::Eight).1, 0);
        assert_eq!(label(&Plane::zeros(2, 2), Connectivity::Eight).1, 0);
    }
}
