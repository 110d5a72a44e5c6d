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
    /// What CellProfiler says they are: the type of the column in a database, which has none where CellProfiler does
    /// not announce what it measures.
    pub declared: Option<Kind>,
}

impl Column {
    /// Returns a column of floats.
    pub fn float(object: impl Into<String>, feature: impl Into<String>) -> Self {
        Self::of(object.into(), feature.into(), Kind::Float)
    }

    /// Returns a column of whole numbers.
    pub fn integer(object: impl Into<String>, feature: impl Into<String>) -> Self {
        Self::of(object.into(), feature.into(), Kind::Integer)
    }

    /// Returns a column of text.
    pub fn text(object: impl Into<String>, feature: impl Into<String>) -> Self {
        Self::of(object.into(), feature.into(), Kind::Text)
    }

    /// Returns the column with another kind for databases than its values have.
    #[must_use]
    pub fn declared(self, declared: Kind) -> Self {
        Self { declared: Some(declared), ..self }
    }

    /// Returns the column as one that databases do not have.
    #[must_use]
    pub fn unannounced(self) -> Self {
        Self { declared: None, ..self }
    }

    fn of(object: String, feature: String, kind: Kind) -> Self {
        Self { object, feature, kind, declared: Some(kind) }
    }
}
