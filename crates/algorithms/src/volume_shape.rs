//! Size and shape of the objects of a volume, as CellProfiler's MeasureObjectSizeShape takes them.

use crate::surface_area::{NoSurface, Tables, surface_area};
use crate::volume_hull::convex_volume;
use crate::voxel_cubes::{Box3, boxes, cubes, euler_number, widened};
use pixels::{Array, Shape};
use std::f64::consts::PI;

/// Size and shape of one object of a volume.
#[derive(Clone, Debug, PartialEq)]
pub struct VolumeShape {
    /// Number of voxels.
    pub volume: usize,
    /// The box around it, z, y and x.
    pub bounds: Box3,
    /// Mean plane, row and column of its voxels.
    pub center: [f64; 3],
    /// Area of the mesh around it, by the spacing of voxels.
    pub surface_area: f64,
    /// Parts less tunnels plus cavities.
    pub euler_number: i64,
    /// The greatest and the least eigenvalue of its inertia tensor.
    pub eigenvalues: (f64, f64),
    /// Voxels in its convex hull, if that was asked for.
    pub convex_volume: usize,
}

/// Why an object cannot be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unmeasured {
    /// There is no mesh around it.
    #[error(transparent)]
    Surface(#[from] NoSurface),
    /// It lies in one plane: Qhull gives up on it.
    #[error("object {0} lies in one plane and has no convex hull")]
    Flat(u32),
}

impl VolumeShape {
    /// Returns the number of voxels of its box.
    pub fn bounding_box_volume(&self) -> usize {
        self.bounds.iter().map(|(from, to)| to - from).product()
    }

    /// Returns the part of its box that it fills.
    pub fn extent(&self) -> f64 {
        self.volume as f64 / self.bounding_box_volume() as f64
    }

    /// Returns the part of its convex hull that it fills.
    pub fn solidity(&self) -> f64 {
        self.volume as f64 / self.convex_volume as f64
    }

    /// Returns the diameter of a ball of its volume.
    pub fn equivalent_diameter(&self) -> f64 {
        (6.0 * self.volume as f64 / PI).powf(1.0 / 3.0)
    }

    /// Returns its major and its minor axis, as scikit-image has them in three dimensions too: 4 √λ.
    pub fn axes(&self) -> (f64, f64) {
        (4.0 * self.eigenvalues.0.sqrt(), 4.0 * self.eigenvalues.1.sqrt())
    }
}

/// Measures the objects of `labels` (Z×H×W), voxels `spacing` (z, y, x) apart; those that are there, in the order of their
/// labels. `with_hull` measures their convex hulls too.
///
/// Source: `skimage.measure.regionprops` of 0.18.3, and marching cubes at level 0.
///
/// # Errors
/// When an object has no surface, or no hull.
pub fn measure_volume(
    labels: &Array<u32>,
    spacing: [f64; 3],
    with_hull: bool,
) -> Result<Vec<VolumeShape>, Unmeasured> {
    let there = (1..).zip(boxes(labels)).filter_map(|(label, bounds)| Some((label, bounds?)));
    there.map(|(label, bounds)| measure_one(labels, label, bounds, spacing, with_hull)).collect()
}

fn measure_one(
    labels: &Array<u32>,
    label: u32,
    bounds: Box3,
    spacing: [f64; 3],
    with_hull: bool,
) -> Result<VolumeShape, Unmeasured> {
    let alone = alone(labels, label, bounds);
    let shape = alone.shape();
    let mut sums = [0_u64; 3];
    let mut products = [[0_u64; 3]; 3];
    let mut volume = 0;
    for (row, values) in alone.data().chunks(shape.width).enumerate() {
        let (z, y) = (row / shape.height, row % shape.height);
        for (x, _) in values.iter().enumerate().filter(|(_, inside)| **inside != 0) {
            let at = [z as u64, y as u64, x as u64];
            for a in 0..3 {
                sums[a] += at[a];
                for b in a..3 {
                    products[a][b] += at[a] * at[b];
                }
            }
            volume += 1;
        }
    }
    let n = volume as f64;
    let mean = sums.map(|sum| sum as f64 / n);
    // Whole numbers as long as they can be: what is 0 stays 0.
    let central = |a: usize, b: usize| {
        let [sum, product] = [i128::from(sums[a]) * i128::from(sums[b]), i128::from(products[a][b])];
        (product * volume as i128 - sum) as f64 / (n * n)
    };
    let (zz, yy, xx) = (central(0, 0), central(1, 1), central(2, 2));
    let (zy, zx, yx) = (central(0, 1), central(0, 2), central(1, 2));
    let tensor = [[yy + xx, -zy, -zx], [-zy, zz + xx, -yx], [-zx, -yx, zz + yy]];
    let eigenvalues = eigenvalues(tensor).map(|value| value.max(0.0));
    // Beside its own box an object is looked at with a voxel more on each side, if there is one.
    let surface =
        surface_area(labels, widened(bounds, labels.shape()), spacing, Tables::Lewiner, |l| l == label)?;
    let everything = [(0, shape.depth), (0, shape.height), (0, shape.width)];
    let hull = with_hull.then(|| convex_volume(&alone).ok_or(Unmeasured::Flat(label))).transpose()?;
    Ok(VolumeShape {
        convex_volume: hull.unwrap_or(0),
        volume,
        bounds,
        center: [0, 1, 2].map(|axis| mean[axis] - 1.0 + bounds[axis].0 as f64),
        surface_area: surface,
        euler_number: euler_number(&cubes(&alone, everything, |inside| inside != 0)),
        eigenvalues: (
            eigenvalues.into_iter().fold(0.0, f64::max),
            eigenvalues.into_iter().fold(f64::INFINITY, f64::min),
        ),
    })
}

