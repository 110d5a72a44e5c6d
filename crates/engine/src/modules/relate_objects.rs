//! RelateObjects: finds which parent each child object lies on, and what follows from that.

use crate::identified::{
    dense, family_columns, note_family, note_labels, note_relationship, object_columns, pairs_of,
    parent_feature, relate_labels,
};
use crate::{Declaration, Kind, Module, Need, Objects, Relates, RunError, Upstream, Workspace};
use algorithms::regions::Regions;
use algorithms::volume_centers::volume_centers;
use cppipe::{Problem, Settings};
use measurements::{Column, Record};
use pixels::{Array, Labels};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "RelateObjects",
    former_names: &[],
    newest_revision: 5,
    summary: "finds which parent each child object lies on, with distances and means per parent",
    read,
};

#[derive(Debug, PartialEq)]
struct RelateObjects {
    parents: String,
    children: String,
    distances: Distances,
    /// Other parents that distances are measured to.
    step_parents: Vec<String>,
    means: bool,
    /// The name of the children that have parents.
    saved: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Distances {
    centroid: bool,
    minimum: bool,
}

const PARENTS: &str = "Parent objects";
const CHILDREN: &str = "Child objects";
const STEP_PARENT: &str = "Parent name";

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut s = Settings::upgraded(module, upgraded(module));
    let parents = s.text(PARENTS);
    let children = s.text(CHILDREN);
    let distances = s.choice(
        "Calculate child-parent distances?",
        &[
            ("None", Distances { centroid: false, minimum: false }),
            ("Centroid", Distances { centroid: true, minimum: false }),
            ("Minimum", Distances { centroid: false, minimum: true }),
            ("Both", Distances { centroid: true, minimum: true }),
        ],
    );
    let means = s.yes("Calculate per-parent means for all child measurements?");
    let with_steps = s.yes("Calculate distances to other parents?");
    let save = s.yes("Do you want to save the children with parents as a new object set?");
    let output = if s.left() > 0 { s.text("Name the output object") } else { "RelateObjects".into() };
    let mut step_parents: Vec<String> = (0..s.left()).map(|_| s.text(STEP_PARENT)).collect();
    if step_parents.is_empty() {
        step_parents.push("None".into());
    }
    let measured = with_steps && (distances.centroid || distances.minimum);
    if measured && let Some(unset) = step_parents.iter().find(|p| *p == "None") {
        s.problem(STEP_PARENT, format!("`{unset}` is not the name of a parent"), None);
    }
    Ok(Box::new(s.finish(RelateObjects {
        parents,
        children,
        distances,
        step_parents: if measured { step_parents } else { Vec::new() },
        means,
        saved: save.then_some(output),
    })?))
}

/// Brings the answers into the order of revision 5.
fn upgraded(module: &cppipe::Module) -> Vec<String> {
    let mut v: Vec<String> = module.settings.iter().map(|s| s.value.clone()).collect();
    if module.revision == 1 && v.len() >= 5 {
        let distances = if v[2] == "Do not use" { "None".into() } else { v[2].clone() };
        let steps = if v[3].eq_ignore_ascii_case("Do not use") { "No" } else { "Yes" };
        v = vec![v[0].clone(), v[1].clone(), distances, v[4].clone(), steps.into(), v[3].clone()];
    }
    if module.revision <= 2 && v.len() >= 2 {
        v.swap(0, 1);
    }
    if module.revision <= 3 && v.len() >= 5 {
        // The first step-parent becomes the name of an output that is not made, as in CellProfiler.
        v.insert(5, "No".into());
    }
    if module.revision == 4 && v.len() >= 6 {
        let output = v.remove(2);
        v.splice(5..5, ["Yes".into(), output]);
    }
    v
}

