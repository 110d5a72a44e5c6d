//! Erosion and dilation of masks and grey images, and the footprints they go by.

use pixels::Plane;

/// A footprint: the (row, column) offsets of its pixels from its centre.
pub type Offsets = Vec<(isize, isize)>;

/// Returns the offsets within `radius` (≥ 0) of the centre, row by row.
///
/// Source: `centrosome.cpmorphology.strel_disk`, `skimage.morphology.disk` for a whole radius.
pub fn disk(radius: f64) -> Offsets {
    let reach = radius as isize;
    let side = -reach..=reach;
    side.clone()
        .flat_map(|y| side.clone().map(move |x| (y, x)))
        .filter(|&(y, x)| (y * y + x * x) as f64 <= radius * radius)
        .collect()
}

/// Returns the offsets of a square of odd `side`, row by row.
pub fn square(side: usize) -> Offsets {
    let reach = (side / 2) as isize;
    (-reach..=reach).flat_map(|y| (-reach..=reach).map(move |x| (y, x))).collect()
}

/// Erodes `mask` (H×W) by the pixel and its four neighbours; what is outside the image counts as `outside`.
///
/// Source: `scipy.ndimage.binary_erosion` with its default structure (`border_value` is `outside`).
pub fn erode_cross(mask: &Plane<bool>, outside: bool) -> Plane<bool> {
    let (height, width) = mask.shape();
    let mut out = mask.clone();
    for y in 0..height {
        for x in 0..width {
            let up = if y > 0 { mask[(y - 1, x)] } else { outside };
            let down = if y + 1 < height { mask[(y + 1, x)] } else { outside };
            let left = if x > 0 { mask[(y, x - 1)] } else { outside };
            let right = if x + 1 < width { mask[(y, x + 1)] } else { outside };
            out[(y, x)] &= up && down && left && right;
        }
    }
    out
}

/// Returns the greatest value of `image` (H×W) within `footprint` of each pixel; pixels outside the image do not
/// count. `footprint` must be convex along rows: each of its rows is one run, as in [`disk`] and [`square`].
///
/// Source: `skimage.morphology.dilation`, `scipy.ndimage.grey_dilation` for symmetric footprints.
pub fn dilate<T: PartialOrd + Copy>(image: &Plane<T>, footprint: &[(isize, isize)]) -> Plane<T> {
    extreme(image, footprint, |a, b| if b > a { b } else { a })
}

/// Returns the least value of `image` (H×W) within `footprint` of each pixel; as [`dilate`] otherwise.
///
/// Source: `skimage.morphology.erosion`, `scipy.ndimage.grey_erosion` for symmetric footprints.
pub fn erode<T: PartialOrd + Copy>(image: &Plane<T>, footprint: &[(isize, isize)]) -> Plane<T> {
    extreme(image, footprint, |a, b| if b < a { b } else { a })
}

/// Combines, for each row offset, the row's running extreme over the footprint's run in that row.
fn extreme<T: PartialOrd + Copy>(
    image: &Plane<T>,
    footprint: &[(isize, isize)],
    pick: impl Fn(T, T) -> T + Copy,
) -> Plane<T> {
    let (height, width) = image.shape();
    let runs = runs_of(footprint);
    // Rows of the footprint with the same run share their running extreme.
    let mut kinds: Vec<(isize, isize)> = runs.iter().map(|r| (r.1, r.2)).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let mut out: Plane<Option<T>> = Plane::filled(height, width, None);
    let mut line = vec![None; width];
    for kind in kinds {
        for from in 0..height {
            running(image.row(from), kind, pick, &mut line);
            for &(dy, ..) in runs.iter().filter(|r| (r.1, r.2) == kind) {
                let Some(to) = from.checked_add_signed(-dy).filter(|&y| y < height) else { continue };
                for (out, &found) in out.row_mut(to).iter_mut().zip(&line) {
                    *out = either(*out, found, pick);
                }
            }
        }
    }
    out.zip(image, |found, &own| found.unwrap_or(own))
}

fn either<T: Copy>(a: Option<T>, b: Option<T>, pick: impl Fn(T, T) -> T) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(pick(a, b)),
        (a, b) => a.or(b),
    }
}

/// Returns (row offset, first column offset, last column offset) of each row of the footprint.
fn runs_of(footprint: &[(isize, isize)]) -> Vec<(isize, isize, isize)> {
    let mut sorted = footprint.to_vec();
    sorted.sort_unstable();
    sorted.chunk_by(|a, b| a.0 == b.0).map(|row| (row[0].0, row[0].1, row[row.len() - 1].1)).collect()
}

/// Fills `line` with the extreme of `row` over `[x + first, x + last]` (van Herk 1992, Gil and Werman 1993).
fn running<T: Copy>(
    row: &[T],
    (first, last): (isize, isize),
    pick: impl Fn(T, T) -> T + Copy,
    line: &mut [Option<T>],
) {
    let window = (last - first + 1) as usize;
    let at = |i: usize| i.checked_add_signed(first).and_then(|x| row.get(x)).copied();
    let n = row.len() + window - 1;
    let mut ahead: Vec<Option<T>> = (0..n).map(at).collect();
    let mut back = ahead.clone();
    for i in 1..n {
        if !i.is_multiple_of(window) {
            ahead[i] = either(ahead[i - 1], ahead[i], pick);
        }
        let j = n - 1 - i;
        if !(j + 1).is_multiple_of(window) {
            back[j] = either(back[j], back[j + 1], pick);
        }
    }
    for (x, out) in line.iter_mut().enumerate() {
        *out = either(back[x], ahead[x + window - 1], pick);
    }
}
