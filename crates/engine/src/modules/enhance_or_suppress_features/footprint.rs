//! Disks whose diameter may be even, which then lie off their centre: to which side, each filter has its own mind.
//!
//! Source: `skimage.morphology` 0.18 (`_shift_selem`, `pad_for_eccentric_selems`) and scipy 1.9.

use algorithms::morphology::{Offsets, dilate, erode};
use pixels::Plane;

/// A disk of any radius, a whole number or a half.
pub(super) struct Disk {
    /// The offsets with the longer side before the centre.
    before: Offsets,
    /// The offsets with the longer side after it.
    after: Offsets,
    /// How far an image is continued for opening and closing; 0 where the diameter is odd.
    margin: usize,
}

impl Disk {
    pub(super) fn new(radius: f64) -> Self {
        let count = (2.0 * radius + 1.0).ceil() as isize;
        let inside = |i: isize| i as f64 - radius;
        let cells = (0..count).flat_map(|y| (0..count).map(move |x| (y, x)));
        let cells: Offsets =
            cells.filter(|&(y, x)| inside(y).powi(2) + inside(x).powi(2) <= radius * radius).collect();
        let from = |centre: isize| cells.iter().map(|&(y, x)| (y - centre, x - centre)).collect();
        let even = count % 2 == 0;
        Self {
            before: from(count / 2),
            after: from((count - 1) / 2),
            margin: if even { count as usize - 1 } else { 0 },
        }
    }

    /// As scipy's `white_tophat` opens.
    pub(super) fn erode_then_dilate<T: PartialOrd + Copy>(&self, image: &Plane<T>) -> Plane<T> {
        dilate(&erode(image, &self.before), &self.after)
    }

    /// As scipy's minimum and maximum filter, which move the image where the diameter is even.
    pub(super) fn minimum_then_maximum<T: PartialOrd + Copy>(&self, image: &Plane<T>) -> Plane<T> {
        dilate(&erode(image, &self.before), &self.before)
    }

    /// As scikit-image's `opening`.
    pub(super) fn open<T: PartialOrd + Copy>(&self, image: &Plane<T>) -> Plane<T> {
        self.continued(image, |image| dilate(&erode(image, &self.after), &self.before))
    }

    /// As scikit-image's `closing`.
    pub(super) fn close<T: PartialOrd + Copy>(&self, image: &Plane<T>) -> Plane<T> {
        self.continued(image, |image| erode(&dilate(image, &self.after), &self.before))
    }

    /// Applies a filter to the image continued by its border, and cuts the margin off again.
    fn continued<T: Copy>(&self, image: &Plane<T>, filter: impl Fn(&Plane<T>) -> Plane<T>) -> Plane<T> {
        if self.margin == 0 || image.is_empty() {
            return filter(image);
        }
        let (height, width) = image.shape();
        let inner = |i: usize, n: usize| i.saturating_sub(self.margin).min(n - 1);
        let (tall, wide) = (height + 2 * self.margin, width + 2 * self.margin);
        let cells = (0..tall).flat_map(|y| (0..wide).map(move |x| (y, x)));
        let data = cells.map(|(y, x)| image[(inner(y, height), inner(x, width))]).collect();
        let filtered = filter(&Plane::from_vec(tall, wide, data));
        let rows = (0..height).flat_map(|y| &filtered.row(y + self.margin)[self.margin..self.margin + width]);
        Plane::from_vec(height, width, rows.copied().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_even_disk_lies_off_its_centre() {
        let disk = Disk::new(1.5);
        let rows = |offsets: &Offsets| (offsets.iter().map(|o| o.0).min(), offsets.iter().map(|o| o.0).max());
        assert_eq!((rows(&disk.before), rows(&disk.after)), ((Some(-1), Some(0)), (Some(0), Some(1))));
        assert_eq!((disk.before.len(), disk.margin), (4, 3));
    }
}
