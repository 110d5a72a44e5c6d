//! MeasureTexture: Haralick's texture features of images and objects.

mod settings;

use crate::grey::Grey;
use crate::{Declaration, Kind, Module, Need, Objects, RunError, Upstream, Workspace};
use algorithms::haralick::{
    COUNT, Cooccurrence, FLAT, Features, Levels, Step, VOLUME, of_image, of_object, quantize,
};
use algorithms::regions::Regions;
use measurements::Column;
use pixels::{Image, Labels, Pixels, Plane, Shape};
use std::cell::OnceCell;
use std::sync::Arc;

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "MeasureTexture",
    former_names: &[],
    newest_revision: 7,
    summary: "measures Haralick's texture features of images and objects",
    read: settings::read,
};

const FEATURES: [&str; COUNT] = [
    "AngularSecondMoment",
    "Contrast",
    "Correlation",
    "Variance",
    "InverseDifferenceMoment",
    "SumAverage",
    "SumVariance",
    "SumEntropy",
    "Entropy",
    "DifferenceVariance",
    "DifferenceEntropy",
    "InfoMeas1",
    "InfoMeas2",
];

#[derive(Debug, PartialEq)]
struct MeasureTexture {
    images: Vec<String>,
    objects: Vec<String>,
    grey_levels: u32,
    /// Distances between pixels that are looked at together; one below 0 is none.
    scales: Vec<i64>,
    whole_images: bool,
    within_objects: bool,
}

impl Module for MeasureTexture {
    fn declare(&self, upstream: &Upstream) -> Declaration {
        let directions = if upstream.volumetric() { VOLUME.len() } else { FLAT.len() };
        let images = self.images.iter().map(|i| Need::image(i, settings::IMAGES));
        let objects = self.objects_measured().iter().map(|o| Need::objects(o, settings::OBJECTS));
        let mut columns = Vec::new();
        let wholes = self.whole_images.then_some("Image").into_iter();
        for object in wholes.chain(self.objects_measured().iter().map(String::as_str)) {
            for feature in FEATURES {
                for image in &self.images {
                    for &scale in &self.scales {
                        for direction in 0..directions {
                            let name = self.name(feature, image, scale, direction);
                            columns.push(Column::float(object, name));
                        }
                    }
                }
            }
        }
        Declaration { needs: images.chain(objects).collect(), columns, ..Declaration::default() }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        if workspace.volumetric { self.measure(workspace, &VOLUME) } else { self.measure(workspace, &FLAT) }
    }
}

impl MeasureTexture {
    fn measure<const N: usize>(
        &self,
        workspace: &mut Workspace<'_>,
        steps: &[Step; N],
    ) -> Result<(), RunError> {
        let objects = self.objects_measured();
        let objects =
            objects.iter().map(|o| Ok((o, workspace.objects(o)?))).collect::<Result<Vec<_>, RunError>>()?;
        let regions: Vec<OnceCell<Regions>> = objects.iter().map(|_| OnceCell::new()).collect();
        let mut counts = Cooccurrence::default();
        for name in &self.images {
            let mut image = workspace.image(name)?;
            let mut quantized = Quantized::default();
            for &scale in &self.scales {
                if self.whole_images {
                    let rows = quantized.whole(&image, name, self.grey_levels)?;
                    let levels = Levels { rows, height: image.shape().height };
                    let distance = usize::try_from(scale).map_err(|_| negative(scale))?;
                    let found = of_image(levels, steps, distance, &mut counts).ok_or_else(|| {
                        RunError::Refused(format!("no pixels of `{name}` are {scale} pixels apart"))
                    })?;
                    self.record_image(workspace, name, scale, &found);
                }
                for ((object, set), regions) in objects.iter().zip(&regions) {
                    let labels = rows(set, object, &image)?;
                    let regions = regions.get_or_init(|| Regions::of(labels));
                    if regions.total_area() == 0 {
                        self.record_objects::<N>(workspace, (name, object), scale, &[]);
                        continue;
                    }
                    if let Some(mask) = self.zero_masked(workspace, (name, &image), set)? {
                        image = mask;
                        quantized = Quantized::default();
                    }
                    let rows = quantized.in_objects(
                        workspace,
                        (name, &image),
                        (object, set, labels),
                        self.grey_levels,
                    )?;
                    let levels = Levels { rows, height: set.segmented.shape().height };
                    let found: Vec<_> = regions
                        .iter()
                        .map(|(_, region)| {
                            of_object(levels, region, steps, usize::try_from(scale).ok()?, &mut counts)
                        })
                        .collect();
                    self.record_objects(workspace, (name, object), scale, &found);
                }
            }
        }
        Ok(())
    }

