use super::{Strategy, ThresholdSettings};
use crate::{Need, RunError, Workspace};
use measurements::{Column, IMAGE, Record};
use pixels::{Image, Plane};

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

    /// Thresholds the grey image `image` of `workspace`.
    ///
    /// # Errors
    /// When the image is coloured or a volume, the measurement that gives the threshold is not there, or the
    /// adaptive window is more than half of the image.
    pub fn apply(&self, _workspace: &Workspace<'_>, _image: &Image) -> Result<Thresholded, RunError> {
        Err(RunError::NotNative("thresholding".into()))
    }

    /// Notes the measurements of a threshold of `image` for the image or objects called `name`.
    ///
    /// # Errors
    /// As [`ThresholdSettings::apply`].
    pub fn measure(
        &self,
        _record: &mut Record,
        _name: &str,
        _image: &Image,
        _thresholded: &Thresholded,
    ) -> Result<(), RunError> {
        Err(RunError::NotNative("thresholding".into()))
    }
}
