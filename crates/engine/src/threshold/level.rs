use super::{Adaptive, Strategy, ThresholdSettings};
use crate::RunError;
use algorithms::numpy::{self, Real};
use algorithms::threshold::adaptive::{adaptive, tolerance};
use algorithms::threshold::log_transform::log_transform;
use algorithms::threshold::sauvola::{sauvola, sauvola_of_volume};
use algorithms::threshold::{Method, ThresholdError};
use measurements::{Record, Value};
use pixels::Plane;
use std::borrow::Cow;

/// A threshold, before and after it was corrected and bounded.
pub(super) struct Found<T> {
    pub last: Level<T>,
    pub original: f64,
    pub guide: Option<f64>,
}

/// A threshold of an image of `T`.
pub(super) enum Level<T> {
    /// One for all pixels.
    Global(f64),
    /// One for each pixel.
    Local(Plane<f64>),
    /// One for each pixel, where CellProfiler keeps the image's own type.
    Same(Plane<T>),
}

impl<T: Real> Level<T> {
    pub fn mean(&self) -> f64 {
        match self {
            Self::Global(threshold) => *threshold,
            Self::Local(plane) => numpy::mean(plane.data()),
            Self::Same(plane) => numpy::mean(plane.data()).to_f64(),
        }
    }
}

impl From<ThresholdError> for RunError {
    fn from(error: ThresholdError) -> Self {
        Self::Refused(error.to_string())
    }
}

impl ThresholdSettings {
    /// Finds the threshold of an image; of a volume, `depth` planes lie below each other.
    pub(super) fn find<T: Real>(
        &self,
        image: &Plane<T>,
        mask: Option<&Plane<bool>>,
        depth: Option<usize>,
        record: &Record,
    ) -> Result<Found<T>, RunError> {
        let global = |last, original| Found { last: Level::Global(last), original, guide: None };
        Ok(match &self.strategy {
            Strategy::Manual(threshold) => global(*threshold, *threshold),
            Strategy::Measurement(feature) => {
                let original = measured(record, feature)?;
                global(self.corrected(original), original)
            }
            Strategy::Global(method) => {
                let original = self.global(image, mask, method)?;
                global(self.corrected(original), original)
            }
            Strategy::Automatic => {
                let original = self.global(image, mask, &Method::MinimumCrossEntropy)?;
                global(self.corrected(original), original)
            }
            Strategy::Adaptive { window, method } => self.adaptive((image, mask, depth), *window, method)?,
            Strategy::Unused => {
                return Err(RunError::Internal("a threshold is asked for that was not read".into()));
            }
        })
    }

    fn global<T: Real>(
        &self,
        image: &Plane<T>,
        mask: Option<&Plane<bool>>,
        method: &Method,
    ) -> Result<f64, RunError> {
        if !self.log_transform {
            return Ok(method.threshold(&inside(image, mask))?);
        }
        let (logs, scale) = log_transform(image);
        Ok(scale.intensity(method.threshold(&inside(&logs, mask))?))
    }

    fn adaptive<T: Real>(
        &self,
        (image, mask, depth): (&Plane<T>, Option<&Plane<bool>>, Option<usize>),
        window: i64,
        method: &Adaptive,
    ) -> Result<Found<T>, RunError> {
        let guiding = match method {
            Adaptive::Blocks(method) => method,
            Adaptive::Sauvola => &Method::MinimumCrossEntropy,
        };
        let guide = self.corrected(self.global(image, mask, guiding)?);
        let (original, last) = if self.log_transform {
            let (logs, scale) = log_transform(image);
            let intensity = |places: Plane<f64>| places.map(|&place| scale.intensity(place));
            let thresholds = match local((&logs, mask, depth), window, method)? {
                Level::Local(places) | Level::Same(places) => intensity(places),
                Level::Global(place) => logs.map(|_| scale.intensity(place)),
            };
            self.bounded(Level::Local(thresholds), guide)
        } else {
            self.bounded(local((image, mask, depth), window, method)?, guide)
        };
        Ok(Found { last, original, guide: Some(guide) })
    }

    /// Returns the mean of a threshold of each pixel, and the threshold corrected and kept between 0.7 and 1.5 of
    /// the guide.
    fn bounded<T: Real>(&self, level: Level<T>, guide: f64) -> (f64, Level<T>) {
        let original = level.mean();
        let low = greater(self.bounds.0, guide * 0.7);
        let high = less(self.bounds.1, guide * 1.5);
        let bounded = match level {
            Level::Local(plane) => Level::Local(bound(plane, self.correction_factor, low, high)),
            Level::Same(plane) => Level::Same(bound(plane, self.correction_factor, low, high)),
            Level::Global(threshold) => Level::Global(threshold),
        };
        (original, bounded)
    }

