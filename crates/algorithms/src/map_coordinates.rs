//! Spline interpolation on grids, as `scipy.ndimage.map_coordinates`, `affine_transform` and `spline_filter`
//! (scipy 1.9.0) for grids whose planes, rows and columns are straight: every use CellProfiler makes of them.

use pixels::{Array, Plane, Shape};

/// The order of the spline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The nearest pixel; halves go up.
    Nearest,
    /// Straight lines between pixels.
    Linear,
    /// Quadratic B-spline.
    Quadratic,
    /// Cubic B-spline.
    Cubic,
}

/// What lies outside the input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outside {
    /// This value, beyond the centres of the outermost pixels.
    Constant(f64),
    /// The image mirrored about the centres of its outermost pixels.
    Mirror,
    /// The image mirrored about its edges.
    Reflect,
}

impl Outside {
    /// Returns the value of what no pixel stands for.
    fn beyond(self) -> f64 {
        match self {
            Self::Constant(value) => value,
            Self::Mirror | Self::Reflect => f64::NAN,
        }
    }
}

impl Order {
    fn degree(self) -> usize {
        match self {
            Self::Nearest => 0,
            Self::Linear => 1,
            Self::Quadratic => 2,
            Self::Cubic => 3,
        }
    }

    /// Returns the pole of the filter that turns values into spline coefficients; the first two need none.
    fn pole(self) -> Option<f64> {
        match self {
            Self::Nearest | Self::Linear => None,
            Self::Quadratic => Some(-0.171_572_875_253_809_902_396_622_551_580_603_843),
            Self::Cubic => Some(-0.267_949_192_431_122_706_472_553_658_494_127_633),
        }
    }
}

/// Returns the values of `input` at every pair of a row coordinate and a column coordinate.
///
/// The result is f64; scipy rounds it to the input's type, so a caller with an f32 image rounds it to f32.
pub fn map_grid<T: Copy + Into<f64>>(
    input: &Plane<T>,
    rows: &[f64],
    columns: &[f64],
    order: Order,
    outside: Outside,
) -> Plane<f64> {
    map_grid_where(input, rows, columns, order, outside, |_, _| true)
}

/// Does what [`map_grid`] does, but only for the places (index of row, index of column) that are `wanted`; the others
/// are 0.
pub fn map_grid_where<T: Copy + Into<f64>>(
    input: &Plane<T>,
    rows: &[f64],
    columns: &[f64],
    order: Order,
    outside: Outside,
    wanted: impl Fn(usize, usize) -> bool,
) -> Plane<f64> {
    let coefficients = spline_filter(input, order, outside);
    let taps = |coordinates: &[f64], n: usize| -> Vec<Option<Taps>> {
        coordinates.iter().map(|&c| Taps::at(c, n, order, outside)).collect()
    };
    let columns = taps(columns, input.width());
    let interpolate = interpolation(order);
    let mut data = Vec::with_capacity(rows.len() * columns.len());
    for (y, row) in taps(rows, input.height()).into_iter().enumerate() {
        let value = |(x, column): (usize, &Option<Taps>)| match (&row, column) {
            _ if !wanted(y, x) => 0.0,
            (Some(row), Some(column)) => interpolate(&coefficients, row, column),
            _ => outside.beyond(),
        };
        data.extend(columns.iter().enumerate().map(value));
    }
    Plane::from_vec(data.len() / columns.len().max(1), columns.len(), data)
}

