use crate::{Array, Plane, Shape};
use multiversion::multiversion;

/// Which object each pixel belongs to; 0 is background and objects count from 1.
#[derive(Clone, Debug, PartialEq)]
pub enum Labels {
    /// Every pixel belongs to one object at the most: y·x, or z·y·x for a volume.
    Dense(Array<u32>),
    /// Objects overlap: several planes of one shape, each object whole in one of them.
    Overlapping(Vec<Plane<u32>>),
}

impl Labels {
    /// Returns the extent; `channels` is 1, `depth` that of the volume (1 when flat).
    pub fn shape(&self) -> Shape {
        match self {
            Self::Dense(a) => a.shape(),
            Self::Overlapping(p) => {
                p.first().map_or(Shape::grey(0, 0), |p| Shape::grey(p.height(), p.width()))
            }
        }
    }

    /// Returns the labels as one flat plane, when they are that.
    pub fn as_plane(&self) -> Option<&Plane<u32>> {
        match self {
            Self::Dense(a) => a.as_plane(),
            Self::Overlapping(p) => (p.len() == 1).then(|| &p[0]),
        }
    }

    /// Returns the greatest label, which CellProfiler takes for the number of objects.
    pub fn count(&self) -> usize {
        match self {
            Self::Dense(a) => greatest(a.data()) as usize,
            Self::Overlapping(p) => p.iter().map(|p| greatest(p.data())).max().unwrap_or(0) as usize,
        }
    }
}

#[multiversion(targets("x86_64+avx2"))]
fn greatest(labels: &[u32]) -> u32 {
    labels.iter().fold(0, |greatest, &label| label.max(greatest))
}

impl From<Plane<u32>> for Labels {
    fn from(plane: Plane<u32>) -> Self {
        Self::Dense(plane.into())
    }
}