    fn corrected(&self, threshold: f64) -> f64 {
        less(greater(threshold * self.correction_factor, self.bounds.0), self.bounds.1)
    }
}

/// Python's `max`: the first unless the second is greater, so that NaN stays.
fn greater(a: f64, b: f64) -> f64 {
    if b > a { b } else { a }
}

/// Python's `min`: the first unless the second is less, so that NaN stays.
fn less(a: f64, b: f64) -> f64 {
    if b < a { b } else { a }
}

fn bound<T: Real>(plane: Plane<T>, factor: f64, low: f64, high: f64) -> Plane<T> {
    let (factor, low, high) = (T::of(factor), T::of(low), T::of(high));
    let mut plane = plane;
    for v in plane.data_mut() {
        *v = *v * factor;
        if *v < low {
            *v = low;
        }
        if *v > high {
            *v = high;
        }
    }
    plane
}

/// Returns the values inside the mask in raster order.
fn inside<'i, T: Real>(image: &'i Plane<T>, mask: Option<&Plane<bool>>) -> Cow<'i, [T]> {
    match mask {
        None => Cow::Borrowed(image.data()),
        Some(mask) => {
            let kept = image.data().iter().zip(mask.data()).filter(|(_, inside)| **inside);
            Cow::Owned(kept.map(|(&v, _)| v).collect())
        }
    }
}

/// Returns the threshold of each pixel, neither corrected nor bounded.
fn local<T: Real>(
    (image, mask, depth): (&Plane<T>, Option<&Plane<bool>>, Option<usize>),
    window: i64,
    method: &Adaptive,
) -> Result<Level<T>, RunError> {
    let (height, width) = image.shape();
    let masked = mask.is_some_and(|m| m.data().contains(&false));
    // CellProfiler means to ask for a constant image but compares every row, of a volume every plane, with the first.
    let size = depth.map_or(width, |depth| height / depth.max(1) * width).max(1);
    let mut parts = image.data().chunks(size);
    if let Some(first) = parts.next().filter(|_| !masked)
        && parts.all(|part| part == first)
        && first.iter().all(|v| !v.is_nan())
    {
        return Ok(Level::Same(image.clone()));
    }
    let dark = |(i, v): (usize, &T)| *v == T::ZERO || v.is_nan() || mask.is_some_and(|m| !m.data()[i]);
    if image.data().iter().enumerate().all(dark) {
        return Ok(Level::Same(Plane::zeros(height, width)));
    }
    match method {
        Adaptive::Blocks(method) => {
            let tolerance = tolerance(image.data(), method)?;
            if depth.is_none() {
                return Ok(Level::Local(adaptive(image, mask, window, method, tolerance)?));
            }
            // Each plane alone, kept in the volume's own type.
            let rows = size / width.max(1);
            let mut levels = Vec::with_capacity(image.len());
            for (z, part) in image.data().chunks(size).enumerate() {
                let plane = Plane::from_vec(rows, width, part.to_vec());
                let mask = mask.map(|m| Plane::from_vec(rows, width, m.data()[z * size..][..size].to_vec()));
                let level = adaptive(&plane, mask.as_ref(), window, method, tolerance)?;
                levels.extend(level.data().iter().map(|&level| T::of(level)));
            }
            Ok(Level::Same(Plane::from_vec(height, width, levels)))
        }
        Adaptive::Sauvola => {
            let window =
                usize::try_from(window).map_err(|_| ThresholdError::Window { window, width, height })?;
            let image = match mask {
                Some(mask) => Cow::Owned(image.zip(mask, |&v, &m| if m { v } else { T::ZERO })),
                None => Cow::Borrowed(image),
            };
            Ok(Level::Local(match depth {
                None => sauvola(&image, window),
                Some(depth) => sauvola_of_volume(&image, depth, window),
            }))
        }
    }
}

/// Returns a measurement of the image as a number.
fn measured(record: &Record, feature: &str) -> Result<f64, RunError> {
    match record.image.get(feature) {
        Some(Value::Float(v)) => Ok(*v),
        Some(Value::Integer(v)) => Ok(*v as f64),
        Some(Value::Text(text)) => text.trim().parse().map_err(|_| {
            RunError::Refused(format!(
                "measurement `{feature}` is `{text}`, which is no number to threshold with"
            ))
        }),
        None => {
            Err(RunError::Refused(format!("there is no image measurement `{feature}` to threshold with")))
        }
    }
}