impl Module for RelateObjects {
    fn declare(&self, upstream: &Upstream) -> Declaration {
        let mut needs = vec![Need::objects(&self.parents, PARENTS), Need::objects(&self.children, CHILDREN)];
        needs.extend(self.step_parents.iter().map(|p| Need::objects(p, STEP_PARENT)));
        let mut columns = family_columns(&self.parents, &self.children);
        let distances = self.distance_columns();
        if self.means {
            let own = upstream.columns.iter().chain(&distances).filter(|c| c.object == self.children);
            let averaged = own.filter(|c| is_averaged(&c.feature) && c.kind != measurements::Kind::Text);
            columns.extend(averaged.map(|c| Column::float(&self.parents, self.mean_feature(&c.feature))));
        }
        columns.extend(distances);
        let mut objects = Vec::new();
        if let Some(saved) = &self.saved {
            objects.push(saved.clone());
            columns.extend(object_columns(saved));
            columns.extend(family_columns(&self.children, saved));
        }
        let relationships = vec![
            Relates::new("Parent", &self.parents, &self.children),
            Relates::new("Child", &self.children, &self.parents),
        ];
        Declaration { needs, objects, columns, relationships, ..Declaration::default() }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let (parent_set, child_set) = (workspace.objects(&self.parents)?, workspace.objects(&self.children)?);
        let (parents, children) = (dense(&parent_set, &self.parents)?, dense(&child_set, &self.children)?);
        let related = relate_labels(&parents, &children)?;
        note_family(&mut workspace.record, &self.parents, &self.children, &related);
        let pairs: Vec<_> = pairs_of(&related.parents).collect();
        if !pairs.is_empty() {
            let turned: Vec<_> = pairs.iter().map(|&(parent, child)| (child, parent)).collect();
            note_relationship(workspace, "Parent", &self.parents, &self.children, pairs);
            note_relationship(workspace, "Child", &self.children, &self.parents, turned);
        }
        for name in std::iter::once(&self.parents).chain(&self.step_parents) {
            self.measure_distances(workspace, name, &child_set)?;
        }
        if self.means {
            let count = parent_set.count();
            self.note_means(&mut workspace.record, &related.parents, count)?;
        }
        if let Some(name) = &self.saved {
            self.save(workspace, name, &parents, &child_set)?;
        }
        Ok(())
    }
}

impl RelateObjects {
    fn distance_columns(&self) -> Vec<Column> {
        let names = || std::iter::once(&self.parents).chain(&self.step_parents);
        let mut columns = Vec::new();
        if self.distances.centroid {
            columns.extend(names().map(|p| {
                Column::float(&self.children, centroid_feature(p)).declared(measurements::Kind::Integer)
            }));
        }
        if self.distances.minimum {
            columns.extend(names().map(|p| {
                Column::float(&self.children, minimum_feature(p)).declared(measurements::Kind::Integer)
            }));
        }
        columns
    }

    fn mean_feature(&self, feature: &str) -> String {
        format!("Mean_{}_{feature}", self.children)
    }

    fn measure_distances(
        &self,
        workspace: &mut Workspace<'_>,
        name: &str,
        child_set: &Objects,
    ) -> Result<(), RunError> {
        if !self.distances.centroid && !self.distances.minimum {
            return Ok(());
        }
        let children = dense(child_set, &self.children)?;
        let parent_set = workspace.objects(name)?;
        let parents = dense(&parent_set, name)?;
        let parents_of = self.parents_of(&workspace.record, name)?;
        let from = there(&children);
        let refused = || {
            RunError::Refused(format!(
                "the numbers of `{}` or `{name}` have gaps: their distances cannot be measured",
                self.children
            ))
        };
        if self.distances.centroid {
            let values = centroid_distances(&there(&parents), &from, &parents_of).ok_or_else(refused)?;
            workspace.record.object_floats(&self.children, centroid_feature(name), values);
        }
        if self.distances.minimum {
            let values = minimum_distances(&parents, &from, &parents_of).ok_or_else(refused)?;
            workspace.record.object_floats(&self.children, minimum_feature(name), values);
        }
        Ok(())
    }