/// Returns the values of a volume of `depth` planes, which lie below each other in `input`, at every place of a grid of plane,
/// row and column coordinates; as [`map_grid`] otherwise.
pub fn map_volume<T: Copy + Into<f64>>(
    input: &Plane<T>,
    depth: usize,
    [planes, rows, columns]: [&[f64]; 3],
    order: Order,
    outside: Outside,
) -> Array<f64> {
    let (height, width) = (input.height() / depth, input.width());
    let coefficients = volume_coefficients(input, depth, order, outside);
    let taps = |coordinates: &[f64], n: usize| -> Vec<Option<Taps>> {
        coordinates.iter().map(|&c| Taps::at(c, n, order, outside)).collect()
    };
    let (planes, rows, columns) = (taps(planes, depth), taps(rows, height), taps(columns, width));
    let interpolate = volume_interpolation(order);
    let beyond = outside.beyond();
    let mut data = Vec::with_capacity(planes.len() * rows.len() * columns.len());
    for plane in &planes {
        for row in &rows {
            data.extend(columns.iter().map(|column| match (plane, row, column) {
                (Some(plane), Some(row), Some(column)) => interpolate(&coefficients, plane, row, column),
                _ => beyond,
            }));
        }
    }
    let shape = Shape { depth: planes.len(), height: rows.len(), width: columns.len(), channels: 1 };
    Array::from_vec(shape, data)
}

/// As [`spline_filter`], of a volume; returns its planes.
fn volume_coefficients<T: Copy + Into<f64>>(
    input: &Plane<T>,
    depth: usize,
    order: Order,
    outside: Outside,
) -> Vec<Plane<f64>> {
    let (height, width) = (input.height() / depth, input.width());
    let values = input.data().iter().map(|&v| v.into()).collect();
    let mut across = Plane::from_vec(depth, height * width, values);
    if let Some(pole) = order.pole().filter(|_| depth > 1) {
        filter_columns(&mut across, pole, outside == Outside::Reflect);
    }
    let plane = |z: usize| Plane::from_vec(height, width, across.row(z).to_vec());
    (0..depth).map(|z| spline_filter(&plane(z), order, outside)).collect()
}

/// Returns the values of `input` at matrix · (row, column) + `offset` of every place of an image of `shape`, as
/// `scipy.ndimage.affine_transform`; f64 as from [`map_grid`].
pub fn map_affine<T: Copy + Into<f64>>(
    input: &Plane<T>,
    matrix: [[f64; 2]; 2],
    offset: [f64; 2],
    shape: (usize, usize),
    order: Order,
    outside: Outside,
) -> Plane<f64> {
    let coefficients = spline_filter(input, order, outside);
    let beyond = outside.beyond();
    let value = |y: usize, x: usize| {
        let at = |axis: usize| offset[axis] + matrix[axis][0] * y as f64 + matrix[axis][1] * x as f64;
        let row = Taps::at(at(0), input.height(), order, outside)?;
        let column = Taps::at(at(1), input.width(), order, outside)?;
        Some(interpolation(order)(&coefficients, &row, &column))
    };
    let places = (0..shape.0).flat_map(|y| (0..shape.1).map(move |x| (y, x)));
    let data = places.map(|(y, x)| value(y, x).unwrap_or(beyond)).collect();
    Plane::from_vec(shape.0, shape.1, data)
}

/// Returns the spline coefficients of `input`: what B-splines at the pixels must be weighted with to go through
/// its values. Orders 0 and 1 leave the values as they are.
///
/// Method of Unser, Aldroubi & Eden (1991); sums in f64 along rows of pixels, axis 0 first.
pub fn spline_filter<T: Copy + Into<f64>>(input: &Plane<T>, order: Order, outside: Outside) -> Plane<f64> {
    let mut plane = input.map(|&v| v.into());
    let Some(pole) = order.pole() else { return plane };
    let reflect = outside == Outside::Reflect;
    if plane.height() > 1 {
        filter_columns(&mut plane, pole, reflect);
    }
    if plane.width() > 1 {
        for y in 0..plane.height() {
            filter_row(plane.row_mut(y), pole, reflect);
        }
    }
    plane
}

fn gain(pole: f64) -> f64 {
    (1.0 - pole) * (1.0 - 1.0 / pole)
}

