use std::collections::BTreeMap;

/// One value of an image or of the run.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A whole number.
    Integer(i64),
    /// A float, NaN where there is no value.
    Float(f64),
    /// Text.
    Text(String),
}

/// One feature of all objects of an image set, object 1 first.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Whole numbers.
    Integers(Vec<i64>),
    /// Floats, NaN where there is no value.
    Floats(Vec<f64>),
    /// Text.
    Texts(Vec<String>),
}

impl Values {
    /// Returns the number of objects.
    pub fn len(&self) -> usize {
        match self {
            Self::Integers(v) => v.len(),
            Self::Floats(v) => v.len(),
            Self::Texts(v) => v.len(),
        }
    }

    /// Returns whether there is no object.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the values as f64; text is NaN.
    pub fn to_floats(&self) -> Vec<f64> {
        match self {
            Self::Integers(v) => v.iter().map(|&v| v as f64).collect(),
            Self::Floats(v) => v.clone(),
            Self::Texts(v) => vec![f64::NAN; v.len()],
        }
    }
}

/// Pairs of objects that belong together, as parent and child or neighbours.
#[derive(Clone, Debug, PartialEq)]
pub struct Relationship {
    /// The module that found it, from 1.
    pub module: usize,
    /// `Parent`, `Neighbors` …
    pub relationship: String,
    /// The object set of the first of each pair.
    pub first: String,
    /// The object set of the second of each pair.
    pub second: String,
    /// The pairs: image number and object number of the first, then of the second.
    pub pairs: Vec<[u32; 4]>,
}

/// All that was measured of one image set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// The image set's number, from 1.
    pub image_number: usize,
    /// Features of the image.
    pub image: BTreeMap<String, Value>,
    /// Features of each object set.
    pub objects: BTreeMap<String, BTreeMap<String, Values>>,
    /// Relationships of objects.
    pub relationships: Vec<Relationship>,
}

impl Record {
    /// Returns an empty record of an image set.
    pub fn new(image_number: usize) -> Self {
        Self { image_number, ..Self::default() }
    }

    /// Notes a float of the image.
    pub fn image_float(&mut self, feature: impl Into<String>, value: f64) {
        self.image.insert(feature.into(), Value::Float(value));
    }

    /// Notes a whole number of the image.
    pub fn image_integer(&mut self, feature: impl Into<String>, value: i64) {
        self.image.insert(feature.into(), Value::Integer(value));
    }

    /// Notes a text of the image.
    pub fn image_text(&mut self, feature: impl Into<String>, value: impl Into<String>) {
        self.image.insert(feature.into(), Value::Text(value.into()));
    }

    /// Notes a float of each object.
    pub fn object_floats(&mut self, object: &str, feature: impl Into<String>, values: Vec<f64>) {
        self.put(object, feature.into(), Values::Floats(values));
    }

    /// Notes a whole number of each object.
    pub fn object_integers(&mut self, object: &str, feature: impl Into<String>, values: Vec<i64>) {
        self.put(object, feature.into(), Values::Integers(values));
    }

    /// Notes a text of each object.
    pub fn object_texts(&mut self, object: &str, feature: impl Into<String>, values: Vec<String>) {
        self.put(object, feature.into(), Values::Texts(values));
    }

    /// Returns a feature of an object set.
    pub fn object(&self, object: &str, feature: &str) -> Option<&Values> {
        self.objects.get(object)?.get(feature)
    }

    fn put(&mut self, object: &str, feature: String, values: Values) {
        self.objects.entry(object.to_string()).or_default().insert(feature, values);
    }
}
