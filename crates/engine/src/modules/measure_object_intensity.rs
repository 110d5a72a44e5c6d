//! MeasureObjectIntensity: statistics of pixel values within objects.

use crate::grey::Grey;
use crate::{Declaration, Kind, Module, Need, RunError, Upstream, Workspace};
use algorithms::intensity::{Intensity, Measured, measure};
use cppipe::{Problem, Settings};
use measurements::Column;
use pixels::{Array, Labels, Plane, Shape};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "MeasureObjectIntensity",
    former_names: &[],
    newest_revision: 4,
    summary: "measures statistics of the pixel values within objects",
    read,
};

const IMAGES: &str = "Select images to measure";
const OBJECTS: &str = "Select objects to measure";

#[derive(Debug, PartialEq)]
struct MeasureObjectIntensity {
    images: Vec<String>,
    objects: Vec<String>,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut settings = Settings::new(module);
    let (images, objects) = match module.revision {
        2 => (until_end(&mut settings), rest(&mut settings)),
        3 => {
            let count: usize = settings.number("Number of images");
            let images = (0..count.min(settings.left())).map(|_| settings.text(IMAGES)).collect();
            (images, rest(&mut settings))
        }
        4 => (settings.names(IMAGES), settings.names(OBJECTS)),
        _ => {
            let message = format!("revision {} is not one that CellProfiler 4 reads", module.revision);
            settings.problem("variable_revision_number", message, None);
            (Vec::new(), Vec::new())
        }
    };
    for (label, what, names) in [(IMAGES, "images", &images), (OBJECTS, "objects", &objects)] {
        if names.is_empty() {
            settings.problem(label, format!("no {what} are selected"), None);
        }
        if let Some(twice) = names.iter().enumerate().find(|(i, n)| names[..*i].contains(n)) {
            settings.problem(label, format!("`{}` is selected twice", twice.1), None);
        }
    }
    Ok(Box::new(settings.finish(MeasureObjectIntensity { images, objects })?))
}

/// Takes image names up to the answer that ends the list in revision 2.
fn until_end(settings: &mut Settings<'_>) -> Vec<String> {
    let mut names = Vec::new();
    while settings.left() > 0 {
        match settings.text(IMAGES) {
            end if end == "Do not use" => break,
            name => names.push(name),
        }
    }
    names
}

fn rest(settings: &mut Settings<'_>) -> Vec<String> {
    (0..settings.left()).map(|_| settings.text(OBJECTS)).collect()
}

impl Module for MeasureObjectIntensity {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let images = self.images.iter().map(|i| Need::image(i, IMAGES));
        let objects = self.objects.iter().map(|o| Need::objects(o, OBJECTS));
        let mut columns = Vec::new();
        for image in &self.images {
            for object in &self.objects {
                columns.extend(FEATURES.iter().map(|(f, _)| Column::float(object, format!("{f}_{image}"))));
            }
        }
        Declaration { needs: images.chain(objects).collect(), columns, ..Declaration::default() }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let objects = self.objects.iter().map(|o| workspace.objects(o)).collect::<Result<Vec<_>, _>>()?;
        let mut unmasked: Vec<Option<Gathered>> = objects.iter().map(|_| None).collect();
        for image_name in &self.images {
            let image = workspace.image(image_name)?;
            let mask = workspace.mask_array_of(&image)?;
            if image.volumetric {
                let grey = Grey::stacked(&image, image_name)?;
                for (name, objects) in self.objects.iter().zip(&objects) {
                    let labels = volume(&objects.segmented, image.shape(), name)?;
                    let rows = mask.as_ref().map(|mask| mask.rows());
                    let gathered = Measured::of_volume(labels.rows(), image.shape().height, rows);
                    note(workspace, name, image_name, &measure_grey(&grey, &gathered));
                }
                continue;
            }
            let grey = Grey::of(&image, image_name)?;
            let mask = mask.as_ref().and_then(|mask| mask.as_plane());
            for ((name, objects), unmasked) in self.objects.iter().zip(&objects).zip(&mut unmasked) {
                let planes = planes(&objects.segmented, name)?;
                let own;
                let gathered = match &mask {
                    Some(mask) => {
                        own = gather(&planes, grey.shape(), Some(mask));
                        &own
                    }
                    None => pixels_in(unmasked, &planes, grey.shape()),
                };
                note(workspace, name, image_name, &measure_planes(&grey, gathered, objects.count()));
            }
        }
        Ok(())
    }
}

