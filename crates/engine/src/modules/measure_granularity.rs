//! MeasureGranularity: how much of an image, and of its objects, goes with grains of each size.

use crate::grey::Grey;
use crate::{Declaration, Kind, Module, Need, Objects, RunError, Upstream, Workspace};
use algorithms::granularity::{
    Background, LANES, ObjectMeans, Reconstructions, Regrown, Subsampled, add_pixels, subsample,
    subtract_background,
};
use algorithms::intensity::Sample;
use algorithms::numpy::{Real, mean};
use algorithms::regions::{Region, Regions};
use cppipe::{Problem, Settings};
use measurements::Column;
use pixels::{Labels, Plane, Shape};
use std::sync::Arc;

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "MeasureGranularity",
    former_names: &[],
    newest_revision: 4,
    summary: "measures how much of the signal goes with grains of each size",
    read,
};

const IMAGES: &str = "Select images to measure";
const OBJECTS: &str = "Select objects to measure";

#[derive(Debug, PartialEq)]
struct MeasureGranularity {
    images: Vec<String>,
    objects: Vec<String>,
    /// Size of the image that is measured, over that of the image given.
    subsampling: f64,
    background: Background,
    /// How many sizes of grains are measured.
    range: usize,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut settings = match module.revision {
        1 | 2 => Settings::upgraded(module, groups_without_objects(module)),
        _ => Settings::new(module),
    };
    let (images, objects) = if module.revision < 4 {
        groups(&mut settings)
    } else {
        let images = settings.names(IMAGES);
        // Objects that are named are measured, whatever the answer.
        settings.skip(1);
        (images, settings.names(OBJECTS))
    };
    let factor = |settings: &mut Settings<'_>| settings.number_within(f64::EPSILON..=1.0, 0.25);
    let subsampling = factor(&mut settings);
    let background = Background { factor: factor(&mut settings), radius: settings.number_within(1.., 10) };
    let range = settings.number_within(1.., 16);
    if images.is_empty() {
        settings.problem(IMAGES, "no images are selected".into(), None);
    }
    let typed = MeasureGranularity { images, objects, subsampling, background, range };
    Ok(Box::new(settings.finish(typed)?))
}

/// Gives every image of revision 2 its number of object sets: none.
fn groups_without_objects(module: &cppipe::Module) -> Vec<String> {
    let values: Vec<&str> = module.settings.iter().map(|s| s.value.as_str()).collect();
    let groups = values.chunks_exact(5);
    let count = groups.len().to_string();
    let groups = groups.flat_map(|group| std::iter::once("0").chain(group.iter().copied()));
    std::iter::once(count.as_str()).chain(groups).map(String::from).collect()
}

/// Gathers images and object sets of all groups of revision 3 and comes to stand before the first group's numbers,
/// which CellProfiler 4 takes for all.
fn groups(settings: &mut Settings<'_>) -> (Vec<String>, Vec<String>) {
    let (mut images, mut objects): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let take = |name: String, to: &mut Vec<String>| {
        if name != "None" && !to.contains(&name) {
            to.push(name);
        }
    };
    settings.skip(1);
    let mut at = 0;
    while at < settings.left() {
        let count: usize = settings.peek(at).and_then(|n| n.trim().parse().ok()).unwrap_or(0);
        let name = |at: usize| settings.peek(at).map(String::from);
        name(at + 1).into_iter().for_each(|n| take(n, &mut images));
        (at + 6..at + 6 + count).filter_map(name).for_each(|n| take(n, &mut objects));
        at += 6 + count;
    }
    settings.skip(2);
    (images, objects)
}

impl Module for MeasureGranularity {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let images = self.images.iter().map(|i| Need::image(i, IMAGES));
        let objects = self.objects.iter().map(|o| Need::objects(o, OBJECTS));
        let mut columns = Vec::new();
        for image in &self.images {
            for object in std::iter::once("Image").chain(self.objects.iter().map(String::as_str)) {
                columns.extend((1..=self.range).map(|size| Column::float(object, feature(size, image))));
            }
        }
        Declaration { needs: images.chain(objects).collect(), columns, ..Declaration::default() }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let objects = self.objects.iter().map(|o| workspace.objects(o)).collect::<Result<Vec<_>, _>>()?;
        let mut kept = None;
        for name in &self.images {
            let image = workspace.image(name)?;
            let grey = Grey::of_planes(&image, name)?;
            let mask = workspace.mask_array_of(&image)?;
            let mask = mask.as_ref().map(|mask| mask.rows());
            let shape = Shape { channels: 1, ..image.shape() };
            if shape.height.min(shape.width) == 1 || (image.volumetric && shape.depth == 1) {
                let Shape { depth, height, width, .. } = shape;
                return Err(RunError::Refused(format!(
                    "the image `{name}` of {depth}×{height}×{width} pixels is too small to be sampled down"
                )));
            }
            let spectra = match &grey {
                Grey::F32(plane) => self.measure(plane, shape, mask, &objects, &mut kept),
                Grey::F64(plane) => self.measure(plane, shape, mask, &objects, &mut kept),
            }?;
            self.record(workspace, name, &spectra);
        }
        Ok(())
    }
}

/// The means that are left of the image and of the objects, before anything goes and after each size of grain.
struct Spectra {
    image: Vec<f64>,
    /// For each object set, before and after; of each object.
    objects: Vec<Vec<Vec<f64>>>,
}

/// The objects of every object set under one mask, and their weights in a subsampled image.
struct Weighed {
    shape: Shape,
    sets: Vec<(Regions, ObjectMeans)>,
}

