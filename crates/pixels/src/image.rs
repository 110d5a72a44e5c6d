use crate::{Array, Plane, Shape};

/// Pixel values in the type CellProfiler holds them in.
#[derive(Clone, Debug, PartialEq)]
pub enum Pixels {
    /// A binary image.
    Bool(Array<bool>),
    /// What every module makes that does not keep its own type; nominally in [0, 1].
    F32(Array<f32>),
    /// What a few modules keep (ImageMath, RescaleIntensity, the image-processing family).
    F64(Array<f64>),
    /// Objects loaded as images keep integers.
    Int(Array<i32>),
}

impl Pixels {
    /// Returns the extent.
    pub fn shape(&self) -> Shape {
        match self {
            Self::Bool(a) => a.shape(),
            Self::F32(a) => a.shape(),
            Self::F64(a) => a.shape(),
            Self::Int(a) => a.shape(),
        }
    }

    /// Returns the values as f32: false and true as 0 and 1, f64 rounded. Copies unless they are f32 already.
    pub fn to_f32(&self) -> std::borrow::Cow<'_, Array<f32>> {
        use std::borrow::Cow;
        match self {
            Self::Bool(a) => Cow::Owned(a.map(|&v| f32::from(u8::from(v)))),
            Self::F32(a) => Cow::Borrowed(a),
            Self::F64(a) => Cow::Owned(a.map(|&v| v as f32)),
            Self::Int(a) => Cow::Owned(a.map(|&v| v as f32)),
        }
    }

    /// Returns the values as CellProfiler's `Image` holds what a module hands over: binary ones as they are, floats
    /// rounded to f32, whole numbers brought from the range of 32 bits to [0, 1].
    #[must_use]
    pub fn held(self) -> Self {
        match self {
            Self::Bool(_) | Self::F32(_) => self,
            Self::F64(a) => Self::F32(a.map(|&v| v as f32)),
            Self::Int(a) => {
                let (shift, range) = (i32::MIN as f32, u32::MAX as f32);
                Self::F32(a.map(|&v| ((v as f32 - shift) / range).clamp(0.0, 1.0)))
            }
        }
    }

    /// Sets every channel to 0 (false) where `mask`, of the same planes, rows and columns, is false.
    ///
    /// # Panics
    /// When the mask has another number of pixels.
    pub fn zero_outside(&mut self, mask: &Array<bool>) {
        fn zero<T: Copy + Default>(array: &mut Array<T>, mask: &Array<bool>) {
            let channels = array.shape().channels;
            assert_eq!(array.data().len(), mask.data().len() * channels, "a mask of the image's size");
            if channels == 1 {
                // A choice between values, not whether to write: several pixels at once.
                for (value, &inside) in array.data_mut().iter_mut().zip(mask.data()) {
                    *value = if inside { *value } else { T::default() };
                }
                return;
            }
            for (pixel, _) in
                array.data_mut().chunks_exact_mut(channels).zip(mask.data()).filter(|(_, inside)| !**inside)
            {
                pixel.fill(T::default());
            }
        }
        match self {
            Self::Bool(a) => zero(a, mask),
            Self::F32(a) => zero(a, mask),
            Self::F64(a) => zero(a, mask),
            Self::Int(a) => zero(a, mask),
        }
    }

    /// Returns the values as f64. Copies unless they are f64 already.
    pub fn to_f64(&self) -> std::borrow::Cow<'_, Array<f64>> {
        use std::borrow::Cow;
        match self {
            Self::Bool(a) => Cow::Owned(a.map(|&v| f64::from(u8::from(v)))),
            Self::F32(a) => Cow::Owned(a.map(|&v| f64::from(v))),
            Self::F64(a) => Cow::Borrowed(a),
            Self::Int(a) => Cow::Owned(a.map(|&v| f64::from(v))),
        }
    }
}

/// An image of an image set, as CellProfiler's `Image`: pixels and what is known of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// The pixels, z·y·x·c.
    pub pixels: Pixels,
    /// Where the image counts, y·x (z·y·x for a volume); `None` is everywhere.
    pub mask: Option<Array<bool>>,
    /// Where the image was cut from its parent (true is kept); it has the parent's size.
    pub crop: Option<Array<bool>>,
    /// Whether the image is a volume, also when it has one plane only.
    pub volumetric: bool,
    /// Whether pixels have an axis of channels, also when there is one channel only: such an image is not grey.
    pub multichannel: bool,
    /// Distance of pixels in z, y and x, relative to each other.
    pub spacing: [f64; 3],
    /// The camera's full scale (255, 4095, 65535 …) by which the file's values were divided, if known.
    pub scale: Option<f64>,
    /// The file's name and folder or URL, when the image came from one.
    pub source: Option<Source>,
    /// The image this one was derived from; its mask and crop hold here where this one has none of its own.
    pub parent: Option<String>,
    /// The objects that mask this image.
    pub masking_objects: Option<String>,
}

/// The file an image came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// File name without its folder.
    pub file: String,
    /// Folder, as CellProfiler's `PathName_` gives it.
    pub path: String,
}

impl Image {
    /// Returns a flat or volumetric image of `pixels` without mask or origin.
    pub fn new(pixels: Pixels) -> Self {
        let Shape { depth, channels, .. } = pixels.shape();
        let (volumetric, multichannel) = (depth > 1, channels > 1);
        Self {
            pixels,
            mask: None,
            crop: None,
            volumetric,
            multichannel,
            spacing: [1.0; 3],
            scale: None,
            source: None,
            parent: None,
            masking_objects: None,
        }
    }

    /// Returns a flat grey image.
    pub fn grey(plane: Plane<f32>) -> Self {
        Self::new(Pixels::F32(plane.into()))
    }

    /// Returns the extent.
    pub fn shape(&self) -> Shape {
        self.pixels.shape()
    }
}
