//! MeasureObjectSizeShape: area, shape, moments and Zernike features of objects.

use crate::{Declaration, Kind, Module, Need, RunError, Upstream, Workspace};
use algorithms::moments::{hu_moments, normalized_moments};
use algorithms::regions::Regions;
use algorithms::size_shape::{Shape, ZernikeScores, measure, measure_zernike};
use algorithms::volume_shape::{VolumeShape, measure_volume};
use algorithms::zernike;
use cppipe::{Problem, Settings};
use measurements::{Column, Values};
use pixels::{Array, Labels, Plane};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "MeasureObjectSizeShape",
    former_names: &[],
    newest_revision: 3,
    summary: "measures area, shape, moments and Zernike features of objects",
    read,
};

const OBJECTS: &str = "Select object sets to measure";
const ZERNIKE: &str = "Calculate the Zernike features?";
const ADVANCED: &str = "Calculate the advanced features?";

#[derive(Debug, PartialEq)]
struct MeasureObjectSizeShape {
    objects: Vec<String>,
    features: Features,
}

/// Which features beyond the standard ones are measured.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Features {
    zernike: bool,
    advanced: bool,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut settings = Settings::new(module);
    let objects: Vec<String> = match module.revision {
        1 => (1..settings.left()).map(|_| settings.text(OBJECTS)).collect(),
        _ => settings.names(OBJECTS),
    };
    let zernike = settings.yes(ZERNIKE);
    let advanced = module.revision >= 3 && settings.yes(ADVANCED);
    if objects.is_empty() {
        settings.problem(OBJECTS, "no object sets are selected".into(), None);
    }
    if let Some((_, twice)) = objects.iter().enumerate().find(|(i, n)| objects[..*i].contains(n)) {
        settings.problem(OBJECTS, format!("`{twice}` is selected twice"), None);
    }
    let features = Features { zernike, advanced };
    Ok(Box::new(settings.finish(MeasureObjectSizeShape { objects, features })?))
}

impl Module for MeasureObjectSizeShape {
    fn declare(&self, upstream: &Upstream) -> Declaration {
        let mut columns = Vec::new();
        let measured = match upstream.volumetric() {
            true => tabulate_volume(&[], self.features),
            false => measure_planes(&[], self.features),
        };
        for object in &self.objects {
            for (feature, values) in &measured {
                columns.push(match values {
                    Values::Integers(_) => Column::integer(object, feature.as_str()),
                    _ => Column::float(object, feature.as_str()),
                });
            }
        }
        let needs = self.objects.iter().map(|o| Need::objects(o, OBJECTS)).collect();
        Declaration { needs, columns, ..Declaration::default() }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        for name in &self.objects {
            let objects = workspace.objects(name)?;
            let measured = match &objects.segmented {
                Labels::Dense(array) if workspace.volumetric || array.as_plane().is_none() => {
                    let parent =
                        objects.parent_image.as_ref().map(|parent| workspace.image(parent)).transpose()?;
                    let spacing = parent.map_or([1.0; 3], |parent| parent.spacing);
                    measure_volumes(array, spacing, self.features)?
                }
                Labels::Dense(array) => measure_planes(&[array.rows()], self.features),
                Labels::Overlapping(planes) => {
                    measure_planes(&planes.iter().collect::<Vec<_>>(), self.features)
                }
            };
            for (feature, values) in measured {
                match values {
                    Values::Integers(v) => workspace.record.object_integers(name, feature, v),
                    values => workspace.record.object_floats(name, feature, values.to_floats()),
                }
            }
        }
        Ok(())
    }
}

/// Measures the objects of a volume.
fn measure_volumes(
    labels: &Array<u32>,
    spacing: [f64; 3],
    wanted: Features,
) -> Result<Vec<(String, Values)>, RunError> {
    let shapes = measure_volume(labels, spacing, wanted.advanced);
    let shapes = shapes.map_err(|error| RunError::Refused(error.to_string()))?;
    Ok(tabulate_volume(&shapes, wanted))
}

fn tabulate_volume(shapes: &[VolumeShape], wanted: Features) -> Vec<(String, Values)> {
    let name = |name: &str| format!("AreaShape_{name}");
    let counts = VOLUME_COUNTS
        .iter()
        .map(|(feature, value)| (name(feature), Values::Integers(shapes.iter().map(value).collect())));
    let floats = VOLUME_SHAPES
        .iter()
        .map(|(feature, value)| (name(feature), Values::Floats(shapes.iter().map(value).collect())));
    let solidity = || Values::Floats(shapes.iter().map(VolumeShape::solidity).collect());
    let solidity = wanted.advanced.then(|| (name("Solidity"), solidity()));
    counts.chain(floats).chain(solidity).collect()
}

