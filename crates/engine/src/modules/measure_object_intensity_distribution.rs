//! MeasureObjectIntensityDistribution: how the intensity in objects is distributed from the centre to the edge.

mod heatmap;
mod settings;

use crate::grey::Grey;
use crate::{Declaration, Kind, Module, Need, Objects, RunError, Upstream, Workspace};
use algorithms::radial_distribution::{
    Centers, MomentSums, Rays, Ring, Rings, Scaling, Zernikes, indices, measure_rings,
};
use algorithms::regions::Regions;
use heatmap::{Heatmap, Shown};
use measurements::Column;
use pixels::Plane;
use std::collections::BTreeMap;

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "MeasureObjectIntensityDistribution",
    former_names: &[],
    newest_revision: 6,
    summary: "measures how the intensity in objects is distributed from the centre to the edge",
    read: settings::read,
};

#[derive(Debug, PartialEq)]
struct MeasureObjectIntensityDistribution {
    images: Vec<String>,
    objects: Vec<Measured>,
    bins: Vec<Bins>,
    heatmaps: Vec<Heatmap>,
    zernikes: Moments,
    degree: usize,
}

/// An object set and where its pixels are measured from.
#[derive(Debug, PartialEq)]
struct Measured {
    name: String,
    from: From,
}

#[derive(Clone, Debug, PartialEq)]
enum From {
    Own,
    CentersOf(String),
    EdgesOf(String),
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Bins {
    count: usize,
    scaled: bool,
    maximum_radius: i64,
}

/// Whether Zernike moments are measured, and what of them.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Moments {
    None,
    Magnitudes,
    MagnitudesAndPhases,
}

type Feature = (&'static str, fn(&Ring) -> &Vec<f64>);

const FEATURES: [Feature; 3] =
    [("FracAtD", |r| &r.fraction), ("MeanFrac", |r| &r.mean_fraction), ("RadialCV", |r| &r.variation)];

impl Module for MeasureObjectIntensityDistribution {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let mut needs: Vec<Need> = self.images.iter().map(|i| Need::image(i, settings::IMAGES)).collect();
        for object in &self.objects {
            needs.push(Need::objects(&object.name, settings::OBJECTS));
            if let From::CentersOf(others) | From::EdgesOf(others) = &object.from {
                needs.push(Need::objects(others, settings::CENTERS));
            }
        }
        let mut columns = Vec::new();
        for image in &self.images {
            for object in &self.objects {
                let mut add = |name| columns.push(Column::float(&object.name, name));
                for bins in &self.bins {
                    let places = 0..bins.count + usize::from(!bins.scaled);
                    for (feature, _) in FEATURES {
                        places.clone().for_each(|at| add(name(feature, image, at, bins.count)));
                    }
                    // CellProfiler lists the moments once for each set of bins.
                    self.moment_names(image).for_each(&mut add);
                }
            }
        }
        let images = self.heatmaps.iter().filter_map(|h| h.output.clone()).collect();
        Declaration { needs, columns, images, ..Declaration::default() }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let mut known = BTreeMap::new();
        let mut shown: Vec<Option<Shown>> = self.heatmaps.iter().map(|_| None).collect();
        for image in &self.images {
            for object in &self.objects {
                for bins in &self.bins {
                    self.measure_bins(workspace, image, object, *bins, &mut known, &mut shown)?;
                }
            }
        }
        if self.zernikes != Moments::None {
            for object in &self.objects {
                self.measure_moments(workspace, &object.name)?;
            }
        }
        for (heatmap, shown) in self.heatmaps.iter().zip(shown) {
            if let (Some(output), Some(shown)) = (&heatmap.output, shown) {
                let image = heatmap.draw(workspace, &shown)?;
                workspace.add_image(output, image);
            }
        }
        Ok(())
    }
}

