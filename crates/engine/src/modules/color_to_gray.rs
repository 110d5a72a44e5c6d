//! ColorToGray: makes grey images of the channels of a colour image, or one of them all.

use crate::{Declaration, Kind, Module, Need, RunError, Upstream, Workspace};
use algorithms::hue_saturation_value::hue_saturation_value;
use cppipe::{Problem, Settings};
use pixels::{Array, Pixels, Shape};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "ColorToGray",
    former_names: &[],
    newest_revision: 4,
    summary: "splits a colour image into grey ones, or combines its channels",
    read,
};

const INPUT: &str = "Select the input image";
const METHOD: &str = "Conversion method";
const IMAGE_TYPE: &str = "Image type";
const OUTPUT: &str = "Name the output image";
const COUNT: &str = "Channel count";
const CHANNEL: &str = "Channel number";
const CHANNEL_NAME: &str = "Image name";
const USES: [&str; 6] = [
    "Convert red to gray?",
    "Convert green to gray?",
    "Convert blue to gray?",
    "Convert hue to gray?",
    "Convert saturation to gray?",
    "Convert value to gray?",
];

#[derive(Debug, PartialEq)]
struct ColorToGray {
    input: String,
    conversion: Conversion,
}

#[derive(Debug, PartialEq)]
enum Conversion {
    /// Channels (from 0) and their weights make one image.
    Combine { output: String, weights: Vec<(usize, f64)> },
    /// Channels (from 0) become images of their own.
    Split(Vec<(usize, String)>),
    /// As `Split`, of hue, saturation and value.
    SplitHsv(Vec<(usize, String)>),
}

#[derive(Clone, Copy, PartialEq)]
enum ImageType {
    Rgb,
    Hsv,
    Channels,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let values = module.settings.iter().map(|s| s.value.clone()).collect();
    let mut settings = Settings::upgraded(module, upgrade(values, module.revision));
    let input = settings.text(INPUT);
    let combines = settings.choice(METHOD, &[("Combine", true), ("Split", false)]);
    let types = [("RGB", ImageType::Rgb), ("HSV", ImageType::Hsv), ("Channels", ImageType::Channels)];
    let image_type = settings.choice(IMAGE_TYPE, &types);
    let output = settings.text(OUTPUT);
    let weights: [f64; 3] = [(); 3].map(|()| settings.number_within(0.0.., 1.0));
    let named = USES.map(|label| (settings.yes(label), settings.text(OUTPUT)));
    let picked = |places: &[(bool, String)]| -> Vec<(usize, String)> {
        let places = places.iter().enumerate().filter(|(_, (uses, _))| *uses);
        places.map(|(place, (_, name))| (place, name.clone())).collect()
    };
    let count: usize = settings.number(COUNT);
    // CellProfiler has one channel at least, whatever the count.
    let mut channels = Vec::new();
    for _ in 0..count.max(1).min(settings.left().div_ceil(3)) {
        let number: usize = settings.number_within(1.., 1);
        let weight: f64 = settings.number_within(0.0.., 1.0);
        let name = settings.text(CHANNEL_NAME);
        if number == 0 {
            settings.problem(CHANNEL, "channels count from 1".into(), None);
        }
        channels.push((number.saturating_sub(1), weight, name));
    }
    let conversion = match (combines, image_type) {
        (true, ImageType::Channels) => {
            Conversion::Combine { output, weights: channels.iter().map(|c| (c.0, c.1)).collect() }
        }
        (true, _) => Conversion::Combine { output, weights: weights.into_iter().enumerate().collect() },
        (false, ImageType::Rgb) => Conversion::Split(picked(&named[..3])),
        (false, ImageType::Hsv) => Conversion::SplitHsv(picked(&named[3..])),
        (false, ImageType::Channels) => Conversion::Split(channels.into_iter().map(|c| (c.0, c.2)).collect()),
    };
    Ok(Box::new(settings.finish(ColorToGray { input, conversion })?))
}

/// Brings the answers into the newest revision's order.
fn upgrade(mut values: Vec<String>, revision: u32) -> Vec<String> {
    let text = |s: &str| s.to_string();
    if revision <= 1 && values.len() >= 2 {
        values.insert(2, text("RGB"));
        values.extend(["1", "Red: 1", "1", "Channel1"].map(text));
    }
    if revision <= 2 && values.len() >= 13 {
        let hsv = ["Yes", "OrigHue", "Yes", "OrigSaturation", "Yes", "OrigValue"];
        values.splice(13..13, hsv.map(text));
    }
    if revision <= 3 {
        // A channel's name, as `Red: 1`, ends with its number.
        for channel in values.iter_mut().skip(20).step_by(3) {
            let digits = channel.chars().rev().take_while(char::is_ascii_digit).count();
            *channel = channel.split_off(channel.len() - digits);
        }
    }
    values
}

