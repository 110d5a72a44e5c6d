//! Cuts a job's image sets into shards.

use engine::Scope;
use imageset::ImageSet;
use serde::{Deserialize, Serialize};
use std::borrow::Borrow;
use std::collections::BTreeMap;

/// What must stay together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Nothing: each image set stands alone.
    ImageSet,
    /// The image sets of a group.
    Group,
    /// All image sets.
    Run,
}

impl From<Scope> for Unit {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::ImageSet => Self::ImageSet,
            Scope::Group => Self::Group,
            Scope::Run => Self::Run,
        }
    }
}

/// A part of a job that one worker does: the numbers of its image sets, ascending.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// ImageNumbers, ascending.
    #[serde(with = "ranges")]
    pub image_sets: Vec<usize>,
}

/// Returns the ImageNumbers that must stay together, in order of the first of each.
pub fn units<S: Borrow<ImageSet>>(image_sets: impl IntoIterator<Item = S>, unit: Unit) -> Vec<Vec<usize>> {
    let mut units: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for set in image_sets {
        let set = set.borrow();
        let key = match unit {
            Unit::ImageSet => set.number,
            Unit::Group => set.group_number,
            Unit::Run => 0,
        };
        units.entry(key).or_default().push(set.number);
    }
    let mut units: Vec<Vec<usize>> = units.into_values().collect();
    units.iter_mut().for_each(|unit| unit.sort_unstable());
    units.sort_by_key(|unit| unit[0]);
    units
}

/// Puts units together to shards of `size` image sets at the most, in order; a larger unit is a shard of its own.
pub fn cut(units: Vec<Vec<usize>>, size: usize) -> Vec<Shard> {
    let mut shards: Vec<Shard> = Vec::new();
    for unit in units {
        match shards.last_mut() {
            Some(last) if last.image_sets.len() + unit.len() <= size => last.image_sets.extend(unit),
            _ => shards.push(Shard { image_sets: unit }),
        }
    }
    shards.iter_mut().for_each(|shard| shard.image_sets.sort_unstable());
    shards
}

/// Numbers as a short text: `1-48,97`.
mod ranges {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(numbers: &[usize], serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = String::new();
        let mut i = 0;
        while i < numbers.len() {
            let first = i;
            while i + 1 < numbers.len() && numbers[i + 1] == numbers[i] + 1 {
                i += 1;
            }
            if first > 0 {
                text.push(',');
            }
            text.push_str(&numbers[first].to_string());
            if i > first {
                text.push_str(&format!("-{}", numbers[i]));
            }
            i += 1;
        }
        serializer.serialize_str(&text)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<usize>, D::Error> {
        let text = String::deserialize(deserializer)?;
        let mut numbers = Vec::new();
        for part in text.split(',').filter(|p| !p.is_empty()) {
            let number =
                |t: &str| t.parse::<usize>().map_err(|_| D::Error::custom(format!("`{t}` is no number")));
            match part.split_once('-') {
                Some((first, last)) => numbers.extend(number(first)?..=number(last)?),
                None => numbers.push(number(part)?),
            }
        }
        Ok(numbers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sets(groups: &[usize]) -> Vec<ImageSet> {
        let set = |(i, &group_number): (usize, &usize)| ImageSet {
            number: i + 1,
            group_number,
            ..ImageSet::default()
        };
        groups.iter().enumerate().map(set).collect()
    }

    proptest! {
        #[test]
        fn every_image_set_is_in_one_shard_and_no_unit_is_cut(
            groups in prop::collection::vec(1usize..5, 1..40),
            size in 1usize..10,
            unit in prop::sample::select(vec![Unit::ImageSet, Unit::Group, Unit::Run]),
        ) {
            let sets = sets(&groups);
            let units = units(&sets, unit);
            let shards = cut(units.clone(), size);
            let mut all: Vec<usize> = shards.iter().flat_map(|s| s.image_sets.clone()).collect();
            all.sort_unstable();
            prop_assert_eq!(all, (1..=groups.len()).collect::<Vec<_>>());
            for unit in &units {
                let holding = shards.iter().filter(|s| unit.iter().any(|n| s.image_sets.contains(n)));
                prop_assert_eq!(holding.count(), 1);
            }
            let longest = units.iter().map(Vec::len).max().unwrap_or(0);
            prop_assert!(shards.iter().all(|s| s.image_sets.len() <= size.max(longest)));
        }

        #[test]
        fn numbers_written_as_ranges_are_read_as_the_same(mut numbers in prop::collection::vec(1usize..60, 0..30)) {
            numbers.sort_unstable();
            numbers.dedup();
            let shard = Shard { image_sets: numbers };
            let text = serde_json::to_string(&shard).expect("JSON");
            prop_assert_eq!(serde_json::from_str::<Shard>(&text).expect("a shard"), shard);
        }
    }

    #[test]
    fn numbers_in_a_row_are_short() {
        let shard = Shard { image_sets: vec![1, 2, 3, 7, 9, 10] };
        assert_eq!(serde_json::to_string(&shard).expect("JSON"), r#"{"image_sets":"1-3,7,9-10"}"#);
    }
}