    fn objects_measured(&self) -> &[String] {
        if self.within_objects { &self.objects } else { &[] }
    }

    fn name(&self, feature: &str, image: &str, scale: i64, direction: usize) -> String {
        format!("Texture_{feature}_{image}_{scale}_{direction:02}_{}", self.grey_levels)
    }

    fn record_image(&self, workspace: &mut Workspace<'_>, image: &str, scale: i64, found: &[Features]) {
        for (direction, values) in found.iter().enumerate() {
            for (feature, &value) in FEATURES.iter().zip(values) {
                let name = self.name(feature, image, scale, direction);
                workspace.record.image_float(name, finite(value));
            }
        }
    }

    /// Notes the features of every object there is; those of which nothing could be counted have 0.
    fn record_objects<const N: usize>(
        &self,
        workspace: &mut Workspace<'_>,
        (image, object): (&str, &str),
        scale: i64,
        found: &[Option<[Features; N]>],
    ) {
        for direction in 0..N {
            for (place, feature) in FEATURES.iter().enumerate() {
                let value =
                    |found: &Option<[Features; N]>| found.map_or(0.0, |f| finite(f[direction][place]));
                let name = self.name(feature, image, scale, direction);
                workspace.record.object_floats(object, name, found.iter().map(value).collect());
            }
        }
    }

    /// Makes the image 0 outside its mask, in the workspace too, where it has a mask and the objects' size:
    /// CellProfiler measures in the image's own array, so that whatever comes after sees it so. Returns the new image.
    fn zero_masked(
        &self,
        workspace: &mut Workspace<'_>,
        (name, image): (&str, &Arc<Image>),
        objects: &Objects,
    ) -> Result<Option<Arc<Image>>, RunError> {
        // A binary image is measured in a copy.
        if matches!(image.pixels, Pixels::Bool(_))
            || objects.segmented.shape() != (Shape { channels: 1, ..image.shape() })
        {
            return Ok(None);
        }
        let Some(mask) = workspace.mask_array_of(image)?.filter(|mask| mask.data().contains(&false)) else {
            return Ok(None);
        };
        let channels = image.shape().channels;
        let mut pixels = image.pixels.clone();
        let outside = mask.data().iter().enumerate().filter(|(_, inside)| !**inside);
        let places = outside.map(|(at, _)| at * channels);
        match &mut pixels {
            Pixels::F32(array) => places.for_each(|at| array.data_mut()[at] = 0.0),
            Pixels::F64(array) => places.for_each(|at| array.data_mut()[at] = 0.0),
            Pixels::Int(array) => places.for_each(|at| array.data_mut()[at] = 0),
            Pixels::Bool(_) => {}
        }
        if pixels == image.pixels {
            return Ok(None);
        }
        let image = Arc::new(Image { pixels, ..Image::clone(image) });
        workspace.add_image(name, image.clone());
        Ok(Some(image))
    }
}

fn finite(value: f64) -> f64 {
    if value.is_finite() { value } else { 0.0 }
}

fn negative(scale: i64) -> RunError {
    RunError::Refused(format!("{scale} pixels are no distance"))
}

