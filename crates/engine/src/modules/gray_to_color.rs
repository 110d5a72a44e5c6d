//! GrayToColor: makes a colour image, or a stack of channels, of grey images.

use crate::color;
use crate::grey::Grey;
use crate::{Declaration, Kind, Module, Need, RunError, Upstream, Workspace};
use algorithms::numpy::Real;
use cppipe::{Problem, Settings};
use pixels::{Array, Image, Pixels, Plane, Shape};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "GrayToColor",
    former_names: &[],
    newest_revision: 4,
    summary: "makes a colour image, or a stack of channels, of grey images",
    read,
};

const SCHEME: &str = "Select a color scheme";
const RESCALE: &str = "Rescale intensity";
const OUTPUT: &str = "Name the output image";
const RGB: [&str; 3] = [
    "Select the image to be colored red",
    "Select the image to be colored green",
    "Select the image to be colored blue",
];
const CMYK: [&str; 4] = [
    "Select the image to be colored cyan",
    "Select the image to be colored magenta",
    "Select the image to be colored yellow",
    "Select the image that determines brightness",
];
const COUNT: &str = "Hidden";
const CHANNEL: &str = "Image name";
const COLOUR: &str = "Color";
/// The answer that leaves a colour out.
const BLANK: &str = "Leave this black";

#[derive(Debug, PartialEq)]
struct GrayToColor {
    output: String,
    scheme: Scheme,
}

#[derive(Debug, PartialEq)]
enum Scheme {
    /// Each image adds to red, green and blue by what it is multiplied by.
    Mix { images: Vec<(String, [f64; 3])>, rescale: bool },
    /// Each image has a colour (0 to 255 a channel) and a weight.
    Composite { images: Vec<(String, [u8; 3], f64)>, rescale: bool },
    /// Each image is a channel.
    Stack(Vec<String>),
}

#[derive(Clone, Copy)]
enum Choice {
    Rgb,
    Cmyk,
    Stack,
    Composite,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let values = module.settings.iter().map(|s| s.value.clone()).collect();
    let mut settings = Settings::upgraded(module, upgrade(values, module.revision));
    let choices = [
        ("RGB", Choice::Rgb),
        ("CMYK", Choice::Cmyk),
        ("Stack", Choice::Stack),
        ("Composite", Choice::Composite),
    ];
    let choice = settings.choice(SCHEME, &choices);
    let rescale = settings.yes(RESCALE);
    let rgb = RGB.map(|label| settings.text(label));
    let output = settings.text(OUTPUT);
    let rgb_weights = [(); 3].map(|()| settings.number_within(0.0.., 1.0));
    let cmyk = CMYK.map(|label| settings.text(label));
    let cmyk_weights = [(); 4].map(|()| settings.number_within(0.0.., 1.0));
    let count: usize = settings.number(COUNT);
    let mut stack = Vec::new();
    for _ in 0..count.min(settings.left().div_ceil(3)) {
        let name = settings.text(CHANNEL);
        let answer = settings.text(COLOUR);
        let weight = settings.number_within(0.00196078431372549.., 1.0);
        let colour = color::parse(&answer);
        if colour.is_none() && matches!(choice, Choice::Composite) {
            let near = cppipe::nearest(&answer, color::names());
            settings.problem(COLOUR, format!("`{answer}` is no colour"), near);
        }
        stack.push((name, colour.unwrap_or_default(), weight));
    }
    const THIRD: f64 = 1.0 / 3.0;
    let mixed = |names: &[String], weights: &[f64], colours: &[[f64; 3]]| -> Vec<(String, [f64; 3])> {
        let all = names.iter().zip(weights).zip(colours).filter(|((name, _), _)| *name != BLANK);
        all.map(|((name, weight), colour)| (name.clone(), colour.map(|c| c * weight))).collect()
    };
    let scheme = match choice {
        Choice::Rgb => {
            let colours = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
            Scheme::Mix { images: mixed(&rgb, &rgb_weights, &colours), rescale }
        }
        Choice::Cmyk => {
            let colours = [[0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0], [THIRD; 3]];
            Scheme::Mix { images: mixed(&cmyk, &cmyk_weights, &colours), rescale }
        }
        Choice::Stack => Scheme::Stack(stack.into_iter().map(|(name, ..)| name).collect()),
        Choice::Composite => Scheme::Composite { images: stack, rescale },
    };
    if scheme.names().is_empty() {
        settings.problem(SCHEME, "one image at least must not be blank".into(), None);
    }
    Ok(Box::new(settings.finish(GrayToColor { output, scheme })?))
}

