//! MeasureObjectNeighbors: how many neighbours each object has, how near, and how much it touches them.

use crate::colored::{colored, read_colormap};
use crate::identified::{dense, dense_labels, note_relationship, relate_labels};
use crate::{Declaration, Kind, Module, Need, Objects, Relates, RunError, Upstream, Workspace};
use algorithms::centers::{Center, centers};
use algorithms::colormap::Colormap;
use algorithms::expand_labels::expand_labels;
use algorithms::neighbors::{Surroundings, distance, nearest_three, surroundings};
use algorithms::relabel::present;
use algorithms::volume_centers::volume_centers;
use algorithms::volume_distances::expand_in_volume;
use cppipe::{Problem, Settings};
use measurements::Column;
use pixels::{Array, Labels};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "MeasureObjectNeighbors",
    former_names: &[],
    newest_revision: 3,
    summary: "measures how many neighbours each object has, how near, and how much it touches them",
    read,
};

const OBJECTS: &str = "Select objects to measure";
const NEIGHBORS: &str = "Select neighboring objects to measure";

#[derive(Debug, PartialEq)]
struct MeasureObjectNeighbors {
    objects: String,
    neighbors: String,
    method: Method,
    /// Whether objects count that were taken away for touching the border.
    with_excluded: bool,
    count_image: Option<Coloring>,
    touching_image: Option<Coloring>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    Adjacent,
    Expand,
    Within(usize),
}

/// An image of the objects in the colours of a measurement.
#[derive(Debug, PartialEq)]
struct Coloring {
    name: String,
    colormap: Colormap,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut values: Vec<String> = module.settings.iter().map(|s| s.value.clone()).collect();
    if module.revision == 1 && !values.is_empty() {
        values.insert(1, values[0].clone());
    }
    if module.revision <= 2 && values.len() >= 4 {
        values.insert(4, "Yes".into());
    }
    let mut s = Settings::upgraded(module, values);
    let (objects, neighbors) = (s.text(OBJECTS), s.text(NEIGHBORS));
    let method = s.choice(
        "Method to determine neighbors",
        &[
            ("Adjacent", Method::Adjacent),
            ("Expand until adjacent", Method::Expand),
            ("Within a specified distance", Method::Within(0)),
        ],
    );
    let within = s.number_within(1.., 5);
    let method = if matches!(method, Method::Within(_)) { Method::Within(within) } else { method };
    let with_excluded = s.yes("Consider objects discarded for touching image border?");
    let mut coloring = |question: &str| {
        let wanted = s.yes(question);
        let name = s.text("Name the output image");
        let colormap = read_colormap(&mut s, "Select colormap", wanted);
        wanted.then_some(Coloring { name, colormap })
    };
    let count_image = coloring("Retain the image of objects colored by numbers of neighbors?");
    let touching_image = coloring("Retain the image of objects colored by percent of touching pixels?");
    Ok(Box::new(s.finish(MeasureObjectNeighbors {
        objects,
        neighbors,
        method,
        with_excluded,
        count_image,
        touching_image,
    })?))
}

