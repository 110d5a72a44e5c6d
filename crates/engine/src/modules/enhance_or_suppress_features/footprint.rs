//! Disks and balls whose diameter may be even, which then lie off their centre: to which side, each filter has its own mind.
//!
//! Source: `skimage.morphology` 0.18 (`ball`, `_shift_selem`, `pad_for_eccentric_selems`) and scipy 1.9.

use algorithms::structuring_element::{VolumeOffsets, dilate_by, erode_by};
use pixels::Plane;

/// A disk or ball of any radius, a whole number or a half.
pub(super) struct Footprint {
    /// The offsets with the longer side before the centre.
    before: VolumeOffsets,
    /// The offsets with the longer side after it.
    after: VolumeOffsets,
    /// How far an image is continued for opening and closing; 0 where the diameter is odd.
    margin: usize,
    /// Whether it is a ball.
    volume: bool,
    /// Planes of the images it is for, which lie below each other.
    depth: usize,
}

impl Footprint {
    /// Returns a disk, or for a volume a ball, for images of `depth` planes.
    pub(super) fn new(radius: f64, volume: bool, depth: usize) -> Self {
        let count = (2.0 * radius + 1.0).ceil() as isize;
        let square = |i: isize| (i as f64 - radius).powi(2);
        let cells = (0..count).flat_map(|y| (0..count).map(move |x| (y, x)));
        let disk = |of_plane: f64| {
            cells.clone().filter(move |&(y, x)| of_plane + square(y) + square(x) <= radius * radius)
        };
        let from = |centre: isize| -> VolumeOffsets {
            if !volume {
                return disk(0.0).map(|(y, x)| (0, y - centre, x - centre)).collect();
            }
            let planes = 0..count;
            planes
                .flat_map(|z| disk(square(z)).map(move |(y, x)| (z - centre, y - centre, x - centre)))
                .collect()
        };
        let margin = if count % 2 == 0 { count as usize - 1 } else { 0 };
        Self { before: from(count / 2), after: from((count - 1) / 2), margin, volume, depth }
    }

    /// As scipy's `white_tophat` opens.
    pub(super) fn erode_then_dilate<T: PartialOrd + Copy>(&self, image: &Plane<T>) -> Plane<T> {
        dilate_by(&erode_by(image, self.depth, &self.before), self.depth, &self.after)
    }

    /// As scipy's minimum and maximum filter, which move the image where the diameter is even.
    pub(super) fn minimum_then_maximum<T: PartialOrd + Copy>(&self, image: &Plane<T>) -> Plane<T> {
        dilate_by(&erode_by(image, self.depth, &self.before), self.depth, &self.before)
    }

    /// As scikit-image's `opening`, which leaves balls where they are and moves disks.
    pub(super) fn open<T: PartialOrd + Copy>(&self, image: &Plane<T>) -> Plane<T> {
        let (first, then) =
            if self.volume { (&self.before, &self.after) } else { (&self.after, &self.before) };
        self.continued(image, |image, depth| dilate_by(&erode_by(image, depth, first), depth, then))
    }

    /// As scikit-image's `closing`.
    pub(super) fn close<T: PartialOrd + Copy>(&self, image: &Plane<T>) -> Plane<T> {
        self.continued(image, |image, depth| {
            erode_by(&dilate_by(image, depth, &self.after), depth, &self.before)
        })
    }

    /// Applies a filter to the image continued by its border, and cuts the margin off again.
    fn continued<T: Copy>(
        &self,
        image: &Plane<T>,
        filter: impl Fn(&Plane<T>, usize) -> Plane<T>,
    ) -> Plane<T> {
        if self.margin == 0 || image.is_empty() {
            return filter(image, self.depth);
        }
        let (height, width) = (image.height() / self.depth, image.width());
        let deep = if self.volume { self.margin } else { 0 };
        let inner = |i: usize, margin: usize, n: usize| i.saturating_sub(margin).min(n - 1);
        let (depth, tall, wide) = (self.depth + 2 * deep, height + 2 * self.margin, width + 2 * self.margin);
        let lines = (0..depth).flat_map(|z| (0..tall).map(move |y| (z, y)));
        let lines = lines.map(|(z, y)| inner(z, deep, self.depth) * height + inner(y, self.margin, height));
        let data = lines.flat_map(|y| (0..wide).map(move |x| image[(y, inner(x, self.margin, width))]));
        let filtered = filter(&Plane::from_vec(depth * tall, wide, data.collect()), depth);
        let lines = (0..self.depth).flat_map(|z| (0..height).map(move |y| (z, y)));
        let lines = lines.map(|(z, y)| (z + deep) * tall + y + self.margin);
        let data = lines.flat_map(|y| &filtered.row(y)[self.margin..self.margin + width]);
        Plane::from_vec(image.height(), width, data.copied().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_even_disk_lies_off_its_centre() {
        let disk = Footprint::new(1.5, false, 1);
        let rows =
            |offsets: &VolumeOffsets| (offsets.iter().map(|o| o.1).min(), offsets.iter().map(|o| o.1).max());
        assert_eq!((rows(&disk.before), rows(&disk.after)), ((Some(-1), Some(0)), (Some(0), Some(1))));
        assert_eq!((disk.before.len(), disk.margin), (4, 3));
    }

    #[test]
    fn balls_have_as_many_voxels_as_scikit_images() {
        // skimage.morphology.ball(r).sum() for r = 1.5, 2, 2.5, 3.5
        let count = |radius| Footprint::new(radius, true, 9).after.len();
        assert_eq!([1.5, 2.0, 2.5, 3.5].map(count), [8, 33, 56, 160]);
    }
}