fn filter_row(c: &mut [f64], z: f64, reflect: bool) {
    let n = c.len();
    let gain = gain(z);
    c.iter_mut().for_each(|v| *v *= gain);
    if reflect {
        let z_n = z.powf(n as f64);
        let (first, mut z_i) = (c[0], z);
        let mut sum = c[0] + z_n * c[n - 1];
        for i in 1..n {
            // The last turn meets the first coefficient, which holds the sum by now.
            let far = if i == n - 1 { sum } else { c[n - 1 - i] };
            sum += z_i * (c[i] + z_n * far);
            z_i *= z;
        }
        c[0] = sum * (z / (1.0 - z_n * z_n)) + first;
    } else {
        let z_n = z.powf((n - 1) as f64);
        let mut z_i = z;
        let mut sum = c[0] + z_n * c[n - 1];
        for i in 1..n - 1 {
            sum += z_i * (c[i] + z_n * c[n - 1 - i]);
            z_i *= z;
        }
        c[0] = sum / (1.0 - z_n * z_n);
    }
    for i in 1..n {
        c[i] += z * c[i - 1];
    }
    c[n - 1] =
        if reflect { c[n - 1] * (z / (z - 1.0)) } else { (z * c[n - 2] + c[n - 1]) * z / (z * z - 1.0) };
    for i in (0..n - 1).rev() {
        c[i] = z * (c[i + 1] - c[i]);
    }
}

/// As [`filter_row`] on every column, a row at a time.
fn filter_columns(plane: &mut Plane<f64>, z: f64, reflect: bool) {
    let (n, width) = plane.shape();
    let gain = gain(z);
    let data = plane.data_mut();
    data.iter_mut().for_each(|v| *v *= gain);
    let z_n = z.powf(if reflect { n as f64 } else { (n - 1) as f64 });
    let first = data[..width].to_vec();
    let mut sum: Vec<f64> = (0..width).map(|x| data[x] + z_n * data[(n - 1) * width + x]).collect();
    let mut z_i = z;
    for i in 1..if reflect { n } else { n - 1 } {
        let (near, far) = (&data[i * width..][..width], &data[(n - 1 - i) * width..][..width]);
        if i == n - 1 {
            sum.iter_mut().zip(near).for_each(|(sum, near)| *sum += z_i * (near + z_n * *sum));
        } else {
            let pairs = near.iter().zip(far);
            sum.iter_mut().zip(pairs).for_each(|(sum, (near, far))| *sum += z_i * (near + z_n * far));
        }
        z_i *= z;
    }
    for ((c, sum), first) in data.iter_mut().zip(&sum).zip(&first) {
        *c = if reflect { sum * (z / (1.0 - z_n * z_n)) + first } else { sum / (1.0 - z_n * z_n) };
    }
    for i in 1..n {
        let (done, rest) = data.split_at_mut(i * width);
        for (c, before) in rest[..width].iter_mut().zip(&done[(i - 1) * width..]) {
            *c += z * before;
        }
    }
    let (before, last) = data.split_at_mut((n - 1) * width);
    for (c, before) in last.iter_mut().zip(&before[(n - 2) * width..]) {
        *c = if reflect { *c * (z / (z - 1.0)) } else { (z * before + *c) * z / (z * z - 1.0) };
    }
    for i in (0..n - 1).rev() {
        let (rest, done) = data.split_at_mut((i + 1) * width);
        for (c, after) in rest[i * width..].iter_mut().zip(&done[..width]) {
            *c = z * (after - *c);
        }
    }
}

/// Which pixels along one axis a value is made of, and their weights.
struct Taps {
    pixels: [usize; 4],
    weights: [f64; 4],
}

impl Taps {
    /// Returns the taps at coordinate `c` of an axis of `n` pixels; `None` outside of it.
    fn at(c: f64, n: usize, order: Order, outside: Outside) -> Option<Self> {
        let inside = (0.0..=(n - 1) as f64).contains(&c);
        let c = match outside {
            Outside::Constant(_) if !inside => return None,
            Outside::Constant(_) => c,
            Outside::Mirror => mirror(c, n),
            Outside::Reflect => reflect(c, n),
        };
        let degree = order.degree();
        let middle = if degree % 2 == 1 { c.floor() } else { (c + 0.5).floor() };
        let start = middle as i64 - (degree / 2) as i64;
        let boundary = if outside == Outside::Reflect { reflect } else { mirror };
        let pixels = std::array::from_fn(|k| match (k <= degree, start + k as i64) {
            (false, _) => 0,
            (true, at) if (0..n as i64).contains(&at) => at as usize,
            (true, at) => boundary(at as f64, n) as usize,
        });
        Some(Self { pixels, weights: weights(c - middle, order) })
    }
}

