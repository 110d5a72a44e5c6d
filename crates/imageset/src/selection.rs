use crate::{ImageSet, InputError};
use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};

/// Which image sets of a plan are wanted; nothing said is all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// First ImageNumber (`-f`).
    pub first: Option<usize>,
    /// Last ImageNumber (`-l`).
    pub last: Option<usize>,
    /// Groups (`-g`), each by all of its keys, as `Metadata_Plate`, and values.
    pub groups: Vec<BTreeMap<String, String>>,
}

impl Selection {
    /// Reads a group as `-g` gives it: `Metadata_Plate=P1,Metadata_Well=A01`.
    ///
    /// # Errors
    /// When it is not written so.
    pub fn parse_group(text: &str) -> Result<BTreeMap<String, String>, InputError> {
        let pair = |part: &str| {
            let (key, value) = part.split_once('=').filter(|(_, value)| !value.contains('='))?;
            Some((key.to_string(), value.to_string()))
        };
        let group: Option<BTreeMap<_, _>> = text.split(',').map(pair).collect();
        group.ok_or_else(|| InputError::NotAGroup { group: text.to_string() })
    }

    /// Returns the image sets that are wanted, with the numbers and groups they have in the whole.
    ///
    /// `keys` are what the image sets are grouped by, without `Metadata_`. Values are compared letter by letter.
    ///
    /// # Errors
    /// When a group has other keys than `keys`, or none of its image sets is there, or no number is in range.
    pub fn select(&self, image_sets: Vec<ImageSet>, keys: &[String]) -> Result<Vec<ImageSet>, InputError> {
        let wanted = self.numbers(&image_sets, keys)?;
        Ok(image_sets.into_iter().filter(|set| wanted.contains(&set.number)).collect())
    }

    /// Returns the numbers of the image sets that are wanted, as [`Selection::select`] does.
    ///
    /// # Errors
    /// As [`Selection::select`].
    pub fn numbers<S: Borrow<ImageSet>>(
        &self,
        image_sets: impl IntoIterator<Item = S>,
        keys: &[String],
    ) -> Result<BTreeSet<usize>, InputError> {
        let wanted = self.groups.iter().map(|group| values_in_order(group, keys));
        let wanted: Vec<Vec<String>> = wanted.collect::<Result<_, _>>()?;
        let mut found = vec![false; wanted.len()];
        let mut known: Vec<Vec<String>> = Vec::new();
        let (first, last) = (self.first.unwrap_or(1), self.last.unwrap_or(usize::MAX));
        let mut numbers = BTreeSet::new();
        let mut count = 0;
        for set in image_sets {
            let set = set.borrow();
            count += 1;
            let values = set.group_values(keys);
            let groups = wanted.iter().zip(&mut found).filter(|(group, _)| **group == values);
            let of_group = groups.map(|(_, found)| *found = true).count() > 0;
            if (first..=last).contains(&set.number) && (of_group || wanted.is_empty()) {
                numbers.insert(set.number);
            }
            if known.len() <= SHOWN && !known.contains(&values) {
                known.push(values);
            }
        }
        if let Some(missing) = found.iter().position(|found| !found) {
            let (group, known) = (written(&self.groups[missing]), known_groups(&known, keys));
            return Err(InputError::NoSuchGroup { group, known });
        }
        if numbers.is_empty() {
            let last = self.last.map_or_else(|| "the last".to_string(), |l| l.to_string());
            return Err(InputError::NoneInRange { first, last, count });
        }
        Ok(numbers)
    }
}

fn feature(key: &str) -> String {
    format!("Metadata_{key}")
}

fn values_in_order(group: &BTreeMap<String, String>, keys: &[String]) -> Result<Vec<String>, InputError> {
    let values: Option<Vec<String>> = keys.iter().map(|key| group.get(&feature(key)).cloned()).collect();
    let quoted = |keys: Vec<String>| {
        if keys.is_empty() {
            "nothing".to_string()
        } else {
            keys.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ")
        }
    };
    values.filter(|values| values.len() == group.len()).ok_or_else(|| InputError::OtherKeys {
        group: written(group),
        asked: quoted(group.keys().cloned().collect()),
        grouped: quoted(keys.iter().map(|k| feature(k)).collect()),
    })
}

fn written(group: &BTreeMap<String, String>) -> String {
    group.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",")
}

/// How many groups an error names.
const SHOWN: usize = 5;

/// Names the first groups that there are.
fn known_groups(known: &[Vec<String>], keys: &[String]) -> String {
    let group = |values: &Vec<String>| {
        let pairs = keys.iter().zip(values).map(|(key, value)| format!("{}={value}", feature(key)));
        pairs.collect::<Vec<_>>().join(",")
    };
    let mut groups: Vec<String> = known.iter().take(SHOWN).map(group).collect();
    if known.len() > SHOWN {
        groups.push("…".into());
    }
    groups.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets() -> Vec<ImageSet> {
        let set = |(i, plate): (usize, &str)| ImageSet {
            number: i + 1,
            metadata: [("Plate".to_string(), plate.to_string())].into(),
            ..ImageSet::default()
        };
        ["1", "1", "01", "02"].into_iter().enumerate().map(set).collect()
    }

    fn numbers(selection: &Selection) -> Result<Vec<usize>, String> {
        let selected = selection.select(sets(), &["Plate".into()]).map_err(|e| e.to_string())?;
        Ok(selected.iter().map(|s| s.number).collect())
    }

    fn group(text: &str) -> Selection {
        Selection { groups: vec![Selection::parse_group(text).expect("a group")], ..Selection::default() }
    }

    #[test]
    fn ranges_and_groups_keep_the_numbers() {
        assert_eq!(
            numbers(&Selection { first: Some(2), last: Some(3), ..Selection::default() }),
            Ok(vec![2, 3])
        );
        assert_eq!(numbers(&group("Metadata_Plate=1")), Ok(vec![1, 2]));
        assert_eq!(numbers(&group("Metadata_Plate=01")), Ok(vec![3]));
    }

    #[test]
    fn a_group_that_matches_nothing_is_an_error_that_says_which_there_are() {
        let error = numbers(&group("Metadata_Plate=2")).expect_err("no such group");
        assert_eq!(
            error,
            "no image set is of the group `Metadata_Plate=2`; there are: Metadata_Plate=1; Metadata_Plate=01; \
             Metadata_Plate=02"
        );
        let error = numbers(&group("Metadata_Well=A01")).expect_err("another key");
        assert!(error.contains("groups by `Metadata_Plate`"), "{error}");
        assert!(Selection::parse_group("Plate").is_err());
        let error = numbers(&Selection { first: Some(9), ..Selection::default() }).expect_err("too far");
        assert_eq!(error, "no image set is from number 9 to the last: there are 4");
    }
}
