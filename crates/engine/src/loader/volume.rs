use super::{Loaded, LoadedObjects, as_role, bad, md5_of, objects, read_bytes, source_of};
use crate::{RunError, Source};
use imageset::Channel;
use measurements::Value;
use pixels::codecs::{PixelType, Raw, Rescale, read_volume, rescale};
use pixels::{Array, Image};
use std::sync::Arc;

/// Loads the volume of a channel; `spacing` is that along z, y and x.
///
/// Source: CellProfiler's `FileImage` with `volume`: the intensities follow from the type of the values, whatever range the
/// settings name.
pub(super) fn load(channel: &Channel, spacing: [f64; 3], source: &dyn Source) -> Result<Loaded, RunError> {
    let (raw, md5) = read(channel, source)?;
    // CellProfiler's spacing is of z, x and y: that of x goes for rows.
    let [z, y, x] = spacing;
    let scale = raw.samples.pixel_type().map_or(1.0, PixelType::full_scale);
    let image = Image {
        // A file of one plane stays flat among volumes.
        volumetric: raw.shape.depth > 1,
        spacing: [z / x, 1.0, y / x],
        scale: Some(scale),
        source: Some(source_of(channel)),
        ..Image::new(as_role(rescale(raw, Rescale::BitDepth), channel.role))
    };
    Ok(Loaded { image: Arc::new(image), md5, scale: Value::Integer(scale as i64) })
}

/// Loads the objects of a channel from a volume of labels.
pub(super) fn load_objects(channel: &Channel, source: &dyn Source) -> Result<LoadedObjects, RunError> {
    let (raw, md5) = read(channel, source)?;
    if raw.shape.channels > 1 || raw.shape.depth == 1 {
        let why = "labels of volumes have several planes, and no colours";
        return Err(bad(channel, &channel.location, why));
    }
    let values = raw.samples.to_f64();
    if values.iter().any(|v| v.trunc() < 0.0) {
        return Err(bad(channel, &channel.location, "it has negative labels"));
    }
    let labels = Array::from_vec(raw.shape, values.iter().map(|&v| v as u32).collect());
    Ok(LoadedObjects { labels: objects::without_gaps(labels), md5 })
}

fn read(channel: &Channel, source: &dyn Source) -> Result<(Raw, String), RunError> {
    let bytes = read_bytes(channel, &channel.location, source)?;
    let raw = read_volume(&bytes).map_err(|why| bad(channel, &channel.location, why))?;
    Ok((raw, md5_of(&bytes)))
}
