use pixels::{Array, Plane, Shape};

/// The rows and columns that are left of an image when it is cut to a mask.
///
/// Source: `cellprofiler_core.utilities.image.crop_image`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cropping {
    rows: Vec<usize>,
    columns: Vec<usize>,
    /// Whether rows and columns that an image does not have are passed over.
    lenient: bool,
}

impl Cropping {
    /// Keeps the smallest rectangle that holds all of `mask`.
    pub(crate) fn edges(mask: &Plane<bool>) -> Self {
        let Self { rows, columns, .. } = Self::all(mask);
        let whole = |kept: &[usize]| match (kept.first(), kept.last()) {
            (Some(&first), Some(&last)) => (first..=last).collect(),
            _ => Vec::new(),
        };
        Self { rows: whole(&rows), columns: whole(&columns), lenient: true }
    }

    /// Keeps the rows and columns that hold something of `mask`.
    pub(crate) fn all(mask: &Plane<bool>) -> Self {
        let rows = (0..mask.height()).filter(|&y| mask.row(y).contains(&true)).collect();
        let mut kept = vec![false; mask.width()];
        for y in 0..mask.height() {
            kept.iter_mut().zip(mask.row(y)).for_each(|(kept, &inside)| *kept |= inside);
        }
        let columns = (0..kept.len()).filter(|&x| kept[x]).collect();
        Self { rows, columns, lenient: false }
    }

    /// Returns what is left of a flat image; `None` when it lacks rows or columns, or is a volume.
    pub(crate) fn cut<T: Copy>(&self, image: &Array<T>) -> Option<Array<T>> {
        let shape = image.shape();
        if shape.depth != 1 {
            return None;
        }
        let there = |kept: &[usize], n: usize| {
            let there: Vec<usize> = kept.iter().copied().filter(|&at| at < n).collect();
            (self.lenient || there.len() == kept.len()).then_some(there)
        };
        let (rows, columns) = (there(&self.rows, shape.height)?, there(&self.columns, shape.width)?);
        let c = shape.channels;
        let mut data = Vec::with_capacity(rows.len() * columns.len() * c);
        for &y in &rows {
            let row = &image.data()[y * shape.width * c..(y + 1) * shape.width * c];
            for &x in &columns {
                data.extend_from_slice(&row[x * c..(x + 1) * c]);
            }
        }
        Some(Array::from_vec(Shape { height: rows.len(), width: columns.len(), ..shape }, data))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_empty_goes_at_the_edges_or_everywhere() {
        let mask = [0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0].map(|v| v == 1);
        let mask = Plane::from_vec(2, 6, mask.to_vec());
        let image = Array::from_vec(Shape::grey(2, 6), (0..12).collect());
        let cut = |c: Cropping| c.cut(&image).unwrap().into_vec();
        assert_eq!(cut(Cropping::edges(&mask)), [1, 2, 3, 4, 7, 8, 9, 10]);
        assert_eq!(cut(Cropping::all(&mask)), [1, 4, 7, 10]);
        let narrow = Array::from_vec(Shape::grey(2, 3), (0..6).collect());
        assert_eq!(Cropping::edges(&mask).cut(&narrow).unwrap().into_vec(), [1, 2, 4, 5]);
        assert_eq!(Cropping::all(&mask).cut(&narrow), None);
        let nothing = Cropping::all(&Plane::filled(2, 6, false));
        assert!(nothing.cut(&image).unwrap().data().is_empty());
    }
}
