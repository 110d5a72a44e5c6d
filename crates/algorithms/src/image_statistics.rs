//! Statistics of all pixels of an image, as MeasureImageIntensity and MeasureImageQuality take them with numpy 1.23.

use crate::numpy::{self, Real};

/// Sum, spread and order of the pixels of an image.
#[derive(Clone, Debug, PartialEq)]
pub struct Statistics<T> {
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
    sorted: Vec<T>,
}

impl<T: Real> Statistics<T> {
    /// Measures `values`, in raster order; `None` of none. With a NaN among them all are NaN.
    pub fn of(values: &[T]) -> Option<Self> {
        let (min, max) = numpy::extremes(values)?;
        let sum = numpy::sum(values).to_f64();
        let mut sorted = values.to_vec();
        T::sort(&mut sorted);
        let median = if min.is_nan() { min } else { middle(&sorted) };
        let finite = min.to_f64().is_finite() && max.to_f64().is_finite();
        let mad = if finite {
            median_distance(&sorted, median)
        } else {
            let distances: Vec<T> = values.iter().map(|&v| (v - median).abs()).collect();
            numpy::median(&distances)
        };
        Some(Self {
            sum,
            mean: sum / values.len() as f64,
            std: numpy::standard_deviation(values, 0).to_f64(),
            median: median.to_f64(),
            mad: mad.to_f64(),
            min: min.to_f64(),
            max: max.to_f64(),
            sorted,
        })
    }

    /// Returns the number of pixels.
    pub fn count(&self) -> usize {
        self.sorted.len()
    }

    /// Returns how many pixels, in percent, have the greatest value.
    pub fn percent_maximal(&self) -> f64 {
        let below = self.sorted.partition_point(|v| v.to_f64() < self.max);
        let equal = self.sorted[below..].iter().take_while(|v| v.to_f64() == self.max).count();
        100.0 * equal as f64 / self.count() as f64
    }

    /// Returns a percentile between neighbouring values.
    pub fn percentile(&self, q: f64) -> f64 {
        numpy::percentile(&self.sorted, q)
    }
}

/// Returns the median of sorted values.
fn middle<T: Real>(sorted: &[T]) -> T {
    let n = sorted.len();
    match n % 2 {
        1 => sorted[n / 2],
        _ => T::of((sorted[n / 2 - 1] + sorted[n / 2]).to_f64() / 2.0),
    }
}

/// Returns the median distance of sorted values from `center`, their median: from there outwards they are in order.
fn median_distance<T: Real>(sorted: &[T], center: T) -> T {
    let n = sorted.len();
    let mut right = sorted.partition_point(|&v| v < center);
    let mut left = right;
    let (mut before, mut last) = (T::ZERO, T::ZERO);
    for _ in 0..=n / 2 {
        let down = left.checked_sub(1).map(|i| (sorted[i] - center).abs());
        let up = sorted.get(right).map(|&v| (v - center).abs());
        before = last;
        last = match (down, up) {
            (Some(down), Some(up)) if down < up => {
                left -= 1;
                down
            }
            (_, Some(up)) => {
                right += 1;
                up
            }
            (Some(down), None) => {
                left -= 1;
                down
            }
            (None, None) => break,
        };
    }
    if n % 2 == 1 { last } else { T::of((before + last).to_f64() / 2.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::RandomState;

    #[test]
    fn the_median_distance_is_numpys() {
        let mut random = RandomState::new(3);
        for n in 1..60 {
            let values: Vec<f32> = (0..n).map(|_| (random.sample() * 20.0).floor() as f32 / 7.0).collect();
            let found = Statistics::of(&values).unwrap();
            let median = numpy::median(&values);
            let distances: Vec<f32> = values.iter().map(|v| (v - median).abs()).collect();
            assert_eq!(found.mad, f64::from(numpy::median(&distances)), "{n}");
            assert_eq!(found.median, f64::from(median), "{n}");
        }
    }
}