/// Measures the objects of one label plane; of several planes, where objects overlap, each object alone.
///
/// Where object numbers are missing, CellProfiler's lists of most features are as long as there are objects, while
/// the radii, also those of the objects there are, fill up with zeros to the greatest number, and calipers (0) and
/// Zernike features (NaN) stay with their numbers.
fn measure_planes(planes: &[&Plane<u32>], wanted: Features) -> Vec<(String, Values)> {
    let regions: Vec<Regions> = planes.iter().map(|p| Regions::of(p)).collect();
    let shapes: Vec<Option<Shape>> = match &regions[..] {
        [only] => measure(only),
        several => {
            let count = several.iter().map(Regions::count).max().unwrap_or(0);
            let mut shapes = vec![None; count];
            for (slot, shape) in several.iter().flat_map(|r| measure(r).into_iter().enumerate()) {
                shapes[slot] = shape.or(shapes[slot].take());
            }
            shapes.into_iter().flatten().map(Some).collect()
        }
    };
    let scores: Option<Vec<ZernikeScores>> = wanted.zernike.then(|| match planes {
        [_] => measure_zernike(&regions[0]),
        several => each_alone(several),
    });
    tabulate(&shapes, scores.as_deref(), wanted.advanced)
}

/// Measures the Zernike features of each object as if it were the only one.
fn each_alone(planes: &[&Plane<u32>]) -> Vec<ZernikeScores> {
    let mut found: Vec<(u32, ZernikeScores)> = Vec::new();
    for plane in planes {
        let mut labels: Vec<u32> = plane.data().iter().copied().filter(|&l| l != 0).collect();
        labels.sort_unstable();
        labels.dedup();
        for label in labels {
            let alone = plane.map(|&l| u32::from(l == label));
            found.extend(measure_zernike(&Regions::of(&alone)).into_iter().map(|s| (label, s)));
        }
    }
    found.sort_by_key(|(label, _)| *label);
    found.into_iter().map(|(_, scores)| scores).collect()
}

/// Puts the features under their names.
fn tabulate(
    shapes: &[Option<Shape>],
    scores: Option<&[ZernikeScores]>,
    advanced: bool,
) -> Vec<(String, Values)> {
    let present: Vec<&Shape> = shapes.iter().flatten().collect();
    let mut table = Vec::new();
    let mut put = |name: &str, values: Values| table.push((format!("AreaShape_{name}"), values));
    for (name, value) in COUNTS {
        put(name, Values::Integers(present.iter().map(|s| value(s)).collect()));
    }
    for (name, value) in SHAPES {
        put(name, Values::Floats(present.iter().map(|s| value(s)).collect()));
    }
    for (name, value) in RADII {
        let missing = shapes.len() - present.len();
        let values = present.iter().map(|s| value(s)).chain(std::iter::repeat_n(0.0, missing));
        put(name, Values::Floats(values.collect()));
    }
    for (name, value) in CALIPERS {
        put(name, Values::Floats(shapes.iter().map(|s| s.as_ref().map_or(0.0, value)).collect()));
    }
    for (at, (n, m)) in zernike::indices().enumerate() {
        if let Some(scores) = scores {
            let values = scores.iter().map(|s| s[at]).collect();
            put(&format!("Zernike_{n}_{m}"), Values::Floats(values));
        }
    }
    if advanced {
        advanced_features(&present, &mut put);
    }
    table
}

/// Puts the moments and what follows from them.
fn advanced_features(shapes: &[&Shape], put: &mut impl FnMut(&str, Values)) {
    let mut floats = |name: &str, value: &dyn Fn(usize) -> f64| {
        put(name, Values::Floats((0..shapes.len()).map(value).collect()))
    };
    let normalized: Vec<_> = shapes.iter().map(|s| normalized_moments(&s.central)).collect();
    let hu: Vec<_> = normalized.iter().map(hu_moments).collect();
    for (p, q) in (0..4).flat_map(|p| (0..4).map(move |q| (p, q))) {
        if p < 3 {
            floats(&format!("SpatialMoment_{p}_{q}"), &|i| shapes[i].spatial[p][q]);
            floats(&format!("CentralMoment_{p}_{q}"), &|i| shapes[i].central[p][q]);
        }
        floats(&format!("NormalizedMoment_{p}_{q}"), &|i| normalized[i][p][q]);
    }
    for number in 0..7 {
        floats(&format!("HuMoment_{number}"), &|i| hu[i][number]);
    }
    floats("InertiaTensor_0_0", &|i| shapes[i].inertia.a);
    floats("InertiaTensor_0_1", &|i| shapes[i].inertia.b);
    floats("InertiaTensor_1_0", &|i| shapes[i].inertia.b);
    floats("InertiaTensor_1_1", &|i| shapes[i].inertia.c);
    floats("InertiaTensorEigenvalues_0", &|i| shapes[i].eigenvalues.0);
    floats("InertiaTensorEigenvalues_1", &|i| shapes[i].eigenvalues.1);
}

