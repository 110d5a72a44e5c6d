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
    if !footprint.contains(&(0, 0)) {
        return extreme_without_center(image, footprint, pick);
    }
    let runs = runs_of(footprint);
    // Rows of the footprint with the same run share their running extreme.
    let mut kinds: Vec<(isize, isize)> = runs.iter().map(|r| (r.1, r.2)).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let mut out = image.clone();
    let mut line = Running::default();
    for kind in kinds {
        let (first, last) = kind;
        // Elsewhere the run lies outside the image.
        let end = width.saturating_sub(first.max(0).unsigned_abs());
        let columns = end.min(last.min(0).unsigned_abs())..end;
        for from in 0..height {
            let found = &line.over(image.row(from), kind, pick)[columns.clone()];
            for &(dy, ..) in runs.iter().filter(|r| (r.1, r.2) == kind) {
                let Some(to) = from.checked_add_signed(-dy).filter(|&y| y < height) else { continue };
                for (out, &found) in out.row_mut(to)[columns.clone()].iter_mut().zip(found) {
                    *out = pick(*out, found);
                }
            }
        }
    }
    out
}

/// As [`extreme`], pixel by pixel; a pixel whose footprint lies outside the image keeps its value.
fn extreme_without_center<T: Copy>(
    image: &Plane<T>,
    footprint: &[(isize, isize)],
    pick: impl Fn(T, T) -> T,
) -> Plane<T> {
    let (height, width) = image.shape();
    let mut out = image.clone();
    for y in 0..height {
        for x in 0..width {
            let places = footprint.iter().filter_map(|&(dy, dx)| {
                let (y, x) = (y.checked_add_signed(dy)?, x.checked_add_signed(dx)?);
                (y < height && x < width).then(|| image[(y, x)])
            });
            if let Some(found) = places.reduce(&pick) {
                out[(y, x)] = found;
            }
        }
    }
    out
}

/// Returns (row offset, first column offset, last column offset) of each row of the footprint.
fn runs_of(footprint: &[(isize, isize)]) -> Vec<(isize, isize, isize)> {
    let mut sorted = footprint.to_vec();
    sorted.sort_unstable();
    sorted.chunk_by(|a, b| a.0 == b.0).map(|row| (row[0].0, row[0].1, row[row.len() - 1].1)).collect()
}

/// Room for the running extreme of a row.
struct Running<T> {
    values: Vec<T>,
    next: Vec<T>,
}

impl<T> Default for Running<T> {
    fn default() -> Self {
        Self { values: Vec::new(), next: Vec::new() }
    }
}

impl<T: Copy> Running<T> {
    /// Returns the extreme of `row` over `[x + first, x + last]` for each x for which that is not wholly outside: of
    /// stretches of one pixel, two, four … until two of them cover it.
    ///
    /// A run that reaches beyond the row holds its end, so that the ends may stand for what is beyond.
    fn over(&mut self, row: &[T], (first, last): (isize, isize), pick: impl Fn(T, T) -> T + Copy) -> &[T] {
        let [Some(&start), Some(&end)] = [row.first(), row.last()] else { return &[] };
        let before = first.min(0).unsigned_abs();
        self.values.clear();
        self.values.extend(std::iter::repeat_n(start, before));
        self.values.extend_from_slice(row);
        self.values.extend(std::iter::repeat_n(end, last.max(0).unsigned_abs()));
        let window = (last - first + 1) as usize;
        let mut size = 1;
        while size < window {
            // The last step overlaps.
            let step = size.min(window - size);
            self.next.clear();
            let ahead = &self.values[step.min(self.values.len())..];
            self.next.extend(self.values.iter().zip(ahead).map(|(&a, &b)| pick(a, b)));
            std::mem::swap(&mut self.values, &mut self.next);
            size += step;
        }
        // What is found for x lies at x, or further where the run begins after it.
        let found = first.max(0).unsigned_abs();
        self.values.resize(row.len() + found, end);
        &self.values[found..]
    }
}
