//! `.npy` files to images and labels, and back.

use crate::Source;
use pixels::codecs::Samples;
use pixels::codecs::npy::{self, Element, NpyArray};
use pixels::{Array, Image, Labels, Pixels, Plane, Shape};

fn read(source: &dyn Source, file: &str) -> Result<NpyArray, String> {
    let bytes = source.read(file).map_err(|e| format!("cannot read `{file}`: {e}"))?;
    npy::read(&bytes).map_err(|e| format!("`{file}`: {e}"))
}

/// Returns the extent of an image in an array of these axes.
fn image_shape(axes: &[usize], volumetric: bool) -> Option<Shape> {
    let (depth, height, width, channels) = match (volumetric, axes) {
        (false, &[h, w]) => (1, h, w, 1),
        (false, &[h, w, c]) => (1, h, w, c),
        (true, &[z, h, w]) => (z, h, w, 1),
        (true, &[z, h, w, c]) => (z, h, w, c),
        _ => return None,
    };
    Some(Shape { depth, height, width, channels })
}

fn no_image(file: &str, axes: &[usize], volumetric: bool) -> String {
    let wanted = if volumetric { "(Z,H,W) or (Z,H,W,C) with dims=3" } else { "(H,W) or (H,W,C)" };
    format!("`{file}` has the shape {axes:?}; an image is {wanted}")
}

/// Reads an image in the type that it has in the file, with its axes.
pub(super) fn read_image(source: &dyn Source, file: &str, volumetric: bool) -> Result<Image, String> {
    let array = read(source, file)?;
    let shape =
        image_shape(&array.shape, volumetric).ok_or_else(|| no_image(file, &array.shape, volumetric))?;
    let pixels = match array.samples {
        Samples::Bool(v) => Pixels::Bool(Array::from_vec(shape, v)),
        Samples::F32(v) => Pixels::F32(Array::from_vec(shape, v)),
        Samples::F64(v) => Pixels::F64(Array::from_vec(shape, v)),
        _ => return Err(format!("`{file}` holds integers; an image is bool, float32 or float64")),
    };
    let multichannel = array.shape.len() == 3 + usize::from(volumetric);
    Ok(Image { volumetric, multichannel, ..Image::new(pixels) })
}

/// Reads true and false of each pixel.
pub(super) fn read_flags(source: &dyn Source, file: &str, volumetric: bool) -> Result<Array<bool>, String> {
    let array = read(source, file)?;
    let shape = image_shape(&array.shape, volumetric).filter(|s| s.channels == 1);
    let shape = shape
        .ok_or_else(|| format!("`{file}` has the shape {:?}; a mask or crop has no colours", array.shape))?;
    Ok(Array::from_vec(shape, array.samples.to_bool()))
}

fn labels_of(file: &str, array: &NpyArray) -> Result<Vec<u32>, String> {
    let whole = !matches!(array.samples, Samples::F32(_) | Samples::F64(_));
    let values = whole.then(|| array.samples.to_f64());
    let fits = values.is_some_and(|v| v.iter().all(|&v| (0.0..=f64::from(u32::MAX)).contains(&v)));
    fits.then(|| array.samples.to_u32())
        .ok_or_else(|| format!("`{file}` does not hold labels, which are whole numbers from 0 (background)"))
}

/// Reads labels, (H,W) or (Z,H,W).
pub(super) fn read_labels(source: &dyn Source, file: &str) -> Result<Labels, String> {
    let array = read(source, file)?;
    let shape = match *array.shape.as_slice() {
        [h, w] => Shape::grey(h, w),
        [z, h, w] => Shape { depth: z, height: h, width: w, channels: 1 },
        _ => return Err(format!("`{file}` has the shape {:?}; labels are (H,W) or (Z,H,W)", array.shape)),
    };
    Ok(Labels::Dense(Array::from_vec(shape, labels_of(file, &array)?)))
}

/// Reads labels of objects that overlap, (N,H,W).
pub(super) fn read_planes(source: &dyn Source, file: &str) -> Result<Labels, String> {
    let array = read(source, file)?;
    let &[_, h, w] = array.shape.as_slice() else {
        return Err(format!("`{file}` has the shape {:?}; planes of labels are (N,H,W)", array.shape));
    };
    let labels = labels_of(file, &array)?;
    let size = (h * w).max(1);
    Ok(Labels::Overlapping(labels.chunks(size).map(|c| Plane::from_vec(h, w, c.to_vec())).collect()))
}

/// Returns the `.npy` file of an image.
pub(super) fn write_image(image: &Image) -> Vec<u8> {
    let Image { volumetric, multichannel, .. } = *image;
    match &image.pixels {
        Pixels::Bool(a) => write_axes(a, volumetric, multichannel),
        Pixels::F32(a) => write_axes(a, volumetric, multichannel),
        Pixels::F64(a) => write_axes(a, volumetric, multichannel),
        Pixels::Int(a) => write_axes(a, volumetric, multichannel),
    }
}

/// Returns the `.npy` file of an array, with a z axis if `volumetric`.
pub(super) fn write_array<T: Element>(array: &Array<T>, volumetric: bool) -> Vec<u8> {
    write_axes(array, volumetric, false)
}

/// Returns the `.npy` file of an array, with axes of one plane or channel where they are asked for.
fn write_axes<T: Element>(array: &Array<T>, volumetric: bool, multichannel: bool) -> Vec<u8> {
    let s = array.shape();
    let mut axes = Vec::with_capacity(4);
    axes.extend((volumetric || s.depth > 1).then_some(s.depth));
    axes.extend([s.height, s.width]);
    axes.extend((multichannel || s.channels > 1).then_some(s.channels));
    npy::write(&axes, array.data())
}

/// Returns the `.npy` file of labels, int32, and whether it is one of planes.
pub(super) fn write_labels(labels: &Labels, volumetric: bool) -> (Vec<u8>, bool) {
    let signed = |l: &u32| l.cast_signed();
    match labels {
        Labels::Dense(a) => (write_array(&a.map(signed), volumetric), false),
        Labels::Overlapping(planes) if planes.len() == 1 => (npy::write_plane(&planes[0].map(signed)), false),
        Labels::Overlapping(planes) => {
            let s = labels.shape();
            let data: Vec<i32> = planes.iter().flat_map(|p| p.data().iter().map(signed)).collect();
            (npy::write(&[planes.len(), s.height, s.width], &data), true)
        }
    }
}
