//! Pixels to the bytes of a file, with scikit-image's conversions.

use super::settings::{Depth, Format};
use pixels::codecs::{jpeg, npy, png, tiff};
use pixels::{Array, Pixels, Shape};

/// Returns the bytes of a file that holds the pixels.
///
/// # Errors
/// When the values cannot be converted as scikit-image would refuse to, or the format cannot hold that many channels.
pub(crate) fn encode(pixels: &Pixels, format: Format) -> Result<Vec<u8>, String> {
    let shape = pixels.shape();
    match format {
        Format::Npy => Ok(npy_bytes(pixels)),
        Format::Png if !matches!(shape.channels, 1..=4) => Err(channels("png", shape)),
        Format::Png => Ok(png::write_u8(shape.height, shape.width, shape.channels, to_u8(pixels)?.data())),
        Format::Jpeg if !matches!(shape.channels, 1 | 3) => Err(channels("jpeg", shape)),
        Format::Jpeg => {
            let bytes = to_u8(pixels)?;
            Ok(jpeg::write(shape.height, shape.width, shape.channels, bytes.data(), JPEG_QUALITY))
        }
        Format::Tiff { depth, compressed } => tiff_bytes(pixels, depth, compressed),
    }
}

/// As [`encode`], of a volume, which only a tiff file holds; but scikit-image takes one of a column, or of three or four, for a
/// flat image with so many channels.
///
/// # Errors
/// As [`encode`].
pub(crate) fn encode_volume(pixels: &Pixels, format: Format) -> Result<Vec<u8>, String> {
    let shape = pixels.shape();
    match format {
        Format::Png if shape.channels == 1 && matches!(shape.width, 1 | 3 | 4) => {
            Ok(png::write_u8(shape.depth, shape.height, shape.width, to_u8(pixels)?.data()))
        }
        Format::Tiff { depth: Depth::Bits8, compressed } => {
            Ok(tiff::write_volume(shape, to_u8(pixels)?.data(), compressed))
        }
        Format::Tiff { depth: Depth::Bits16, compressed } => {
            Ok(tiff::write_volume(shape, to_u16(pixels)?.data(), compressed))
        }
        _ => Err("a file of this format does not hold a volume".into()),
    }
}

/// What Pillow takes when nothing else is asked for.
const JPEG_QUALITY: u8 = 75;

fn channels(format: &str, shape: Shape) -> String {
    format!("a {format} file does not hold {} channels", shape.channels)
}

fn tiff_bytes(pixels: &Pixels, depth: Depth, compressed: bool) -> Result<Vec<u8>, String> {
    let shape = pixels.shape();
    Ok(match (depth, pixels) {
        (Depth::Bits8, _) => tiff::write(shape, to_u8(pixels)?.data(), compressed),
        (Depth::Bits16, _) => tiff::write(shape, to_u16(pixels)?.data(), compressed),
        (Depth::Float, _) => tiff::write(shape, to_float(pixels).data(), compressed),
        (Depth::Raw, Pixels::Bool(a)) => tiff::write(shape, a.data(), compressed),
        (Depth::Raw, Pixels::F32(a)) => tiff::write(shape, a.data(), compressed),
        (Depth::Raw, Pixels::F64(a)) => tiff::write(shape, a.data(), compressed),
        (Depth::Raw, Pixels::Int(a)) => tiff::write(shape, a.data(), compressed),
    })
}

fn npy_bytes(pixels: &Pixels) -> Vec<u8> {
    let s = pixels.shape();
    let axes = [s.depth, s.height, s.width, s.channels];
    let shape = &axes[usize::from(s.depth == 1)..axes.len() - usize::from(s.channels == 1)];
    match pixels {
        Pixels::Bool(a) => npy::write(shape, a.data()),
        Pixels::F32(a) => npy::write(shape, a.data()),
        Pixels::F64(a) => npy::write(shape, a.data()),
        Pixels::Int(a) => npy::write(shape, a.data()),
    }
}

/// Converts as `skimage.util.img_as_ubyte`: floats are multiplied in their own type and rounded half to even; whole
/// numbers lose their low bits if one is too great, as a label image's seldom is.
fn to_u8(pixels: &Pixels) -> Result<Array<u8>, String> {
    Ok(match pixels {
        Pixels::Bool(a) => a.map(|&v| if v { u8::MAX } else { 0 }),
        Pixels::F32(a) => within_one(a, f64::from)?.map(|&v| rounded_f32(v * 255.0, 255.0) as u8),
        Pixels::F64(a) => within_one(a, |v| v)?.map(|&v| rounded_f64(v * 255.0, 255.0) as u8),
        Pixels::Int(a) => narrow(a, 8).map(|&v| v as u8),
    })
}

