//! Files to images and objects, with CellProfiler's scaling.

mod cache;
mod grey;
mod objects;
mod volume;

pub use cache::ArrayCache;

use crate::planned::is_array;
use crate::{RunError, Source};
use imageset::{Channel, Rescale, Role};
use md5::{Digest, Md5};
use measurements::Value;
use pixels::codecs::{Raw, Samples, Wanted, rescale};
use pixels::{Array, Image, Pixels, Shape};
use std::sync::Arc;

/// An image as it was loaded, and what CellProfiler notes of its file.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The image.
    pub image: Arc<Image>,
    /// MD5 of the file, in hexadecimal.
    pub md5: String,
    /// What the file's values are divided by by default: a whole number of image files, 1.0 of arrays.
    pub scale: Value,
}

/// Objects as they were loaded, and what CellProfiler notes of their file.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadedObjects {
    /// The labels, H×W or Z×H×W, numbered without gaps.
    pub labels: Array<u32>,
    /// MD5 of the file, in hexadecimal.
    pub md5: String,
}

/// Loads the image of a channel as NamesAndTypes and LoadData do, by the channel's role.
///
/// Source: CellProfiler's `FileImage`, `MonochromeImage`, `ColorImage`, `MaskImage`. A grey image of a colour file
/// is made with scikit-image's weights in f32; the first three of more colours count.
///
/// # Errors
/// When the file is not there or cannot be read: the message names file and channel.
pub fn load_image(channel: &Channel, source: &dyn Source) -> Result<Loaded, RunError> {
    if let Some(spacing) = channel.spacing {
        return volume::load(channel, spacing, source);
    }
    let bytes = read_bytes(channel, &channel.location, source)?;
    let raw = if channel.planes.is_empty() {
        read_plane(channel, &channel.location, &bytes, channel.frame)?
    } else {
        read_stack(channel, &bytes)?
    };
    let scale = match raw.full_scale {
        Some(scale) => Value::Integer(scale as i64),
        None => Value::Float(1.0),
    };
    let scale_number = raw.full_scale.unwrap_or(1.0);
    let how = match channel.rescale {
        Rescale::Metadata => pixels::codecs::Rescale::Metadata,
        Rescale::BitDepth | Rescale::Off => pixels::codecs::Rescale::BitDepth,
        Rescale::Manual(value) => pixels::codecs::Rescale::By(value),
    };
    let pixels = as_role(rescale(raw, how), channel.role);
    let mut image = Image::new(pixels);
    image.volumetric = false;
    image.scale = Some(scale_number);
    image.source = Some(source_of(channel));
    Ok(Loaded { image: Arc::new(image), md5: md5_of(&bytes), scale })
}

/// Returns the file that the image of a channel comes from.
fn source_of(channel: &Channel) -> pixels::Source {
    let (path, file) = channel.location.rsplit_once('/').unwrap_or(("", &channel.location));
    pixels::Source { file: file.to_string(), path: path.to_string() }
}

/// Loads the objects of a channel of NamesAndTypes.
///
/// Source: CellProfiler's `ObjectsImage` and `NamesAndTypes.add_objects`: values are labels where they are many whole
/// numbers, else each value (or colour) is a label of its own; labels with gaps are numbered anew by components. The
/// values of a volume are labels.
///
/// # Errors
/// As [`load_image`]; several planes of objects that are no volume are not native.
pub fn load_objects(channel: &Channel, source: &dyn Source) -> Result<LoadedObjects, RunError> {
    if channel.spacing.is_some() {
        return volume::load_objects(channel, source);
    }
    if channel.planes.len() > 1 {
        return Err(RunError::NotNative(format!("the objects `{}` in several planes", channel.name)));
    }
    let bytes = read_bytes(channel, &channel.location, source)?;
    if channel.frame.is_none() && plane_count(channel, &bytes)? > 1 {
        return Err(RunError::NotNative(format!("the objects `{}` in several planes", channel.name)));
    }
    let raw = read_plane(channel, &channel.location, &bytes, Some(channel.frame.unwrap_or(0)))?;
    // Added to 0, -0 is 0.
    let values: Vec<f64> = raw.samples.to_f64().iter().map(|v| v.trunc() + 0.0).collect();
    let labels =
        objects::from_values(raw.shape, &values).map_err(|why| bad(channel, &channel.location, why))?;
    Ok(LoadedObjects { labels: objects::without_gaps(labels.into()), md5: md5_of(&bytes) })
}

