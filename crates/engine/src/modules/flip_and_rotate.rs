//! FlipAndRotate: mirrors an image, and turns it by an angle or until two points are level.

use crate::image_processing::InOut;
use crate::{Declaration, Kind, Module, RunError, Upstream, Workspace};
use algorithms::rotate::Rotation;
use cppipe::{Problem, Settings};
use measurements::{Column, IMAGE};
use pixels::{Array, Image, Pixels, Plane, Shape};
use std::ops::Range;

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "FlipAndRotate",
    former_names: &[],
    newest_revision: 2,
    summary: "mirrors an image, and turns it by an angle or until two points are level",
    read,
};

const FLIP: &str = "Select method to flip image";
const ROTATE: &str = "Select method to rotate image";
const CROP: &str = "Crop away the rotated edges?";
const HOW_OFTEN: &str = "Calculate rotation";
const FIRST: &str = "Enter coordinates of the top or left pixel";
const SECOND: &str = "Enter the coordinates of the bottom or right pixel";
const ALIGNED: &str = "Select how the specified points should be aligned";
const ANGLE: &str = "Enter angle of rotation";

#[derive(Debug, PartialEq)]
struct FlipAndRotate {
    names: InOut,
    /// Whether rows, and columns, come in reverse.
    flip: (bool, bool),
    rotation: Turn,
    /// Whether the result is cut to the greatest upright rectangle inside the image.
    crop: bool,
}

/// How an image is turned.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Turn {
    None,
    /// By an angle in degrees, anticlockwise.
    Angle(f64),
    /// As someone does it with the mouse.
    Mouse,
}

#[derive(Clone, Copy)]
enum Choice {
    None,
    Angle,
    Coordinates,
    Mouse,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let values = module.settings.iter().map(|s| s.value.clone()).collect();
    let mut settings = Settings::upgraded(module, upgrade(values, module.revision));
    let names = InOut::read(&mut settings);
    let flips = [
        ("Do not flip", (false, false)),
        ("Left to right", (false, true)),
        ("Top to bottom", (true, false)),
        ("Left to right and top to bottom", (true, true)),
    ];
    let flip = settings.choice(FLIP, &flips);
    let choices = [
        ("Do not rotate", Choice::None),
        ("Enter angle", Choice::Angle),
        ("Enter coordinates", Choice::Coordinates),
        ("Use mouse", Choice::Mouse),
    ];
    let choice = settings.choice(ROTATE, &choices);
    let crop = settings.yes(CROP);
    settings.choice(HOW_OFTEN, &[("Individually", ()), ("Only Once", ())]);
    let first: (i64, i64) = settings.range(FIRST);
    let second: (i64, i64) = settings.range(SECOND);
    let vertically = settings.choice(ALIGNED, &[("horizontally", false), ("vertically", true)]);
    let angle = settings.number(ANGLE);
    let (x, y) = ((second.0 - first.0) as f64, (second.1 - first.1) as f64);
    let degrees = |radians: f64| radians * 180.0 / std::f64::consts::PI;
    let rotation = match choice {
        Choice::None => Turn::None,
        Choice::Angle => Turn::Angle(angle),
        Choice::Coordinates if vertically => Turn::Angle(degrees(-y.atan2(x))),
        Choice::Coordinates => Turn::Angle(degrees(x.atan2(y))),
        Choice::Mouse => Turn::Mouse,
    };
    Ok(Box::new(settings.finish(FlipAndRotate { names, flip, rotation, crop })?))
}

/// Brings the answers into the newest revision's order.
fn upgrade(mut values: Vec<String>, revision: u32) -> Vec<String> {
    let words = [
        ("Mouse", "Use mouse"),
        ("None", "Do not rotate"),
        ("Coordinates", "Enter coordinates"),
        ("Angle", "Enter angle"),
    ];
    if revision == 1
        && let Some(value) = values.get_mut(3)
        && let Some((_, new)) = words.iter().find(|(old, _)| old == value)
    {
        *value = (*new).to_string();
    }
    values
}

impl Module for FlipAndRotate {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let columns = vec![Column::float(IMAGE, feature(&self.names.output))];
        Declaration { columns, ..self.names.declaration() }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let image = workspace.image(&self.names.input)?;
        if image.volumetric {
            return Err(RunError::NotNative(format!("turning the volume `{}`", self.names.input)));
        }
        let Shape { height, width, .. } = image.shape();
        let own = workspace.mask_of(&image)?.map(|mask| mask.into_owned());
        let mask = own.unwrap_or_else(|| Plane::filled(height, width, true));
        let flipped = match &image.pixels {
            Pixels::Bool(array) => Pixels::Bool(self.flipped(array)),
            Pixels::F32(array) => Pixels::F32(self.flipped(array)),
            Pixels::F64(array) => Pixels::F64(self.flipped(array)),
            Pixels::Int(_) => {
                return Err(RunError::NotNative(format!("turning whole numbers in `{}`", self.names.input)));
            }
        };
        let mask = self.flipped(&mask.into());
        let (pixels, mask, crop, angle) = match self.rotation {
            Turn::None => (flipped, mask, None, None),
            Turn::Angle(angle) => {
                let turned = self.turned(&flipped, &mask, angle);
                (turned.pixels, turned.mask, turned.crop, Some(angle))
            }
            Turn::Mouse => {
                let message = "turning with the mouse needs someone to do it: give the angle or coordinates";
                return Err(RunError::Refused(message.into()));
            }
        };
        if !mask.data().contains(&true) {
            return Err(RunError::Refused(
                "nothing of the image counts any more: CellProfiler finds no range".into(),
            ));
        }
        let made = workspace.derived_image(&image, pixels.held());
        let own_crop = workspace.crop_array_of(&image)?;
        let made = Image { mask: Some(mask), crop: crop.or(own_crop), ..made? };
        workspace.add_image(&self.names.output, made);
        match angle {
            Some(angle) => workspace.record.image_float(feature(&self.names.output), angle),
            // Of an image that is not turned CellProfiler notes a whole 0.
            None => workspace.record.image_integer(feature(&self.names.output), 0),
        }
        Ok(())
    }
}

