//! InvertForPrinting: turns fluorescence on black into colours on white.

use crate::grey::Grey;
use crate::{Declaration, Kind, Module, Need, RunError, Upstream, Workspace};
use algorithms::numpy::Real;
use cppipe::{Problem, Settings};
use pixels::{Array, Image, Pixels, Plane, Shape};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "InvertForPrinting",
    former_names: &[],
    newest_revision: 1,
    summary: "turns fluorescence on black into colours on white",
    read,
};

const INPUT_TYPE: &str = "Input image type";
const OUTPUT_TYPE: &str = "Output image type";
const USES: [&str; 3] = ["Use a red image?", "Use a green image?", "Use a blue image?"];
const INPUTS: [&str; 3] = ["Select the red image", "Select the green image", "Select the blue image"];
const COLOR_INPUT: &str = "Select the color image";
const WANTS: [&str; 3] = [
    "Select \"*Yes*\" to produce a red image.",
    "Select \"*Yes*\" to produce a green image.",
    "Select \"*Yes*\" to produce a blue image.",
];
const OUTPUTS: [&str; 3] = ["Name the red image", "Name the green image", "Name the blue image"];
const COLOR_OUTPUT: &str = "Name the inverted color image";

#[derive(Debug, PartialEq)]
struct InvertForPrinting {
    input: Channels,
    output: Channels,
}

/// Red, green and blue, in one image or each in its own, if wanted.
#[derive(Debug, PartialEq)]
enum Channels {
    Color(String),
    Grayscale([Option<String>; 3]),
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut settings = Settings::new(module);
    let types = [("Color", true), ("Grayscale", false)];
    let channels = |settings: &mut Settings<'_>, label, yes: [&str; 3], names: [&str; 3], color| {
        let is_color = settings.choice(label, &types);
        let each = [0, 1, 2].map(|i: usize| {
            let wanted = settings.yes(yes[i]);
            let name = settings.text(names[i]);
            wanted.then_some(name)
        });
        let color = settings.text(color);
        if is_color { Channels::Color(color) } else { Channels::Grayscale(each) }
    };
    let input = channels(&mut settings, INPUT_TYPE, USES, INPUTS, COLOR_INPUT);
    let output = channels(&mut settings, OUTPUT_TYPE, WANTS, OUTPUTS, COLOR_OUTPUT);
    if input.names().is_empty() {
        settings.problem(USES[0], "one grayscale input at least must be there".into(), None);
    }
    Ok(Box::new(settings.finish(InvertForPrinting { input, output })?))
}

impl Channels {
    fn names(&self) -> Vec<&String> {
        match self {
            Self::Color(name) => vec![name],
            Self::Grayscale(names) => names.iter().flatten().collect(),
        }
    }
}

impl Module for InvertForPrinting {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        Declaration {
            needs: self.input.names().into_iter().map(|name| Need::image(name, COLOR_INPUT)).collect(),
            images: self.output.names().into_iter().cloned().collect(),
            ..Declaration::default()
        }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let inverted = match &self.input {
            Channels::Color(name) => {
                let image = workspace.image(name)?;
                let shape = image.shape();
                if image.volumetric || matches!(image.pixels, Pixels::Bool(_) | Pixels::Int(_)) {
                    return Err(RunError::NotNative(format!(
                        "inverting `{name}`, a volume or no image of floats"
                    )));
                }
                if shape.channels == 1 {
                    return Err(RunError::Refused(format!(
                        "image `{name}` must be color, but it was grayscale"
                    )));
                }
                if shape.channels == 2 {
                    return Err(RunError::Refused(format!("image `{name}` has no third channel")));
                }
                match &image.pixels {
                    Pixels::F32(array) => inverted([0, 1, 2].map(|c| Some(array.plane(0, c)))),
                    other => inverted([0, 1, 2].map(|c| Some(other.to_f64().plane(0, c)))),
                }
            }
            Channels::Grayscale(names) => {
                let mut planes: [Option<Plane<f64>>; 3] = [None, None, None];
                for (plane, name) in planes.iter_mut().zip(names) {
                    let Some(name) = name else { continue };
                    *plane = Some(match Grey::of(&*workspace.image(name)?, name)? {
                        Grey::F32(plane) => plane.map(|&v| f64::from(v)),
                        Grey::F64(plane) => plane.into_owned(),
                    });
                }
                let mut shapes = planes.iter().flatten().map(Plane::shape);
                let first = shapes.next();
                if shapes.any(|shape| Some(shape) != first) {
                    return Err(RunError::Refused("the images to invert are of different sizes".into()));
                }
                inverted(planes)
            }
        };
        match &self.output {
            Channels::Color(name) => {
                let (height, width) = inverted[0].shape();
                let pixels = (0..height * width).flat_map(|at| inverted.iter().map(move |p| p.data()[at]));
                let shape = Shape { depth: 1, height, width, channels: 3 };
                let array = Array::from_vec(shape, pixels.collect());
                workspace.add_image(name, Image::new(Pixels::F32(array)));
            }
            Channels::Grayscale(names) => {
                for (name, plane) in names.iter().zip(inverted) {
                    if let Some(name) = name {
                        workspace.add_image(name, Image::grey(plane));
                    }
                }
            }
        }
        Ok(())
    }
}

/// Returns, for each colour, what the two others leave of white.
fn inverted<T: Real>(planes: [Option<Plane<T>>; 3]) -> [Plane<f32>; 3] {
    let (height, width) = planes.iter().flatten().next().map_or((0, 0), Plane::shape);
    let one = T::of(1.0);
    let left = planes.map(|plane| match plane {
        Some(plane) => plane.map(|&v| one - v),
        None => Plane::filled(height, width, one),
    });
    let [red, green, blue] = &left;
    [(green, blue), (red, blue), (red, green)].map(|(a, b)| a.zip(b, |&a, &b| (a * b).to_f64() as f32))
}
