use measurements::{Column, EXPERIMENT, IMAGE, Record};
use std::collections::BTreeMap;

/// A number that stands for all objects of an image set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aggregate {
    Mean,
    Median,
    StDev,
}

impl Aggregate {
    pub(crate) fn question(self) -> &'static str {
        match self {
            Self::Mean => "Calculate the per-image mean values for object measurements?",
            Self::Median => "Calculate the per-image median values for object measurements?",
            Self::StDev => "Calculate the per-image standard deviation values for object measurements?",
        }
    }

    /// Returns the feature's name in the image table.
    pub(crate) fn feature(self, object: &str, feature: &str) -> String {
        let name = match self {
            Self::Mean => "Mean",
            Self::Median => "Median",
            Self::StDev => "StDev",
        };
        format!("{name}_{object}_{feature}")
    }

    /// Returns the aggregate of finite `values` in ascending order, NaN of none; the standard deviation is the
    /// population's.
    fn of(self, values: &[f64]) -> f64 {
        let n = values.len();
        let mean = || values.iter().sum::<f64>() / n as f64;
        match self {
            _ if n == 0 => f64::NAN,
            Self::Mean => mean(),
            Self::Median if n % 2 == 1 => values[n / 2],
            Self::Median => (values[n / 2 - 1] + values[n / 2]) / 2.0,
            Self::StDev => {
                let mean = mean();
                (values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n as f64).sqrt()
            }
        }
    }
}

/// The aggregates that a run has: of which object's which feature, under which name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Aggregates(Vec<(Aggregate, Column, String)>);

impl Aggregates {
    /// Returns those of every chosen feature of every object set in `columns`, but for numbers of objects and notes on
    /// errors and time.
    pub(crate) fn new(wanted: &[Aggregate], columns: &[Column], chosen: impl Fn(&Column) -> bool) -> Self {
        let ignored = |c: &&Column| {
            let objects = [IMAGE, EXPERIMENT, "Neighbors"].contains(&c.object.as_str());
            let notes = ["Description_", "ModuleError_", "TimeElapsed_"];
            objects || c.feature == "Number_Object_Number" || notes.iter().any(|n| c.feature.starts_with(n))
        };
        let of = |&aggregate: &Aggregate| {
            let features = columns.iter().filter(|c| !ignored(c) && chosen(c)).cloned();
            features.map(move |c| (aggregate, c.clone(), aggregate.feature(&c.object, &c.feature)))
        };
        Self(wanted.iter().flat_map(of).collect())
    }

    /// Returns kind, column and name of each.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Aggregate, &Column, &str)> {
        self.0.iter().map(|(aggregate, column, name)| (*aggregate, column, name.as_str()))
    }

    /// Computes all of an image set, but for those of features that were not measured. Values that are not finite do
    /// not count; texts give NaN.
    pub(crate) fn compute(&self, record: &Record) -> BTreeMap<String, f64> {
        let mut sorted: BTreeMap<(&str, &str), Option<Vec<f64>>> = BTreeMap::new();
        for (_, column, _) in &self.0 {
            sorted.entry((&column.object, &column.feature)).or_insert_with(|| {
                let values = record.object(&column.object, &column.feature)?;
                let mut finite: Vec<f64> = values.to_floats();
                finite.retain(|v| v.is_finite());
                finite.sort_by(f64::total_cmp);
                Some(finite)
            });
        }
        let mut computed = BTreeMap::new();
        for (aggregate, column, name) in self.iter() {
            if let Some(values) = &sorted[&(column.object.as_str(), column.feature.as_str())] {
                computed.insert(name.to_string(), aggregate.of(values));
            }
        }
        computed
    }
}