/// Returns an object set's labels, the planes of a volume below each other; a volume has the image's shape.
fn rows<'a>(objects: &'a Objects, name: &str, image: &Image) -> Result<&'a Plane<u32>, RunError> {
    match &objects.segmented {
        Labels::Dense(labels) if image.volumetric => {
            let alike = labels.shape() == Shape { channels: 1, ..image.shape() };
            let other = || RunError::NotNative(format!("objects `{name}` of another shape than the volume"));
            alike.then(|| labels.rows()).ok_or_else(other)
        }
        _ => objects.flat(name),
    }
}

/// An image in grey levels, kept while it stays the same.
#[derive(Default)]
struct Quantized {
    whole: Option<Plane<u8>>,
    masked: Option<Plane<u8>>,
    padded: Option<Plane<u8>>,
}

impl Quantized {
    /// Returns the levels of the whole image.
    fn whole(&mut self, image: &Image, name: &str, grey_levels: u32) -> Result<&Plane<u8>, RunError> {
        match &mut self.whole {
            Some(levels) => Ok(levels),
            none => Ok(none.insert(levels_of(image, name, grey_levels, None)?)),
        }
    }

    /// Returns the levels of the image in the size of an object set, 0 outside the image's mask.
    fn in_objects(
        &mut self,
        workspace: &Workspace<'_>,
        (name, image): (&str, &Image),
        (object, objects, labels): (&str, &Objects, &Plane<u32>),
        grey_levels: u32,
    ) -> Result<&Plane<u8>, RunError> {
        let labels = labels.shape();
        let Shape { depth, height, width, .. } = image.shape();
        let shape = (depth * height, width);
        let mask = workspace.mask_array_of(image)?.filter(|mask| mask.data().contains(&false));
        let mask = mask.as_ref().map(|mask| mask.rows());
        if shape == labels {
            let Some(mask) = mask else { return self.whole(image, name, grey_levels) };
            return match &mut self.masked {
                Some(levels) => Ok(levels),
                none => Ok(none.insert(levels_of(image, name, grey_levels, Some(mask))?)),
            };
        }
        let differ = || {
            RunError::Refused(format!(
                "objects `{object}` and image `{name}` differ in size: {labels:?}, {shape:?}"
            ))
        };
        // CellProfiler gets by where the objects' image is larger, or not known, and the objects reach beyond the image.
        if let Some(parent) = objects.parent_image.as_ref().map(|p| workspace.image(p)).transpose()? {
            let size = (parent.shape().height, parent.shape().width);
            if size.0 <= shape.0 && size.1 <= shape.1 {
                return Err(differ());
            }
        }
        if labels.0 <= shape.0 && labels.1 <= shape.1 {
            return Err(differ());
        }
        let levels = levels_of(image, name, grey_levels, mask)?;
        let mut padded = Plane::zeros(labels.0, labels.1);
        let width = labels.1.min(shape.1);
        for y in 0..labels.0.min(shape.0) {
            padded.row_mut(y)[..width].copy_from_slice(&levels.row(y)[..width]);
        }
        Ok(self.padded.insert(padded))
    }
}

/// Returns the image in grey levels, 0 outside the mask.
fn levels_of(
    image: &Image,
    name: &str,
    grey_levels: u32,
    mask: Option<&Plane<bool>>,
) -> Result<Plane<u8>, RunError> {
    if matches!(image.pixels, Pixels::Int(_)) {
        return Err(RunError::NotNative(format!("texture of `{name}`, whose pixels are whole numbers")));
    }
    let levels = match &Grey::of_planes(image, name)? {
        Grey::F32(plane) => quantize(plane, grey_levels, mask),
        Grey::F64(plane) => quantize(plane, grey_levels, mask),
    };
    levels.ok_or_else(|| {
        RunError::Refused(format!(
            "image `{name}` has pixels beyond -1 and 1, which cannot be made grey levels"
        ))
    })
}
