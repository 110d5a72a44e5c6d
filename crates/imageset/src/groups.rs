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

/// Where an image set comes when image sets are grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Which it was before, from 0.
    pub before: usize,
    /// `ImageNumber`, from 1.
    pub number: usize,
    /// `Group_Number`, from 1.
    pub group_number: usize,
    /// `Group_Index`, from 1.
    pub group_index: usize,
    /// `Group_Length`.
    pub group_length: usize,
}

impl Place {
    /// Numbers the image set that comes here.
    pub fn number(&self, set: ImageSet) -> ImageSet {
        let Self { number, group_number, group_index, group_length, .. } = *self;
        ImageSet { number, group_number, group_index, group_length, ..set }
    }
}

/// Numbers image sets and puts them in the order of their groups, in which CellProfiler runs them; `values` are those of each
/// by which they are grouped.
///
/// Groups come in the order of their values' text (`10` before `2`), image sets of a group stay in theirs, and
/// ImageNumber counts anew. Without values all image sets are one group.
pub(crate) fn group(values: impl IntoIterator<Item = Vec<String>>) -> Vec<Place> {
    let mut groups: BTreeMap<Vec<String>, Vec<usize>> = BTreeMap::new();
    for (i, values) in values.into_iter().enumerate() {
        groups.entry(values).or_default().push(i);
    }
    let mut places = Vec::new();
    for (group, members) in groups.values().enumerate() {
        for (index, &before) in members.iter().enumerate() {
            places.push(Place {
                before,
                number: places.len() + 1,
                group_number: group + 1,
                group_index: index + 1,
                group_length: members.len(),
            });
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grouped(values: &[&[&str]]) -> Vec<[usize; 5]> {
        let values = values.iter().map(|values| values.iter().map(ToString::to_string).collect());
        let place = |p: Place| [p.before, p.number, p.group_number, p.group_index, p.group_length];
        group(values).into_iter().map(place).collect()
    }

    #[test]
    fn groups_are_in_the_order_of_their_text_and_image_sets_are_numbered_anew() {
        assert_eq!(
            grouped(&[&["2"], &["10"], &["2"], &["10"]]),
            [[1, 1, 1, 1, 2], [3, 2, 1, 2, 2], [0, 3, 2, 1, 2], [2, 4, 2, 2, 2]]
        );
    }

    #[test]
    fn without_keys_all_image_sets_are_one_group() {
        assert_eq!(grouped(&[&[], &[]]), [[0, 1, 1, 1, 2], [1, 2, 1, 2, 2]]);
    }
}