/// An image that was turned, where it counts, and how it was cut.
struct Turned {
    pixels: Pixels,
    mask: Array<bool>,
    crop: Option<Array<bool>>,
}

impl FlipAndRotate {
    fn flipped<T: Copy>(&self, array: &Array<T>) -> Array<T> {
        let Shape { height, width, channels, .. } = array.shape();
        let mut data = Vec::with_capacity(array.data().len());
        for y in 0..height {
            let y = if self.flip.0 { height - 1 - y } else { y };
            let row = &array.data()[y * width * channels..(y + 1) * width * channels];
            if self.flip.1 {
                data.extend(row.chunks_exact(channels).rev().flatten());
            } else {
                data.extend_from_slice(row);
            }
        }
        Array::from_vec(array.shape(), data)
    }

    fn turned(&self, pixels: &Pixels, mask: &Array<bool>, angle: f64) -> Turned {
        let shape = pixels.shape();
        let rotation = Rotation::new((shape.height, shape.width), angle);
        let inside = |plane: Plane<f64>| rotation.apply(&plane).map(|&v| v > 0.5);
        let canvas = inside(Plane::filled(shape.height, shape.width, 1.0));
        let mask = inside(mask.plane(0, 0).map(|&inside| f64::from(u8::from(inside))));
        let mask = mask.zip(&canvas, |&a, &b| a && b);
        let channel = |channel: usize| match pixels {
            Pixels::F32(array) => rotation.apply(&array.plane(0, channel)).map(|&v| f64::from(v as f32)),
            // What is not quite 1 is false: the value is cut to a whole number.
            Pixels::Bool(_) => {
                rotation.apply(&pixels.to_f64().plane(0, channel)).map(|&v| f64::from(v as u8))
            }
            _ => rotation.apply(&pixels.to_f64().plane(0, channel)),
        };
        let channels: Vec<Plane<f64>> = (0..shape.channels).map(channel).collect();
        let (rows, columns) =
            if self.crop { greatest_rectangle(&canvas) } else { (0..canvas.height(), 0..canvas.width()) };
        let cut = Shape { depth: 1, height: rows.len(), width: columns.len(), channels: shape.channels };
        let places = || rows.clone().flat_map(|y| columns.clone().map(move |x| (y, x)));
        let values = || places().flat_map(|at| channels.iter().map(move |plane| plane[at]));
        let pixels = match pixels {
            Pixels::Bool(_) => Pixels::Bool(Array::from_vec(cut, values().map(|v| v != 0.0).collect())),
            _ => Pixels::F32(Array::from_vec(cut, values().map(|v| v as f32).collect())),
        };
        let mask = Array::from_vec(Shape { channels: 1, ..cut }, places().map(|at| mask[at]).collect());
        let crop = self.crop.then(|| {
            let (height, width) = canvas.shape();
            let whole = Shape { depth: 1, height, width, channels: shape.channels };
            let kept = (0..height).flat_map(|y| (0..width).map(move |x| (y, x)));
            let kept = kept.map(|(y, x)| rows.contains(&y) && columns.contains(&x));
            Array::from_vec(whole, kept.flat_map(|kept| std::iter::repeat_n(kept, shape.channels)).collect())
        });
        Turned { pixels, mask, crop }
    }
}

/// Returns rows and columns of the greatest upright rectangle about the centre that ends at a pixel of the turned
/// image; the first such pixel in the quarter down right.
fn greatest_rectangle(canvas: &Plane<bool>) -> (Range<usize>, Range<usize>) {
    let (height, width) = canvas.shape();
    let half = (height / 2, width / 2);
    let (rows, columns) = (height - half.0, width - half.1);
    // How much of each column above, and of each row to the left, is inside, on both sides of the middle.
    let area = |row: &dyn Fn(usize) -> usize| {
        let mut down = vec![0usize; columns];
        let mut areas = vec![0usize; rows * columns];
        for y in 0..rows {
            let mut across = 0;
            for x in 0..columns {
                let inside = canvas[(row(y), half.1 + x)];
                down[x] += usize::from(inside);
                across += usize::from(inside);
                if inside {
                    areas[y * columns + x] = down[x] * across;
                }
            }
        }
        areas
    };
    let below = area(&|y| half.0 + y);
    let above = area(&|y| height - half.0 - 1 - y);
    let both: Vec<usize> = below.iter().zip(&above).map(|(a, b)| a + b).collect();
    let greatest = both.iter().copied().max().unwrap_or(0);
    let at = both.iter().position(|&area| area == greatest).unwrap_or(0);
    let (bottom, right) = (half.0 + at / columns.max(1), half.1 + at % columns.max(1));
    let range = |last: usize, n: usize| (n.saturating_sub(last + 1))..(last + 1).min(n);
    (range(bottom, height), range(right, width))
}

// What it measures.

fn feature(output: &str) -> String {
    format!("Rotation_{output}")
}