/// Returns the weights of the pixels around a place `x` past the middle one.
fn weights(x: f64, order: Order) -> [f64; 4] {
    match order {
        Order::Nearest => [1.0, 0.0, 0.0, 0.0],
        Order::Linear => {
            let first = 1.0 - x;
            [first, 1.0 - first, 0.0, 0.0]
        }
        Order::Quadratic => {
            let y = 0.5 - x;
            let (first, second) = (0.5 * y * y, 0.75 - x * x);
            [first, second, 1.0 - first - second, 0.0]
        }
        Order::Cubic => {
            let z = 1.0 - x;
            let first = z * z * z / 6.0;
            let second = (x * x * (x - 2.0) * 3.0 + 4.0) / 6.0;
            let third = (z * z * (z - 2.0) * 3.0 + 4.0) / 6.0;
            [first, second, third, 1.0 - first - second - third]
        }
    }
}

/// Returns the coordinate inside `n` pixels that stands for `c` when they are mirrored about the outermost centres.
fn mirror(c: f64, n: usize) -> f64 {
    if n <= 1 {
        return 0.0;
    }
    let last = (n - 1) as f64;
    let period = 2.0 * last;
    if c < 0.0 {
        let c = period * (-c / period).trunc() + c;
        if c <= -last { c + period } else { -c }
    } else if c > last {
        let c = c - period * (c / period).trunc();
        if c >= n as f64 { period - c } else { c }
    } else {
        c
    }
}

/// Returns the coordinate inside `n` pixels that stands for `c` when they are mirrored about their edges.
fn reflect(c: f64, n: usize) -> f64 {
    if n <= 1 {
        return 0.0;
    }
    let length = n as f64;
    let period = 2.0 * length;
    if c < 0.0 {
        let c = if c < -period { period * (-c / period).trunc() + c } else { c };
        match c {
            c if c < -length => c + period,
            c if c > -1e-15 => 1e-15 - 1.0,
            c => -c - 1.0,
        }
    } else if c > length - 1.0 {
        let c = c - period * (c / period).trunc();
        if c >= length { period - c - 1.0 } else { c }
    } else {
        c
    }
}

/// Returns what sums up the coefficients around a place.
fn interpolation(order: Order) -> fn(&Plane<f64>, &Taps, &Taps) -> f64 {
    match order {
        Order::Nearest => interpolate::<1>,
        Order::Linear => interpolate::<2>,
        Order::Quadratic => interpolate::<3>,
        Order::Cubic => interpolate::<4>,
    }
}

fn interpolate<const N: usize>(coefficients: &Plane<f64>, row: &Taps, column: &Taps) -> f64 {
    let mut sum = 0.0;
    for i in 0..N {
        let (line, wy) = (coefficients.row(row.pixels[i]), row.weights[i]);
        for j in 0..N {
            sum += line[column.pixels[j]] * wy * column.weights[j];
        }
    }
    sum
}

/// As [`interpolation`], in a volume.
fn volume_interpolation(order: Order) -> fn(&[Plane<f64>], &Taps, &Taps, &Taps) -> f64 {
    match order {
        Order::Nearest => interpolate_volume::<1>,
        Order::Linear => interpolate_volume::<2>,
        Order::Quadratic => interpolate_volume::<3>,
        Order::Cubic => interpolate_volume::<4>,
    }
}

fn interpolate_volume<const N: usize>(
    coefficients: &[Plane<f64>],
    plane: &Taps,
    row: &Taps,
    column: &Taps,
) -> f64 {
    let mut sum = 0.0;
    for h in 0..N {
        let (flat, wz) = (&coefficients[plane.pixels[h]], plane.weights[h]);
        for i in 0..N {
            let (line, wy) = (flat.row(row.pixels[i]), row.weights[i]);
            for j in 0..N {
                sum += line[column.pixels[j]] * wz * wy * column.weights[j];
            }
        }
    }
    sum
}