impl Module for MeasureObjectNeighbors {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let integers = ["NumberOfNeighbors", "FirstClosestObjectNumber", "SecondClosestObjectNumber"];
        let floats =
            ["PercentTouching", "FirstClosestDistance", "SecondClosestDistance", "AngleBetweenNeighbors"];
        let mut columns: Vec<_> =
            integers.iter().map(|f| Column::integer(&self.objects, self.feature(f))).collect();
        columns.extend(floats.iter().map(|f| Column::float(&self.objects, self.feature(f))));
        let images = [&self.count_image, &self.touching_image];
        Declaration {
            needs: vec![Need::objects(&self.objects, OBJECTS), Need::objects(&self.neighbors, NEIGHBORS)],
            images: images.into_iter().flatten().map(|image| image.name.clone()).collect(),
            columns,
            relationships: vec![Relates::new("Neighbors", &self.objects, &self.neighbors)],
            ..Declaration::default()
        }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        if !self.with_excluded {
            self.forget_excluded(workspace)?;
        }
        let object_set = workspace.objects(&self.objects)?;
        let neighbor_set = workspace.objects(&self.neighbors)?;
        let kept = &*dense(&object_set, &self.objects)?;
        let neighbors_kept = &*dense(&neighbor_set, &self.neighbors)?;
        let all = &*dense_labels(object_set.small_removed(), &self.objects)?;
        let neighbors_all = &*dense_labels(neighbor_set.small_removed(), &self.neighbors)?;
        if all.shape() != neighbors_all.shape() {
            return Err(RunError::NotNative(format!(
                "measuring neighbours between `{}` and `{}`, whose labels are of different sizes,",
                self.objects, self.neighbors
            )));
        }
        let found = Measuring {
            same: self.same(),
            method: self.method,
            all,
            count: object_set.small_removed().count(),
            neighbors_all,
            neighbor_count: neighbor_set.small_removed().count(),
            numbers: relate_labels(all, kept)?.parents,
            neighbor_numbers: relate_labels(neighbors_all, neighbors_kept)?.parents,
            has_pixels: present(kept.rows())[1..].to_vec(),
            neighbor_has_pixels: present(neighbors_kept.rows())[1..].to_vec(),
        }
        .measure()
        .ok_or_else(|| {
            RunError::Refused(format!(
                "`{}` and `{}` are not in the objects they are the rest of: CellProfiler cannot measure them",
                self.objects, self.neighbors
            ))
        })?;
        for (coloring, values) in
            [(&self.count_image, &found.counts), (&self.touching_image, &found.percent_touching)]
        {
            if let Some(Coloring { name, colormap }) = coloring {
                let Some(kept) = kept.as_plane() else {
                    return Err(RunError::Refused(format!("`{name}` would be a volume in colours")));
                };
                let values = kept.map(|&l| if l == 0 { 0.0 } else { values[l as usize - 1] });
                let mut image = colored(colormap, &values, |at| kept.data()[at] != 0);
                image.masking_objects = Some(self.objects.clone());
                workspace.add_image(name, image);
            }
        }
        self.note(workspace, found);
        Ok(())
    }
}

impl MeasureObjectNeighbors {
    /// Whether neighbours are looked for among the objects themselves.
    fn same(&self) -> bool {
        self.objects == self.neighbors
    }

    fn feature(&self, feature: &str) -> String {
        let scale = match self.method {
            Method::Adjacent => "Adjacent".to_string(),
            Method::Expand => "Expanded".to_string(),
            Method::Within(distance) => distance.to_string(),
        };
        if self.same() {
            format!("Neighbors_{feature}_{scale}")
        } else {
            format!("Neighbors_{feature}_{}_{scale}", self.neighbors)
        }
    }

    /// Takes out of the neighbours' unedited labels what was taken away; as in CellProfiler, for all modules that
    /// follow.
    fn forget_excluded(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let set = workspace.objects(&self.neighbors)?;
        let kept = dense(&set, &self.neighbors)?;
        let labels = dense_labels(set.small_removed(), &self.neighbors)?;
        if kept.shape() != labels.shape() {
            return Err(RunError::Refused(format!(
                "the unedited labels of `{}` are not of its size",
                self.neighbors
            )));
        }
        let left = labels.data().iter().zip(kept.data()).map(|(&l, &kept)| if kept == 0 { 0 } else { l });
        let labels = Some(Labels::Dense(Array::from_vec(labels.shape(), left.collect())));
        let mut edited = Objects::clone(&set);
        if edited.small_removed.is_some() {
            edited.small_removed = labels;
        } else if edited.unedited.is_some() {
            edited.unedited = labels;
        }
        workspace.add_objects(&self.neighbors, edited);
        Ok(())
    }

    fn note(&self, workspace: &mut Workspace<'_>, found: Found) {
        let record = &mut workspace.record;
        let floats = [
            ("NumberOfNeighbors", found.counts),
            ("PercentTouching", found.percent_touching),
            ("FirstClosestDistance", found.first_distance),
            ("SecondClosestDistance", found.second_distance),
            ("AngleBetweenNeighbors", found.angle),
        ];
        for (feature, values) in floats {
            record.object_floats(&self.objects, self.feature(feature), values);
        }
        record.object_integers(&self.objects, self.feature("FirstClosestObjectNumber"), found.first);
        record.object_integers(&self.objects, self.feature("SecondClosestObjectNumber"), found.second);
        if !found.pairs.is_empty() {
            note_relationship(workspace, "Neighbors", &self.objects, &self.neighbors, found.pairs);
        }
    }
}