/// Loads the objects of a channel of LoadData, which takes the intensities of the image for labels.
///
/// # Errors
/// As [`load_image`].
pub fn load_objects_from_intensities(
    channel: &Channel,
    source: &dyn Source,
) -> Result<LoadedObjects, RunError> {
    let Loaded { image, md5, .. } = load_image(channel, source)?;
    let values = image.pixels.to_f32();
    let values: Vec<f64> = values.data().iter().map(|&v| f64::from(v) + 0.0).collect();
    let labels =
        objects::from_values(image.shape(), &values).map_err(|why| bad(channel, &channel.location, why))?;
    Ok(LoadedObjects { labels: labels.into(), md5 })
}

fn bad(channel: &Channel, location: &str, why: impl std::fmt::Display) -> RunError {
    RunError::Input(format!("cannot load `{location}` for channel `{}`: {why}", channel.name))
}

fn read_bytes(channel: &Channel, location: &str, source: &dyn Source) -> Result<Vec<u8>, RunError> {
    source.read(location).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => bad(channel, location, "there is no such file"),
        _ => bad(channel, location, error),
    })
}

fn read_plane(
    channel: &Channel,
    location: &str,
    bytes: &[u8],
    frame: Option<usize>,
) -> Result<Raw, RunError> {
    let wanted = match (frame, channel.colour_channel) {
        // An array has no planes: CellProfiler loads it whole whatever is asked for.
        _ if is_array(location) => Wanted::Whole,
        (Some(frame), _) => Wanted::Index(frame),
        (None, Some(colour)) => Wanted::Channel(colour),
        (None, None) => Wanted::Whole,
    };
    pixels::codecs::read(bytes, channel.series.unwrap_or(0), wanted)
        .map_err(|why| bad(channel, location, why))
}

fn plane_count(channel: &Channel, bytes: &[u8]) -> Result<usize, RunError> {
    let info = pixels::codecs::probe(bytes).map_err(|why| bad(channel, &channel.location, why))?;
    Ok(info.series.get(channel.series.unwrap_or(0)).map_or(1, |series| series.planes))
}

/// Reads the planes of a colour image that are its channels.
fn read_stack(channel: &Channel, bytes: &[u8]) -> Result<Raw, RunError> {
    let mut planes = Vec::new();
    for (location, frame) in &channel.planes {
        if *location != channel.location {
            return Err(RunError::NotNative(format!("image `{}` of planes in several files", channel.name)));
        }
        planes.push(read_plane(channel, location, bytes, *frame)?);
    }
    let first = &planes[0];
    if planes.iter().any(|plane| plane.shape != first.shape) || first.shape.channels != 1 {
        return Err(bad(channel, &channel.location, "its planes are not all grey and of one size"));
    }
    let shape = Shape { channels: planes.len(), ..first.shape };
    let values: Vec<Vec<f64>> = planes.iter().map(|p| p.samples.to_f64()).collect();
    let together = |n: usize| values.iter().map(move |v| v[n]);
    let all: Vec<f64> = (0..values[0].len()).flat_map(together).collect();
    let samples = match first.samples {
        Samples::U8(_) => Samples::U8(all.iter().map(|&v| v as u8).collect()),
        Samples::U16(_) => Samples::U16(all.iter().map(|&v| v as u16).collect()),
        Samples::F32(_) => Samples::F32(all.iter().map(|&v| v as f32).collect()),
        _ => return Err(RunError::NotNative(format!("the type of the planes of image `{}`", channel.name))),
    };
    Ok(Raw { shape, samples, full_scale: first.full_scale })
}

/// Makes of the pixels what the channel is to be.
fn as_role(pixels: Pixels, role: Role) -> Pixels {
    let channels = pixels.shape().channels;
    match role {
        Role::Grayscale | Role::Illumination if channels > 1 => grey::from_colours(&pixels),
        Role::Mask if channels > 1 => truth(&grey::from_colours(&pixels)),
        Role::Mask => truth(&pixels),
        Role::Color if channels == 1 => grey::tripled(&pixels),
        _ => pixels,
    }
}

/// True where not zero.
fn truth(pixels: &Pixels) -> Pixels {
    match pixels {
        Pixels::Bool(_) => pixels.clone(),
        other => Pixels::Bool(other.to_f32().map(|&v| v != 0.0)),
    }
}

fn md5_of(bytes: &[u8]) -> String {
    Md5::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
