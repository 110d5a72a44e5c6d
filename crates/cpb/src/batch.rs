//! `--print-groups` and `--get-batch-commands…`: the parts that a cluster's own scheduler may run one by one.

use imageset::ImageSet;

/// A group: its keys with their values, and the numbers of its image sets.
struct Group {
    keys: Vec<(String, String)>,
    numbers: Vec<usize>,
}

/// Returns the groups in the order of their first image set; `grouping` has the keys without `Metadata_`.
fn groups(image_sets: &[ImageSet], grouping: &[String]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for set in image_sets {
        let value = |key: &String| set.metadata.get(key).cloned().unwrap_or_default();
        let keys: Vec<_> = grouping.iter().map(|k| (format!("Metadata_{k}"), value(k))).collect();
        match groups.iter_mut().find(|g| g.keys == keys) {
            Some(group) => group.numbers.push(set.number),
            None => groups.push(Group { keys, numbers: vec![set.number] }),
        }
    }
    groups
}

/// Returns the groups as CellProfiler prints them: a list of pairs, the keys and the image sets' numbers.
pub fn groups_json(image_sets: &[ImageSet], grouping: &[String]) -> String {
    let pair = |group: Group| {
        let keys: serde_json::Map<_, _> = group.keys.into_iter().map(|(k, v)| (k, v.into())).collect();
        (keys, group.numbers)
    };
    let pairs: Vec<_> = groups(image_sets, grouping).into_iter().map(pair).collect();
    serde_json::json!(pairs).to_string()
}

/// Returns a command a line: a group each, or `per_batch` image sets each where there are no groups or `per_batch`
/// is not 1. `start` is the command so far.
pub fn commands(start: &str, image_sets: &[ImageSet], grouping: &[String], per_batch: usize) -> Vec<String> {
    if per_batch == 1 && !grouping.is_empty() {
        let pairs =
            |group: &Group| -> Vec<String> { group.keys.iter().map(|(k, v)| format!("{k}={v}")).collect() };
        return groups(image_sets, grouping)
            .iter()
            .map(|g| format!("{start} -g {}", pairs(g).join(",")))
            .collect();
    }
    let numbers: Vec<usize> = image_sets.iter().map(|set| set.number).collect();
    let batches = numbers.chunks(per_batch.max(1));
    batches.map(|b| format!("{start} -f {} -l {}", b[0], b[b.len() - 1])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets() -> Vec<ImageSet> {
        let set = |number: usize, plate: &str| ImageSet {
            number,
            metadata: [("Plate".to_string(), plate.to_string())].into(),
            ..ImageSet::default()
        };
        vec![set(1, "A"), set(2, "B"), set(3, "A")]
    }

    #[test]
    fn groups_are_printed_as_cellprofiler_prints_them() {
        let json = groups_json(&sets(), &["Plate".to_string()]);
        assert_eq!(json, r#"[[{"Metadata_Plate":"A"},[1,3]],[{"Metadata_Plate":"B"},[2]]]"#);
    }

    #[test]
    fn a_batch_is_a_group_unless_a_size_is_asked_for() {
        let plate = ["Plate".to_string()];
        assert_eq!(
            commands("run", &sets(), &plate, 1),
            ["run -g Metadata_Plate=A", "run -g Metadata_Plate=B"]
        );
        assert_eq!(commands("run", &sets(), &plate, 2), ["run -f 1 -l 2", "run -f 3 -l 3"]);
        assert_eq!(commands("run", &sets(), &[], 1).len(), 3);
    }
}