type Feature<T> = (&'static str, fn(&Shape) -> T);

const COUNTS: &[Feature<i64>] = &[
    ("Area", |s| s.area as i64),
    ("BoundingBoxArea", |s| s.bounding_box_area() as i64),
    ("BoundingBoxMaximum_X", |s| s.bounds.right as i64),
    ("BoundingBoxMaximum_Y", |s| s.bounds.bottom as i64),
    ("BoundingBoxMinimum_X", |s| s.bounds.left as i64),
    ("BoundingBoxMinimum_Y", |s| s.bounds.top as i64),
    ("ConvexArea", |s| s.convex_area as i64),
    ("EulerNumber", |s| s.euler_number),
];

const SHAPES: &[Feature<f64>] = &[
    ("Center_X", |s| s.center.0),
    ("Center_Y", |s| s.center.1),
    ("Compactness", Shape::compactness),
    ("Eccentricity", Shape::eccentricity),
    ("EquivalentDiameter", Shape::equivalent_diameter),
    ("Extent", Shape::extent),
    ("FormFactor", Shape::form_factor),
    ("MajorAxisLength", |s| s.axes().0),
    ("MinorAxisLength", |s| s.axes().1),
    ("Orientation", Shape::orientation),
    ("Perimeter", |s| s.perimeter),
    ("Solidity", Shape::solidity),
];

const RADII: &[Feature<f64>] = &[
    ("MaximumRadius", |s| s.radii.maximum),
    ("MeanRadius", |s| s.radii.mean),
    ("MedianRadius", |s| s.radii.median),
];

const CALIPERS: &[Feature<f64>] = &[("MaxFeretDiameter", |s| s.feret.1), ("MinFeretDiameter", |s| s.feret.0)];

type VolumeFeature<T> = (&'static str, fn(&VolumeShape) -> T);

const VOLUME_COUNTS: &[VolumeFeature<i64>] = &[
    ("Volume", |s| s.volume as i64),
    ("BoundingBoxVolume", |s| s.bounding_box_volume() as i64),
    ("BoundingBoxMinimum_X", |s| s.bounds[2].0 as i64),
    ("BoundingBoxMaximum_X", |s| s.bounds[2].1 as i64),
    ("BoundingBoxMinimum_Y", |s| s.bounds[1].0 as i64),
    ("BoundingBoxMaximum_Y", |s| s.bounds[1].1 as i64),
    ("BoundingBoxMinimum_Z", |s| s.bounds[0].0 as i64),
    ("BoundingBoxMaximum_Z", |s| s.bounds[0].1 as i64),
    ("EulerNumber", |s| s.euler_number),
];

const VOLUME_SHAPES: &[VolumeFeature<f64>] = &[
    ("SurfaceArea", |s| s.surface_area),
    ("MajorAxisLength", |s| s.axes().0),
    ("MinorAxisLength", |s| s.axes().1),
    ("Center_X", |s| s.center[2]),
    ("Center_Y", |s| s.center[1]),
    ("Center_Z", |s| s.center[0]),
    ("Extent", VolumeShape::extent),
    ("EquivalentDiameter", VolumeShape::equivalent_diameter),
];

#[cfg(test)]
mod tests {
    use super::*;
    use pixels::codecs::npy;

    fn golden(name: &str) -> npy::NpyArray {
        let path = format!("{}/tests/golden/size_shape_{name}.npy", env!("CARGO_MANIFEST_DIR"));
        npy::read(&std::fs::read(path).unwrap()).unwrap()
    }

    #[test]
    fn every_feature_is_cellprofilers() {
        let labels = golden("labels").plane_u32().unwrap();
        let expected = golden("values").plane_f64().unwrap();
        let names = include_str!("../../tests/golden/size_shape_names.txt");
        let mut found = measure_planes(&[&labels], Features { zernike: true, advanced: true });
        found.sort_by(|a, b| a.0.cmp(&b.0));
        let mut wrong = Vec::new();
        assert_eq!(found.len(), names.lines().count());
        for (row, line) in names.lines().enumerate() {
            let (name, length) = line.split_once(' ').unwrap();
            let (feature, values) = &found[row];
            assert_eq!(feature, &format!("AreaShape_{name}"));
            assert_eq!(values.len(), length.parse::<usize>().unwrap(), "{name}");
            for (index, (got, want)) in values.to_floats().into_iter().zip(expected.row(row)).enumerate() {
                let close = (got - want).abs() <= 1e-9 + 1e-9 * want.abs();
                if !(close || got == *want || (got.is_nan() && want.is_nan())) {
                    wrong.push(format!("{name} of object at {index}: {got} is not {want}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    }
}