/// What is measured, of each kept object but where said otherwise.
#[derive(Default)]
struct Found {
    counts: Vec<f64>,
    percent_touching: Vec<f64>,
    /// Numbers of the nearest; where there is no neighbour at all, 0 for each object, the ones not kept included.
    first: Vec<i64>,
    second: Vec<i64>,
    first_distance: Vec<f64>,
    second_distance: Vec<f64>,
    angle: Vec<f64>,
    pairs: Vec<(u32, u32)>,
}

/// The labels that are measured: all with small objects removed, and those that are kept.
struct Measuring<'a> {
    same: bool,
    method: Method,
    all: &'a Array<u32>,
    count: usize,
    neighbors_all: &'a Array<u32>,
    neighbor_count: usize,
    /// The number among all of each kept object; 0 where there is none.
    numbers: Vec<u32>,
    neighbor_numbers: Vec<u32>,
    has_pixels: Vec<bool>,
    neighbor_has_pixels: Vec<bool>,
}

impl Measuring<'_> {
    /// Returns what is measured; `None` where CellProfiler raises.
    fn measure(&self) -> Option<Found> {
        if self.count == 0 && !self.numbers.is_empty() {
            return None;
        }
        if self.neighbor_count <= usize::from(self.same) {
            let zeros = || vec![0.0; self.numbers.len()];
            return Some(Found {
                counts: zeros(),
                percent_touching: zeros(),
                first: vec![0; self.count],
                second: vec![0; self.count],
                first_distance: zeros(),
                second_distance: zeros(),
                angle: zeros(),
                pairs: Vec::new(),
            });
        }
        let (centers, neighbor_centers) = (centers_of(self.all), centers_of(self.neighbors_all));
        let mut found = self.vectors(&centers, &neighbor_centers);
        let around = self.surroundings();
        for (&number, &there) in self.numbers.iter().zip(&self.has_pixels) {
            let Surroundings { neighbors, touching, perimeter } = &around[self.place(number)];
            found.counts.push(if there { neighbors.len() as f64 } else { 0.0 });
            let percent = f64::from(*touching) * 100.0 / f64::from(*perimeter);
            found.percent_touching.push(if there { percent } else { 0.0 });
        }
        found.pairs = self.pairs(&around)?;
        (found.first, found.second) = self.closest(&centers, &neighbor_centers)?;
        Some(found)
    }
}

