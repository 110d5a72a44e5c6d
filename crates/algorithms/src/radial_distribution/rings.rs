//! The intensity in rings around the centres of objects.

use super::Rays;
use crate::numpy::{Real, sum};

/// Number of wedges that a ring is cut into.
const WEDGES: usize = 8;

/// The ring and wedge that each pixel lies in.
#[derive(Clone, Debug, PartialEq)]
pub struct Rings {
    count: usize,
    cells: Vec<u32>,
}

impl Rings {
    /// Cuts the way from 0 to 1 into `count` rings; beyond is one more.
    pub fn new(rays: &Rays, count: usize) -> Self {
        let cell = |(&distance, &wedge): (&f64, &u8)| {
            let ring = ((distance * count as f64) as usize).min(count);
            (ring * WEDGES) as u32 + u32::from(wedge)
        };
        Self { count, cells: rays.distances.iter().zip(&rays.wedges).map(cell).collect() }
    }

    /// Returns each pixel's place in the image and its ring, from 0.
    pub fn of_pixels(&self, rays: &Rays) -> impl Iterator<Item = (usize, usize)> {
        rays.places.iter().zip(&self.cells).map(|(&place, &cell)| (place as usize, cell as usize / WEDGES))
    }
}

/// What is measured of one ring, of each object, object 1 first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ring {
    /// Part of the object's intensity.
    pub fraction: Vec<f64>,
    /// That over the part of its pixels.
    pub mean_fraction: Vec<f64>,
    /// Coefficient of variation of the mean intensities of its wedges.
    pub variation: Vec<f64>,
}

/// Measures the rings of every object in an image (row by row), from the innermost; the last is beyond all.
pub fn measure_rings<T: Real>(image: &[T], rays: &Rays, rings: &Rings) -> Vec<Ring> {
    let count = rings.count + 1;
    let mut found = vec![Ring::default(); count];
    let mut totals = vec![T::ZERO; count];
    let mut wedges = vec![(T::ZERO, 0u32); count * WEDGES];
    for range in rays.objects() {
        totals.fill(T::ZERO);
        wedges.fill((T::ZERO, 0));
        let mut places = rays.places[range.clone()].iter();
        // Neighbours mostly lie in one cell: its sums wait in registers for the next pixel.
        for cells in rings.cells[range].chunk_by(|a, b| a == b) {
            let cell = cells[0] as usize;
            let (mut total, mut sum) = (totals[cell / WEDGES], wedges[cell].0);
            for &place in places.by_ref().take(cells.len()) {
                let value = image[place as usize];
                total += value;
                sum += value;
            }
            totals[cell / WEDGES] = total;
            wedges[cell] = (sum, wedges[cell].1 + cells.len() as u32);
        }
        let pixels: Vec<f64> =
            wedges.chunks(WEDGES).map(|w| f64::from(w.iter().map(|w| w.1).sum::<u32>())).collect();
        let (whole, all) = (sum(&totals), sum(&pixels));
        for (at, ring) in found.iter_mut().enumerate() {
            let fraction = (totals[at] / whole).to_f64();
            ring.fraction.push(fraction);
            ring.mean_fraction.push(fraction / (pixels[at] / all + f64::EPSILON));
            ring.variation.push(variation(&wedges[at * WEDGES..][..WEDGES]));
        }
    }
    found
}

/// Returns the coefficient of variation of the means of the wedges that have pixels, as numpy's masked arrays do: where
/// the mean is 0 or nearly so, it is the standard deviation.
fn variation<T: Real>(wedges: &[(T, u32)]) -> f64 {
    let count = wedges.iter().filter(|w| w.1 > 0).count() as f64;
    if count == 0.0 {
        return 0.0;
    }
    let of = |f: &dyn Fn(f64) -> f64| -> f64 {
        let value = |w: &(T, u32)| if w.1 > 0 { f(w.0.to_f64() / f64::from(w.1)) } else { 0.0 };
        sum(&wedges.iter().map(value).collect::<Vec<f64>>())
    };
    let mean = of(&|m| m) / count;
    let deviation = (of(&|m| (m - mean) * (m - mean)) / count).sqrt();
    let variation = deviation / mean;
    let safe = variation.is_finite() && deviation.abs() * f64::MIN_POSITIVE < mean.abs();
    if safe { variation } else { deviation }
}
