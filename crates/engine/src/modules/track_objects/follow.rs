//! Which object of an image set is which of the one before, and what follows for each.
//!
//! Source: CellProfiler 4.2.8 `trackobjects.py`, `run_overlap`, `run_distance` and `map_objects`.

use algorithms::centers::centers;
use algorithms::distance_transform::{distances, nearest_background};
use algorithms::overlap::relate;
use pixels::Plane;
use std::collections::BTreeMap;

/// What is remembered of the image set before.
#[derive(Debug, Default)]
pub(super) struct Followed {
    pub(super) labels: Option<Plane<u32>>,
    /// The number of its track, of each object.
    numbers: Vec<u32>,
    greatest: u32,
    /// The pixel of each object's centre, row and column.
    places: Vec<Place>,
    /// The centre's pixel where the object's track began.
    origins: Vec<Place>,
    integrated: Vec<f64>,
    ages: Vec<u32>,
}

type Place = (i64, i64);

/// Who comes from whom; 0 is nobody.
#[derive(Debug, PartialEq)]
pub(super) struct Links {
    /// The object now, of each one before.
    pub(super) children: Vec<u32>,
    /// The object before, of each one now.
    pub(super) parents: Vec<u32>,
}

impl Links {
    /// Links each object with that one of the other image set that it shares most pixels with; of equals, the first.
    pub(super) fn by_overlap(before: Option<&Plane<u32>>, now: &Plane<u32>) -> Result<Self, String> {
        let Some(before) = before else { return Ok(Self::none(now)) };
        same_shape(before, now)?;
        Ok(Self { children: relate(now, before).parents, parents: relate(before, now).parents })
    }

    /// Links each object with that one of the other image set that is nearest to its centre, if that is within `most` pixels.
    pub(super) fn by_distance(before: &Followed, now: &Plane<u32>, most: f64) -> Result<Self, String> {
        let Some(labels) = before.labels.as_ref().filter(|_| !before.places.is_empty()) else {
            return Ok(Self::none(now));
        };
        same_shape(labels, now)?;
        let children = nearest(now, &before.places, most)?;
        Ok(Self { children, parents: nearest(labels, &places(now), most)? })
    }

    fn none(now: &Plane<u32>) -> Self {
        Self { children: Vec::new(), parents: vec![0; places(now).len()] }
    }

    /// Returns how many objects before are nobody now.
    pub(super) fn lost(&self) -> usize {
        // Without objects on one side, all are.
        if self.parents.is_empty() {
            return self.children.len();
        }
        self.children.iter().filter(|&&child| child == 0).count()
    }

    /// Returns (parent, child) of all that are linked, from either side, in order.
    pub(super) fn pairs(&self) -> Vec<(u32, u32)> {
        let mut pairs: Vec<_> = (1..).zip(&self.parents).map(|(child, &parent)| (parent, child)).collect();
        pairs.extend((1..).zip(&self.children).map(|(parent, &child)| (parent, child)));
        pairs.retain(|&(parent, child)| parent > 0 && child > 0);
        pairs.sort_unstable();
        pairs.dedup();
        pairs
    }
}

fn same_shape(before: &Plane<u32>, now: &Plane<u32>) -> Result<(), String> {
    if before.shape() == now.shape() {
        return Ok(());
    }
    Err(format!("the image sets of a group differ in size: {:?} and {:?}", before.shape(), now.shape()))
}

/// Returns the pixel of each label's centre.
fn places(labels: &Plane<u32>) -> Vec<Place> {
    // What is not there lies far away: NaN as a whole number.
    let pixel = |v: f64| if v.is_nan() { i64::MIN } else { (v + 0.5) as i64 };
    centers(labels).into_iter().map(|c| (pixel(c.y), pixel(c.x))).collect()
}

