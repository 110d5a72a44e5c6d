//! Draws the outlines of objects on an image.

use crate::color;
use crate::{Declaration, Kind, Module, Need, RunError, Upstream, Workspace};
use algorithms::outline::{inner_boundaries, outer_boundaries, thick_boundaries};
use algorithms::rgb_to_grey::{rgb_to_grey_f32, rgb_to_grey_f64};
use cppipe::{Problem, Settings};
use pixels::{Array, Image, Labels, Pixels, Plane, Shape};
use std::borrow::Cow;

/// The module as the pipeline knows it.
pub const KIND: Kind = Kind {
    name: "OverlayOutlines",
    former_names: &[],
    newest_revision: 4,
    summary: "Draws the outlines of objects on an image",
    read: |module| Ok(Box::new(OverlayOutlines::read(module)?)),
};

/// The settings of OverlayOutlines.
#[derive(Clone, Debug, PartialEq)]
struct OverlayOutlines {
    /// The image below; `None` is black.
    image: Option<String>,
    output: String,
    brightness: Brightness,
    mode: Mode,
    outlines: Vec<Outline>,
}

/// How outlines are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Brightness {
    /// Each in its colour.
    Color,
    /// As bright as the brightest pixel.
    MaxOfImage,
    /// As 1.
    MaxPossible,
}

/// Which pixels are the outline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Inner,
    Outer,
    Thick,
}

/// The objects that are outlined.
#[derive(Clone, Debug, PartialEq)]
struct Outline {
    objects: String,
    color: [u8; 3],
}

const IMAGE: &str = "Select image on which to display outlines";
const OBJECTS: &str = "Select objects to display";

impl OverlayOutlines {
    fn read(module: &cppipe::Module) -> Result<Self, Vec<Problem>> {
        let values = module.settings.iter().map(|s| s.value.clone()).collect();
        let mut s = Settings::upgraded(module, upgrade(module.revision, values));
        let blank = s.yes("Display outlines on a blank image?");
        let image = s.text(IMAGE);
        let output = s.text("Name the output image");
        let in_color = s.choice("Outline display mode", &[("Color", true), ("Grayscale", false)]);
        let maximum = s.choice(
            "Select method to determine brightness of outlines",
            &[("Max of image", Brightness::MaxOfImage), ("Max possible", Brightness::MaxPossible)],
        );
        let mode = s.choice(
            "How to outline",
            &[("Inner", Mode::Inner), ("Outer", Mode::Outer), ("Thick", Mode::Thick)],
        );
        let mut outlines = Vec::new();
        while s.left() >= 2 {
            outlines.push(Self::read_outline(&mut s, in_color));
        }
        if outlines.is_empty() {
            s.problem(OBJECTS, "no objects are outlined".into(), None);
        }
        let brightness = match (in_color, blank) {
            (true, _) => Brightness::Color,
            (false, true) => Brightness::MaxPossible,
            (false, false) => maximum,
        };
        s.finish(Self { image: (!blank).then_some(image), output, brightness, mode, outlines })
    }

    fn read_outline(s: &mut Settings<'_>, in_color: bool) -> Outline {
        const LABEL: &str = "Select outline color";
        let answer = s.text(LABEL);
        let color = color::parse(&answer);
        if color.is_none() && in_color {
            let near = cppipe::nearest(&answer, color::names());
            s.problem(LABEL, format!("`{answer}` is neither the name of a colour nor #rrggbb"), near);
        }
        Outline { objects: s.text(OBJECTS), color: color.unwrap_or_default() }
    }
}

/// Brings the answers of an earlier revision into the order of revision 4: outlines were images once, and had a width.
fn upgrade(revision: u32, mut values: Vec<String>) -> Vec<String> {
    if revision == 1 && values.len() >= 5 {
        values.insert(5, "1".into());
    }
    let width_of_outline = match revision {
        1 | 2 => 2,
        3 => 4,
        _ => return values,
    };
    let mut upgraded: Vec<String> = values.iter().take(5).cloned().collect();
    upgraded.push("Inner".into());
    for outline in values.get(6..).unwrap_or_default().chunks(width_of_outline) {
        upgraded.extend(outline.get(1).cloned());
        // An outline that was an image has no objects; the name says what CellProfiler makes of it.
        upgraded.push(outline.get(3).cloned().unwrap_or_else(|| "None".into()));
    }
    upgraded
}

impl Module for OverlayOutlines {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let mut needs: Vec<Need> = self.image.iter().map(|image| Need::image(image, IMAGE)).collect();
        needs.extend(self.outlines.iter().map(|o| Need::objects(&o.objects, OBJECTS)));
        Declaration { needs, images: vec![self.output.clone()], ..Declaration::default() }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let (canvas, volumetric) = self.canvas(workspace)?;
        let pixels = match canvas {
            Canvas::F32(shape, mut rgb) => {
                self.draw(workspace, shape, &mut rgb, 1.0, |c| (f64::from(c) / 255.0) as f32)?;
                self.finished(shape, rgb, rgb_to_grey_f32)
            }
            Canvas::F64(shape, mut rgb) => {
                self.draw(workspace, shape, &mut rgb, 1.0, |c| f64::from(c) / 255.0)?;
                self.finished(shape, rgb, rgb_to_grey_f64).map(|&v| v as f32)
            }
        };
        let mut image = Image::new(Pixels::F32(pixels));
        image.volumetric = volumetric;
        image.parent = self.image.clone();
        workspace.add_image(&self.output, image);
        Ok(())
    }
}

/// The colour image that is drawn on, in the type CellProfiler draws in.
enum Canvas {
    F32(Shape, Vec<f32>),
    F64(Shape, Vec<f64>),
}

