//! What is measured anew once a group has ended: ways between centres instead of pixels, and final ages.
//!
//! Source: CellProfiler 4.2.8 `trackobjects.py`, `recalculate_group`.

use super::{
    DISPLACEMENT, FINAL_AGE, INTEGRATED, LABEL, LIFETIME, LINEARITY, PARENT, PARENT_IMAGE, TRAJECTORY_X,
    TRAJECTORY_Y, TRAVELED, TrackObjects,
};
use crate::RunError;
use measurements::{Record, Values};
use std::collections::{BTreeMap, BTreeSet};

/// The objects of a group, those of its first image set first.
struct All {
    /// Where each image set's objects start, and where the last's end.
    starts: Vec<usize>,
    /// The object before, `None` where a track begins.
    parents: Vec<Option<usize>>,
    x: Vec<f64>,
    y: Vec<f64>,
    labels: Vec<i64>,
}

/// Corrects what `module` measured of the image sets of a group.
pub(super) fn revise(module: &TrackObjects, records: &mut [Record]) -> Result<(), RunError> {
    let all = All::of(module, records)?;
    let count = all.parents.len();
    if count == 0 {
        return Ok(());
    }
    let zeros = || vec![0.0; count];
    let (mut to_x, mut to_y, mut way) = (zeros(), zeros(), zeros());
    let (mut whole_way, mut displacement, mut linearity) = (zeros(), zeros(), zeros());
    let mut ancestors: Vec<usize> = (0..count).collect();
    let mut lifetimes = vec![1_i64; count];
    let mut ages = BTreeMap::new();
    for object in 0..count {
        if let Some(parent) = all.parents[object] {
            ancestors[object] = ancestors[parent];
            lifetimes[object] = lifetimes[parent] + 1;
            whole_way[object] = whole_way[parent];
        }
        // An object without a centre has no way either, even where its track begins.
        let last = all.parents[object].unwrap_or(object);
        (to_x[object], to_y[object]) = (all.x[object] - all.x[last], all.y[object] - all.y[last]);
        let first = ancestors[object];
        let (x, y) = (all.x[object] - all.x[first], all.y[object] - all.y[first]);
        way[object] = length(to_x[object], to_y[object]);
        whole_way[object] += way[object];
        displacement[object] = length(x, y);
        linearity[object] = displacement[object] / whole_way[object];
        ages.insert(all.labels[object], lifetimes[object]);
    }
    let at_the_end = |(&label, &lifetime): (&i64, &i64)| {
        if ages[&label] == lifetime { lifetime as f64 } else { f64::NAN }
    };
    let final_ages: Vec<f64> = all.labels.iter().zip(&lifetimes).map(at_the_end).collect();
    let left_out: BTreeSet<i64> = match module.lifetimes {
        None => BTreeSet::new(),
        Some(l) => {
            let out = |age: f64| age <= l.longer || age >= l.shorter;
            ages.iter().filter(|(_, age)| out(**age as f64)).map(|(&label, _)| label).collect()
        }
    };
    let objects = &module.objects;
    // numpy joins whole numbers with the none of an image set without objects to floats.
    let everywhere = all.starts.windows(2).all(|w| w[0] < w[1]);
    for (record, range) in records.iter_mut().zip(all.starts.windows(2).map(|w| w[0]..w[1])) {
        for (what, values) in [
            (TRAJECTORY_X, &to_x),
            (TRAJECTORY_Y, &to_y),
            (TRAVELED, &way),
            (INTEGRATED, &whole_way),
            (DISPLACEMENT, &displacement),
            (LINEARITY, &linearity),
            (FINAL_AGE, &final_ages),
        ] {
            record.object_floats(objects, module.feature(what), values[range.clone()].to_vec());
        }
        let own = lifetimes[range.clone()].iter();
        if everywhere {
            record.object_integers(objects, module.feature(LIFETIME), own.copied().collect());
        } else {
            record.object_floats(objects, module.feature(LIFETIME), own.map(|&age| age as f64).collect());
        }
        if !left_out.is_empty() {
            let label = |label: &i64| if left_out.contains(label) { f64::NAN } else { *label as f64 };
            record.object_floats(
                objects,
                module.feature(LABEL),
                all.labels[range].iter().map(label).collect(),
            );
        }
    }
    Ok(())
}

fn length(x: f64, y: f64) -> f64 {
    (x * x + y * y).sqrt()
}

