//! Statistics of all pixels of an image, as MeasureImageIntensity and MeasureImageQuality take them with numpy 1.23.

use crate::numpy::{self, DistanceFrom, Real, STRETCH, Selection};

/// Sum, spread and order of the pixels of an image.
#[derive(Clone, Debug, PartialEq)]
pub struct Statistics {
    /// Number of pixels.
    pub count: usize,
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
    /// How many pixels, in percent, have the greatest value.
    pub percent_maximal: f64,
    /// The percentiles that were asked for, between neighbouring values.
    pub percentiles: Vec<f64>,
}

impl Statistics {
    /// Measures `values`, in raster order, with the percentiles at `percents`; `None` of none. With a NaN among them all
    /// are NaN.
    pub fn of<T: Real>(values: &[T], percents: &[f64]) -> Option<Self> {
        // Stretch by stretch, as numpy adds them: an image is read from memory as few times as may be.
        let (mut sum, mut range) = (T::ZERO, None);
        for stretch in values.chunks(STRETCH) {
            sum += numpy::sum(stretch);
            range = Some(numpy::wider(range, numpy::extremes(stretch)?));
        }
        let (min, max) = range?;
        let n = T::of(values.len() as f64);
        let mean = sum / n;
        let square = move |v: T| (v - mean) * (v - mean);
        let (mut squares, mut maximal) = (T::ZERO, 0);
        for stretch in values.chunks(STRETCH) {
            squares += numpy::sum_of(stretch, square);
            maximal += stretch.iter().filter(|v| **v == max).count();
        }
        let (median, percentiles) =
            Selection::within(values, numpy::AsTheyAre, (min, max)).median_and_percentiles(percents);
        let median = if min.is_nan() { min } else { median };
        let from_median = |v: T| (v - median).abs();
        let farthest = if from_median(min) > from_median(max) { from_median(min) } else { from_median(max) };
        let mad = if min.is_nan() {
            min
        } else {
            Selection::within(values, DistanceFrom(median), (T::ZERO, farthest)).median()
        };
        Some(Self {
            count: values.len(),
            sum: sum.to_f64(),
            mean: sum.to_f64() / values.len() as f64,
            std: T::of(squares.to_f64() / values.len() as f64).sqrt().to_f64(),
            median: median.to_f64(),
            mad: mad.to_f64(),
            min: min.to_f64(),
            max: max.to_f64(),
            percent_maximal: 100.0 * maximal as f64 / values.len() as f64,
            percentiles,
        })
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
            let found = Statistics::of(&values, &[]).unwrap();
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
