use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// What is known of a plane, by key. A plate has a hundred thousand planes and more, which say much the same: texts are shared.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct PlaneMetadata(Box<[(Arc<str>, Arc<str>)]>);

/// The texts that planes share.
#[derive(Debug, Default)]
pub(crate) struct Texts(HashSet<Arc<str>>);

impl PlaneMetadata {
    pub fn new(pairs: &BTreeMap<String, String>, texts: &mut Texts) -> Self {
        Self(pairs.iter().map(|(key, value)| (texts.shared(key), texts.shared(value))).collect())
    }

    pub fn get(&self, key: &str) -> Option<&str> {
        let at = self.0.binary_search_by(|(known, _)| known.as_ref().cmp(key)).ok()?;
        Some(&self.0[at].1)
    }

    /// Returns the pairs in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_ref(), value.as_ref()))
    }
}

impl Texts {
    pub fn shared(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.0.get(text) {
            return known.clone();
        }
        let text: Arc<str> = text.into();
        self.0.insert(text.clone());
        text
    }
}
