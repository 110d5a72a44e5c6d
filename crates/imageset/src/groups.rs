use crate::ImageSet;
use cppipe::{Module, Problem, Settings};
use std::collections::BTreeMap;

/// Settings of CellProfiler's Groups module: the metadata keys that image sets are grouped by; none is no grouping.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups {
    /// The keys in order, without `Metadata_`.
    pub keys: Vec<String>,
}

impl Groups {
    /// The newest revision of the settings.
    pub const REVISION: u32 = 2;

    /// Reads the settings of any revision.
    ///
    /// # Errors
    /// All that is wrong with them.
    pub fn read(module: &Module) -> Result<Self, Vec<Problem>> {
        const KEY: &str = "Metadata category";
        let mut values: Vec<String> = module.settings.iter().map(|s| s.value.clone()).collect();
        if module.revision == 1 {
            // Each key came with the name of an image before it.
            let keys: Vec<String> = values.iter().skip(3).step_by(2).cloned().collect();
            values.truncate(2);
            values.extend(keys);
        }
        let mut settings = Settings::upgraded(module, values);
        let wanted = settings.yes("Do you want to group your images?");
        let count: usize = settings.number("grouping metadata count");
        let mut keys = Vec::new();
        for _ in 0..count.min(settings.left()) {
            let key = settings.text(KEY);
            if wanted && key == "None" {
                settings.problem(KEY, "grouping is on, but no metadata key is chosen".into(), None);
            }
            keys.push(key);
        }
        if wanted && keys.is_empty() {
            settings.problem(KEY, "grouping is on, but no metadata key is chosen".into(), None);
        }
        settings.finish(Self { keys: if wanted { keys } else { Vec::new() } })
    }
}

/// Numbers image sets and puts them in the order of their groups, in which CellProfiler runs them.
///
/// Groups come in the order of their values' text (`10` before `2`), image sets of a group stay in theirs, and
/// ImageNumber counts anew. Without keys all image sets are one group. An image set without a value has `None`.
pub fn group(mut image_sets: Vec<ImageSet>, keys: &[String]) -> Vec<ImageSet> {
    let mut groups: BTreeMap<Vec<String>, Vec<usize>> = BTreeMap::new();
    for (i, set) in image_sets.iter().enumerate() {
        groups.entry(set.group_values(keys)).or_default().push(i);
    }
    let mut place = vec![0; image_sets.len()];
    let mut number = 0;
    for (group, members) in groups.values().enumerate() {
        for (index, &i) in members.iter().enumerate() {
            number += 1;
            place[i] = number;
            let set = &mut image_sets[i];
            (set.number, set.group_number, set.group_index) = (number, group + 1, index + 1);
            set.group_length = members.len();
        }
    }
    image_sets.sort_by_key(|set| set.number);
    image_sets
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(plate: &str, site: &str) -> ImageSet {
        let metadata = [("Plate", plate), ("Site", site)].map(|(k, v)| (k.to_string(), v.to_string())).into();
        ImageSet { metadata, ..ImageSet::default() }
    }

    #[test]
    fn groups_are_in_the_order_of_their_text_and_image_sets_are_numbered_anew() {
        let sets = vec![set("2", "a"), set("10", "b"), set("2", "c"), set("10", "d")];
        let grouped = group(sets, &["Plate".into()]);
        let seen: Vec<_> = grouped
            .iter()
            .map(|s| (s.metadata["Site"].as_str(), s.number, s.group_number, s.group_index, s.group_length))
            .collect();
        assert_eq!(seen, [("b", 1, 1, 1, 2), ("d", 2, 1, 2, 2), ("a", 3, 2, 1, 2), ("c", 4, 2, 2, 2)]);
    }

    #[test]
    fn without_keys_all_image_sets_are_one_group() {
        let grouped = group(vec![set("2", "a"), set("1", "b")], &[]);
        assert_eq!(grouped[1].group_number, 1);
        assert_eq!((grouped[1].number, grouped[1].group_index, grouped[1].group_length), (2, 2, 2));
    }
}
