//! Resizing of volumes, as `skimage.transform.resize` of scikit-image 0.18.3 with `mode='symmetric'`.
//!
//! A volume whose width stays is to scikit-image a flat image of planes × rows with a channel a column, which it warps; any
//! other is interpolated along all three axes with `scipy.ndimage.map_coordinates`.

use crate::gaussian::{Boundary, gaussian_filter_axes};
use crate::map_coordinates::{Order, Outside, map_volume};
use crate::numpy::Real;
use crate::resize::{self, Interpolation};
use pixels::{Array, Plane, Shape};

/// Returns a grey volume of `size` (planes, rows, columns), smoothed before along the axes that shrink.
///
/// Values beyond the range of the smoothed volume are clipped to it, except for nearest.
pub fn resize_volume<T: Real>(volume: &Array<T>, size: [usize; 3], interpolation: Interpolation) -> Array<T> {
    if size[2] == volume.shape().width {
        return by_columns(volume, |columns| resize::resize(columns, size[0], size[1], interpolation));
    }
    interpolated(&smoothed(volume, size), size, interpolation)
}

/// As [`resize_volume`], without smoothing: what scikit-image does to a binary volume, which it takes for f64.
pub fn resample_volume<T: Real>(
    volume: &Array<T>,
    size: [usize; 3],
    interpolation: Interpolation,
) -> Array<T> {
    if size[2] == volume.shape().width {
        return by_columns(volume, |columns| resize::resample(columns, size[0], size[1], interpolation));
    }
    interpolated(volume, size, interpolation)
}

/// Returns a mask of `size`, each voxel that of the nearest one; where the width changes too, what lies beyond the centres of
/// the outermost voxels is false.
pub fn resize_volume_mask(mask: &Array<bool>, size: [usize; 3]) -> Array<bool> {
    if size[2] == mask.shape().width {
        let resize = |column: &Plane<bool>| resize::resize_mask(column, size[0], size[1]);
        return by_columns(mask, |columns| columns.iter().map(resize).collect());
    }
    let volume = mask.map(|&inside| f64::from(u8::from(inside)));
    mapped(&volume, size, Order::Nearest, Outside::Constant(0.0)).map(|&v| v != 0.0)
}

/// Returns what `resize` makes of the columns, each a plane of planes × rows.
fn by_columns<T: Copy>(volume: &Array<T>, resize: impl Fn(&[Plane<T>]) -> Vec<Plane<T>>) -> Array<T> {
    let shape = volume.shape();
    let column = |x: usize| {
        let data = volume.data().iter().skip(x).step_by(shape.width).copied().collect();
        Plane::from_vec(shape.depth, shape.height, data)
    };
    let resized = resize(&(0..shape.width).map(column).collect::<Vec<_>>());
    let (depth, height) = resized[0].shape();
    let data =
        (0..depth * height).flat_map(|at| resized.iter().map(move |column| column.data()[at])).collect();
    Array::from_vec(Shape { depth, height, ..shape }, data)
}

fn smoothed<T: Real>(volume: &Array<T>, size: [usize; 3]) -> Array<T> {
    let shape = volume.shape();
    let sigma = |n_in: usize, n_out: usize| ((n_in as f64 / n_out as f64 - 1.0) / 2.0).max(0.0);
    let sigmas = (sigma(shape.height, size[1]), sigma(shape.width, size[2]));
    let across = Plane::from_vec(shape.depth, shape.height * shape.width, volume.data().to_vec());
    let across = gaussian_filter_axes(&across, (sigma(shape.depth, size[0]), 0.0), Boundary::Reflect, 4.0);
    let across = Array::from_vec(shape, across.into_vec());
    let planes =
        (0..shape.depth).map(|z| gaussian_filter_axes(&across.plane(z, 0), sigmas, Boundary::Reflect, 4.0));
    Array::from_vec(shape, planes.flat_map(Plane::into_vec).collect())
}

fn interpolated<T: Real>(volume: &Array<T>, size: [usize; 3], interpolation: Interpolation) -> Array<T> {
    let order = match interpolation {
        Interpolation::Nearest => Order::Nearest,
        Interpolation::Bilinear => Order::Linear,
        Interpolation::Bicubic => Order::Cubic,
    };
    let wide = volume.map(|v| v.to_f64());
    let resized = mapped(&wide, size, order, Outside::Reflect);
    if order == Order::Nearest {
        return resized.map(|&v| T::of(v));
    }
    let (low, high) =
        wide.data().iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)));
    resized.map(|&v| T::of(v.max(low).min(high)))
}

/// Returns the values at the centres of the voxels of a volume of another size.
fn mapped(volume: &Array<f64>, size: [usize; 3], order: Order, outside: Outside) -> Array<f64> {
    let shape = volume.shape();
    let coordinates = |n_in: usize, n_out: usize| -> Vec<f64> {
        let factor = n_in as f64 / n_out as f64;
        (0..n_out).map(|i| factor * (i as f64 + 0.5) - 0.5).collect()
    };
    let [planes, rows, columns] = [
        coordinates(shape.depth, size[0]),
        coordinates(shape.height, size[1]),
        coordinates(shape.width, size[2]),
    ];
    map_volume(volume.rows(), shape.depth, [&planes, &rows, &columns], order, outside)
}