/// Brings the answers into the newest revision's order.
fn upgrade(mut values: Vec<String>, revision: u32) -> Vec<String> {
    let text = |s: &str| s.to_string();
    if revision <= 1 {
        values.insert(0, text("CMYK"));
        values.extend(["None", "None", "None", "None", "1", "1", "1", "1"].map(text));
    }
    if revision <= 2 && values.len() >= 16 {
        const COLOURS: [&str; 6] = ["#ff0000", "#00ff00", "#0000ff", "#808000", "#800080", "#008080"];
        let stack = values.split_off(16);
        values.push(stack.len().to_string());
        for (image, colour) in stack.into_iter().zip(COLOURS.iter().cycle()) {
            values.extend([image, text(colour), text("1.0")]);
        }
    }
    if revision <= 3 && !values.is_empty() {
        values.insert(1, text("No"));
    }
    values
}

impl Module for GrayToColor {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        Declaration {
            needs: self.scheme.names().into_iter().map(|name| Need::image(name, CHANNEL)).collect(),
            images: vec![self.output.clone()],
            ..Declaration::default()
        }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let names = self.scheme.names();
        let mut images = Vec::new();
        for name in &names {
            let image = workspace.image(name)?;
            if image.volumetric {
                return Err(RunError::NotNative(format!("the volume `{name}`")));
            }
            images.push(image);
        }
        let mut planes = Vec::new();
        for (name, image) in names.iter().zip(&images) {
            let plane = Grey::of(image, name)?;
            if plane.shape() != planes.first().map_or(plane.shape(), Grey::shape) {
                return Err(RunError::Refused(format!(
                    "images `{}` and `{name}` have different sizes",
                    names[0]
                )));
            }
            planes.push(plane);
        }
        let pixels = self.scheme.colour(&images[0], planes)?;
        let derived = workspace.derived_image(&images[0], Pixels::F32(pixels))?;
        // A stack of one image has a channel axis too.
        let image = Image { multichannel: true, ..derived };
        workspace.add_image(&self.output, image);
        Ok(())
    }
}

impl Scheme {
    fn names(&self) -> Vec<&str> {
        match self {
            Self::Mix { images, .. } => images.iter().map(|(name, _)| name.as_str()).collect(),
            Self::Composite { images, .. } => images.iter().map(|(name, ..)| name.as_str()).collect(),
            Self::Stack(images) => images.iter().map(String::as_str).collect(),
        }
    }

