//! The way of each pixel from the centre of its object.

use super::Scaling;
use crate::centers::centers;
use crate::distance_transform::distances;
use crate::introsort::argsort;
use crate::object_extrema::maximum_positions;
use crate::propagate::propagate;
use crate::regions::{Bounds, Region, Regions};
use pixels::Plane;

/// What objects are measured from.
#[derive(Clone, Copy, Debug)]
pub enum Centers<'a> {
    /// Their own pixels farthest from the edge.
    Own,
    /// The centres of mass of these objects, a label image of the same size.
    OfOthers(&'a Plane<u32>),
    /// The edges of these objects; what is within them does not count.
    EdgesOfOthers(&'a Plane<u32>),
}

/// The pixels that count of every object, object by object, row by row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rays {
    /// For each object, the end of its stretch of the pixels.
    pub(super) ends: Vec<usize>,
    /// The pixel's place in the image.
    pub(super) places: Vec<u32>,
    /// Its distance from the centre, scaled.
    pub(super) distances: Vec<f64>,
    /// Which of eight wedges around the centre it lies in.
    pub(super) wedges: Vec<u8>,
}

/// A pixel's way: how far it is from which centre (row, column).
#[derive(Clone, Copy)]
struct Way {
    distance: f64,
    center: (i64, i64),
}

impl Rays {
    /// Finds the ways of all pixels of objects, of `count` numbers, in `labels` (H×W); `regions` are the objects there.
    ///
    /// `None` when an object is reached from no centre and there is none it could take.
    pub fn new(
        labels: &Plane<u32>,
        regions: &Regions,
        count: usize,
        centers: Centers<'_>,
        scaling: Scaling,
    ) -> Option<Self> {
        let to_edge = distances_to_edge(labels, regions);
        let origins = match centers {
            Centers::Own => Origins::Own(OwnCenters::new(labels, regions, count, &to_edge)),
            Centers::OfOthers(others) => Origins::Others(Others::new(labels, others, true)),
            Centers::EdgesOfOthers(others) => Origins::Others(Others::new(labels, others, false)),
        };
        let within = match centers {
            Centers::EdgesOfOthers(others) => Some(others),
            Centers::Own | Centers::OfOthers(_) => None,
        };
        let pixels = regions.total_area();
        let mut rays = Self {
            ends: Vec::with_capacity(count),
            places: Vec::with_capacity(pixels),
            distances: Vec::with_capacity(pixels),
            wedges: Vec::with_capacity(pixels),
        };
        for label in 1..=count {
            let mut add = |(y, x): (usize, usize), way: Way| {
                if within.is_some_and(|others| others[(y, x)] != 0) {
                    return;
                }
                let place = y * labels.width() + x;
                let d = way.distance;
                let scaled = match scaling {
                    Scaling::ToEdge => d / ((d + to_edge.data()[place]) + 0.001),
                    Scaling::Pixels(pixels) => d / pixels,
                };
                let (dy, dx) = (y as i64 - way.center.0, x as i64 - way.center.1);
                let wedge = u8::from(dy > 0) + 2 * u8::from(dx > 0) + 4 * u8::from(dy.abs() > dx.abs());
                rays.places.push(place as u32);
                rays.distances.push(scaled);
                rays.wedges.push(wedge);
            };
            if let Some(region) = (label <= regions.count()).then(|| regions.get(label)).flatten() {
                match &origins {
                    Origins::Own(own) => own.visit(label, region, &mut add),
                    Origins::Others(others) => others.visit(label, region, &mut add)?,
                }
            }
            rays.ends.push(rays.places.len());
        }
        Some(rays)
    }

    /// Returns the stretch of pixels of each object.
    pub(super) fn objects(&self) -> impl Iterator<Item = std::ops::Range<usize>> {
        self.ends.iter().scan(0, |start, &end| Some(std::mem::replace(start, end)..end))
    }
}

/// Returns the object's rectangle and a pixel around it, as far as there are any.
fn surroundings(region: Region<'_>, (height, width): (usize, usize)) -> Bounds {
    let bounds = region.bounds;
    Bounds {
        top: bounds.top.saturating_sub(1),
        left: bounds.left.saturating_sub(1),
        bottom: (bounds.bottom + 1).min(height),
        right: (bounds.right + 1).min(width),
    }
}

fn drawn(region: Region<'_>, within: Bounds) -> Plane<bool> {
    let mut mask = Plane::filled(within.height(), within.width(), false);
    for run in region.runs {
        let columns = run.start as usize - within.left..run.end as usize - within.left;
        mask.row_mut(run.row as usize - within.top)[columns].fill(true);
    }
    mask
}

/// Returns the distance of each pixel to the nearest that is not of its object; the image's border is none.
///
/// Source: `centrosome.cpmorphology.distance_to_edge`.
fn distances_to_edge(labels: &Plane<u32>, regions: &Regions) -> Plane<f64> {
    let mut all = Plane::zeros(labels.height(), labels.width());
    for (_, region) in regions.iter() {
        let within = surroundings(region, labels.shape());
        let found = distances(&drawn(region, within));
        for run in region.runs {
            let y = run.row as usize;
            let from = run.start as usize - within.left;
            let row = &found.row(y - within.top)[from..from + run.len()];
            all.row_mut(y)[run.columns()].copy_from_slice(row);
        }
    }
    all
}