impl All {
    fn of(module: &TrackObjects, records: &[Record]) -> Result<Self, RunError> {
        let mut all =
            Self { starts: vec![0], parents: Vec::new(), x: Vec::new(), y: Vec::new(), labels: Vec::new() };
        let place: BTreeMap<usize, usize> = records.iter().map(|r| r.image_number).zip(0..).collect();
        for record in records {
            let values = |feature: &str| values_of(record, &module.objects, feature);
            let labels = values(&module.feature(LABEL))?;
            let parents = values(&module.feature(PARENT))?;
            let images = values(&module.feature(PARENT_IMAGE))?;
            let (x, y) = (values("Location_Center_X")?, values("Location_Center_Y")?);
            if x.len() != labels.len() || y.len() != labels.len() {
                return Err(RunError::Refused(format!(
                    "image set {} has {} centres of `{}` for {} objects",
                    record.image_number,
                    x.len(),
                    module.objects,
                    labels.len()
                )));
            }
            for (image, parent) in images.iter().zip(&parents) {
                if *image == 0.0 {
                    all.parents.push(None);
                    continue;
                }
                // An image set that is not of the group counts as its first, as in CellProfiler.
                let image = place.get(&(*image as usize)).copied().unwrap_or(0);
                let before = all.starts[image.min(all.starts.len() - 1)] + *parent as usize - 1;
                if before >= all.starts[all.starts.len() - 1] {
                    return Err(RunError::Refused("the image sets of a group are not in order".into()));
                }
                all.parents.push(Some(before));
            }
            all.labels.extend(labels.iter().map(|&label| label as i64));
            all.x.extend(x);
            all.y.extend(y);
            all.starts.push(all.labels.len());
        }
        Ok(all)
    }
}

fn values_of(record: &Record, object: &str, feature: &str) -> Result<Vec<f64>, RunError> {
    record.object(object, feature).map(Values::to_floats).ok_or_else(|| {
        let number = record.image_number;
        RunError::Refused(format!(
            "image set {number} has no `{feature}` of `{object}`: its tracks cannot be measured"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::super::Method;
    use super::*;

    fn module() -> TrackObjects {
        TrackObjects {
            objects: "Nuclei".into(),
            method: Method::Overlap,
            distance: 50,
            drawing: None,
            lifetimes: None,
        }
    }

    /// An image set's centres (x, y), and the number, the parent and its image set of each object.
    fn image_set(number: usize, centers: &[(f64, f64)], links: &[[i64; 3]]) -> Record {
        let mut record = Record::new(number);
        record.object_floats("Nuclei", "Location_Center_X", centers.iter().map(|c| c.0).collect());
        record.object_floats("Nuclei", "Location_Center_Y", centers.iter().map(|c| c.1).collect());
        for (place, what) in [LABEL, PARENT, PARENT_IMAGE].into_iter().enumerate() {
            let values = links.iter().map(|link| link[place]).collect();
            record.object_integers("Nuclei", module().feature(what), values);
        }
        record
    }

    fn revised(mut records: Vec<Record>) -> Vec<Record> {
        revise(&module(), &mut records).unwrap();
        records
    }

    fn first() -> Record {
        image_set(1, &[(f64::NAN, f64::NAN), (3.0, 4.0)], &[[1, 0, 0], [2, 0, 0]])
    }

    // Expected: TrackObjects.recalculate_group of CellProfiler 4.2.8 on the same measurements.

    #[test]
    fn an_object_without_a_centre_has_no_way() {
        let records = revised(vec![first(), image_set(2, &[(6.0, 8.0)], &[[2, 2, 1]])]);
        for what in [TRAJECTORY_X, TRAVELED, INTEGRATED, DISPLACEMENT] {
            let way = values_of(&records[0], "Nuclei", &module().feature(what)).unwrap();
            assert!(way[0].is_nan() && way[1] == 0.0, "{what}: {way:?}");
        }
        let next = |what| values_of(&records[1], "Nuclei", &module().feature(what)).unwrap();
        assert_eq!([next(TRAJECTORY_X), next(TRAVELED), next(DISPLACEMENT)], [[3.0], [5.0], [5.0]]);
        let lifetimes = |record: &Record| record.object("Nuclei", &module().feature(LIFETIME)).cloned();
        assert_eq!(lifetimes(&records[0]), Some(Values::Integers(vec![1, 1])));
        assert_eq!(lifetimes(&records[1]), Some(Values::Integers(vec![2])));
    }

    #[test]
    fn lifetimes_are_floats_beside_an_image_set_without_objects() {
        let records = revised(vec![first(), image_set(2, &[], &[])]);
        let lifetimes = records[0].object("Nuclei", &module().feature(LIFETIME));
        assert_eq!(lifetimes, Some(&Values::Floats(vec![1.0, 1.0])));
    }
}
