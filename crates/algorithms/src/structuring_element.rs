//! Structuring elements, and grey morphology with them.
//!
//! Source: `skimage.morphology` 0.18 (`selem`, `grey`), which goes by `scipy.ndimage.grey_erosion`. What is beyond the
//! border is a reflection of what is inside; for these elements that is the same as not to count.

use crate::morphology;
use pixels::{Array, Plane, Shape};

/// The form of a structuring element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Three dimensions, by its radius.
    Ball,
    /// Three dimensions, by its width.
    Cube,
    /// Two dimensions, by its radius.
    Diamond,
    /// Two dimensions, by its radius.
    Disk,
    /// Three dimensions, by its radius.
    Octahedron,
    /// Two dimensions, by its width.
    Square,
    /// Two dimensions, by half its square's width: that square and it turned by 45°.
    Star,
}

/// A structuring element: a form and its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StructuringElement {
    /// The form.
    pub form: Form,
    /// Its radius or width, at least 1.
    pub size: usize,
}

/// The side of an element of even width on which its longer half is.
#[derive(Clone, Copy, PartialEq)]
enum Longer {
    After,
    Before,
}

impl StructuringElement {
    /// Returns whether it has three dimensions.
    pub fn is_volume(&self) -> bool {
        matches!(self.form, Form::Ball | Form::Cube | Form::Octahedron)
    }

    /// Returns the (z, y, x) offsets of its pixels; z is 0 in two dimensions.
    fn offsets(&self, longer: Longer) -> Vec<(isize, isize, isize)> {
        let size = self.size as isize;
        let sides = match (self.form, longer) {
            (Form::Square | Form::Cube, Longer::After) => -((size - 1) / 2)..=size / 2,
            (Form::Square | Form::Cube, Longer::Before) => -(size / 2)..=(size - 1) / 2,
            (Form::Star, _) => -(size + size / 2)..=size + size / 2,
            _ => -size..=size,
        };
        let inside = |z: isize, y: isize, x: isize| match self.form {
            Form::Square | Form::Cube => true,
            Form::Diamond | Form::Octahedron => z.abs() + y.abs() + x.abs() <= size,
            Form::Disk | Form::Ball => z * z + y * y + x * x <= size * size,
            Form::Star if size == 1 => y.abs() <= 1 && x.abs() <= 1,
            Form::Star => y.abs().max(x.abs()) <= size || y.abs() + x.abs() <= size + size / 2,
        };
        let depths = if self.is_volume() { sides.clone() } else { 0..=0 };
        depths
            .flat_map(|z| sides.clone().map(move |y| (z, y)))
            .flat_map(|(z, y)| sides.clone().map(move |x| (z, y, x)))
            .filter(|&(z, y, x)| inside(z, y, x))
            .collect()
    }

    /// Returns whether it reaches farther on one side.
    fn is_eccentric(&self) -> bool {
        matches!(self.form, Form::Square | Form::Cube) && self.size.is_multiple_of(2)
    }

    /// Returns the least value of the element around each value: of `stack` plane by plane with an element of two
    /// dimensions, else of it all.
    pub fn erode<T: PartialOrd + Copy>(&self, stack: &Array<T>) -> Array<T> {
        let longer = if self.is_volume() { Longer::Before } else { Longer::After };
        extreme(stack, &self.offsets(longer), morphology::erode, |a, b| if b < a { b } else { a })
    }

    /// Erodes each object of `labels` (Z×H×W) by itself: a pixel stays where the element covers nothing but its object;
    /// what is beyond the image counts as the object.
    ///
    /// Source: `skimage.morphology.binary_erosion` 0.18. An element of two dimensions takes each plane by itself.
    pub fn erode_objects(&self, labels: &Array<u32>) -> Array<u32> {
        let offsets = self.offsets(Longer::Before);
        let least = extreme(labels, &offsets, morphology::erode, |a, b| a.min(b));
        let greatest = extreme(labels, &offsets, morphology::dilate, |a, b| a.max(b));
        let mut out = labels.clone();
        for ((out, least), greatest) in out.data_mut().iter_mut().zip(least.data()).zip(greatest.data()) {
            if least != greatest {
                *out = 0;
            }
        }
        out
    }

