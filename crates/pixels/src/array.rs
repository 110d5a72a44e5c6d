use crate::Plane;

/// The extent of an [`Array`]: z, y, x and colour channels; an axis that is not there is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Planes of a volume, 1 for a flat image.
    pub depth: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Colour channels, 1 for grey.
    pub channels: usize,
}

impl Shape {
    /// Returns the shape of a flat grey image.
    pub fn grey(height: usize, width: usize) -> Self {
        Self { depth: 1, height, width, channels: 1 }
    }

    /// Returns whether the image is flat and grey, so that it is a [`Plane`].
    pub fn is_plane(&self) -> bool {
        self.depth == 1 && self.channels == 1
    }

    /// Returns the number of values.
    pub fn len(&self) -> usize {
        self.depth * self.height * self.width * self.channels
    }

    /// Returns whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A dense array in the order z, y, x, channel (channel fastest).
///
/// The values lie in one plane of `depth · height` rows and `width · channels` columns, so that a flat grey
/// array *is* its plane and costs nothing to be seen as one.
#[derive(Clone, Debug, PartialEq)]
pub struct Array<T> {
    depth: usize,
    channels: usize,
    rows: Plane<T>,
}

impl<T> Array<T> {
    /// Wraps `data`, which holds the values of `shape` in the order z, y, x, channel.
    ///
    /// # Panics
    /// When the length of `data` is another.
    pub fn from_vec(shape: Shape, data: Vec<T>) -> Self {
        let rows = Plane::from_vec(shape.depth * shape.height, shape.width * shape.channels, data);
        Self { depth: shape.depth, channels: shape.channels, rows }
    }

    /// Returns the extent.
    pub fn shape(&self) -> Shape {
        Shape {
            depth: self.depth,
            height: self.rows.height() / self.depth.max(1),
            width: self.rows.width() / self.channels.max(1),
            channels: self.channels,
        }
    }

    /// Returns all values in the order z, y, x, channel.
    pub fn data(&self) -> &[T] {
        self.rows.data()
    }

    /// Returns all values in the order z, y, x, channel, to change.
    pub fn data_mut(&mut self) -> &mut [T] {
        self.rows.data_mut()
    }

    /// Returns the values themselves.
    pub fn into_vec(self) -> Vec<T> {
        self.rows.into_vec()
    }

    /// Returns all values as one plane: the planes of a volume below each other, the channels of a pixel beside each other.
    pub fn rows(&self) -> &Plane<T> {
        &self.rows
    }

    /// Returns the array as a plane when it is flat and grey.
    pub fn as_plane(&self) -> Option<&Plane<T>> {
        self.shape().is_plane().then_some(&self.rows)
    }

    /// Returns the array as a plane when it is flat and grey, without a copy.
    pub fn into_plane(self) -> Option<Plane<T>> {
        self.shape().is_plane().then_some(self.rows)
    }

    /// Returns an array of the same shape with `f` of each value.
    pub fn map<U>(&self, f: impl FnMut(&T) -> U) -> Array<U> {
        Array { depth: self.depth, channels: self.channels, rows: self.rows.map(f) }
    }
}

impl<T: Copy> Array<T> {
    /// Returns one colour channel of one z plane.
    ///
    /// # Panics
    /// When there is no such plane or channel.
    pub fn plane(&self, z: usize, channel: usize) -> Plane<T> {
        let s = self.shape();
        assert!(z < s.depth && channel < s.channels, "plane {z}, channel {channel} of {s:?}");
        let n = s.height * s.width * s.channels;
        let plane = &self.data()[z * n..(z + 1) * n];
        let data = match s.channels {
            1 => plane.to_vec(),
            3 => plane.as_chunks::<3>().0.iter().map(|pixel| pixel[channel]).collect(),
            channels => plane.chunks_exact(channels).map(|pixel| pixel[channel]).collect(),
        };
        Plane::from_vec(s.height, s.width, data)
    }
}

impl<T> From<Plane<T>> for Array<T> {
    fn from(rows: Plane<T>) -> Self {
        Self { depth: 1, channels: 1, rows }
    }
}
