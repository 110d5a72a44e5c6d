use super::assign::Images;
use super::{Assignment, Matching, NamesAndTypes};
use crate::Comparison;
use std::collections::{BTreeMap, BTreeSet};

/// For each key that the image sets have in common, its value in each.
pub(crate) type Collected = BTreeMap<String, Vec<Option<String>>>;

/// Collects the metadata of image sets from their images.
///
/// A key whose value differs within any image set is left out of all, but for those that matched the images: of
/// these the first channel that has the key gives the value.
pub(crate) fn collect(
    module: &NamesAndTypes,
    image_sets: &[Images],
    comparison: &dyn Fn(&str) -> Comparison,
) -> Collected {
    let matched = matched_keys(module);
    let lead = matched.values().next().copied().unwrap_or(0);
    let mut differing = BTreeSet::new();
    let mut keys = BTreeSet::new();
    let mut found: Vec<BTreeMap<&str, &str>> = Vec::new();
    for images in image_sets {
        let mut values = BTreeMap::new();
        for (key, &channel) in &matched {
            let planes = images[channel].planes.iter();
            if let Some(value) = planes.filter_map(|p| p.metadata.get(key)).next_back() {
                values.insert(key.as_str(), value);
            }
        }
        let in_order = images
            .iter()
            .skip(lead)
            .take(1)
            .chain(images.iter().enumerate().filter(|(i, _)| *i != lead).map(|(_, stack)| stack));
        for (key, value) in in_order.flat_map(|stack| &stack.planes).flat_map(|p| p.metadata.iter()) {
            if matched.contains_key(key) {
                continue;
            }
            keys.insert(key);
            let before = values.insert(key, value);
            if before.is_some_and(|before| comparison(key).compare(value, before).is_ne()) {
                differing.insert(key);
            }
        }
        found.push(values);
    }
    keys.retain(|key| !differing.contains(key));
    keys.extend(matched.keys().map(String::as_str));
    let values = |key: &str| found.iter().map(|values| values.get(key).map(ToString::to_string)).collect();
    keys.into_iter().map(|key| (key.to_string(), values(key))).collect()
}

/// The keys that match the images, each with the first channel that has it.
fn matched_keys(module: &NamesAndTypes) -> BTreeMap<String, usize> {
    let Assignment::Rules { matching: Matching::Metadata(joins), .. } = &module.assignment else {
        return BTreeMap::new();
    };
    let mut matched = BTreeMap::new();
    for (i, channel) in module.channels().iter().enumerate() {
        for key in joins.iter().filter_map(|join| join.get(&channel.name)?.clone()) {
            matched.entry(key).or_insert(i);
        }
    }
    matched
}