    /// Returns the greatest value; as [`StructuringElement::erode`] otherwise.
    pub fn dilate<T: PartialOrd + Copy>(&self, stack: &Array<T>) -> Array<T> {
        extreme(stack, &self.offsets(Longer::After), morphology::dilate, |a, b| if b > a { b } else { a })
    }

    /// Grows the true pixels of `stack` (Z×H×W) by the element.
    ///
    /// Source: `skimage.morphology.binary_dilation` 0.18.
    pub fn dilate_mask(&self, stack: &Array<bool>) -> Array<bool> {
        extreme(stack, &self.offsets(Longer::After), morphology::dilate, |a, b| a | b)
    }

    /// Erodes, then dilates.
    pub fn open<T: PartialOrd + Copy>(&self, stack: &Array<T>) -> Array<T> {
        let (first, then) =
            if self.is_volume() { (Longer::Before, Longer::After) } else { (Longer::After, Longer::Before) };
        self.padded(stack, |stack| {
            let eroded =
                extreme(stack, &self.offsets(first), morphology::erode, |a, b| if b < a { b } else { a });
            extreme(&eroded, &self.offsets(then), morphology::dilate, |a, b| if b > a { b } else { a })
        })
    }

    /// Dilates, then erodes.
    pub fn close<T: PartialOrd + Copy>(&self, stack: &Array<T>) -> Array<T> {
        self.padded(stack, |stack| {
            let longer = self.offsets(Longer::After);
            let dilated = extreme(stack, &longer, morphology::dilate, |a, b| if b > a { b } else { a });
            extreme(
                &dilated,
                &self.offsets(Longer::Before),
                morphology::erode,
                |a, b| if b < a { b } else { a },
            )
        })
    }

    /// Applies `function` to the stack with its border repeated outwards, where the element is eccentric.
    fn padded<T: PartialOrd + Copy>(
        &self,
        stack: &Array<T>,
        function: impl Fn(&Array<T>) -> Array<T>,
    ) -> Array<T> {
        if !self.is_eccentric() || stack.shape().is_empty() {
            return function(stack);
        }
        let shape = stack.shape();
        let margin = self.size - 1;
        let deep = if self.is_volume() { margin } else { 0 };
        let wide = Shape {
            depth: shape.depth + 2 * deep,
            height: shape.height + 2 * margin,
            width: shape.width + 2 * margin,
            channels: 1,
        };
        let place = |z: usize, y: usize, x: usize, of: Shape| (z * of.height + y) * of.width + x;
        let inner = |at: usize, margin: usize, n: usize| at.saturating_sub(margin).min(n - 1);
        let all = |of: Shape| {
            let rows = (0..of.depth).flat_map(move |z| (0..of.height).map(move |y| (z, y)));
            rows.flat_map(move |(z, y)| (0..of.width).map(move |x| (z, y, x)))
        };
        let data = all(wide).map(|(z, y, x)| {
            let (z, y, x) =
                (inner(z, deep, shape.depth), inner(y, margin, shape.height), inner(x, margin, shape.width));
            stack.data()[place(z, y, x, shape)]
        });
        let made = function(&Array::from_vec(wide, data.collect()));
        let data = all(shape).map(|(z, y, x)| made.data()[place(z + deep, y + margin, x + margin, wide)]);
        Array::from_vec(shape, data.collect())
    }
}

/// The (z, y, x) offsets of a footprint's pixels from its centre, plane by plane; the part of each plane is as in [`dilate`] of
/// planes, and has the centre's row and column.
///
/// [`dilate`]: morphology::dilate
pub type VolumeOffsets = Vec<(isize, isize, isize)>;

/// Returns the least value of a volume of `depth` planes, which lie below each other in `image`, within `footprint` of each
/// voxel; what is beyond the border does not count.
pub fn erode_by<T: PartialOrd + Copy>(
    image: &Plane<T>,
    depth: usize,
    footprint: &[(isize, isize, isize)],
) -> Plane<T> {
    extreme_of_planes(image, depth, footprint, morphology::erode, |a, b| if b < a { b } else { a })
}