impl Module for ColorToGray {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let images = match &self.conversion {
            Conversion::Combine { output, .. } => vec![output.clone()],
            Conversion::Split(channels) | Conversion::SplitHsv(channels) => {
                channels.iter().map(|(_, name)| name.clone()).collect()
            }
        };
        Declaration { needs: vec![Need::image(&self.input, INPUT)], images, ..Declaration::default() }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let image = workspace.image(&self.input)?;
        let shape = image.shape();
        if image.volumetric {
            return Err(RunError::NotNative(format!("the volume `{}`", self.input)));
        }
        if shape.channels == 1 {
            return Err(RunError::Refused(format!(
                "image `{}` must be color, but it was grayscale",
                self.input
            )));
        }
        match &self.conversion {
            Conversion::Combine { output, weights } => {
                weights.iter().try_for_each(|&(channel, _)| self.check(channel, shape))?;
                let combined = workspace.derived_image(&image, combine(&image.pixels, weights))?;
                workspace.add_image(output, combined);
            }
            Conversion::Split(channels) => {
                for (channel, name) in channels {
                    self.check(*channel, shape)?;
                    let pixels = channel_of(&image.pixels, *channel).held();
                    let split = workspace.derived_image(&image, pixels)?;
                    workspace.add_image(name, split);
                }
            }
            Conversion::SplitHsv(channels) => {
                if shape.channels != 3 {
                    return Err(RunError::Refused(format!(
                        "image `{}` has {} channels: hue, saturation and value are those of 3",
                        self.input, shape.channels
                    )));
                }
                let hsv = match &image.pixels {
                    Pixels::F32(array) => Pixels::F32(hsv_of(array)),
                    Pixels::Bool(_) => Pixels::F32(hsv_of(&image.pixels.to_f32())),
                    Pixels::F64(_) | Pixels::Int(_) => Pixels::F64(hsv_of(&image.pixels.to_f64())),
                };
                for (channel, name) in channels {
                    let split = workspace.derived_image(&image, channel_of(&hsv, *channel).held())?;
                    workspace.add_image(name, split);
                }
            }
        }
        Ok(())
    }
}

impl ColorToGray {
    fn check(&self, channel: usize, shape: Shape) -> Result<(), RunError> {
        if channel < shape.channels {
            return Ok(());
        }
        Err(RunError::Refused(format!(
            "image `{}` has no channel {}: it has {}",
            self.input,
            channel + 1,
            shape.channels
        )))
    }
}

/// Returns the weighted sum of channels, in f64 and in their order, as f32.
fn combine(pixels: &Pixels, weights: &[(usize, f64)]) -> Pixels {
    let all: f64 = weights.iter().map(|(_, weight)| weight).sum();
    let weights: Vec<_> = weights.iter().map(|&(channel, weight)| (channel, weight / all)).collect();
    let sum = |at: &dyn Fn(usize) -> f64| {
        let mut terms = weights.iter().map(|&(channel, weight)| at(channel) * weight);
        let first = terms.next().unwrap_or_default();
        terms.fold(first, |sum, term| sum + term) as f32
    };
    let shape = pixels.shape();
    let data: Vec<f32> = match pixels {
        Pixels::F32(array) => {
            array.data().chunks_exact(shape.channels).map(|p| sum(&|c| f64::from(p[c]))).collect()
        }
        other => other.to_f64().data().chunks_exact(shape.channels).map(|p| sum(&|c| p[c])).collect(),
    };
    Pixels::F32(Array::from_vec(Shape { channels: 1, ..shape }, data))
}

/// Returns one channel of a flat image.
fn channel_of(pixels: &Pixels, channel: usize) -> Pixels {
    match pixels {
        Pixels::Bool(array) => Pixels::Bool(array.plane(0, channel).into()),
        Pixels::F32(array) => Pixels::F32(array.plane(0, channel).into()),
        Pixels::F64(array) => Pixels::F64(array.plane(0, channel).into()),
        Pixels::Int(array) => Pixels::Int(array.plane(0, channel).into()),
    }
}

/// Returns hue, saturation and value of each pixel of three channels.
fn hsv_of<T: algorithms::numpy::Real>(array: &Array<T>) -> Array<T> {
    let pixels = array.data().as_chunks::<3>().0.iter();
    Array::from_vec(array.shape(), pixels.flat_map(|&pixel| hue_saturation_value(pixel)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_were_named_before_they_were_numbered() {
        let mut old: Vec<String> = vec!["x".to_string(); 19];
        old.extend(["2", "Green: 2", "1", "A", "Alpha: 4", "0.5", "B"].map(String::from));
        let new = upgrade(old, 3);
        assert_eq!(new[19..], ["2", "2", "1", "A", "4", "0.5", "B"]);
        assert_eq!(upgrade(vec!["x".to_string(); 12], 1).len(), 23);
    }
}
