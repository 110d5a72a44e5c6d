//! FindMaxima: marks the brightest pixels that keep a distance from each other.

use crate::identified::dense;
use crate::image_processing::InOut;
use crate::{Declaration, Kind, Module, Need, RunError, Upstream, Workspace};
use algorithms::spaced_peaks::{Peaks, spaced_peaks};
use cppipe::{Problem, Settings};
use pixels::{Array, Image, Pixels, Shape};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "FindMaxima",
    former_names: &[],
    newest_revision: 1,
    summary: "marks the brightest pixels that keep a distance from each other",
    read,
};

const MASK: &str = "Select the image to use as a mask";
const OBJECTS: &str = "Select the objects to search within";

#[derive(Debug, PartialEq)]
struct FindMaxima {
    names: InOut,
    spacing: usize,
    within: Within,
}

/// Where maxima are looked for; what is outside becomes black.
#[derive(Debug, PartialEq)]
enum Within {
    /// Above an intensity.
    Intensity(f64),
    /// Where an image is not black.
    Mask(String),
    /// In objects.
    Objects(String),
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    #[derive(Clone)]
    enum Excluded {
        Threshold,
        Mask,
        Objects,
    }
    let mut s = Settings::new(module);
    let names = InOut::read(&mut s);
    let spacing = s.number_within(0.., 5);
    let excluded = s.choice(
        "Method for excluding background",
        &[
            ("Threshold", Excluded::Threshold),
            ("Mask", Excluded::Mask),
            ("Within Objects", Excluded::Objects),
        ],
    );
    let intensity = s.number_within(0.0..=99.0, 0.0);
    let (mask, objects) = (s.text(MASK), s.text(OBJECTS));
    let within = match excluded {
        Excluded::Threshold => Within::Intensity(intensity),
        Excluded::Mask => Within::Mask(mask),
        Excluded::Objects => Within::Objects(objects),
    };
    Ok(Box::new(s.finish(FindMaxima { names, spacing, within })?))
}

impl Module for FindMaxima {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let mut declaration = self.names.declaration();
        match &self.within {
            Within::Intensity(_) => {}
            Within::Mask(name) => declaration.needs.push(Need::image(name, MASK)),
            Within::Objects(name) => declaration.needs.push(Need::objects(name, OBJECTS)),
        }
        declaration
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let image = workspace.image(&self.names.input)?;
        if matches!(image.pixels, Pixels::Bool(_)) {
            return Err(RunError::Refused(format!("`{}` is binary: it has no maxima", self.names.input)));
        }
        let mut values = image.pixels.to_f64().into_owned();
        match &self.within {
            Within::Intensity(_) => {}
            Within::Mask(name) => {
                let mask = workspace.image(name)?.pixels.to_f64().map(|&v| v != 0.0);
                self.blacken(&mut values, &mask, name)?;
            }
            Within::Objects(name) => {
                let objects = workspace.objects(name)?;
                self.blacken(&mut values, &dense(&objects, name)?.map(|&label| label != 0), name)?;
            }
        }
        let floor = match (&self.within, &image.pixels) {
            // The threshold is compared in the image's type.
            (Within::Intensity(least), Pixels::F32(_)) => Some(f64::from(*least as f32)),
            (Within::Intensity(least), _) => Some(*least),
            _ => None,
        };
        let peaks = Peaks { spacing: self.spacing, floor, least: None, border: self.spacing, most: None };
        let maxima = spaced_peaks(&self.axes(&image, values)?, peaks);
        let maxima = Array::from_vec(image.shape(), maxima.data().to_vec());
        self.names.run(workspace, |_| Ok(Pixels::Bool(maxima)))
    }
}

impl FindMaxima {
    /// Blackens what is outside of a mask of the image's size, or of its own channels.
    fn blacken(&self, values: &mut Array<f64>, mask: &Array<bool>, name: &str) -> Result<(), RunError> {
        let shape = values.shape();
        if mask.shape() != shape && mask.shape() != (Shape { channels: 1, ..shape }) {
            return Err(RunError::Refused(format!(
                "`{name}` is not of the size of `{}`, in which maxima are looked for",
                self.names.input
            )));
        }
        let channels = shape.len() / mask.shape().len().max(1);
        let pixels = values.data_mut().chunks_exact_mut(channels.max(1)).zip(mask.data());
        pixels.filter(|(_, inside)| !**inside).for_each(|(pixel, _)| pixel.fill(0.0));
        Ok(())
    }

    /// Returns the values with an axis of channels as one more axis in space, which scikit-image takes it for.
    fn axes(&self, image: &Image, values: Array<f64>) -> Result<Array<f64>, RunError> {
        let shape = values.shape();
        match (image.multichannel, image.volumetric) {
            (false, _) => Ok(values),
            (true, false) => {
                let shape =
                    Shape { depth: shape.height, height: shape.width, width: shape.channels, channels: 1 };
                Ok(Array::from_vec(shape, values.data().to_vec()))
            }
            (true, true) => {
                Err(RunError::NotNative(format!("the maxima of the volume in colour `{}`", self.names.input)))
            }
        }
    }
}
