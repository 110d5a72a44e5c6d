//! Which objects pass, in the order of their new numbers.

use super::settings::{Assign, FilterObjects, Limit, Method};
use crate::identified::flat;
use crate::rules::{Rules, best_class};
use crate::{Objects, RunError, Workspace};
use algorithms::morphology::erode_cross;
use algorithms::object_extrema::{maximum_positions, minimum_positions};
use algorithms::python_set::PythonSet;
use pixels::Plane;

impl FilterObjects {
    /// Returns the numbers of the objects that pass; the first becomes object 1.
    ///
    /// # Errors
    /// Where CellProfiler raises: measurements that are missing or of another number than the objects.
    pub fn kept(&self, workspace: &Workspace<'_>) -> Result<Vec<u32>, RunError> {
        match &self.method {
            Method::Best { feature, greatest } => Ok(best(&self.values(workspace, feature)?, *greatest)),
            Method::BestPerObject { feature, greatest, enclosing, assign } => {
                self.best_per_object(workspace, feature, *greatest, enclosing, *assign)
            }
            Method::Limits(limits) => self.within(workspace, limits),
            Method::Rules { folder, file, class, fuzzy, classifier } => {
                let folder = folder.resolve(&workspace.folders.input, &workspace.folders.output, None);
                let rules = Rules::read(workspace.source, &format!("{folder}/{file}"), *fuzzy)?;
                let class = if *classifier {
                    // A rule file as a classifier has two classes, however many it gives weights to.
                    ["1", "2"].iter().position(|c| c == class).ok_or_else(|| {
                        RunError::Refused(format!("`{class}` is not a class of `{file}`: 1, 2"))
                    })? as i64
                } else {
                    class.trim().parse::<i64>().unwrap_or(1) - 1
                };
                let scores = rules.score(&workspace.record)?;
                let hit = |score: &[f64]| best_class(score).is_some_and(|best| best as i64 == class);
                Ok((1..).zip(&scores).filter(|(_, score)| hit(score)).map(|(number, _)| number).collect())
            }
            Method::Border => {
                let objects = workspace.objects(&self.objects)?;
                off_border(workspace, &objects, &self.objects)
            }
        }
    }

    fn values(&self, workspace: &Workspace<'_>, feature: &str) -> Result<Vec<f64>, RunError> {
        let found = workspace.record.object(&self.objects, feature);
        found
            .map(measurements::Values::to_floats)
            .ok_or_else(|| RunError::Refused(format!("`{feature}` of `{}` was not measured", self.objects)))
    }

    fn within(&self, workspace: &Workspace<'_>, limits: &[Limit]) -> Result<Vec<u32>, RunError> {
        let mut hits: Option<Vec<bool>> = None;
        for limit in limits {
            let values = self.values(workspace, &limit.feature)?;
            let hits = hits.get_or_insert_with(|| vec![true; values.len()]);
            if hits.len() != values.len() {
                return Err(RunError::Refused(format!(
                    "`{}` of `{}` has {} values, measurements before it {}",
                    limit.feature,
                    self.objects,
                    values.len(),
                    hits.len()
                )));
            }
            for (hit, value) in hits.iter_mut().zip(&values) {
                let out =
                    limit.least.is_some_and(|l| *value < l) || limit.greatest.is_some_and(|g| *value > g);
                *hit &= !out;
            }
        }
        Ok((1..).zip(hits.unwrap_or_default()).filter(|(_, hit)| *hit).map(|(number, _)| number).collect())
    }

    fn best_per_object(
        &self,
        workspace: &Workspace<'_>,
        feature: &str,
        greatest: bool,
        enclosing: &str,
        assign: Assign,
    ) -> Result<Vec<u32>, RunError> {
        let (inner_set, outer_set) = (workspace.objects(&self.objects)?, workspace.objects(enclosing)?);
        let (inner, outer) = (flat(&inner_set, &self.objects)?, flat(&outer_set, enclosing)?);
        let count = outer_set.count();
        if count == 0 {
            return Ok(Vec::new());
        }
        let values = self.values(workspace, feature)?;
        let refused = |what: &str| RunError::Refused(format!("`{}` and `{enclosing}`: {what}", self.objects));
        if inner.shape() != outer.shape() {
            return Err(refused("their labels are not of one size"));
        }
        match assign {
            Assign::ToAll => {
                if inner_set.count() > values.len() {
                    return Err(refused("there are fewer measurements than objects"));
                }
                Ok(best_at_any(inner, outer, count, &values, greatest))
            }
            Assign::ToMostOverlapping => best_by_overlap(inner, outer, count, &values, greatest)
                .ok_or_else(|| refused("they do not overlap, or there are fewer measurements than objects")),
        }
    }
}