/// Returns the feature's name for a ring; the one after the last is beyond all.
fn name(feature: &str, image: &str, at: usize, count: usize) -> String {
    if at == count {
        format!("RadialDistribution_{feature}_{image}_Overflow")
    } else {
        format!("RadialDistribution_{feature}_{image}_{}of{count}", at + 1)
    }
}

/// The ways of an object set's pixels from their centres, in the size that images and labels share, and the labels.
struct Known {
    rays: Rays,
    labels: Plane<u32>,
    rings: BTreeMap<usize, Rings>,
}

impl MeasureObjectIntensityDistribution {
    /// Measures one image in one object set by one set of bins.
    ///
    /// What is `known` of an object set and its centres stays for all images and bins, so that, as in CellProfiler, the
    /// first bins' scaling holds for all.
    fn measure_bins(
        &self,
        workspace: &mut Workspace<'_>,
        image_name: &str,
        object: &Measured,
        bins: Bins,
        known: &mut BTreeMap<String, Known>,
        shown: &mut [Option<Shown>],
    ) -> Result<(), RunError> {
        let image = workspace.image(image_name)?;
        let grey = Grey::of(&image, image_name)?;
        let objects = workspace.objects(&object.name)?;
        let labels = objects.flat(&object.name)?;
        let shape = (labels.height().min(grey.shape().0), labels.width().min(grey.shape().1));
        let wanted: Vec<usize> = (0..self.heatmaps.len())
            .filter(|&at| self.heatmaps[at].shows(image_name, &object.name, bins.count))
            .collect();
        for &at in &wanted {
            shown[at] = Some(Plane::zeros(shape.0, shape.1));
        }
        let count = objects.count();
        let measured = if count == 0 {
            vec![Ring::default(); bins.count + 1]
        } else {
            let key = match &object.from {
                From::Own => object.name.clone(),
                From::CentersOf(others) | From::EdgesOf(others) => format!("{}_{others}", object.name),
            };
            if !known.contains_key(&key) {
                let found = self.find_rays(workspace, object, labels, shape, count, bins)?;
                known.insert(key.clone(), found);
            }
            let Some(known) = known.get_mut(&key).filter(|k| k.labels.shape() == shape) else {
                return Err(RunError::Refused(format!(
                    "image `{image_name}` differs in size from the others"
                )));
            };
            let rings = known.rings.entry(bins.count).or_insert_with(|| Rings::new(&known.rays, bins.count));
            let corner = |row: usize, width: usize| row * width..row * width + shape.1;
            let measured = match &grey {
                Grey::F32(plane) if plane.shape() == shape => measure_rings(plane.data(), &known.rays, rings),
                Grey::F64(plane) if plane.shape() == shape => measure_rings(plane.data(), &known.rays, rings),
                Grey::F32(plane) => {
                    let rows = (0..shape.0).flat_map(|y| plane.data()[corner(y, plane.width())].to_vec());
                    measure_rings(&rows.collect::<Vec<_>>(), &known.rays, rings)
                }
                Grey::F64(plane) => {
                    let rows = (0..shape.0).flat_map(|y| plane.data()[corner(y, plane.width())].to_vec());
                    measure_rings(&rows.collect::<Vec<_>>(), &known.rays, rings)
                }
            };
            // Of heatmaps that show the same only the last is drawn.
            for (feature, value) in FEATURES {
                let last = wanted.iter().rev().find(|&&at| self.heatmaps[at].feature == feature);
                if let Some(shown) = last.and_then(|&at| shown[at].as_mut()) {
                    let rings_shown = if bins.scaled { &measured[..bins.count] } else { &measured[..] };
                    heatmap::paint(shown, &known.rays, rings, &known.labels, rings_shown, value);
                }
            }
            measured
        };
        for (at, ring) in measured.iter().enumerate().take(bins.count + usize::from(!bins.scaled)) {
            for (feature, value) in FEATURES {
                let name = name(feature, image_name, at, bins.count);
                workspace.record.object_floats(&object.name, name, value(ring).clone());
            }
        }
        Ok(())
    }