impl OverlayOutlines {
    /// Returns what is drawn on, and whether it is a volume.
    fn canvas(&self, workspace: &Workspace<'_>) -> Result<(Canvas, bool), RunError> {
        let Some(name) = &self.image else {
            let labels = workspace.objects(&self.outlines[0].objects)?;
            let shape = Shape { channels: 3, ..labels.segmented.shape() };
            return Ok((Canvas::F64(shape, vec![0.0; shape.len()]), shape.depth > 1));
        };
        let image = workspace.image(name)?;
        let shape = image.shape();
        if shape.channels != 1 && shape.channels != 3 {
            return Err(RunError::Refused(format!(
                "image `{name}` has {} channels; outlines are drawn on grey images and on those of three",
                shape.channels
            )));
        }
        let triple = Shape { channels: 3, ..shape };
        let copies = 3 / shape.channels;
        let canvas = match &image.pixels {
            Pixels::F32(a) => Canvas::F32(triple, repeat(a.data(), copies, |&v| v)),
            Pixels::F64(a) => Canvas::F64(triple, repeat(a.data(), copies, |&v| v)),
            Pixels::Bool(a) => Canvas::F64(triple, repeat(a.data(), copies, |&v| f64::from(u8::from(v)))),
            // Whole numbers are taken for intensities of the whole range of their type.
            Pixels::Int(a) => {
                let scale = 2.0 / f64::from(u32::MAX);
                Canvas::F64(triple, repeat(a.data(), copies, |&v| (f64::from(v) + 0.5) * scale))
            }
        };
        Ok((canvas, image.volumetric))
    }

    fn draw<T: Copy + PartialOrd>(
        &self,
        workspace: &Workspace<'_>,
        shape: Shape,
        rgb: &mut [T],
        one: T,
        part: impl Fn(u8) -> T,
    ) -> Result<(), RunError> {
        let brightest = match self.brightness {
            Brightness::MaxOfImage => brightest(rgb).unwrap_or(one),
            Brightness::Color | Brightness::MaxPossible => one,
        };
        for outline in &self.outlines {
            let color = match self.brightness {
                Brightness::Color => outline.color.map(&part),
                Brightness::MaxOfImage => [brightest; 3],
                Brightness::MaxPossible => [one; 3],
            };
            let objects = workspace.objects(&outline.objects)?;
            let depth = objects.segmented.shape().depth;
            if (depth > 1) != (shape.depth > 1) {
                return Err(RunError::Refused(format!(
                    "of `{}` and the image they are drawn on, one is flat and one is a volume",
                    outline.objects
                )));
            }
            let planes: Vec<Cow<'_, Plane<u32>>> = match &objects.segmented {
                Labels::Overlapping(planes) => planes.iter().map(Cow::Borrowed).collect(),
                Labels::Dense(labels) => match labels.as_plane() {
                    Some(plane) => vec![Cow::Borrowed(plane)],
                    None => (0..depth.min(shape.depth)).map(|z| Cow::Owned(labels.plane(z, 0))).collect(),
                },
            };
            let pixels = rgb.as_chunks_mut::<3>().0;
            for (z, labels) in planes.iter().enumerate() {
                let z = if depth > 1 { z } else { 0 };
                let boundaries = self.boundaries(&fitted(labels, shape));
                let plane = &mut pixels[z * boundaries.len()..][..boundaries.len()];
                for (pixel, _) in plane.iter_mut().zip(boundaries.data()).filter(|(_, is)| **is) {
                    *pixel = color;
                }
            }
        }
        Ok(())
    }

    fn boundaries(&self, labels: &Plane<u32>) -> Plane<bool> {
        match self.mode {
            Mode::Inner => inner_boundaries(labels),
            Mode::Outer => outer_boundaries(labels),
            Mode::Thick => thick_boundaries(labels),
        }
    }

    fn finished<T: Clone>(&self, shape: Shape, rgb: Vec<T>, to_grey: impl Fn(&[T]) -> Vec<T>) -> Array<T> {
        if self.brightness == Brightness::Color {
            Array::from_vec(shape, rgb)
        } else {
            Array::from_vec(Shape { channels: 1, ..shape }, to_grey(&rgb))
        }
    }
}

/// Returns the greatest value that is a number.
fn brightest<T: Copy + PartialOrd>(values: &[T]) -> Option<T> {
    // Eight at a time do not wait for each other.
    let start = *values.iter().find(|v| v.partial_cmp(v).is_some())?;
    let greater = |a: T, b: T| if b > a { b } else { a };
    let (eights, rest) = values.as_chunks::<8>();
    let mut lanes = [start; 8];
    for eight in eights {
        for (lane, &v) in lanes.iter_mut().zip(eight) {
            *lane = greater(*lane, v);
        }
    }
    Some(lanes.iter().chain(rest).copied().fold(start, greater))
}

/// Returns `f` of each value, once or three times.
fn repeat<T, U: Copy>(values: &[T], copies: usize, f: impl Fn(&T) -> U) -> Vec<U> {
    if copies == 1 {
        return values.iter().map(f).collect();
    }
    values.iter().map(|v| [f(v); 3]).collect::<Vec<_>>().into_flattened()
}

/// Returns labels of the image's size: what is too large is cut off at the right and below, what is missing is 0.
fn fitted(labels: &Plane<u32>, shape: Shape) -> Cow<'_, Plane<u32>> {
    if labels.shape() == (shape.height, shape.width) {
        return Cow::Borrowed(labels);
    }
    let mut fitted = Plane::zeros(shape.height, shape.width);
    let width = labels.width().min(shape.width);
    for y in 0..labels.height().min(shape.height) {
        fitted.row_mut(y)[..width].copy_from_slice(&labels.row(y)[..width]);
    }
    Cow::Owned(fitted)
}
