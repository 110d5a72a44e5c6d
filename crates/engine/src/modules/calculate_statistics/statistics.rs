//! Gathers a mean of each measurement of each image set, and makes statistics of them at the end of the run.

use super::CalculateStatistics;
use crate::{Experiment, RecordSink, RunError};
use algorithms::dose_response::{ec50, v_factor, z_factors};
use algorithms::numpy;
use imageset::ImageSet;
use measurements::{IMAGE, Record, Value, Values};
use std::collections::{BTreeMap, BTreeSet};

/// Object set and feature.
type Name = (String, String);

/// What an image set has of a measurement.
enum Cell {
    Number(f64),
    Text,
}

/// The measurements of a run so far.
pub(super) struct Statistics<'a> {
    module: &'a CalculateStatistics,
    rows: Vec<BTreeMap<Name, Cell>>,
    /// The controls, then the doses, of each image set.
    columns: Vec<Vec<f64>>,
    /// Whether image sets are numbered by input modules, which measures them.
    numbered: bool,
    /// Which of those features were measured at all.
    measured: BTreeSet<String>,
}

impl<'a> Statistics<'a> {
    pub(super) fn new(module: &'a CalculateStatistics, image_sets: &[ImageSet]) -> Self {
        let columns = vec![Vec::new(); 1 + module.doses.len()];
        let numbered = image_sets.iter().any(|set| !set.columns.is_empty());
        Self { module, rows: Vec::new(), columns, numbered, measured: BTreeSet::new() }
    }

    /// Returns the features that part the image sets: the controls', then the doses'.
    fn parting(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let module = self.module;
        [module.grouping.as_str()].into_iter().chain(module.doses.iter().map(|d| d.feature.as_str()))
    }

    fn is_wanted(&self, object: &str, feature: &str) -> bool {
        let left_out = ["Location", "ModuleError", "ExecutionTime"];
        let parts = object == IMAGE && self.parting().any(|f| f == feature);
        !parts && !left_out.iter().any(|part| feature.contains(part))
    }
}

/// Returns the mean of the finite values.
fn mean(values: &Values) -> f64 {
    let finite: Vec<f64> = values.to_floats().into_iter().filter(|v| v.is_finite()).collect();
    numpy::mean(&finite)
}

impl RecordSink for Statistics<'_> {
    fn record(&mut self, record: &Record) -> Result<(), RunError> {
        let mut row = BTreeMap::new();
        let number = Value::Integer(record.image_number as i64);
        let given = record.image.iter().map(|(feature, value)| (feature.as_str(), value));
        let numbers = self.numbered.then_some(("ImageNumber", &number));
        for (feature, value) in numbers.into_iter().chain(given) {
            let cell = match value {
                Value::Integer(v) => Cell::Number(*v as f64),
                Value::Float(v) => Cell::Number(*v),
                Value::Text(_) => Cell::Text,
            };
            if self.is_wanted(IMAGE, feature) {
                row.insert((IMAGE.to_string(), feature.to_string()), cell);
            }
        }
        for (object, features) in &record.objects {
            for (feature, values) in features.iter().filter(|(f, _)| self.is_wanted(object, f)) {
                let cell = match values {
                    Values::Texts(_) => Cell::Text,
                    numbers => Cell::Number(mean(numbers)),
                };
                row.insert((object.clone(), feature.clone()), cell);
            }
        }
        self.rows.push(row);
        for (feature, column) in self.parting().zip(0..) {
            let value = match record.image.get(feature) {
                _ if feature == "ImageNumber" => record.image_number as f64,
                None => f64::NAN,
                Some(Value::Integer(v)) => *v as f64,
                Some(Value::Float(v)) => *v,
                Some(Value::Text(text)) => text.trim().parse().map_err(|_| {
                    RunError::Refused(format!("CalculateStatistics: `{feature}` is `{text}`, not a number"))
                })?,
            };
            if feature == "ImageNumber" || record.image.contains_key(feature) {
                self.measured.insert(feature.to_string());
            }
            self.columns[column].push(value);
        }
        Ok(())
    }

    fn finish(self: Box<Self>, experiment: &mut Experiment) -> Result<(), RunError> {
        if let Some(missing) = self.parting().find(|f| !self.measured.contains(*f)) {
            let message = format!("CalculateStatistics: `{missing}` of the image is not measured");
            return Err(RunError::Refused(message));
        }
        let names: BTreeSet<&Name> = self.rows.iter().flat_map(BTreeMap::keys).collect();
        for name in names {
            // The first image set that has the measurement tells whether it is of numbers.
            let first = self.rows.iter().find_map(|row| row.get(name));
            if !matches!(first, Some(Cell::Number(_))) {
                continue;
            }
            let number = |row: &BTreeMap<Name, Cell>| match row.get(name) {
                Some(Cell::Number(v)) => *v,
                _ => f64::NAN,
            };
            let values: Vec<f64> = self.rows.iter().map(number).collect();
            let mut note = |statistic: &str, value: f64| {
                experiment.insert(format!("{statistic}_{}_{}", name.0, name.1), Value::Float(value));
            };
            let Some((both, one)) = z_factors(&self.columns[0], &values) else {
                let message = "CalculateStatistics: all image sets are of one control";
                return Err(RunError::Refused(message.into()));
            };
            note("Zfactor", both);
            note("OneTailedZfactor", one);
            note("Vfactor", v_factor(&self.columns[1], &values));
            for (dose, doses) in self.module.doses.iter().zip(&self.columns[1..]) {
                let doses: Vec<f64> =
                    doses.iter().map(|v| if dose.logarithmic { v.ln() } else { *v }).collect();
                let Some(half) = ec50(&doses, &values) else {
                    let message = format!("CalculateStatistics: `{}` is the same everywhere", dose.feature);
                    return Err(RunError::Refused(message));
                };
                if self.module.doses.len() == 1 {
                    note("EC50", half);
                } else {
                    note(&format!("EC50_{}", dose.feature), half);
                }
            }
        }
        Ok(())
    }
}