fn note(workspace: &mut Workspace<'_>, objects: &str, image: &str, measured: &[Intensity]) {
    for (feature, value) in FEATURES {
        let values = measured.iter().map(value).collect();
        workspace.record.object_floats(objects, format!("{feature}_{image}"), values);
    }
}

/// Returns the labels of a volume as large as the image.
fn volume<'a>(labels: &'a Labels, image: Shape, name: &str) -> Result<&'a Array<u32>, RunError> {
    match labels {
        Labels::Dense(array) if array.shape() == (Shape { channels: 1, ..image }) => Ok(array),
        _ => Err(RunError::NotNative(format!("objects `{name}` of another shape than the volume measured"))),
    }
}

/// Returns the label planes of an object set: one, or several where objects overlap.
fn planes<'a>(labels: &'a Labels, name: &str) -> Result<Vec<&'a Plane<u32>>, RunError> {
    match labels {
        Labels::Dense(array) => {
            let plane = array.as_plane();
            Ok(vec![plane.ok_or_else(|| RunError::NotNative(format!("the volume of objects `{name}`")))?])
        }
        Labels::Overlapping(planes) => Ok(planes.iter().collect()),
    }
}

/// The pixels that count, of each label plane, for images of one size.
struct Gathered {
    shape: (usize, usize),
    planes: Vec<Measured>,
}

/// Gathers the pixels that labels and an image of this shape share: both are cut to the lesser size.
fn gather(planes: &[&Plane<u32>], shape: (usize, usize), mask: Option<&Plane<bool>>) -> Gathered {
    let measured = planes
        .iter()
        .map(|labels| {
            let (height, width) = (labels.height().min(shape.0), labels.width().min(shape.1));
            Measured::new(labels, height, width, mask)
        })
        .collect();
    Gathered { shape, planes: measured }
}

/// Returns what was gathered for the image before, when this one has its size.
fn pixels_in<'a>(
    kept: &'a mut Option<Gathered>,
    planes: &[&Plane<u32>],
    shape: (usize, usize),
) -> &'a Gathered {
    if kept.as_ref().is_some_and(|k| k.shape != shape) {
        *kept = None;
    }
    kept.get_or_insert_with(|| gather(planes, shape, None))
}

fn measure_planes(grey: &Grey<'_>, gathered: &Gathered, count: usize) -> Vec<Intensity> {
    let mut result = vec![Intensity::default(); count];
    for measured in &gathered.planes {
        for (index, intensity) in measure_grey(grey, measured).into_iter().enumerate() {
            if measured.present[index] {
                result[index] = intensity;
            }
        }
    }
    result
}

fn measure_grey(grey: &Grey<'_>, measured: &Measured) -> Vec<Intensity> {
    match grey {
        Grey::F32(plane) => measure(plane, measured),
        Grey::F64(plane) => measure(plane, measured),
    }
}