/// Returns the object with the greatest or least value, the first of equal ones; a NaN goes before all.
fn best(values: &[f64], greatest: bool) -> Vec<u32> {
    let Some(first) = values.first() else { return Vec::new() };
    if let Some(nan) = values.iter().position(|v| v.is_nan()) {
        return vec![nan as u32 + 1];
    }
    let mut best = (1, *first);
    for (number, &value) in (1..).zip(values) {
        if if greatest { value > best.1 } else { value < best.1 } {
            best = (number, value);
        }
    }
    vec![best.0]
}

/// Returns, sorted, the objects of `inner` with the best value that each of the `count` objects of `outer` sees.
fn best_at_any(
    inner: &Plane<u32>,
    outer: &Plane<u32>,
    count: usize,
    values: &[f64],
    greatest: bool,
) -> Vec<u32> {
    let background = if greatest { f64::NEG_INFINITY } else { f64::INFINITY };
    let seen: Vec<f64> =
        inner.data().iter().map(|&l| if l == 0 { background } else { values[l as usize - 1] }).collect();
    let positions = if greatest { maximum_positions } else { minimum_positions };
    let places = positions(&seen, outer.data(), count);
    let mut found: Vec<u32> =
        places.into_iter().map(|at| inner.data()[at as usize]).filter(|&l| l != 0).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Returns, sorted, the best object of `inner` for each object of `outer`, where each goes, from the best on, to the
/// outer object that it shares most pixels with and that has none yet.
///
/// `None` where they do not overlap, or objects have no value.
fn best_by_overlap(
    inner: &Plane<u32>,
    outer: &Plane<u32>,
    count: usize,
    values: &[f64],
    greatest: bool,
) -> Option<Vec<u32>> {
    // CellProfiler finds the overlap by multiplying labels in their own small integers, where 16 · 16 is 0.
    let bits = |labels: &Plane<u32>| match labels.data().iter().copied().max().unwrap_or(0) {
        0..128 => 8,
        128..32768 => 16,
        _ => 32,
    };
    let modulus = 1_u64 << bits(inner).max(bits(outer));
    let overlaps = |a: u32, b: u32| !(u64::from(a) * u64::from(b)).is_multiple_of(modulus);
    let mut pairs: Vec<(u32, u32)> = inner
        .data()
        .iter()
        .zip(outer.data())
        .filter(|(a, b)| overlaps(**a, **b))
        .map(|(a, b)| (*a, *b))
        .collect();
    pairs.sort_unstable();
    let mut shared: Vec<(f64, u32, u32, usize)> = Vec::new();
    for same in pairs.chunk_by(|a, b| a == b) {
        let value = *values.get(same[0].0 as usize - 1)?;
        shared.push((if greatest { -value } else { value }, same[0].0, same[0].1, same.len()));
    }
    if shared.is_empty() {
        return None;
    }
    shared.sort_by(|a, b| {
        let by_value = a.0.partial_cmp(&b.0).unwrap_or_else(|| a.0.is_nan().cmp(&b.0.is_nan()));
        by_value.then(b.3.cmp(&a.3))
    });
    let mut best = vec![0; count + 1];
    for candidates in shared.chunk_by(|a, b| a.1 == b.1) {
        if let Some(free) = candidates.iter().find(|c| best[c.2 as usize] == 0) {
            best[free.2 as usize] = free.1;
        }
    }
    best.retain(|&number| number != 0);
    best.sort_unstable();
    Some(best)
}

/// Returns the objects that do not touch the border of the image or, if it has one, of the mask of the image they
/// were found in; in the order of CellProfiler's set. Background counts as an object if it touches no border.
fn off_border(workspace: &Workspace<'_>, objects: &Objects, name: &str) -> Result<Vec<u32>, RunError> {
    let labels = flat(objects, name)?;
    let parent = objects.parent_image.as_ref().map(|image| workspace.image(image)).transpose()?;
    let mask = parent.as_ref().map(|image| workspace.mask_of(image)).transpose()?.flatten();
    let inside = match &mask {
        Some(mask) => erode_cross(mask, false),
        None => erode_cross(&Plane::filled(labels.height(), labels.width(), true), false),
    };
    if inside.shape() != labels.shape() {
        return Err(RunError::Refused(format!(
            "the mask of the image that `{name}` was found in has another size"
        )));
    }
    let at_border = labels.data().iter().zip(inside.data()).filter(|(_, inside)| !**inside).map(|(l, _)| *l);
    let border = distinct(at_border).into_iter().collect::<PythonSet>();
    let all = distinct(labels.data().iter().copied()).into_iter().collect::<PythonSet>();
    Ok(all.difference(&border).iter().collect())
}

/// Returns each number once, in the order they come in.
fn distinct(numbers: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut seen: Vec<bool> = Vec::new();
    let mut found = Vec::new();
    let mut last = None;
    for number in numbers {
        if last == Some(number) {
            continue;
        }
        last = Some(number);
        let at = number as usize;
        if at >= seen.len() {
            seen.resize(at + 1, false);
        }
        if !std::mem::replace(&mut seen[at], true) {
            found.push(number);
        }
    }
    found
}