impl Measuring<'_> {
    /// Returns what lies around each of all objects.
    fn surroundings(&self) -> Vec<Surroundings> {
        let expanded;
        let (mut labels, mut reach) = (self.all, 1);
        match self.method {
            Method::Adjacent => {}
            Method::Within(distance) => reach = distance,
            Method::Expand => {
                expanded = match self.all.as_plane() {
                    Some(plane) => expand_labels(plane, f64::INFINITY).into(),
                    None => expand_in_volume(self.all),
                };
                labels = &expanded;
            }
        }
        let mut wanted = vec![false; self.count + 1];
        self.numbers.iter().for_each(|&number| wanted[number as usize] = true);
        let others = (!self.same).then_some(self.neighbors_all);
        surroundings(labels, others, reach, |label| wanted[label as usize])
    }

    /// Returns distances and angle to the two nearest centres of all neighbours.
    fn vectors(&self, centers: &[Center], neighbor_centers: &[Center]) -> Found {
        let own: Vec<Center> = self.numbers.iter().map(|&number| centers[self.place(number)]).collect();
        let first = usize::from(self.same);
        let mut found = Found::default();
        for (center, nearest) in own.iter().zip(nearest_three(&own, neighbor_centers)) {
            let vector = |rank: usize| {
                let place = nearest.get(rank).copied()?;
                let other = neighbor_centers[place as usize];
                Some((other.x - center.x, other.y - center.y))
            };
            let length = |(x, y): (f64, f64)| (x * x + y * y).sqrt();
            // There is a first: there are more neighbours than `first`.
            let (one, two) = (vector(first).unwrap_or_default(), vector(first + 1));
            found.first_distance.push(length(one));
            found.second_distance.push(two.map_or(0.0, length));
            found.angle.push(two.map_or(0.0, |two| angle(one, two)));
        }
        found
    }

    /// Returns the numbers of the two nearest kept neighbours of each object; `None` where there are none to choose of.
    fn closest(&self, centers: &[Center], neighbor_centers: &[Center]) -> Option<(Vec<i64>, Vec<i64>)> {
        let count = self.numbers.len();
        let (mut first, mut second) = (vec![0; count], vec![0; count]);
        if count <= usize::from(self.same) {
            return Some((first, second));
        }
        let last = neighbor_centers.len() - 1;
        let others: Vec<Option<Center>> = self
            .neighbor_numbers
            .iter()
            .zip(&self.neighbor_has_pixels)
            .map(|(&n, &there)| there.then(|| neighbor_centers[(n as usize).checked_sub(1).unwrap_or(last)]))
            .collect();
        for (at, &number) in self.numbers.iter().enumerate().filter(|(at, _)| self.has_pixels[*at]) {
            let own = centers[self.place(number)];
            let nearest = nearest_of(&own, &others);
            let rank = usize::from(self.same);
            first[at] = nearest.get(rank).map(|&place| place as i64 + 1)?;
            if !self.same || count > 2 {
                second[at] = nearest.get(rank + 1).map_or(0, |&place| place as i64 + 1);
            }
        }
        Some((first, second))
    }

    /// Returns the pairs of kept objects that are neighbours; `None` where no neighbour is kept but some are there.
    fn pairs(&self, around: &[Surroundings]) -> Option<Vec<(u32, u32)>> {
        let kept = |numbers: &[u32], count: usize| {
            let mut kept = vec![0; count + 1];
            (1..).zip(numbers).for_each(|(new, &number)| kept[number as usize] = new);
            kept
        };
        let own = kept(&self.numbers, self.count);
        let other = kept(&self.neighbor_numbers, self.neighbor_count);
        let mut pairs = Vec::new();
        for &number in self.numbers.iter().filter(|number| **number != 0) {
            for &neighbor in &around[number as usize - 1].neighbors {
                if self.neighbor_numbers.is_empty() {
                    return None;
                }
                pairs.push((own[number as usize], other[neighbor as usize]));
            }
        }
        pairs.retain(|&(_, neighbor)| neighbor != 0);
        Some(pairs)
    }

    /// Returns the place of an object's values. Number 0, of an object that is not among all, is their end, as −1 is
    /// in CellProfiler's arrays.
    fn place(&self, number: u32) -> usize {
        (number as usize).checked_sub(1).unwrap_or(self.count - 1)
    }
}

/// Returns the centres of objects as CellProfiler sees them: of a volume, it takes planes for rows and rows for columns.
fn centers_of(labels: &Array<u32>) -> Vec<Center> {
    if let Some(plane) = labels.as_plane() {
        return centers(plane);
    }
    let center = |center: Option<[f64; 3]>| match center {
        Some([z, y, _]) => Center { y: z, x: y },
        None => Center { y: f64::NAN, x: f64::NAN },
    };
    volume_centers(labels).into_iter().map(center).collect()
}

/// Returns the angle between two vectors in degrees; NaN where one has no length.
fn angle(one: (f64, f64), two: (f64, f64)) -> f64 {
    let square = |(x, y): (f64, f64)| x * x + y * y;
    let cosine = (one.0 * two.0 + one.1 * two.1) / (square(one) * square(two)).sqrt();
    cosine.acos() * 180.0 / std::f64::consts::PI
}

/// Returns the places of the three nearest, of equal ones the first; those that are not there are infinitely far.
fn nearest_of(own: &Center, others: &[Option<Center>]) -> Vec<usize> {
    let mut nearest: Vec<(f64, usize)> = Vec::with_capacity(4);
    for (place, other) in others.iter().enumerate() {
        let length = other.as_ref().map_or(f64::INFINITY, |other| distance(own, other));
        // A NaN is further than all.
        let before = |&(known, _): &(f64, usize)| known <= length || length.is_nan();
        let rank = nearest.partition_point(before);
        if rank < 3 {
            nearest.insert(rank, (length, place));
            nearest.truncate(3);
        }
    }
    nearest.into_iter().map(|(_, place)| place).collect()
}
