//! Local maxima within labelled regions.

use pixels::Plane;

/// Marks the labelled pixels of `image` (H×W, labels H×W) that no pixel of the same label within `footprint`
/// exceeds: plateaus stay whole.
///
/// Source: `centrosome.cpmorphology.is_local_maximum` (centrosome 1.2.3). `footprint` holds (row, column)
/// offsets; the pixel's own is ignored.
///
/// # Panics
/// When the shapes differ.
pub fn local_maxima<T: PartialOrd + Copy>(
    image: &Plane<T>,
    labels: &Plane<u32>,
    footprint: &[(isize, isize)],
) -> Plane<bool> {
    let (height, width) = image.shape();
    assert_eq!(labels.shape(), (height, width), "planes of one shape");
    let mut offsets: Vec<_> = footprint.iter().copied().filter(|&o| o != (0, 0)).collect();
    // What is near exceeds a pixel more likely than what is far.
    offsets.sort_by_key(|&(dy, dx)| dy * dy + dx * dx);
    let reach = offsets.iter().map(|&(dy, dx)| dy.unsigned_abs().max(dx.unsigned_abs())).max().unwrap_or(0);
    let flat: Vec<isize> = offsets.iter().map(|&(dy, dx)| dy * width as isize + dx).collect();
    let (values, marks) = (image.data(), labels.data());
    let mut out = Plane::zeros(height, width);
    for y in 0..height {
        for x in 0..width {
            let at = y * width + x;
            let (value, label) = (values[at], marks[at]);
            if label == 0 {
                continue;
            }
            let inside = y >= reach && x >= reach && y + reach < height && x + reach < width;
            let exceeded = if inside {
                flat.iter().any(|&o| {
                    let other = at.wrapping_add_signed(o);
                    value < values[other] && marks[other] == label
                })
            } else {
                offsets.iter().any(|&(dy, dx)| {
                    let (Some(y), Some(x)) = (y.checked_add_signed(dy), x.checked_add_signed(dx)) else {
                        return false;
                    };
                    y < height && x < width && value < image[(y, x)] && labels[(y, x)] == label
                })
            };
            out[(y, x)] = !exceeded;
        }
    }
    out
}
