//! UntangleWorms: tells worms apart that lie over each other, by a model of their shapes.

mod model;

use crate::colored::read_colormap;
use crate::identified::{flat_object_columns, note_flat_objects, object_columns};
use crate::{Declaration, Kind, Module, Need, Objects, RunError, Upstream, Workspace};
use algorithms::colormap::Colormap;
use algorithms::outline::outline;
use algorithms::overlapping_planes::overlapping_planes;
use algorithms::worms::{Worm, untangle};
use cppipe::{Problem, Settings};
use imageset::{Folder, FolderBase};
use measurements::{Column, Record};
use pixels::{Array, Image, Labels, Pixels, Plane, Shape};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "UntangleWorms",
    former_names: &[],
    newest_revision: 2,
    summary: "tells worms apart that lie over each other, by a model of their shapes",
    read,
};

const INPUT: &str = "Select the input binary image";
const FOLDER: &str = "Training set file location";
const FILE: &str = "Training set file name";
const POINTS: &str = "Number of control points";

#[derive(Debug)]
struct UntangleWorms {
    image: String,
    /// The name of the objects that may overlap.
    overlapping: Option<Outlined>,
    /// The name of the objects without what they share.
    apart: Option<Outlined>,
    colormap: Colormap,
    folder: Folder,
    file: String,
    /// What shared and left over length cost, in place of what the model says.
    weights: Option<(f64, f64)>,
    control_points: usize,
    /// Clusters with more segments are left out.
    most_segments: usize,
}

/// Objects, and the image of their outlines.
#[derive(Debug)]
struct Outlined {
    name: String,
    outlines: Option<String>,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut values: Vec<String> = module.settings.iter().map(|s| s.value.clone()).collect();
    if module.revision < 2 {
        values.extend(["Process all clusters", "400"].map(String::from));
    }
    let mut s = Settings::upgraded(module, values);
    let image = s.text(INPUT);
    let (wants_overlapping, wants_apart) = s.choice(
        "Overlap style",
        &[("Both", (true, true)), ("With overlap", (true, false)), ("Without overlap", (false, true))],
    );
    let overlapping = s.text("Name the output overlapping worm objects");
    let apart = s.text("Name the output non-overlapping worm objects");
    let answer = s.text(FOLDER);
    let folder = Folder::parse(&answer).unwrap_or_else(|| {
        let near = cppipe::nearest(answer.split('|').next().unwrap_or(""), Folder::base_names());
        s.problem(FOLDER, format!("`{answer}` does not start with a known folder"), near);
        Folder { base: FolderBase::Input, path: String::new() }
    });
    let file = s.text(FILE);
    let of_model = s.yes("Use training set weights?");
    let weights = (s.number_within(0.0.., 5.0), s.number_within(0.0.., 10.0));
    let outlines_overlapping = s.yes("Retain outlines of the overlapping objects?");
    let colormap = read_colormap(&mut s, "Outline colormap?", wants_overlapping && outlines_overlapping);
    let name_overlapping = s.text("Name the overlapped outline image");
    let outlines_apart = s.yes("Retain outlines of the non-overlapping worms?");
    let name_apart = s.text("Name the non-overlapped outlines image");
    let mode = "Train or untangle worms?";
    if s.choice(mode, &[("Untangle", false), ("Train", true)]) {
        s.not_native(mode, "the model is not trained natively".into());
    }
    // Percentiles and factors, by which a model is trained.
    s.skip(10);
    let control_points: usize = s.number_within(3..=50, 21);
    s.skip(2);
    let complexity = s.choice(
        "Maximum complexity",
        &[
            ("Process all clusters", Some(usize::MAX)),
            ("Medium", Some(200)),
            ("High", Some(600)),
            ("Very high", Some(1000)),
            ("Custom", None),
        ],
    );
    let custom: i64 = s.number_within(20.., 400);
    let outlined = |wanted: bool, name, with: bool, outlines| {
        wanted.then(|| Outlined { name, outlines: with.then_some(outlines) })
    };
    let typed = UntangleWorms {
        image,
        overlapping: outlined(wants_overlapping, overlapping, outlines_overlapping, name_overlapping),
        apart: outlined(wants_apart, apart, outlines_apart, name_apart),
        colormap,
        folder,
        file,
        weights: (!of_model).then_some(weights),
        control_points,
        most_segments: complexity.unwrap_or(usize::try_from(custom).unwrap_or(0)),
    };
    Ok(Box::new(s.finish(typed)?))
}

