/// A dense two-dimensional array, row by row: `height` rows of `width` values.
#[derive(Clone, Debug, PartialEq)]
pub struct Plane<T> {
    height: usize,
    width: usize,
    data: Vec<T>,
}

impl<T> Plane<T> {
    /// Wraps `data`, which holds `height · width` values row by row.
    ///
    /// # Panics
    /// When the length of `data` is another.
    pub fn from_vec(height: usize, width: usize, data: Vec<T>) -> Self {
        assert_eq!(data.len(), height * width, "a plane of {height}×{width} values");
        Self { height, width, data }
    }

    /// Returns the number of rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Returns the number of columns.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Returns (height, width).
    pub fn shape(&self) -> (usize, usize) {
        (self.height, self.width)
    }

    /// Returns the number of values.
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// Returns whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// Returns all values, row by row.
    pub fn data(&self) -> &[T] {
        &self.data
    }

    /// Returns all values, row by row, to change.
    pub fn data_mut(&mut self) -> &mut [T] {
        &mut self.data
    }

    /// Returns the values themselves, row by row.
    pub fn into_vec(self) -> Vec<T> {
        self.data
    }

    /// Returns row `y`.
    pub fn row(&self, y: usize) -> &[T] {
        &self.data[y * self.width..(y + 1) * self.width]
    }

    /// Returns row `y`, to change.
    pub fn row_mut(&mut self, y: usize) -> &mut [T] {
        &mut self.data[y * self.width..(y + 1) * self.width]
    }

    /// Returns a plane of the same shape with `f` of each value.
    pub fn map<U>(&self, f: impl FnMut(&T) -> U) -> Plane<U> {
        Plane { height: self.height, width: self.width, data: self.data.iter().map(f).collect() }
    }

    /// Returns a plane of the same shape with `f` of each pair of values.
    ///
    /// # Panics
    /// When the shapes differ.
    pub fn zip<U, V>(&self, other: &Plane<U>, mut f: impl FnMut(&T, &U) -> V) -> Plane<V> {
        assert_eq!(self.shape(), other.shape(), "planes of one shape");
        let data = self.data.iter().zip(&other.data).map(|(a, b)| f(a, b)).collect();
        Plane { height: self.height, width: self.width, data }
    }
}

impl<T: Clone> Plane<T> {
    /// Returns a plane where every value is `value`.
    pub fn filled(height: usize, width: usize, value: T) -> Self {
        Self { height, width, data: vec![value; height * width] }
    }
}

impl<T: Clone + Default> Plane<T> {
    /// Returns a plane of zeros (or what `Default` is for `T`).
    pub fn zeros(height: usize, width: usize) -> Self {
        Self::filled(height, width, T::default())
    }
}

impl<T> std::ops::Index<(usize, usize)> for Plane<T> {
    type Output = T;

    /// Returns the value at (row, column).
    fn index(&self, (y, x): (usize, usize)) -> &T {
        &self.data[y * self.width + x]
    }
}

impl<T> std::ops::IndexMut<(usize, usize)> for Plane<T> {
    fn index_mut(&mut self, (y, x): (usize, usize)) -> &mut T {
        &mut self.data[y * self.width + x]
    }
}