/// Converts as `skimage.util.img_as_uint`, by the same rules.
pub(crate) fn to_u16(pixels: &Pixels) -> Result<Array<u16>, String> {
    Ok(match pixels {
        Pixels::Bool(a) => a.map(|&v| if v { u16::MAX } else { 0 }),
        Pixels::F32(a) => within_one(a, f64::from)?.map(|&v| rounded_f32(v * 65535.0, 65535.0) as u16),
        Pixels::F64(a) => within_one(a, |v| v)?.map(|&v| rounded_f64(v * 65535.0, 65535.0) as u16),
        Pixels::Int(a) => narrow(a, 16).map(|&v| v as u16),
    })
}

/// Rounds half to even within 0 and `most` (below 2²³); NaN is 0. Beside 2²³ a number has no room for a fraction, so that
/// adding it rounds, and the whole number stands in the last bits: that takes no call of the C library.
fn rounded_f32(v: f32, most: f32) -> u32 {
    let v = if v > 0.0 { v } else { 0.0 };
    (if v < most { v } else { most } + 8_388_608.0).to_bits()
}

/// As [`rounded_f32`], beside 2⁵².
fn rounded_f64(v: f64, most: f64) -> u64 {
    let v = if v > 0.0 { v } else { 0.0 };
    (if v < most { v } else { most } + 4_503_599_627_370_496.0).to_bits()
}

/// Returns whole numbers ≥ 0 of so many bits.
fn narrow(array: &Array<i32>, bits: u32) -> Array<i32> {
    let fits = array.data().iter().all(|&v| v < 1 << bits);
    array.map(|&v| if fits { v } else { v >> (31 - bits) }.max(0))
}

/// Converts as `skimage.util.img_as_float32`; floats may be any.
fn to_float(pixels: &Pixels) -> Array<f32> {
    match pixels {
        Pixels::Int(a) => a.map(|&v| (v as f32 + 0.5) * (2.0 / f64::from(u32::MAX)) as f32),
        other => other.to_f32().into_owned(),
    }
}

/// Returns the array if no value lies outside −1 to 1; NaN passes, as in scikit-image.
fn within_one<T: Copy>(array: &Array<T>, as_f64: impl Fn(T) -> f64 + Copy) -> Result<&Array<T>, String> {
    let beyond = |v: &T| as_f64(*v).abs() > 1.0;
    // Whole blocks without a branch: nearly always there is none.
    let block = array.data().chunks(1024).find(|block| block.iter().fold(false, |any, v| any | beyond(v)));
    match block.and_then(|block| block.iter().copied().find(beyond)).map(as_f64) {
        None => Ok(array),
        Some(value) => Err(format!(
            "its values must be between -1 and 1 for whole numbers, and one is `{value}`: rescale the image \
             (RescaleIntensity), or save it as 32-bit floating point"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pixels::Plane;

    fn image(values: Vec<f32>) -> Pixels {
        Pixels::F32(Plane::from_vec(1, values.len(), values).into())
    }

    #[test]
    fn floats_are_rounded_half_to_even_and_negative_ones_are_black() {
        let half = 0.5 / 255.0;
        assert_eq!(to_u8(&image(vec![0.0, half, 3.0 * half, 1.0, -0.5])).unwrap().data(), [0, 0, 2, 255, 0]);
    }

    /// Expected values of scikit-image 0.18.3.
    #[test]
    fn labels_stay_what_they_are_unless_one_is_too_great() {
        let labels = |values: [i32; 3]| Pixels::Int(Plane::from_vec(1, 3, values.to_vec()).into());
        assert_eq!(to_u16(&labels([0, 40000, -5])).unwrap().data(), [0, 40000, 0]);
        assert_eq!(to_u16(&labels([70000, 40000, 1 << 30])).unwrap().data(), [2, 1, 32768]);
        assert_eq!(to_u8(&labels([0, 100, 200])).unwrap().data(), [0, 100, 200]);
        assert_eq!(to_u8(&labels([0, 1, 300])).unwrap().data(), [0, 0, 0]);
    }

    #[test]
    fn rounding_by_adding_is_rounding_half_to_even() {
        for i in -70_000..70_000 {
            let v = f64::from(i) * 0.25;
            let expected = v.round_ties_even().clamp(0.0, 255.0);
            assert_eq!(rounded_f32(v as f32, 255.0) as u8, expected as u8, "{v}");
            assert_eq!(rounded_f64(v, 255.0) as u8, expected as u8, "{v}");
        }
        assert_eq!((rounded_f32(f32::NAN, 255.0) as u8, rounded_f64(f64::NAN, 65535.0) as u16), (0, 0));
    }

    #[test]
    fn a_value_over_one_is_refused() {
        assert!(to_u8(&image(vec![0.0, 1.5])).unwrap_err().contains("1.5"));
    }
}