impl MeasureGranularity {
    fn measure<T: Real + Sample + Into<f64>>(
        &self,
        image: &Plane<T>,
        shape: Shape,
        mask: Option<&Plane<bool>>,
        objects: &[Arc<Objects>],
        kept: &mut Option<Weighed>,
    ) -> Result<Spectra, RunError> {
        let mut small = subsample(image, shape.depth, mask, self.subsampling);
        let axes = if small.volume { &small.extent[..] } else { &small.extent[1..] };
        if self.background.factor < 1.0 && axes.contains(&1.0) {
            return Err(RunError::Refused("the subsampled image has one plane, row or column only".into()));
        }
        subtract_background(&mut small, self.background);
        let masked;
        let weighed = match mask {
            Some(_) => {
                masked = self.weigh(shape, mask, objects, &small)?;
                &masked
            }
            None => {
                if kept.as_ref().is_some_and(|k| k.shape != shape) {
                    *kept = None;
                }
                match kept {
                    Some(weighed) => weighed,
                    None => kept.insert(self.weigh(shape, None, objects, &small)?),
                }
            }
        };
        let first = match &small.mask {
            None => mean(small.pixels.data()),
            Some(mask) => {
                let pixels = small.pixels.data().iter().zip(mask.data());
                mean(&pixels.filter(|(_, inside)| **inside).map(|(&v, _)| v).collect::<Vec<_>>())
            }
        };
        let before = weighed.sets.iter().map(|(regions, _)| vec![means_in(image, regions)]);
        let mut spectra = Spectra { image: vec![Real::to_f64(first)], objects: before.collect() };
        let mut reconstructions = Reconstructions::new(&small.pixels, small.mask.as_ref());
        let area = small
            .mask
            .as_ref()
            .map_or(small.pixels.data().len(), |m| m.data().iter().filter(|m| **m).count());
        for start in (0..self.range).step_by(LANES) {
            let count = LANES.min(self.range - start);
            let mut whole = [0.0; LANES];
            let mut sums: Vec<_> = weighed.sets.iter().map(|(_, means)| means.zeros()).collect();
            reconstructions.next(count, |y, row| {
                add_pixels(row, small.mask.as_ref().map(|mask| mask.row(y)), &mut whole);
                weighed.sets.iter().zip(&mut sums).for_each(|((_, means), sums)| means.add(y, row, sums));
            });
            spectra.image.extend(whole[..count].iter().map(|sum| sum / area as f64));
            for (((_, set), mut found), means) in weighed.sets.iter().zip(sums).zip(&mut spectra.objects) {
                set.divide(&mut found);
                means.extend((0..count).map(|lane| found.iter().map(|lanes| lanes[lane]).collect()));
            }
        }
        Ok(spectra)
    }

    fn weigh<T>(
        &self,
        shape: Shape,
        mask: Option<&Plane<bool>>,
        objects: &[Arc<Objects>],
        small: &Subsampled<T>,
    ) -> Result<Weighed, RunError> {
        let regrown = Regrown::new(small.pixels.shape(), small.extent, shape);
        let weigh = |(name, objects): (&String, &Arc<Objects>)| {
            let labels = match &objects.segmented {
                Labels::Dense(labels) => labels.rows(),
                Labels::Overlapping(_) => objects.flat(name)?,
            };
            if objects.count() > 0 && objects.segmented.shape() != shape {
                return Err(RunError::Refused(format!(
                    "objects `{name}` and the image they are measured in differ in size"
                )));
            }
            let mut regions = Regions::of(labels);
            if let Some(mask) = mask.filter(|_| objects.count() > 0) {
                regions = regions.filtered(|y, x| mask[(y, x)]);
            }
            let means = ObjectMeans::new(&regions, &regrown);
            Ok((regions, means))
        };
        let sets = self.objects.iter().zip(objects).map(weigh).collect::<Result<_, _>>()?;
        Ok(Weighed { shape, sets })
    }

    /// Notes the part of the signal, in percent of all, that went with grains of each size.
    fn record(&self, workspace: &mut Workspace<'_>, image: &str, spectra: &Spectra) {
        // What is divided by; a signal of 0 is the least there can be, and NaN stays.
        let whole = |first: f64| if f64::EPSILON > first { f64::EPSILON } else { first };
        for size in 1..=self.range {
            let lost = |means: &[f64]| (means[size - 1] - means[size]) * 100.0 / whole(means[0]);
            workspace.record.image_float(feature(size, image), lost(&spectra.image));
            for (name, means) in self.objects.iter().zip(&spectra.objects) {
                let objects = means[0].iter().zip(&means[size - 1]).zip(&means[size]);
                let lost = objects.map(|((&first, before), after)| (before - after) * 100.0 / whole(first));
                workspace.record.object_floats(name, feature(size, image), lost.collect());
            }
        }
    }
}

/// Returns the mean of the image's pixels in each object; NaN where there is none.
fn means_in<T: Sample>(image: &Plane<T>, objects: &Regions) -> Vec<f64> {
    let mean = |region: Region<'_>| {
        let pixels = region.runs.iter().flat_map(|run| &image.row(run.row as usize)[run.columns()]);
        pixels.fold(0.0, |sum, v| sum + Sample::to_f64(*v)) / region.area as f64
    };
    (1..=objects.count()).map(|label| objects.get(label).map_or(f64::NAN, mean)).collect()
}

fn feature(size: usize, image: &str) -> String {
    format!("Granularity_{size}_{image}")
}
