//! Mean, median and deviation of the thresholds over all image sets of the run.

use super::settings::{Aggregate, ImageGroup};
use crate::{Experiment, RecordSink, RunError};
use algorithms::numpy;
use imageset::ImageSet;
use measurements::{Record, Value};

/// Gathers the thresholds of a run.
pub(super) struct Aggregates {
    /// What is measured of an image set, and what that becomes.
    features: Vec<(String, [String; 3])>,
    values: Vec<Vec<f64>>,
}

impl Aggregates {
    /// Returns what gathers the groups' thresholds; `None` when there is none.
    pub(super) fn new(groups: &[ImageGroup], image_sets: &[ImageSet]) -> Option<Self> {
        let mut features = Vec::new();
        for group in groups {
            let names = image_sets.first().map(|set| group.images.names(set)).unwrap_or_default();
            for name in names {
                for threshold in &group.thresholds {
                    let aggregate = Aggregate::ALL.map(|a| threshold.feature(&name, a.name()));
                    features.push((threshold.feature(&name, ""), aggregate));
                }
            }
        }
        let values = vec![Vec::new(); features.len()];
        (!features.is_empty()).then_some(Self { features, values })
    }
}

impl RecordSink for Aggregates {
    fn record(&mut self, record: &Record) -> Result<(), RunError> {
        for ((feature, _), values) in self.features.iter().zip(&mut self.values) {
            match record.image.get(feature) {
                Some(Value::Float(v)) if v.is_finite() => values.push(*v),
                Some(Value::Integer(v)) => values.push(*v as f64),
                _ => {}
            }
        }
        Ok(())
    }

    fn finish(self: Box<Self>, experiment: &mut Experiment) -> Result<(), RunError> {
        for ((_, names), values) in self.features.into_iter().zip(&self.values) {
            let all = [numpy::mean(values), numpy::median(values), numpy::standard_deviation(values, 0)];
            for (name, value) in names.into_iter().zip(all) {
                experiment.insert(name, Value::Float(value));
            }
        }
        Ok(())
    }
}