    fn find_rays(
        &self,
        workspace: &Workspace<'_>,
        object: &Measured,
        labels: &Plane<u32>,
        shape: (usize, usize),
        count: usize,
        bins: Bins,
    ) -> Result<Known, RunError> {
        let labels = fitted(labels, shape);
        let others = |name: &str| -> Result<Plane<u32>, RunError> {
            Ok(fitted(Objects::flat(&*workspace.objects(name)?, name)?, shape))
        };
        let held;
        let centers = match &object.from {
            From::Own => Centers::Own,
            From::CentersOf(name) => {
                held = others(name)?;
                Centers::OfOthers(&held)
            }
            From::EdgesOf(name) => {
                held = others(name)?;
                Centers::EdgesOfOthers(&held)
            }
        };
        let scaling = if bins.scaled { Scaling::ToEdge } else { Scaling::Pixels(bins.maximum_radius as f64) };
        let rays = Rays::new(&labels, &Regions::of(&labels), count, centers, scaling);
        let none = || RunError::Refused(format!("there is no centre for objects `{}`", object.name));
        Ok(Known { rays: rays.ok_or_else(none)?, labels, rings: BTreeMap::new() })
    }

    fn moment_names(&self, image: &str) -> impl Iterator<Item = String> {
        let features: &[&str] = match self.zernikes {
            Moments::None => &[],
            Moments::Magnitudes => &["ZernikeMagnitude"],
            Moments::MagnitudesAndPhases => &["ZernikeMagnitude", "ZernikePhase"],
        };
        features.iter().flat_map(move |feature| {
            indices(self.degree).map(move |(n, m)| format!("RadialDistribution_{feature}_{image}_{n}_{m}"))
        })
    }

    fn measure_moments(&self, workspace: &mut Workspace<'_>, name: &str) -> Result<(), RunError> {
        let objects = workspace.objects(name)?;
        let regions = Regions::of(objects.flat(name)?);
        let zernikes = Zernikes::new(&regions, self.degree);
        for image_name in &self.images {
            let image = workspace.image(image_name)?;
            let grey = Grey::of(&image, image_name)?;
            let mask = workspace.mask_of(&image)?;
            let (height, width) = grey.shape();
            let counts =
                |y: usize, x: usize| y < height && x < width && mask.as_ref().is_none_or(|m| m[(y, x)]);
            let mut sums = match &grey {
                Grey::F32(plane) => zernikes.sums(plane, &regions, counts),
                Grey::F64(plane) => zernikes.sums(plane, &regions, counts),
            };
            // When no pixel of any object counts, CellProfiler leaves the objects out.
            if sums.iter().all(|s| s.area == 0.0) {
                sums.clear();
            }
            let (magnitude, phase): (fn(f64, f64, f64) -> f64, fn(f64, f64, f64) -> f64) =
                (|r, i, area| (r * r + i * i).sqrt() / area, |r, i, _| r.atan2(i));
            let count = indices(self.degree).count();
            for (place, feature) in self.moment_names(image_name).enumerate() {
                let value = if place < count { magnitude } else { phase };
                let at = place % count;
                let of = |s: &MomentSums| value(s.real[at], s.imaginary[at], s.area);
                workspace.record.object_floats(name, feature, sums.iter().map(of).collect());
            }
        }
        Ok(())
    }
}

/// Returns the upper left corner of labels in another size; beyond them there is no object.
fn fitted(labels: &Plane<u32>, (height, width): (usize, usize)) -> Plane<u32> {
    if labels.shape() == (height, width) {
        return labels.clone();
    }
    let mut corner = Plane::zeros(height, width);
    let columns = width.min(labels.width());
    for y in 0..height.min(labels.height()) {
        corner.row_mut(y)[..columns].copy_from_slice(&labels.row(y)[..columns]);
    }
    corner
}