/// Where the ways begin.
enum Origins {
    Own(OwnCenters),
    Others(Others),
}

/// Each object's pixel (row, column) farthest from the edge, from which ways lead within the object.
struct OwnCenters {
    centers: Vec<(usize, usize)>,
    /// The object at the first pixel of the image, if that is the centre of an object without pixels: from there this
    /// one is reached as well.
    at_corner: Option<usize>,
    shape: (usize, usize),
}

impl OwnCenters {
    fn new(labels: &Plane<u32>, regions: &Regions, count: usize, to_edge: &Plane<f64>) -> Self {
        let positions = maximum_positions(to_edge.data(), labels.data(), count);
        let first = labels.data().first().map_or(0, |&label| label as usize);
        let mut empty = positions.iter().zip(1..).filter(|&(&place, label)| place == 0 && first != label);
        let at_corner = empty.next().map(|_| first).filter(|&label| label > 0 && label <= regions.count());
        let width = labels.width();
        let centers = positions.iter().map(|&p| (p as usize / width, p as usize % width)).collect();
        Self { centers, at_corner, shape: labels.shape() }
    }

    /// Hands on the pixels of an object that are reached, row by row, and their ways.
    fn visit(&self, label: usize, region: Region<'_>, visit: &mut impl FnMut((usize, usize), Way)) {
        let center = self.centers[label - 1];
        let within = surroundings(region, self.shape);
        let mut seeds = Plane::filled(within.height(), within.width(), 0u32);
        seeds[(center.0 - within.top, center.1 - within.left)] = 1;
        if self.at_corner == Some(label) {
            seeds[(0, 0)] = 1;
        }
        let (reached, found) = propagate(None, &seeds, &drawn(region, within), 1.0);
        for (y, x) in region.pixels() {
            let there = (y - within.top, x - within.left);
            if reached[there] != 0 {
                let center = (center.0 as i64, center.1 as i64);
                visit((y, x), Way { distance: found[there], center });
            }
        }
    }
}

/// Other objects, or their centres, from which ways lead through all objects.
struct Others {
    centers: Vec<(i64, i64)>,
    /// Those that have pixels.
    good: Vec<usize>,
    /// The centres (row, column) of the objects that are reached.
    own: Vec<(f64, f64)>,
    /// From which of the others each pixel is reached, and on what way.
    reached: Plane<u32>,
    distances: Plane<f64>,
}

impl Others {
    fn new(labels: &Plane<u32>, others: &Plane<u32>, from_centers: bool) -> Self {
        let whole = |v: f64| (v + 0.5) as i64;
        let at: Vec<(i64, i64)> = centers(others).iter().map(|c| (whole(c.y), whole(c.x))).collect();
        let mut there = vec![false; at.len()];
        for &label in others.data().iter().filter(|&&label| label != 0) {
            there[label as usize - 1] = true;
        }
        let good: Vec<usize> = (0..at.len()).filter(|&other| there[other]).collect();
        let drawn;
        let seeds = if from_centers {
            let mut points = Plane::zeros(labels.height(), labels.width());
            for &other in &good {
                points[(at[other].0 as usize, at[other].1 as usize)] = other as u32 + 1;
            }
            drawn = points;
            &drawn
        } else {
            others
        };
        let (reached, distances) = propagate(None, seeds, &labels.map(|&label| label != 0), 1.0);
        let own = centers(labels).iter().map(|c| (c.y, c.x)).collect();
        Self { centers: at, good, own, reached, distances }
    }

    /// Hands on the pixels of an object, row by row, and their ways; where it cannot be reached, they come from the centre
    /// nearest to its own, as the crow flies. `None` when there is no such centre.
    fn visit(
        &self,
        label: usize,
        region: Region<'_>,
        visit: &mut impl FnMut((usize, usize), Way),
    ) -> Option<()> {
        let mut best = None;
        for (y, x) in region.pixels() {
            let (other, distance) = match self.reached[(y, x)] {
                0 => {
                    let other = match best {
                        Some(other) => other,
                        None => *best.insert(nearest(&self.centers, &self.good, self.own[label - 1])?),
                    };
                    let (dy, dx) = (y as i64 - self.centers[other].0, x as i64 - self.centers[other].1);
                    (other, ((dy * dy + dx * dx) as f64).sqrt())
                }
                other => (other as usize - 1, self.distances[(y, x)]),
            };
            visit((y, x), Way { distance, center: self.centers[other] });
        }
        Some(())
    }
}

/// Returns the one of the `good` centres that numpy's sort finds nearest to a place.
fn nearest(centers: &[(i64, i64)], good: &[usize], (y, x): (f64, f64)) -> Option<usize> {
    let squares: Vec<f64> = good
        .iter()
        .map(|&other| {
            let (dy, dx) = (y - centers[other].0 as f64, x - centers[other].1 as f64);
            dy * dy + dx * dx
        })
        .collect();
    argsort(&squares).first().map(|&place| good[place as usize])
}
