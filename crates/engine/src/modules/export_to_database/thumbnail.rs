//! Small pictures of images, as texts that a database holds.

use crate::RunError;
use algorithms::bicubic_resample::resample;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pixels::codecs::png;
use pixels::{Image, Pixels};

/// The longer side of a thumbnail, in pixels.
const SIDE: usize = 200;

/// Returns a thumbnail of `image`, called `name`: a PNG file in base 64. With `stretched` the grey values start at
/// the darkest pixel.
///
/// # Errors
/// When the image holds whole numbers, has neither one nor three channels, or is too narrow.
pub(super) fn thumbnail(image: &Image, name: &str, stretched: bool) -> Result<String, RunError> {
    let shape = image.shape();
    if shape.depth > 1 || !matches!(shape.channels, 1 | 3) {
        return Err(RunError::NotNative(format!("a thumbnail of `{name}`, which is neither grey nor RGB")));
    }
    let bytes = to_bytes(&image.pixels, stretched).ok_or_else(|| {
        RunError::Refused(format!("`{name}` holds whole numbers: no thumbnail can be made of it"))
    })?;
    let (height, width) = (shape.height, shape.width);
    let longer = height.max(width);
    let size = (SIDE * height / longer, SIDE * width / longer);
    if size.0 == 0 || size.1 == 0 {
        return Err(RunError::Refused(format!("`{name}` is too narrow for a thumbnail")));
    }
    let small = resample(&bytes, (height, width), shape.channels, size);
    Ok(STANDARD.encode(png::write_u8(size.0, size.1, shape.channels, &small)))
}

/// Returns the pixels as bytes, cut off, not rounded; `None` of whole numbers.
fn to_bytes(pixels: &Pixels, stretched: bool) -> Option<Vec<u8>> {
    Some(match pixels {
        Pixels::Bool(array) => array.data().iter().map(|&v| if v { 255 } else { 0 }).collect(),
        Pixels::Int(_) => return None,
        Pixels::F32(array) => {
            let (least, most) = extremes(array.data().iter().copied(), f32::min, f32::max)?;
            let scale = |v: f32| if stretched { (v - least) / most } else { v };
            array.data().iter().map(|&v| byte(f64::from(scale(v) * 255.0))).collect()
        }
        Pixels::F64(array) => {
            let (least, most) = extremes(array.data().iter().copied(), f64::min, f64::max)?;
            let scale = |v: f64| if stretched { (v - least) / most } else { v };
            array.data().iter().map(|&v| byte(scale(v) * 255.0)).collect()
        }
    })
}

/// Returns the least and the greatest of `values`, NaN if one of them is, as numpy does.
fn extremes<T: Copy + PartialOrd>(
    values: impl Iterator<Item = T> + Clone,
    min: fn(T, T) -> T,
    max: fn(T, T) -> T,
) -> Option<(T, T)> {
    let nan = values.clone().find(|v| v.partial_cmp(v).is_none());
    match nan {
        Some(nan) => Some((nan, nan)),
        None => values.clone().reduce(min).zip(values.reduce(max)),
    }
}

/// Casts as a processor does: by way of a whole number of 32 bits, of which the lowest eight are kept.
fn byte(value: f64) -> u8 {
    let fits = value > -2_147_483_649.0 && value < 2_147_483_648.0;
    if fits { value as i32 as u8 } else { 0 }
}