/// Returns the object's box with a voxel of background on each side: 1 in the object, else 0.
fn alone(labels: &Array<u32>, label: u32, bounds: Box3) -> Array<u32> {
    let [depth, height, width] = bounds.map(|(from, to)| to - from + 2);
    let mut drawn =
        Array::from_vec(Shape { depth, height, width, channels: 1 }, vec![0; depth * height * width]);
    let shape = labels.shape();
    let [(z0, z1), (y0, y1), (x0, x1)] = bounds;
    for z in z0..z1 {
        for y in y0..y1 {
            let from = &labels.data()[(z * shape.height + y) * shape.width..][x0..x1];
            let to = &mut drawn.data_mut()[((z - z0 + 1) * height + y - y0 + 1) * width + 1..][..x1 - x0];
            for (to, &from) in to.iter_mut().zip(from) {
                *to = u32::from(from == label);
            }
        }
    }
    drawn
}

/// Returns the eigenvalues of a symmetric matrix: Jacobi's rotations, until what is beside the diagonal is nothing.
fn eigenvalues(mut a: [[f64; 3]; 3]) -> [f64; 3] {
    for _ in 0..50 {
        let (p, q) = [(0, 1), (0, 2), (1, 2)]
            .into_iter()
            .max_by(|&(i, j), &(k, l)| a[i][j].abs().total_cmp(&a[k][l].abs()))
            .unwrap_or((0, 1));
        let scale = a[0][0].abs() + a[1][1].abs() + a[2][2].abs();
        if a[p][q].abs() <= f64::EPSILON * 1e-3 * scale {
            break;
        }
        let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
        let t = theta.signum() / (theta.abs() + theta.hypot(1.0));
        let c = 1.0 / t.hypot(1.0);
        let s = t * c;
        let mut rotation = [[0.0; 3]; 3];
        (0..3).for_each(|i| rotation[i][i] = 1.0);
        (rotation[p][p], rotation[q][q], rotation[p][q], rotation[q][p]) = (c, c, s, -s);
        a = product(transposed(rotation), product(a, rotation));
    }
    [a[0][0], a[1][1], a[2][2]]
}

fn transposed(a: [[f64; 3]; 3]) -> [[f64; 3]; 3] {
    [0, 1, 2].map(|i| [0, 1, 2].map(|j| a[j][i]))
}

fn product(a: [[f64; 3]; 3], b: [[f64; 3]; 3]) -> [[f64; 3]; 3] {
    [0, 1, 2].map(|i| [0, 1, 2].map(|j| (0..3).map(|k| a[i][k] * b[k][j]).sum()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eigenvalues_solve_the_characteristic_equation() {
        let a = [[2.0, -1.0, 0.5], [-1.0, 3.0, 0.25], [0.5, 0.25, 1.0]];
        for value in eigenvalues(a) {
            let m = |i: usize, j: usize| a[i][j] - if i == j { value } else { 0.0 };
            let minor = |i: usize, j: usize, k: usize, l: usize| m(1, i) * m(2, j) - m(1, k) * m(2, l);
            let determinant =
                m(0, 0) * minor(1, 2, 2, 1) - m(0, 1) * minor(0, 2, 2, 0) + m(0, 2) * minor(0, 1, 1, 0);
            assert!(determinant.abs() < 1e-12, "{value}: {determinant}");
        }
    }

    #[test]
    fn a_bar_is_as_long_as_it_is() {
        let shape = Shape { depth: 3, height: 5, width: 6, channels: 1 };
        let mut labels = Array::from_vec(shape, vec![0; shape.len()]);
        let start = (shape.height + 2) * shape.width;
        labels.data_mut()[start + 1..start + 5].fill(1);
        let bar = &measure_volume(&labels, [1.0; 3], false).unwrap()[0];
        assert_eq!((bar.volume, bar.bounding_box_volume(), bar.euler_number), (4, 4, 1));
        assert_eq!(bar.center, [1.0, 2.0, 2.5]);
        // Variance of four places in a row: 1.25, about both other axes; none about its own.
        assert_eq!(bar.axes(), (4.0 * 1.25_f64.sqrt(), 0.0));
    }
}
