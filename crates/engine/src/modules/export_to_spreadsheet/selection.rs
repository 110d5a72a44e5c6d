use measurements::IMAGE;
use measurements::tables::IMAGE_NUMBER;
use std::collections::{HashMap, HashSet};

/// The measurements that are chosen for export, as `Object|Feature` with commas between them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Selection(HashMap<String, HashSet<String>>);

impl Selection {
    /// Reads the answer; a bar in an object's name is doubled there.
    pub(super) fn parse(answer: &str) -> Self {
        let mut chosen: HashMap<String, HashSet<String>> = HashMap::new();
        for choice in answer.split(',').filter(|c| !c.is_empty()) {
            let bar = choice.replace("||", "++").find('|');
            let (object, feature) = bar.map_or((choice, "Invalid"), |at| (&choice[..at], &choice[at + 1..]));
            chosen.entry(object.replace("||", "|")).or_default().insert(feature.to_string());
        }
        Self(chosen)
    }

    /// Returns whether a feature of `object` is chosen. The number of the image set always is.
    pub(super) fn has(&self, object: &str, feature: &str) -> bool {
        (object == IMAGE && feature == IMAGE_NUMBER)
            || self.0.get(object).is_some_and(|f| f.contains(feature))
    }
}
