//! Which calls of the command line run the image sets that are wanted.

use crate::Class;
use crate::engine::EngineError;
use imageset::{ImageSet, Plan};
use std::collections::BTreeMap;

/// One call of CellProfiler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    /// `-f` and `-l`, or `-g`.
    pub arguments: Vec<String>,
    /// The ImageNumbers that it runs, ascending.
    pub image_sets: Vec<usize>,
}

/// Returns the calls for image sets that are ascending: a range for numbers without a gap, a group where its numbers have gaps.
pub(super) fn calls(plan: &Plan) -> Result<Vec<Call>, EngineError> {
    let mut ranges: Vec<Vec<usize>> = Vec::new();
    for number in plan.image_sets.iter().map(|set| set.number) {
        match ranges.last_mut() {
            Some(range) if range.last().is_some_and(|last| last + 1 == number) => range.push(number),
            _ => ranges.push(vec![number]),
        }
    }
    let mut groups: BTreeMap<usize, Vec<&ImageSet>> = BTreeMap::new();
    for set in &plan.image_sets {
        groups.entry(set.group_number).or_default().push(set);
    }
    let within = |sets: &[&ImageSet]| {
        ranges.iter().any(|range| sets.iter().all(|set| range.binary_search(&set.number).is_ok()))
    };
    // A group that is not wanted whole is one whose image sets stand alone.
    let torn =
        |sets: &[&ImageSet]| sets.first().is_some_and(|set| set.group_length == sets.len()) && !within(sets);
    if plan.grouping.is_empty() || !groups.values().any(|sets| torn(sets)) {
        return Ok(ranges.into_iter().map(of_range).collect());
    }
    groups.values().map(|sets| of_group(plan, sets)).collect()
}

fn of_range(image_sets: Vec<usize>) -> Call {
    let (first, last) = (image_sets[0], image_sets[image_sets.len() - 1]);
    let arguments = ["-f".into(), first.to_string(), "-l".into(), last.to_string()].to_vec();
    Call { arguments, image_sets }
}

fn of_group(plan: &Plan, sets: &[&ImageSet]) -> Result<Call, EngineError> {
    let pairs = plan.grouping.iter().map(|key| {
        let value = sets[0].metadata.get(key).map_or("", String::as_str);
        (format!("Metadata_{key}={value}"), value.contains([',', '=']))
    });
    let (pairs, unsayable): (Vec<String>, Vec<bool>) = pairs.unzip();
    if unsayable.contains(&true) {
        return Err(EngineError {
            class: Class::Input,
            message: format!(
                "CellProfiler's command line cannot name the group {}: a value holds `,` or `=`",
                pairs.join(" ")
            ),
        });
    }
    let image_sets = sets.iter().map(|set| set.number).collect();
    Ok(Call { arguments: ["-g".into(), pairs.join(",")].to_vec(), image_sets })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(groups: &[(&str, usize)], grouping: &[&str]) -> Plan {
        let length = |group| groups.iter().filter(|(_, of)| *of == group).count();
        let set = |(i, (plate, group)): (usize, &(&str, usize))| ImageSet {
            number: i + 1,
            group_number: *group,
            group_length: length(*group),
            metadata: [("Plate".to_string(), plate.to_string())].into(),
            ..ImageSet::default()
        };
        let image_sets = groups.iter().enumerate().map(set).collect();
        Plan { image_sets, grouping: grouping.iter().map(ToString::to_string).collect(), ..Plan::default() }
    }

    fn of(plan: &Plan, wanted: &[usize]) -> Plan {
        let mut plan = plan.clone();
        plan.image_sets.retain(|set| wanted.contains(&set.number));
        plan
    }

    fn arguments(plan: &Plan, wanted: &[usize]) -> Vec<String> {
        calls(&of(plan, wanted)).expect("calls").iter().map(|call| call.arguments.join(" ")).collect()
    }

    #[test]
    fn numbers_without_a_gap_are_one_call() {
        let alone = plan(&[("P", 1), ("P", 1), ("P", 1), ("P", 1), ("P", 1)], &[]);
        assert_eq!(arguments(&alone, &[1, 2, 4, 5]), ["-f 1 -l 2", "-f 4 -l 5"]);
        let grouped = plan(&[("P", 1), ("P", 1), ("Q", 2), ("Q", 2)], &["Plate"]);
        assert_eq!(arguments(&grouped, &[1, 2, 3, 4]), ["-f 1 -l 4"]);
    }

    #[test]
    fn a_group_with_gaps_is_a_call_by_its_metadata() {
        let torn = plan(&[("P", 1), ("Q", 2), ("P", 1), ("Q", 2)], &["Plate"]);
        assert_eq!(arguments(&torn, &[1, 3]), ["-g Metadata_Plate=P"]);
        assert_eq!(arguments(&torn, &[1, 2, 3, 4]), ["-f 1 -l 4"]);
        let unsayable = plan(&[("P,1", 1), ("Q", 2), ("P,1", 1)], &["Plate"]);
        assert_eq!(calls(&of(&unsayable, &[1, 3])).map_err(|error| error.class), Err(Class::Input));
    }
}
