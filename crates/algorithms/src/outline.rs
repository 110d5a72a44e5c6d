//! Outlines of labelled objects.

use pixels::Plane;

/// Keeps the labels (H×W) of pixels that touch, by side or corner, another label or background, or that lie at
/// the image's edge; all others become 0.
///
/// Source: `centrosome.outline.outline` (centrosome 1.2.3).
pub fn outline(labels: &Plane<u32>) -> Plane<u32> {
    let (height, width) = labels.shape();
    let mut out = labels.clone();
    for y in 1..height.max(1) - 1 {
        let [above, row, below] = [y - 1, y, y + 1].map(|y| labels.row(y));
        let out = out.row_mut(y);
        for x in 1..width.max(1) - 1 {
            let l = row[x];
            if l == 0 {
                continue;
            }
            let around = |r: &[u32]| r[x - 1] == l && r[x] == l && r[x + 1] == l;
            if around(above) && row[x - 1] == l && row[x + 1] == l && around(below) {
                out[x] = 0;
            }
        }
    }
    out
}

/// Marks pixels of objects (H×W labels) that share a side with a pixel of another value. The image's edge is
/// no boundary.
///
/// Source: `skimage.segmentation.find_boundaries(mode="inner")` (scikit-image 0.18).
pub fn inner_boundaries(labels: &Plane<u32>) -> Plane<bool> {
    let mut out = thick_boundaries(labels);
    for (out, &label) in out.data_mut().iter_mut().zip(labels.data()) {
        *out &= label != 0;
    }
    out
}

/// Marks pixels (H×W labels) that share a side with a pixel of another value, background too.
///
/// Source: `skimage.segmentation.find_boundaries(mode="thick")` (scikit-image 0.18).
pub fn thick_boundaries(labels: &Plane<u32>) -> Plane<bool> {
    let (height, width) = labels.shape();
    let mut out = Plane::zeros(height, width);
    for y in 0..height {
        let row = labels.row(y);
        for x in 1..width {
            if row[x] != row[x - 1] {
                out[(y, x)] = true;
                out[(y, x - 1)] = true;
            }
        }
        if y > 0 {
            for (x, (a, b)) in labels.row(y - 1).iter().zip(row).enumerate() {
                if a != b {
                    out[(y - 1, x)] = true;
                    out[(y, x)] = true;
                }
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