    /// Returns which object of `name` each child belongs to (0 for none): by a link of its own, else through the
    /// parents, which may be above or below `name`.
    fn parents_of(&self, record: &Record, name: &str) -> Result<Vec<usize>, RunError> {
        let link = |object: &str, parent: &str| -> Option<Vec<usize>> {
            let values = record.object(object, &parent_feature(parent))?;
            Some(values.to_floats().into_iter().map(|v| v as usize).collect())
        };
        if let Some(direct) = link(&self.children, name) {
            return Ok(direct);
        }
        let own = link(&self.children, &self.parents).unwrap_or_default();
        if let Some(above) = link(&self.parents, name) {
            return Ok(own.iter().map(|&p| if p == 0 { 0 } else { above[p - 1] }).collect());
        }
        let Some(below) = link(name, &self.parents) else {
            return Err(RunError::Refused(format!(
                "`{}` and `{name}` are not related: no distance from `{}` to `{name}` can be measured",
                self.parents, self.children
            )));
        };
        if below.is_empty() {
            return Ok(Vec::new());
        }
        // What belongs to no parent stands for the children without one, the last of them, as in CellProfiler;
        // which cannot look up a parent beyond those that have children.
        let known = own.iter().map(|p| p + 1).chain([below.len()]).max().unwrap_or(0);
        let mut under = vec![0; known];
        for (number, &parent) in (1..).zip(&below) {
            *under.get_mut(parent).ok_or_else(|| {
                RunError::Refused(format!(
                    "object {parent} of `{}` has `{name}` but no `{}`, and no object of a greater number has: \
                     CellProfiler cannot measure distances to `{name}` then",
                    self.parents, self.children
                ))
            })? = number;
        }
        Ok(own.iter().map(|&p| under[p]).collect())
    }

    fn note_means(&self, record: &mut Record, parents_of: &[u32], count: usize) -> Result<(), RunError> {
        let Some(features) = record.objects.get(&self.children) else { return Ok(()) };
        let mut means = Vec::new();
        for (feature, values) in features {
            if !is_averaged(feature) || matches!(values, measurements::Values::Texts(_)) {
                continue;
            }
            let averaged = if values.is_empty() {
                vec![f64::NAN; parents_of.len()]
            } else if values.len() == parents_of.len() {
                means_by(&values.to_floats(), parents_of, count)
            } else {
                return Err(RunError::Refused(format!(
                    "`{feature}` of `{}` has {} values for {} objects: they cannot be averaged",
                    self.children,
                    values.len(),
                    parents_of.len()
                )));
            };
            means.push((self.mean_feature(feature), averaged));
        }
        for (feature, values) in means {
            record.object_floats(&self.parents, feature, values);
        }
        Ok(())
    }

    fn save(
        &self,
        workspace: &mut Workspace<'_>,
        name: &str,
        parents: &Array<u32>,
        child_set: &Objects,
    ) -> Result<(), RunError> {
        let children = &*dense(child_set, &self.children)?;
        if parents.shape() != children.shape() {
            return Err(RunError::Refused(format!(
                "`{}` and `{}` are not of one size: {:?} and {:?}",
                self.parents,
                self.children,
                parents.shape(),
                children.shape()
            )));
        }
        let kept = with_parents(parents, children);
        let Labels::Dense(mut small_removed) = child_set.small_removed().clone() else {
            return Err(RunError::NotNative(format!("the overlapping objects of `{}`", self.children)));
        };
        for ((small, &kept), &child) in
            small_removed.data_mut().iter_mut().zip(kept.data()).zip(children.data())
        {
            if kept == 0 && child != 0 {
                *small = 0;
            }
        }
        note_labels(&mut workspace.record, name, &kept);
        note_family(&mut workspace.record, &self.children, name, &relate_labels(children, &kept)?);
        let objects = Objects {
            segmented: Labels::Dense(kept),
            unedited: Some(child_set.unedited().clone()),
            small_removed: Some(Labels::Dense(small_removed)),
            parent_image: child_set.parent_image.clone(),
        };
        workspace.add_objects(name, objects);
        Ok(())
    }
}

fn centroid_feature(parent: &str) -> String {
    format!("Distance_Centroid_{parent}")
}

fn minimum_feature(parent: &str) -> String {
    format!("Distance_Minimum_{parent}")
}

