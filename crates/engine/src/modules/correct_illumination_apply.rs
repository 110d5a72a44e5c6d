//! CorrectIlluminationApply: divides images by illumination functions, or subtracts them.

use crate::{Declaration, Kind, Module, Need, RunError, Upstream, Workspace};
use cppipe::{Problem, Settings};
use pixels::{Array, Image, Pixels, Shape};
use std::ops::{Div, Sub};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "CorrectIlluminationApply",
    former_names: &[],
    newest_revision: 5,
    summary: "divides images by illumination functions, or subtracts them",
    read,
};

const IMAGE: &str = "Select the input image";
const CORRECTED: &str = "Name the output image";
const FUNCTION: &str = "Select the illumination function";
const HOW: &str = "Select how the illumination function is applied";
const TRUNCATE_LOW: &str = "Set output image values less than 0 equal to 0?";
const TRUNCATE_HIGH: &str = "Set output image values greater than 1 equal to 1?";

#[derive(Debug, PartialEq)]
struct CorrectIlluminationApply {
    corrections: Vec<Correction>,
    truncate_low: bool,
    truncate_high: bool,
}

#[derive(Debug, PartialEq)]
struct Correction {
    image: String,
    corrected: String,
    function: String,
    how: How,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum How {
    Divide,
    Subtract,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let values = module.settings.iter().map(|s| s.value.clone()).collect();
    let mut settings = Settings::upgraded(module, upgrade(values, module.revision));
    let corrections = (0..settings.left() / 4)
        .map(|_| Correction {
            image: settings.text(IMAGE),
            corrected: settings.text(CORRECTED),
            function: settings.text(FUNCTION),
            how: settings.choice(HOW, &[("Divide", How::Divide), ("Subtract", How::Subtract)]),
        })
        .collect();
    let truncate_low = settings.yes(TRUNCATE_LOW);
    let truncate_high = settings.yes(TRUNCATE_HIGH);
    if settings.left() > 0 {
        let message = format!("there are {} settings more than whole images and the end", settings.left());
        settings.problem(IMAGE, message, None);
    }
    Ok(Box::new(settings.finish(CorrectIlluminationApply { corrections, truncate_low, truncate_high })?))
}

/// Brings the answers into the newest revision's order.
fn upgrade(mut values: Vec<String>, revision: u32) -> Vec<String> {
    if revision <= 2 {
        // Each image had a fifth setting, rescaling, which CellProfiler drops with a warning.
        values = values.chunks(5).flat_map(|image| image.iter().take(4).cloned()).collect();
    }
    if revision == 4 {
        values.pop();
    }
    if revision <= 4 {
        values.extend(["Yes".to_string(), "Yes".to_string()]);
    }
    values
}

impl Module for CorrectIlluminationApply {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let needs = |c: &Correction| [Need::image(&c.image, IMAGE), Need::image(&c.function, FUNCTION)];
        Declaration {
            needs: self.corrections.iter().flat_map(needs).collect(),
            images: self.corrections.iter().map(|c| c.corrected.clone()).collect(),
            ..Declaration::default()
        }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        for correction in &self.corrections {
            let image = workspace.image(&correction.image)?;
            let function = workspace.image(&correction.function)?;
            let mut pixels = correction.apply(&image, &function)?;
            self.truncate(&mut pixels);
            let corrected = workspace.derived_image(&image, Pixels::F32(pixels))?;
            workspace.add_image(&correction.corrected, corrected);
        }
        Ok(())
    }
}

impl CorrectIlluminationApply {
    fn truncate(&self, pixels: &mut Array<f32>) {
        for v in pixels.data_mut() {
            if self.truncate_low && *v < 0.0 {
                *v = 0.0;
            }
            if self.truncate_high && *v > 1.0 {
                *v = 1.0;
            }
        }
    }
}

impl Correction {
    fn apply(&self, image: &Image, function: &Image) -> Result<Array<f32>, RunError> {
        if image.volumetric || function.volumetric {
            return Err(RunError::NotNative(format!("correcting the volume `{}`", self.image)));
        }
        self.check(image.shape(), function.shape())?;
        if let (Pixels::Bool(_), Pixels::Bool(_), How::Subtract) = (&image.pixels, &function.pixels, self.how)
        {
            let message = format!("binary image `{}` cannot be subtracted from another", self.function);
            return Err(RunError::Refused(message));
        }
        let single = |p: &Pixels| matches!(p, Pixels::F32(_) | Pixels::Bool(_));
        Ok(if single(&image.pixels) && single(&function.pixels) {
            self.combine(&image.pixels.to_f32(), &function.pixels.to_f32(), 0.0)
        } else {
            self.combine(&image.pixels.to_f64(), &function.pixels.to_f64(), 0.0).map(|&v| v as f32)
        })
    }

    fn check(&self, image: Shape, function: Shape) -> Result<(), RunError> {
        let Self { image: image_name, function: function_name, .. } = self;
        if (image.height, image.width) != (function.height, function.width) {
            return Err(RunError::Refused(format!(
                "image `{image_name}` ({}×{}) and illumination function `{function_name}` ({}×{}) must have equal \
                 sizes; if they belong together, Resize or Crop one of them before",
                image.height, image.width, function.height, function.width
            )));
        }
        if function.channels != 1 && function.channels != image.channels {
            return Err(RunError::Refused(format!(
                "illumination function `{function_name}` has {} channels, image `{image_name}` has {}",
                function.channels, image.channels
            )));
        }
        Ok(())
    }

    fn combine<T>(&self, image: &Array<T>, function: &Array<T>, zero: T) -> Array<T>
    where
        T: Copy + PartialOrd + Div<Output = T> + Sub<Output = T>,
    {
        match self.how {
            How::Divide => each(image, function, |v, f| v / f),
            How::Subtract => each(image, function, |v, f| if v - f < zero { zero } else { v - f }),
        }
    }
}

/// Returns `one` of each value and the function's at its pixel.
fn each<T: Copy>(image: &Array<T>, function: &Array<T>, one: impl Fn(T, T) -> T) -> Array<T> {
    let channels = image.shape().channels;
    let data = if function.shape().channels == channels {
        image.data().iter().zip(function.data()).map(|(&v, &f)| one(v, f)).collect()
    } else {
        match channels {
            3 => {
                let pixels = image.data().as_chunks::<3>().0.iter().zip(function.data());
                pixels.map(|(pixel, &f)| pixel.map(|v| one(v, f))).collect::<Vec<_>>().into_flattened()
            }
            _ => {
                let mut data = image.data().to_vec();
                let pixels = data.chunks_exact_mut(channels).zip(function.data());
                pixels.for_each(|(pixel, &f)| pixel.iter_mut().for_each(|v| *v = one(*v, f)));
                data
            }
        }
    };
    Array::from_vec(image.shape(), data)
}
