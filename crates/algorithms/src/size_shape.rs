//! Size and shape of objects, as CellProfiler's MeasureObjectSizeShape takes them.

use crate::convex_hull::{Point, convex_area, convex_hull};
use crate::distance_transform::distances;
use crate::enclosing_circle::enclosing_circles;
use crate::feret::feret_diameters;
use crate::moments::{InertiaTensor, Moments, central_moments, spatial_moments};
use crate::perimeter::perimeter_and_euler_number;
use crate::regions::{Bounds, Region, Regions};
use crate::zernike::{self, zernike};
use std::f64::consts::PI;

/// Size and shape of one object.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// Number of pixels.
    pub area: usize,
    /// The rectangle around it.
    pub bounds: Bounds,
    /// Mean column and row of its pixels.
    pub center: (f64, f64),
    /// Length of its outline, in pixels.
    pub perimeter: f64,
    /// Parts less holes.
    pub euler_number: i64,
    /// Pixels in its convex hull.
    pub convex_area: usize,
    /// Moments about the corner of its rectangle.
    pub spatial: Moments,
    /// Moments about its centroid.
    pub central: Moments,
    /// Variances of its pixels.
    pub inertia: InertiaTensor,
    /// Their eigenvalues, the greater first.
    pub eigenvalues: (f64, f64),
    /// Distances of its pixels from its outside.
    pub radii: Radii,
    /// Least and greatest caliper diameter.
    pub feret: (f64, f64),
}

impl Shape {
    /// Returns 4π·area / perimeter²: 1 for a disk, infinite for what has no perimeter.
    pub fn form_factor(&self) -> f64 {
        4.0 * PI * self.area as f64 / (self.perimeter * self.perimeter)
    }

    /// Returns perimeter² / (4π·area).
    pub fn compactness(&self) -> f64 {
        self.perimeter * self.perimeter / (4.0 * PI * self.area as f64).max(1.0)
    }

    /// Returns the part of its rectangle that it fills.
    pub fn extent(&self) -> f64 {
        self.area as f64 / self.bounding_box_area() as f64
    }

    /// Returns the number of pixels of its rectangle.
    pub fn bounding_box_area(&self) -> usize {
        self.bounds.height() * self.bounds.width()
    }

    /// Returns the part of its convex hull that it fills.
    pub fn solidity(&self) -> f64 {
        self.area as f64 / self.convex_area as f64
    }

    /// Returns the diameter of the disk of its area.
    pub fn equivalent_diameter(&self) -> f64 {
        (4.0 * self.area as f64 / PI).sqrt()
    }

    /// Returns the eccentricity of the ellipse of its second moments: 0 for a disk, 1 for a line.
    pub fn eccentricity(&self) -> f64 {
        let (greater, lesser) = self.eigenvalues;
        if greater == 0.0 { 0.0 } else { (1.0 - lesser / greater).sqrt() }
    }

    /// Returns the long and short axis of the ellipse of its second moments.
    pub fn axes(&self) -> (f64, f64) {
        (4.0 * self.eigenvalues.0.sqrt(), 4.0 * self.eigenvalues.1.sqrt())
    }

    /// Returns the angle of the long axis to the rows' axis, in degrees from −90 to 90.
    pub fn orientation(&self) -> f64 {
        self.inertia.orientation() * (180.0 / PI)
    }
}

/// Distances of an object's pixels from its outside; the image's border is outside too.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Radii {
    /// Greatest distance.
    pub maximum: f64,
    /// Mean distance.
    pub mean: f64,
    /// Median distance.
    pub median: f64,
}

/// Magnitudes of an object's Zernike moments, in the order of [`zernike::indices`].
pub type ZernikeScores = [f64; zernike::COUNT];

/// Measures every object that has pixels; `None` for a number without any. Object 1 comes first.
pub fn measure(regions: &Regions) -> Vec<Option<Shape>> {
    (1..=regions.count()).map(|label| regions.get(label).map(shape)).collect()
}

/// Measures the Zernike moments of every object; NaN for a number without pixels, and for single pixels.
pub fn measure_zernike(regions: &Regions) -> Vec<ZernikeScores> {
    let hulls: Vec<Vec<Point>> =
        (1..=regions.count()).map(|label| regions.get(label).map(convex_hull).unwrap_or_default()).collect();
    let circles = enclosing_circles(&hulls);
    (1..)
        .zip(circles)
        .map(|(label, circle)| match regions.get(label) {
            Some(region) => zernike(region, circle),
            None => [f64::NAN; zernike::COUNT],
        })
        .collect()
}

fn shape(region: Region<'_>) -> Shape {
    let hull = convex_hull(region);
    let (perimeter, euler_number) = perimeter_and_euler_number(region);
    let spatial = spatial_moments(region);
    let central = central_moments(region, &spatial);
    let inertia = InertiaTensor::of(&central);
    Shape {
        area: region.area,
        bounds: region.bounds,
        center: center(region),
        perimeter,
        euler_number,
        convex_area: convex_area(&hull),
        spatial,
        central,
        inertia,
        eigenvalues: inertia.eigenvalues(),
        radii: radii(region),
        feret: feret_diameters(&hull),
    }
}

/// Returns the mean column and row.
fn center(region: Region<'_>) -> (f64, f64) {
    let (mut x, mut y) = (0u64, 0u64);
    for run in region.runs {
        let n = run.len() as u64;
        x += (u64::from(run.start) + u64::from(run.end) - 1) * n / 2;
        y += u64::from(run.row) * n;
    }
    (x as f64 / region.area as f64, y as f64 / region.area as f64)
}

fn radii(region: Region<'_>) -> Radii {
    let mask = region.mask(1);
    let all = distances(&mask);
    let mut inside: Vec<f64> =
        all.data().iter().zip(mask.data()).filter(|(_, inside)| **inside).map(|(&d, _)| d).collect();
    let sum: f64 = inside.iter().sum();
    let count = inside.len();
    let (below, &mut upper, above) = inside.select_nth_unstable_by(count / 2, f64::total_cmp);
    let largest = |values: &[f64]| values.iter().copied().reduce(f64::max);
    let maximum = largest(above).unwrap_or(upper);
    let median = match largest(below) {
        Some(lower) if count.is_multiple_of(2) => (lower + upper) / 2.0,
        _ => upper,
    };
    Radii { maximum, mean: sum / count as f64, median }
}
