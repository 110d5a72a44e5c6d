//! Outlines of labelled objects.

use pixels::{Array, Plane};

/// Keeps the labels (H×W) of pixels that touch, by side or corner, another label or background, or that lie at
/// the image's edge; all others become 0.
///
/// Source: `centrosome.outline.outline` (centrosome 1.2.3).
pub fn outline(labels: &Plane<u32>) -> Plane<u32> {
    let (height, width) = labels.shape();
    let mut out = labels.clone();
    if width < 3 {
        return out;
    }
    let inner = width - 2;
    for y in 1..height.max(1) - 1 {
        let rows = [y - 1, y, y + 1].map(|y| labels.row(y));
        let [above, row, below] = rows.map(|row| [&row[..inner], &row[1..=inner], &row[2..]]);
        let out = &mut out.row_mut(y)[1..=inner];
        for x in 0..inner {
            let label = row[1][x];
            let around =
                |row: [&[u32]; 3]| (row[0][x] == label) & (row[1][x] == label) & (row[2][x] == label);
            out[x] = if around(above) & around(row) & around(below) { 0 } else { label };
        }
    }
    out
}

/// Keeps the labels (Z×H×W) as [`outline`] does on the planes of equal column: it looks at planes and rows alone.
pub fn outline_across_planes(labels: &Array<u32>) -> Array<u32> {
    let (shape, rows) = (labels.shape(), labels.rows());
    let mut out = rows.clone();
    let mut alike = vec![true; shape.width];
    for (z, y) in (1..shape.depth.max(1) - 1).flat_map(|z| (1..shape.height.max(1) - 1).map(move |y| (z, y)))
    {
        let row = z * shape.height + y;
        alike.fill(true);
        for other in
            [z - 1, z, z + 1].map(|z| z * shape.height).into_iter().flat_map(|z| z + y - 1..z + y + 2)
        {
            for (alike, (label, own)) in alike.iter_mut().zip(rows.row(other).iter().zip(rows.row(row))) {
                *alike &= label == own;
            }
        }
        for (label, alike) in out.row_mut(row).iter_mut().zip(&alike) {
            *label = if *alike { 0 } else { *label };
        }
    }
    Array::from_vec(shape, out.into_vec())
}

/// Marks pixels of objects (H×W labels) that share a side with a pixel of another value. The image's edge is
/// no boundary.
///
/// Source: `skimage.segmentation.find_boundaries(mode="inner")` (scikit-image 0.18).
pub fn inner_boundaries(labels: &Plane<u32>) -> Plane<bool> {
    boundaries(labels, |label| label != 0)
}

/// Marks pixels (H×W labels) that share a side with a pixel of another value, background too.
///
/// Source: `skimage.segmentation.find_boundaries(mode="thick")` (scikit-image 0.18).
pub fn thick_boundaries(labels: &Plane<u32>) -> Plane<bool> {
    boundaries(labels, |_| true)
}

/// Marks pixels (H×W labels) that `counts` and that share a side with a pixel of another value.
fn boundaries(labels: &Plane<u32>, counts: impl Fn(u32) -> bool) -> Plane<bool> {
    let (height, width) = labels.shape();
    let mut out = Plane::zeros(height, width);
    for y in 0..height {
        let [above, row, below] = [y.saturating_sub(1), y, (y + 1).min(height - 1)].map(|y| labels.row(y));
        let marks = out.row_mut(y);
        for (((mark, &label), &above), &below) in marks.iter_mut().zip(row).zip(above).zip(below) {
            *mark = ((label != above) | (label != below)) & counts(label);
        }
        if width > 1 {
            for ((mark, &label), &right) in marks.iter_mut().zip(row).zip(&row[1..]) {
                *mark |= (label != right) & counts(label);
            }
            for ((mark, &label), &left) in marks[1..].iter_mut().zip(&row[1..]).zip(row) {
                *mark |= (label != left) & counts(label);
            }
        }
    }
    out
}

/// Marks background pixels next to objects (H×W labels, eight neighbours), and object pixels that touch another
/// object.
///
/// Source: `skimage.segmentation.find_boundaries(mode="outer")` (scikit-image 0.18). The neighbourhood of the
/// first test is 4-connected; whether an object pixel touches another object looks at all eight neighbours.
pub fn outer_boundaries(labels: &Plane<u32>) -> Plane<bool> {
    let (height, width) = labels.shape();
    let mut out = thick_boundaries(labels);
    for y in 0..height {
        for x in 0..width {
            let label = labels[(y, x)];
            if !out[(y, x)] || label == 0 {
                continue;
            }
            let rows = y.saturating_sub(1)..(y + 2).min(height);
            let columns = x.saturating_sub(1)..(x + 2).min(width);
            out[(y, x)] = rows
                .flat_map(|y| labels.row(y)[columns.clone()].iter())
                .any(|&other| other != 0 && other != label);
        }
    }
    out
}
