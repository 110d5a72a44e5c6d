//! Statistics of all pixels of an image, as MeasureImageIntensity and MeasureImageQuality take them with numpy 1.23.

use crate::numpy::{self, Real, Selection};

/// Sum, spread and order of the pixels of an image.
#[derive(Clone, Debug, PartialEq)]
pub struct Statistics<'a, T> {
    /// Sum, in the pixels' type.
    pub sum: f64,
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub std: f64,
    /// Median.
    pub median: f64,
    /// Median distance from the median.
    pub mad: f64,
    /// Least value.
    pub min: f64,
    /// Greatest value.
    pub max: f64,
    order: Selection<'a, T>,
}

impl<'a, T: Real> Statistics<'a, T> {
    /// Measures `values`, in raster order; `None` of none. With a NaN among them all are NaN.
    pub fn of(values: &'a [T]) -> Option<Self> {
        let (min, max) = numpy::extremes(values)?;
        let sum = numpy::sum(values).to_f64();
        let order = Selection::new(values);
        let median = if min.is_nan() { min } else { order.median() };
        let distances: Vec<T> = values.iter().map(|&v| (v - median).abs()).collect();
        Some(Self {
            sum,
            mean: sum / values.len() as f64,
            std: numpy::standard_deviation(values, 0).to_f64(),
            median: median.to_f64(),
            mad: numpy::median(&distances).to_f64(),
            min: min.to_f64(),
            max: max.to_f64(),
            order,
        })
    }

    /// Returns the number of pixels.
    pub fn count(&self) -> usize {
        self.order.count()
    }

    /// Returns how many pixels, in percent, have the greatest value.
    pub fn percent_maximal(&self) -> f64 {
        let equal = self.order.values().iter().filter(|v| v.to_f64() == self.max).count();
        100.0 * equal as f64 / self.count() as f64
    }

    /// Returns a percentile between neighbouring values.
    pub fn percentile(&self, q: f64) -> f64 {
        self.order.percentile(q)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::RandomState;

    #[test]
    fn the_median_distance_is_that_from_the_median() {
        let mut random = RandomState::new(3);
        for n in 1..60 {
            let values: Vec<f32> = (0..n).map(|_| (random.sample() * 20.0).floor() as f32 / 7.0).collect();
            let found = Statistics::of(&values).unwrap();
            let middle = |mut v: Vec<f32>| {
                v.sort_by(f32::total_cmp);
                (v[(n - 1) / 2] + v[n / 2]) / 2.0
            };
            let median = middle(values.clone());
            let distances = values.iter().map(|v| (v - median).abs()).collect();
            assert_eq!(found.mad, f64::from(middle(distances)), "{n}");
            assert_eq!(found.median, f64::from(median), "{n}");
        }
    }
}
