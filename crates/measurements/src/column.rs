/// The table that has one row an image set.
pub const IMAGE: &str = "Image";
/// The table that has one row a run.
pub const EXPERIMENT: &str = "Experiment";

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Whole numbers.
    Integer,
    /// f64; NaN where there is no value.
    Float,
    /// Text.
    Text,
}

/// A measurement that is made: whose, called what, of what kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// `Image`, `Experiment` or the name of an object set.
    pub object: String,
    /// CellProfiler's feature name, as `Intensity_MeanIntensity_CorrDNA`.
    pub feature: String,
    /// What the values are.
    pub kind: Kind,
}

impl Column {
    /// Returns a column of floats.
    pub fn float(object: impl Into<String>, feature: impl Into<String>) -> Self {
        Self { object: object.into(), feature: feature.into(), kind: Kind::Float }
    }

    /// Returns a column of whole numbers.
    pub fn integer(object: impl Into<String>, feature: impl Into<String>) -> Self {
        Self { object: object.into(), feature: feature.into(), kind: Kind::Integer }
    }

    /// Returns a column of text.
    pub fn text(object: impl Into<String>, feature: impl Into<String>) -> Self {
        Self { object: object.into(), feature: feature.into(), kind: Kind::Text }
    }
}