    fn colour(&self, first: &Image, planes: Vec<Grey<'_>>) -> Result<Array<f32>, RunError> {
        match self {
            Self::Mix { images, rescale } => {
                let factors = images.iter().map(|(_, factors)| *factors);
                let terms: Vec<_> = planes.iter().map(|p| scaled(p, *rescale)).zip(factors).collect();
                let mixed = sum(&terms, *rescale);
                Ok(mixed.map(|&v| v as f32))
            }
            Self::Stack(_) => {
                let planes: Vec<Plane<f32>> = planes.iter().map(single).collect();
                Ok(stacked(&planes))
            }
            Self::Composite { images, rescale } => {
                if first.shape().channels > 1 {
                    return Err(RunError::NotNative("a composite that starts with a colour image".into()));
                }
                // Colours are in the type of the first image, and binary ones are but black or white.
                let binary = matches!(first.pixels, Pixels::Bool(_)) && !rescale;
                let colours = images.iter().map(|(_, colour, weight)| {
                    colour.map(|c| if binary { weight * f64::from(c.min(1)) } else { weight * f64::from(c) })
                });
                let all_single = planes.iter().all(|p| matches!(p, Grey::F32(_)));
                if all_single {
                    let colours = images
                        .iter()
                        .map(|(_, colour, weight)| colour.map(|c| *weight as f32 * f32::from(c) / 255.0));
                    let terms: Vec<_> =
                        planes.iter().map(|p| maximal(&single(p), *rescale)).zip(colours).collect();
                    return Ok(sum(&terms, *rescale));
                }
                let f32_colours = matches!(planes[0], Grey::F32(_));
                let round = |v: f64| if f32_colours { f64::from(v as f32) } else { v };
                let colours = colours.map(|colour| colour.map(|c| round(round(c) / 255.0)));
                let terms: Vec<_> = planes.iter().map(|p| scaled(p, *rescale)).zip(colours).collect();
                Ok(sum(&terms, *rescale).map(|&v| v as f32))
            }
        }
    }
}

/// Returns a plane in f64, divided by its maximum, in its own type, if it is to be rescaled.
fn scaled(plane: &Grey<'_>, rescale: bool) -> Plane<f64> {
    match plane {
        Grey::F32(plane) if rescale => maximal(plane, true).map(|&v| f64::from(v)),
        Grey::F32(plane) => plane.map(|&v| f64::from(v)),
        Grey::F64(plane) => maximal(plane, rescale),
    }
}

/// Divides a plane by its maximum, if it is to be rescaled; what is no number is the maximum.
fn maximal<T: Real>(plane: &Plane<T>, rescale: bool) -> Plane<T> {
    if !rescale {
        return plane.clone();
    }
    let greater = |a: T, b: T| if a.is_nan() || a > b { a } else { b };
    let max = plane.data().iter().copied().reduce(greater).unwrap_or(T::ZERO);
    plane.map(|&v| v / max)
}

fn single(plane: &Grey<'_>) -> Plane<f32> {
    match plane {
        Grey::F32(plane) => plane.clone().into_owned(),
        Grey::F64(plane) => plane.map(|&v| v as f32),
    }
}

/// Adds planes times colours, one after the other, and cuts at 1 what was rescaled.
fn sum<T: Real>(terms: &[(Plane<T>, [T; 3])], rescale: bool) -> Array<T> {
    let (height, width) = terms[0].0.shape();
    let one = T::of(1.0);
    let mut data = Vec::with_capacity(height * width * 3);
    for at in 0..height * width {
        let mut pixel = terms[0].1.map(|colour| terms[0].0.data()[at] * colour);
        for (plane, colour) in &terms[1..] {
            for (channel, &c) in pixel.iter_mut().zip(colour) {
                *channel += plane.data()[at] * c;
            }
        }
        data.extend(pixel.map(|v| if rescale && v > one { one } else { v }));
    }
    Array::from_vec(Shape { depth: 1, height, width, channels: 3 }, data)
}

fn stacked(planes: &[Plane<f32>]) -> Array<f32> {
    let (height, width) = planes[0].shape();
    let mut data = Vec::with_capacity(height * width * planes.len());
    for at in 0..height * width {
        data.extend(planes.iter().map(|plane| plane.data()[at]));
    }
    Array::from_vec(Shape { depth: 1, height, width, channels: planes.len() }, data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_of_revision_two_gets_colours_and_weights() {
        let mut old: Vec<String> = vec!["x".to_string(); 16];
        old.extend(["A", "B"].map(String::from));
        let new = upgrade(old, 2);
        assert_eq!(new[1], "No");
        assert_eq!(new[17..], ["2", "A", "#ff0000", "1.0", "B", "#00ff00", "1.0"]);
    }
}
