use super::{PixelType, Raw, Samples};
use crate::{Array, Pixels};

/// How a file's values become intensities, as the input modules' "Set intensity range from".
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rescale {
    /// "Image metadata": divided by the full scale that the file names, else by that of its type.
    Metadata,
    /// "Image bit-depth": integers by the range of their type, signed ones moved to start at 0.
    BitDepth,
    /// "Manual": divided by this number.
    By(f64),
}

/// Turns a file's values into intensities, each in the single f32 operation that CellProfiler does.
///
/// Arrays (`.npy`, `.mat`) have no full scale: floats stay as they are, integers go by their type, booleans stay
/// booleans; only "Manual" divides them.
pub fn rescale(raw: Raw, how: Rescale) -> Pixels {
    let shape = raw.shape;
    let f32s = |data| Pixels::F32(Array::from_vec(shape, data));
    match (how, raw.full_scale, raw.samples) {
        (Rescale::By(scale), _, samples) => f32s(divided(&samples, scale as f32)),
        (Rescale::Metadata, Some(scale), samples) => f32s(divided(&samples, scale as f32)),
        (_, _, Samples::Bool(data)) => Pixels::Bool(Array::from_vec(shape, data)),
        (_, _, Samples::F32(data)) => f32s(data),
        (_, _, samples) => f32s(by_type(&samples)),
    }
}

/// Returns every value as f32, divided by `scale`.
fn divided(samples: &Samples, scale: f32) -> Vec<f32> {
    match samples {
        // Once over the data, not twice: these two are nearly all images there are.
        Samples::U8(v) => v.iter().map(|&v| f32::from(v) / scale).collect(),
        Samples::U16(v) => v.iter().map(|&v| f32::from(v) / scale).collect(),
        other => {
            let mut values = other.to_f32();
            values.iter_mut().for_each(|v| *v /= scale);
            values
        }
    }
}

/// Returns every value as f32 in the range of its type.
fn by_type(samples: &Samples) -> Vec<f32> {
    let unsigned = |scale: f32| divided(samples, scale);
    let signed = |half: f32, scale: f32| {
        let mut values = samples.to_f32();
        values.iter_mut().for_each(|v| *v = ((*v + half) / scale).clamp(0.0, 1.0));
        values
    };
    match samples {
        Samples::U8(_) => unsigned(255.0),
        Samples::U16(_) => unsigned(65535.0),
        Samples::U32(_) => unsigned(u32::MAX as f32),
        Samples::U64(_) => unsigned(u64::MAX as f32),
        Samples::I8(_) => signed(128.0, 255.0),
        Samples::I16(_) => signed(32768.0, 65535.0),
        Samples::I32(_) => signed(2_147_483_648.0, u32::MAX as f32),
        Samples::I64(_) => signed(9_223_372_036_854_775_808.0, u64::MAX as f32),
        Samples::Bool(_) | Samples::F32(_) | Samples::F64(_) => samples.to_f32(),
    }
}

impl Samples {
    /// Returns the type that files give such samples; 64-bit integers are in arrays only.
    pub fn pixel_type(&self) -> Option<PixelType> {
        Some(match self {
            Self::Bool(_) => PixelType::Bool,
            Self::U8(_) => PixelType::U8,
            Self::U16(_) => PixelType::U16,
            Self::U32(_) => PixelType::U32,
            Self::I8(_) => PixelType::I8,
            Self::I16(_) => PixelType::I16,
            Self::I32(_) => PixelType::I32,
            Self::F32(_) => PixelType::F32,
            Self::F64(_) => PixelType::F64,
            Self::U64(_) | Self::I64(_) => return None,
        })
    }
}