/// Returns the label nearest to each place, 0 where it is more than `most` pixels away.
fn nearest(labels: &Plane<u32>, places: &[Place], most: f64) -> Result<Vec<u32>, String> {
    let background = labels.map(|&label| label == 0);
    let (to, from) = (distances(&background), nearest_background(&background));
    let at = |&(y, x): &Place| {
        let inside = |v: i64, n: usize| usize::try_from(v).ok().filter(|&v| v < n);
        let (Some(y), Some(x)) = (inside(y, labels.height()), inside(x, labels.width())) else {
            return Err("an object number is left out, so that its object has no centre".to_string());
        };
        if to[(y, x)] > most {
            return Ok(0);
        }
        let (row, column) = (from.rows[(y, x)], from.columns[(y, x)]);
        // Without any object the nearest is before the first row: the last, as Python counts.
        let row = usize::try_from(row).unwrap_or(labels.height() - 1);
        Ok(labels[(row, column.unsigned_abs() as usize)])
    };
    places.iter().map(at).collect()
}

/// Returns how many of the numbers but 0 occur more than once.
pub(super) fn named_twice(numbers: &[u32]) -> usize {
    let mut times = BTreeMap::new();
    for number in numbers.iter().filter(|&&n| n > 0) {
        *times.entry(number).or_insert(0) += 1;
    }
    times.values().filter(|&&n| n > 1).count()
}

/// What is found of each object of an image set.
#[derive(Debug, PartialEq)]
pub(super) struct Step {
    /// The number of its track.
    pub(super) numbers: Vec<u32>,
    pub(super) trajectory_x: Vec<f64>,
    pub(super) trajectory_y: Vec<f64>,
    pub(super) distance: Vec<f64>,
    pub(super) displacement: Vec<f64>,
    pub(super) integrated: Vec<f64>,
    pub(super) linearity: Vec<f64>,
    pub(super) ages: Vec<u32>,
    /// How many tracks have more than one object now.
    pub(super) splits: usize,
}

impl Followed {
    /// Goes on to the image set with `labels`, whose objects come from those before by `links`.
    pub(super) fn step(&mut self, links: &Links, labels: &Plane<u32>) -> Step {
        let places = places(labels);
        let count = links.parents.len();
        let zeros = || vec![0.0; count];
        let mut step = Step {
            numbers: Vec::with_capacity(count),
            trajectory_x: zeros(),
            trajectory_y: zeros(),
            distance: zeros(),
            displacement: zeros(),
            integrated: zeros(),
            linearity: vec![1.0; count],
            ages: vec![1; count],
            splits: 0,
        };
        let mut origins = places.clone();
        let mut followed = Vec::new();
        for (object, &parent) in links.parents.iter().enumerate() {
            if parent == 0 {
                self.greatest += 1;
                step.numbers.push(self.greatest);
                continue;
            }
            let before = parent as usize - 1;
            followed.push(self.numbers[before]);
            step.numbers.push(self.numbers[before]);
            let (now, last, first) = (places[object], self.places[before], self.origins[before]);
            let length = |y: i64, x: i64| ((y * y + x * x) as f64).sqrt();
            step.trajectory_y[object] = (now.0 - last.0) as f64;
            step.trajectory_x[object] = (now.1 - last.1) as f64;
            step.distance[object] = length(now.0 - last.0, now.1 - last.1);
            step.integrated[object] = self.integrated[before] + step.distance[object];
            step.displacement[object] = length(now.0 - first.0, now.1 - first.1);
            step.linearity[object] = step.displacement[object] / step.integrated[object];
            step.ages[object] = self.ages[before] + 1;
            origins[object] = first;
        }
        step.splits = named_twice(&followed);
        *self = Self {
            labels: Some(labels.clone()),
            numbers: step.numbers.clone(),
            greatest: self.greatest,
            places,
            origins,
            integrated: step.integrated.clone(),
            ages: step.ages.clone(),
        };
        step
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_track_that_splits_keeps_its_number_and_its_age_goes_on() {
        let before = Plane::from_vec(1, 6, vec![1, 1, 1, 1, 1, 0]);
        let now = Plane::from_vec(1, 6, vec![1, 1, 0, 2, 2, 3]);
        let mut followed = Followed::default();
        let links = Links::by_overlap(None, &before).unwrap();
        assert_eq!(followed.step(&links, &before).numbers, [1]);
        let links = Links::by_overlap(followed.labels.as_ref(), &now).unwrap();
        assert_eq!((&links.children[..], &links.parents[..]), (&[1][..], &[1, 1, 0][..]));
        let step = followed.step(&links, &now);
        assert_eq!((step.numbers, step.ages, step.splits), (vec![1, 1, 2], vec![2, 2, 1], 1));
    }
}