impl Module for UntangleWorms {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let outputs = || [&self.overlapping, &self.apart].into_iter().flatten();
        let mut columns = Vec::new();
        columns.extend(self.overlapping.iter().flat_map(|o| object_columns(&o.name)));
        columns.extend(self.apart.iter().flat_map(|o| flat_object_columns(&o.name)));
        for output in outputs() {
            let features = features(self.control_points).into_iter();
            columns.extend(features.map(|feature| Column::float(&output.name, feature)));
        }
        Declaration {
            needs: vec![Need::image(&self.image, INPUT)],
            images: outputs().filter_map(|o| o.outlines.clone()).collect(),
            objects: outputs().map(|o| o.name.clone()).collect(),
            columns,
            ..Declaration::default()
        }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let mut model = model::read(workspace, &self.folder, &self.file)?;
        if let Some((overlap, leftover)) = self.weights {
            (model.overlap_weight, model.leftover_weight) = (overlap, leftover);
        }
        if model.control_points != self.control_points {
            // The tables' columns are known by the setting, before the model is read.
            return Err(RunError::NotNative(format!(
                "the model `{}` of {} control points where `{POINTS}` says {}",
                self.file, model.control_points, self.control_points
            )));
        }
        let image = workspace.image(&self.image)?;
        if image.volumetric {
            return Err(RunError::NotNative(format!("the volume `{}`", self.image)));
        }
        let mask = match &image.pixels {
            Pixels::Bool(array) => array.as_plane(),
            _ => None,
        };
        let mask = mask.ok_or_else(|| RunError::Refused(format!("image `{}` must be binary", self.image)))?;
        let worms = untangle(mask, &model, self.most_segments).ok_or_else(|| {
            RunError::Refused("a worm's skeleton is too short for the control points".into())
        })?;
        let pixels: Vec<Vec<(usize, usize)>> = worms.iter().map(|worm| worm.pixels.clone()).collect();
        if let Some(output) = &self.overlapping {
            let planes = overlapping_planes(&pixels, mask.shape());
            note_overlapping(&mut workspace.record, &output.name, &pixels);
            if let Some(name) = &output.outlines {
                let picture = color_outlines(&planes, worms.len(), &self.colormap);
                let picture = workspace.derived_image(&image, picture)?;
                workspace.add_image(name, picture);
            }
            let objects = Objects {
                parent_image: Some(self.image.clone()),
                ..Objects::new(Labels::Overlapping(planes))
            };
            workspace.add_objects(&output.name, objects);
        }
        if let Some(output) = &self.apart {
            let labels = without_overlaps(&pixels, mask.shape());
            note_flat_objects(&mut workspace.record, &output.name, &labels);
            if let Some(name) = &output.outlines {
                let outlines = outline(&labels).map(|&label| label > 0);
                let picture: Image = workspace.derived_image(&image, Pixels::Bool(outlines.into()))?;
                workspace.add_image(name, picture);
            }
            let objects = Objects { parent_image: Some(self.image.clone()), ..Objects::new(labels) };
            workspace.add_objects(&output.name, objects);
        }
        for output in [&self.overlapping, &self.apart].into_iter().flatten() {
            self.note_shapes(&mut workspace.record, &output.name, &worms);
        }
        Ok(())
    }
}

/// Returns the names of what is measured of a worm.
fn features(control_points: usize) -> Vec<String> {
    let numbered =
        |what: &str, count: usize| (1..=count).map(|i| format!("Worm_{what}_{i}")).collect::<Vec<_>>();
    let mut features = vec!["Worm_Length".to_string()];
    features.extend(numbered("Angle", control_points.saturating_sub(2)));
    features.extend(numbered("ControlPointX", control_points));
    features.extend(numbered("ControlPointY", control_points));
    features
}

impl UntangleWorms {
    fn note_shapes(&self, record: &mut Record, name: &str, worms: &[Worm]) {
        let rows: Vec<Vec<f64>> = worms
            .iter()
            .map(|worm| {
                let points = || worm.control_points.iter();
                let values = std::iter::once(worm.length).chain(worm.angles.iter().copied());
                values.chain(points().map(|p| p.1)).chain(points().map(|p| p.0)).collect()
            })
            .collect();
        for (place, feature) in features(self.control_points).into_iter().enumerate() {
            record.object_floats(name, feature, rows.iter().map(|row| row[place]).collect());
        }
    }
}

/// Notes how many objects there are and where, of the pixels (row, column) of each.
fn note_overlapping(record: &mut Record, name: &str, pixels: &[Vec<(usize, usize)>]) {
    let mean = |of: fn(&(usize, usize)) -> usize| {
        let center = |p: &Vec<(usize, usize)>| p.iter().map(of).sum::<usize>() as f64 / p.len() as f64;
        pixels.iter().map(center).collect()
    };
    record.object_floats(name, "Location_Center_X", mean(|p| p.1));
    record.object_floats(name, "Location_Center_Y", mean(|p| p.0));
    record.object_integers(name, "Number_Object_Number", (1..=pixels.len() as i64).collect());
    record.image_float(format!("Count_{name}"), pixels.len() as f64);
}

/// Returns labels of the pixels that belong to one object only.
fn without_overlaps(pixels: &[Vec<(usize, usize)>], shape: (usize, usize)) -> Plane<u32> {
    let mut labels = Plane::zeros(shape.0, shape.1);
    let mut shared = Plane::filled(shape.0, shape.1, false);
    for (label, pixels) in (1..).zip(pixels) {
        for &at in pixels {
            shared[at] |= labels[at] != 0;
            labels[at] = label;
        }
    }
    labels.zip(&shared, |&label, &shared| if shared { 0 } else { label })
}

/// Returns an image of the objects' outlines, each in its colour; where several lie over each other, in their mean.
///
/// CellProfiler gives the colours out by chance, differently in each run; here they follow the objects' numbers.
fn color_outlines(planes: &[Plane<u32>], count: usize, colormap: &Colormap) -> Pixels {
    let numbers: Vec<f64> = (0..count).map(|number| number as f64).collect();
    let colors: Vec<[f64; 3]> = colormap.scaled(&numbers).collect();
    let (height, width) = planes.first().map_or((0, 0), Plane::shape);
    let shape = Shape { depth: 1, height, width, channels: 3 };
    let mut picture = vec![0.0_f32; shape.len()];
    let mut over = vec![0.0_f32; height * width];
    for plane in planes {
        for (at, &label) in outline(plane).data().iter().enumerate().filter(|(_, l)| **l != 0) {
            over[at] += 1.0;
            for (out, color) in picture[3 * at..][..3].iter_mut().zip(colors[label as usize - 1]) {
                *out += color as f32;
            }
        }
    }
    for (pixel, &over) in picture.chunks_mut(3).zip(&over).filter(|(_, over)| **over > 0.0) {
        pixel.iter_mut().for_each(|value| *value /= over);
    }
    Pixels::F32(Array::from_vec(shape, picture))
}
