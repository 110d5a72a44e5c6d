use super::level::Level;
use super::{Strategy, ThresholdSettings};
use crate::grey::Grey;
use crate::{Need, RunError};
use algorithms::gaussian::{smooth, smooth_rows, smooth_volume};
use algorithms::numpy::Real;
use algorithms::threshold::quality::{Quality, quality};
use measurements::{Column, IMAGE, Record};
use pixels::Plane;

/// What a threshold makes of an image.
#[derive(Clone, Debug, PartialEq)]
pub struct Thresholded {
    /// Where the (smoothed) image reaches the threshold, inside its mask.
    pub foreground: Plane<bool>,
    /// The threshold that was applied; the mean where each pixel has its own.
    pub final_threshold: f64,
    /// The threshold before it was corrected and bounded; the mean where each pixel has its own.
    pub original_threshold: f64,
    /// The global threshold that bounds an adaptive one.
    pub guide: Option<f64>,
    /// Standard deviation in pixels of the Gaussian that smoothed the image; 0 where none did.
    pub sigma: f64,
    /// How well the threshold parts the image.
    pub quality: Quality,
}

impl ThresholdSettings {
    /// Returns the measurement that the threshold is taken from, if it is.
    pub fn needs(&self) -> Vec<Need> {
        match &self.strategy {
            Strategy::Measurement(feature) => {
                vec![Need::measurement(IMAGE, feature, "Select the measurement to threshold with")]
            }
            _ => Vec::new(),
        }
    }

    /// Returns the columns that [`ThresholdSettings::measure`] fills, for the image or objects called `name`.
    pub fn columns(&self, name: &str) -> Vec<Column> {
        let mut features = vec!["FinalThreshold", "OrigThreshold"];
        if self.measures_guide {
            features.push("GuideThreshold");
        }
        features.extend(["WeightedVariance", "SumOfEntropies"]);
        features.iter().map(|f| Column::float(IMAGE, format!("Threshold_{f}_{name}"))).collect()
    }

    /// Thresholds an image inside `mask` (`None` is everywhere); `record` holds what was measured before.
    ///
    /// # Errors
    /// When the measurement that gives the threshold is not there, or CellProfiler's method cannot deal with the
    /// intensities or the size of the window.
    pub fn apply(
        &self,
        image: &Grey<'_>,
        mask: Option<&Plane<bool>>,
        record: &Record,
    ) -> Result<Thresholded, RunError> {
        self.apply_to_grey(image, mask, None, record)
    }

    /// As [`ThresholdSettings::apply`], of a volume of `depth` planes, which lie below each other.
    ///
    /// # Errors
    /// As there; a threshold for each voxel by Sauvola's method is not native.
    pub fn apply_volume(
        &self,
        image: &Grey<'_>,
        mask: Option<&Plane<bool>>,
        depth: usize,
        record: &Record,
    ) -> Result<Thresholded, RunError> {
        self.apply_to_grey(image, mask, Some(depth), record)
    }

    fn apply_to_grey(
        &self,
        image: &Grey<'_>,
        mask: Option<&Plane<bool>>,
        depth: Option<usize>,
        record: &Record,
    ) -> Result<Thresholded, RunError> {
        let mask = mask.filter(|m| m.data().contains(&false));
        match image {
            Grey::F32(plane) => self.apply_to(plane, mask, depth, record),
            Grey::F64(plane) => self.apply_to(plane, mask, depth, record),
        }
    }

    /// Notes the measurements of a threshold for the image or objects called `name`.
    pub fn measure(&self, record: &mut Record, name: &str, thresholded: &Thresholded) {
        let mut note =
            |feature: &str, value| record.image_float(format!("Threshold_{feature}_{name}"), value);
        note("FinalThreshold", thresholded.final_threshold);
        note("OrigThreshold", thresholded.original_threshold);
        if let Some(guide) = thresholded.guide {
            note("GuideThreshold", guide);
        }
        note("WeightedVariance", thresholded.quality.weighted_variance);
        note("SumOfEntropies", thresholded.quality.sum_of_entropies);
        if self.measures_guide && thresholded.guide.is_none() {
            // The automatic threshold has no guide: CellProfiler's table has an empty field for it.
            record.image_text(format!("Threshold_GuideThreshold_{name}"), "");
        }
    }

    fn apply_to<T: Real>(
        &self,
        image: &Plane<T>,
        mask: Option<&Plane<bool>>,
        depth: Option<usize>,
        record: &Record,
    ) -> Result<Thresholded, RunError> {
        let found = self.find(image, mask, depth, record)?;
        let sigma = self.sigma();
        let mut foreground = match depth {
            _ if sigma == 0.0 => reaches(image, &found.last),
            None if mask.is_none() => {
                let mut foreground = Plane::zeros(image.height(), image.width());
                smooth_rows(image, sigma, |y, row| row_reaches(row, y, &found.last, &mut foreground));
                foreground
            }
            None => reaches_smoothed(&smooth(image, mask, sigma), &found.last),
            Some(depth) => reaches_smoothed(&smooth_volume(image, mask, depth, sigma), &found.last),
        };
        if let Some(mask) = mask {
            for (pixel, inside) in foreground.data_mut().iter_mut().zip(mask.data()) {
                *pixel &= inside;
            }
        }
        let quality = quality(image, mask, &foreground)?;
        Ok(Thresholded {
            final_threshold: found.last.mean(),
            original_threshold: found.original,
            guide: found.guide,
            foreground,
            sigma,
            quality,
        })
    }

    /// Returns the deviation of the Gaussian: half of the smoothed intensity comes from within the scale.
    fn sigma(&self) -> f64 {
        if self.automatic { 1.0 } else { self.smoothing_scale / 0.6744 / 2.0 }
    }
}

/// Compares without smoothing: a global threshold is rounded to the image's type, as numpy does with a scalar.
fn reaches<T: Real>(image: &Plane<T>, level: &Level<T>) -> Plane<bool> {
    match level {
        Level::Global(threshold) => {
            let threshold = T::of(*threshold);
            image.map(|&v| v >= threshold)
        }
        Level::Local(plane) => image.zip(plane, |v, t| v.to_f64() >= *t),
        Level::Same(plane) => image.zip(plane, |v, t| v >= t),
    }
}

fn reaches_smoothed<T: Real>(image: &Plane<f64>, level: &Level<T>) -> Plane<bool> {
    let mut foreground = Plane::zeros(image.height(), image.width());
    (0..image.height()).for_each(|y| row_reaches(image.row(y), y, level, &mut foreground));
    foreground
}

/// Compares row `y` of a smoothed image.
fn row_reaches<T: Real>(row: &[f64], y: usize, level: &Level<T>, foreground: &mut Plane<bool>) {
    let pixels = foreground.row_mut(y).iter_mut().zip(row);
    match level {
        Level::Global(threshold) => pixels.for_each(|(to, v)| *to = v >= threshold),
        Level::Local(plane) => pixels.zip(plane.row(y)).for_each(|((to, v), t)| *to = v >= t),
        Level::Same(plane) => pixels.zip(plane.row(y)).for_each(|((to, v), t)| *to = *v >= t.to_f64()),
    }
}

#[cfg(test)]
mod tests;