/// Returns whether a feature of the children is averaged.
fn is_averaged(feature: &str) -> bool {
    !feature.starts_with("Mean") && !feature.starts_with("Parent")
}

/// A place in z, y and x; z is 0 in a flat image.
type Place = [f64; 3];

/// Returns the centres of the labels that are there.
fn there(labels: &Array<u32>) -> Vec<Place> {
    volume_centers(labels).into_iter().flatten().collect()
}

/// Returns the distance of each child's centre to its parent's, NaN without parent; `None` where numbers have gaps.
fn centroid_distances(parents: &[Place], children: &[Place], parents_of: &[usize]) -> Option<Vec<f64>> {
    if parents.is_empty() || children.is_empty() {
        return Some(vec![f64::NAN; parents_of.len()]);
    }
    if children.len() != parents_of.len() {
        return None;
    }
    let distance = |(child, &parent): (&Place, &usize)| match parent {
        0 => Some(f64::NAN),
        number => parents.get(number - 1).map(|p| square_distance(child, p).sqrt()),
    };
    children.iter().zip(parents_of).map(distance).collect()
}

/// Returns the distance of each child's centre to the nearest pixel of its parent's rim; as [`centroid_distances`].
fn minimum_distances(parents: &Array<u32>, children: &[Place], parents_of: &[usize]) -> Option<Vec<f64>> {
    if parents_of.iter().all(|&p| p == 0) {
        return Some(vec![f64::NAN; parents_of.len()]);
    }
    if children.len() != parents_of.len() {
        return None;
    }
    let rims = rims(parents);
    let distance = |(child, &parent): (&Place, &usize)| {
        if parent == 0 {
            return Some(f64::NAN);
        }
        let squares = rims.get(parent)?.iter().map(|pixel| square_distance(child, pixel));
        Some(squares.reduce(f64::min)?.sqrt())
    };
    children.iter().zip(parents_of).map(distance).collect()
}

fn square_distance(from: &Place, to: &Place) -> f64 {
    from.iter().zip(to).map(|(from, to)| (to - from) * (to - from)).sum()
}

/// Returns the rim pixels of each label; there is none of label 0.
fn rims(labels: &Array<u32>) -> Vec<Vec<Place>> {
    let height = labels.shape().height;
    let edges = Regions::of(labels.rows()).inner_edges_of_volume(labels.rows(), height);
    let place = |row: usize, x: usize| [row / height, row % height, x].map(|at| at as f64);
    let pixels = |label| edges.runs(label).iter().flat_map(|r| r.columns().map(|x| place(r.row as usize, x)));
    std::iter::once(Vec::new()).chain((1..=edges.count()).map(|label| pixels(label).collect())).collect()
}

/// Averages the values of each parent's children; NaN for a parent without.
fn means_by(values: &[f64], parents_of: &[u32], count: usize) -> Vec<f64> {
    let mut sums = vec![(0.0, 0.0); count];
    for (value, &parent) in values.iter().zip(parents_of).filter(|(_, p)| **p > 0) {
        let sum = &mut sums[parent as usize - 1];
        *sum = (sum.0 + value, sum.1 + 1.0);
    }
    sums.into_iter().map(|(sum, n)| sum / n).collect()
}

/// Keeps the children of which a pixel lies on a parent, with new numbers. The lowest of all numbers found is taken
/// for background, as CellProfiler does, even where there is no background.
fn with_parents(parents: &Array<u32>, children: &Array<u32>) -> Array<u32> {
    let greatest = children.data().iter().copied().max().unwrap_or(0) as usize;
    let mut on_parent = vec![false; greatest + 1];
    for (&parent, &child) in parents.data().iter().zip(children.data()) {
        on_parent[if parent > 0 { child as usize } else { 0 }] = true;
    }
    if let Some(lowest) = on_parent.iter_mut().find(|o| **o) {
        *lowest = false;
    }
    let mut count = 0;
    let numbers: Vec<u32> = on_parent
        .into_iter()
        .map(|kept| {
            count += u32::from(kept);
            if kept { count } else { 0 }
        })
        .collect();
    children.map(|&l| numbers[l as usize])
}