type Feature = (&'static str, fn(&Intensity) -> f64);

/// Category and feature, before the image's name.
const FEATURES: &[Feature] = &[
    ("Intensity_IntegratedIntensity", |i| i.whole.integrated),
    ("Intensity_MeanIntensity", |i| i.whole.mean),
    ("Intensity_StdIntensity", |i| i.whole.std),
    ("Intensity_MinIntensity", |i| i.whole.min),
    ("Intensity_MaxIntensity", |i| i.whole.max),
    ("Intensity_IntegratedIntensityEdge", |i| i.edge.integrated),
    ("Intensity_MeanIntensityEdge", |i| i.edge.mean),
    ("Intensity_StdIntensityEdge", |i| i.edge.std),
    ("Intensity_MinIntensityEdge", |i| i.edge.min),
    ("Intensity_MaxIntensityEdge", |i| i.edge.max),
    ("Intensity_MassDisplacement", |i| i.mass_displacement),
    ("Intensity_LowerQuartileIntensity", |i| i.lower_quartile),
    ("Intensity_MedianIntensity", |i| i.median),
    ("Intensity_MADIntensity", |i| i.mad),
    ("Intensity_UpperQuartileIntensity", |i| i.upper_quartile),
    ("Location_CenterMassIntensity_X", |i| i.center.0),
    ("Location_CenterMassIntensity_Y", |i| i.center.1),
    ("Location_CenterMassIntensity_Z", |i| i.center.2),
    ("Location_MaxIntensity_X", |i| i.maximum_at.0),
    ("Location_MaxIntensity_Y", |i| i.maximum_at.1),
    ("Location_MaxIntensity_Z", |i| i.maximum_at.2),
];

#[cfg(test)]
mod tests {
    use super::*;
    use pixels::codecs::npy;
    use pixels::{Image, Pixels};

    fn golden(name: &str) -> npy::NpyArray {
        let path = format!("{}/tests/golden/object_intensity_{name}.npy", env!("CARGO_MANIFEST_DIR"));
        npy::read(&std::fs::read(path).unwrap()).unwrap()
    }

    fn corner<T: Copy>(plane: &Plane<T>, height: usize, width: usize) -> Plane<T> {
        let data = (0..height).flat_map(|y| plane.row(y)[..width].to_vec()).collect();
        Plane::from_vec(height, width, data)
    }

    #[test]
    fn every_feature_is_cellprofilers() {
        let labels = golden("labels").plane_u32().unwrap();
        let images = golden("images").plane_f32().unwrap();
        let mask = golden("mask").plane_bool().unwrap();
        let expected = golden("values").plane_f64().unwrap();
        let (height, width) = labels.shape();
        let levels = corner(&images, height, width);
        let odd = Plane::from_vec(height, width, images.data()[height * width..].to_vec());
        let binary = Image::new(Pixels::Bool(levels.map(|&v| v > 0.5).into()));
        let nowhere = mask.map(|_| false);
        let runs = [
            (labels.clone(), Image::grey(levels.clone()), None),
            (labels.clone(), Image::grey(levels.clone()), Some(&mask)),
            (labels.clone(), Image::grey(corner(&levels, 50, 41)), None),
            (corner(&labels, 44, 61), Image::grey(levels.clone()), None),
            (labels.clone(), Image::grey(odd), None),
            (labels.clone(), binary, None),
            (labels.clone(), Image::grey(levels.clone()), Some(&nowhere)),
        ];
        let names: Vec<&str> =
            include_str!("../../tests/golden/object_intensity_names.txt").lines().collect();
        let mut wrong = Vec::new();
        for (run, (labels, image, mask)) in runs.iter().enumerate() {
            let grey = Grey::of(image, "Dye").unwrap();
            let found = measure_planes(&grey, &gather(&[labels], grey.shape(), *mask), 22);
            assert_eq!(names.len(), FEATURES.len());
            for (feature, value) in FEATURES {
                let row = names.iter().position(|n| *n == format!("{feature}_Dye")).unwrap();
                for (index, &want) in expected.row(run * names.len() + row).iter().enumerate() {
                    let got = value(&found[index]);
                    if got != want && !(got.is_nan() && want.is_nan()) {
                        wrong.push(format!("run {run}, {feature} of {}: {got} is not {want}", index + 1));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    }
}