/// Returns the greatest value; as [`erode_by`] otherwise.
pub fn dilate_by<T: PartialOrd + Copy>(
    image: &Plane<T>,
    depth: usize,
    footprint: &[(isize, isize, isize)],
) -> Plane<T> {
    extreme_of_planes(image, depth, footprint, morphology::dilate, |a, b| if b > a { b } else { a })
}

fn extreme<T: PartialOrd + Copy>(
    stack: &Array<T>,
    offsets: &[(isize, isize, isize)],
    of_plane: impl Fn(&Plane<T>, &[(isize, isize)]) -> Plane<T>,
    pick: impl Fn(T, T) -> T,
) -> Array<T> {
    let shape = stack.shape();
    let found = extreme_of_planes(stack.rows(), shape.depth, offsets, of_plane, pick);
    Array::from_vec(shape, found.into_vec())
}

/// Combines, for each plane, the extremes of the planes around it over the element's part at their distance.
fn extreme_of_planes<T: PartialOrd + Copy>(
    stack: &Plane<T>,
    depth: usize,
    offsets: &[(isize, isize, isize)],
    of_plane: impl Fn(&Plane<T>, &[(isize, isize)]) -> Plane<T>,
    pick: impl Fn(T, T) -> T,
) -> Plane<T> {
    let footprint =
        |part: &[(isize, isize, isize)]| -> Vec<_> { part.iter().map(|&(_, y, x)| (y, x)).collect() };
    let parts = || offsets.chunk_by(|a, b| a.0 == b.0);
    if depth == 1 {
        let part = parts().find(|part| part[0].0 == 0);
        return part.map_or_else(|| stack.clone(), |part| of_plane(stack, &footprint(part)));
    }
    let (height, width) = (stack.height() / depth.max(1), stack.width());
    let planes = stack.data().chunks_exact((height * width).max(1));
    let planes: Vec<_> = planes.map(|plane| Plane::from_vec(height, width, plane.to_vec())).collect();
    let mut out: Vec<Option<Plane<T>>> = vec![None; planes.len()];
    for part in parts() {
        let footprint = footprint(part);
        for (z, out) in out.iter_mut().enumerate() {
            let Some(from) = z.checked_add_signed(part[0].0).and_then(|z| planes.get(z)) else { continue };
            let found = of_plane(from, &footprint);
            *out = Some(match out.take() {
                Some(so_far) => so_far.zip(&found, |&a, &b| pick(a, b)),
                None => found,
            });
        }
    }
    let data = out.into_iter().zip(planes).flat_map(|(found, own)| found.unwrap_or(own).into_vec());
    Plane::from_vec(stack.height(), width, data.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(form: Form, size: usize) -> StructuringElement {
        StructuringElement { form, size }
    }

    #[test]
    fn elements_have_as_many_pixels_as_scikit_images() {
        // skimage.morphology.star(1..4).sum(), octahedron(1..2), ball(1..3), disk(2), diamond(2)
        let count = |form, size| element(form, size).offsets(Longer::After).len();
        assert_eq!([1, 2, 3, 4].map(|n| count(Form::Star, n)), [9, 29, 53, 97]);
        assert_eq!([1, 2].map(|n| count(Form::Octahedron, n)), [7, 25]);
        assert_eq!([1, 2, 3].map(|n| count(Form::Ball, n)), [7, 33, 123]);
        assert_eq!([count(Form::Disk, 2), count(Form::Diamond, 2), count(Form::Cube, 2)], [13, 13, 8]);
    }

    #[test]
    fn opening_takes_away_what_the_element_does_not_fit_in_unless_it_goes_on_beyond_the_border() {
        let values = [0, 5, 5, 0, 7, 0, 5, 5, 0, 0, 0, 0, 0, 0, 0].to_vec();
        let stack = Array::from_vec(Shape::grey(3, 5), values);
        let opened = element(Form::Square, 2).open(&stack);
        assert_eq!(opened.data(), [0, 5, 5, 0, 7, 0, 5, 5, 0, 0, 0, 0, 0, 0, 0]);
    }
}
