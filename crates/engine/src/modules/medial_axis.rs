//! MedialAxis: thins what is not black to its medial axis.

use crate::image_processing::InOut;
use crate::{Declaration, Kind, Module, RunError, Upstream, Workspace};
use algorithms::medial_axis::medial_axis;
use algorithms::numpy::Real;
use algorithms::rgb_to_grey::{rgb_to_grey_f32, rgb_to_grey_f64};
use cppipe::{Problem, Settings};
use pixels::{Array, Image, Pixels, Shape};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "MedialAxis",
    former_names: &[],
    newest_revision: 1,
    summary: "thins what is not black to its medial axis",
    read,
};

#[derive(Debug, PartialEq)]
struct MedialAxis(InOut);

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut settings = Settings::new(module);
    let names = InOut::read(&mut settings);
    Ok(Box::new(settings.finish(MedialAxis(names))?))
}

impl Module for MedialAxis {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        self.0.declaration()
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        self.0.run(workspace, |image| thinned(image, &self.0.input))
    }
}

fn thinned(image: &Image, name: &str) -> Result<Pixels, RunError> {
    let shape = image.shape();
    let bright = match (shape.channels, image.volumetric) {
        (1, _) => match &image.pixels {
            Pixels::Bool(array) => array.clone(),
            Pixels::F32(array) => array.map(|&v| v != 0.0),
            Pixels::F64(array) => array.map(|&v| v != 0.0),
            Pixels::Int(array) => array.map(|&v| v != 0),
        },
        (3 | 4, false) => match &image.pixels {
            Pixels::F32(array) => lit(&rgb_to_grey_f32(&opaque(array)), shape),
            other => lit(&rgb_to_grey_f64(&opaque(&other.to_f64())), shape),
        },
        (channels, false) => {
            return Err(RunError::Refused(format!("image `{name}` of {channels} channels has no luminance")));
        }
        (_, true) => return Err(RunError::NotNative(format!("the volume in colour `{name}`"))),
    };
    if !image.volumetric {
        let plane = bright.as_plane().map(medial_axis);
        let plane = plane.ok_or_else(|| RunError::Internal("a flat grey image that is no plane".into()))?;
        return Ok(Pixels::Bool(plane.into()));
    }
    let planes = (0..shape.depth).flat_map(|z| medial_axis(&bright.plane(z, 0)).into_vec());
    let thin = Array::from_vec(shape, planes.collect());
    // The axes of a volume's planes are in the type of the volume.
    Ok(match &image.pixels {
        Pixels::Bool(_) => Pixels::Bool(thin),
        Pixels::Int(_) => return Err(RunError::NotNative(format!("the volume of whole numbers `{name}`"))),
        _ => Pixels::F32(thin.map(|&v| f32::from(u8::from(v)))),
    })
}

fn lit<T: Real>(grey: &[T], shape: Shape) -> Array<bool> {
    Array::from_vec(Shape { channels: 1, ..shape }, grey.iter().map(|&v| v != T::ZERO).collect())
}

/// Returns red, green and blue; where there is a fourth channel they are laid on white by it.
fn opaque<T: Real>(array: &Array<T>) -> Vec<T> {
    if array.shape().channels == 3 {
        return array.data().to_vec();
    }
    let one = T::of(1.0);
    let clip = |v: T| {
        if v < T::ZERO {
            T::ZERO
        } else if v > one {
            one
        } else {
            v
        }
    };
    let pixels = array.data().as_chunks::<4>().0.iter();
    pixels.flat_map(|&[r, g, b, a]| [r, g, b].map(|v| clip((one - a) * one + a * v))).collect()
}
