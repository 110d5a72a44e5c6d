//! Images as the modules see them that ask for a grey one, and the mask that counts for them.

use crate::cropping::Cropping;
use crate::{RunError, Workspace};
use pixels::{Array, Image, Labels, Pixels, Plane, Shape};
use std::borrow::Cow;

/// The pixels of a flat grey image, in the type a module computes with.
#[derive(Clone, Debug, PartialEq)]
pub enum Grey<'a> {
    /// As most images are.
    F32(Cow<'a, Plane<f32>>),
    /// Images that kept f64, integers, and binary ones, which CellProfiler makes f64 for this.
    F64(Cow<'a, Plane<f64>>),
}

impl<'a> Grey<'a> {
    /// Sees `image`, called `name`, as a flat grey one, as CellProfiler's `must_be_grayscale` does: a colour image
    /// passes if its first three channels are equal.
    ///
    /// # Errors
    /// When it is a colour image with unlike channels, or a volume.
    pub fn of(image: &'a Image, name: &str) -> Result<Self, RunError> {
        let shape = image.shape();
        if shape.depth > 1 {
            return Err(RunError::NotNative(format!("the volume `{name}`")));
        }
        if image.multichannel && shape.channels == 1 {
            return Err(color(name));
        }
        match &image.pixels {
            Pixels::F32(array) => match array.as_plane() {
                Some(plane) => Ok(Self::F32(Cow::Borrowed(plane))),
                None => Ok(Self::F32(Cow::Owned(equal_channels(array, name)?))),
            },
            Pixels::F64(array) => match array.as_plane() {
                Some(plane) => Ok(Self::F64(Cow::Borrowed(plane))),
                None => Ok(Self::F64(Cow::Owned(equal_channels(array, name)?))),
            },
            Pixels::Bool(_) | Pixels::Int(_) => {
                let array = image.pixels.to_f64().into_owned();
                let plane = equal_channels(&array, name)?;
                Ok(Self::F64(Cow::Owned(plane)))
            }
        }
    }

    /// As [`Grey::of`], with the planes of a volume below each other.
    ///
    /// # Errors
    /// When it is in colours; a volume with equal channels is not native.
    pub fn stacked(image: &Image, name: &str) -> Result<Self, RunError> {
        let channels = image.shape().channels;
        if image.multichannel {
            let alike = |pixel: &[f64]| pixel[0] == pixel[1] && pixel[0] == pixel[2];
            if channels < 3 || !image.pixels.to_f64().data().chunks_exact(channels).all(alike) {
                return Err(color(name));
            }
            return Err(RunError::NotNative(format!("the volume `{name}` in colours")));
        }
        Ok(match &image.pixels {
            Pixels::F32(array) => Self::F32(Cow::Owned(stacked(array))),
            other => Self::F64(Cow::Owned(stacked(&other.to_f64()))),
        })
    }

    /// As [`Grey::of`] for a flat image, [`Grey::stacked`] for a volume.
    ///
    /// # Errors
    /// As they.
    pub fn of_planes(image: &'a Image, name: &str) -> Result<Self, RunError> {
        if image.volumetric { Self::stacked(image, name) } else { Self::of(image, name) }
    }

    /// Returns (height, width).
    pub fn shape(&self) -> (usize, usize) {
        match self {
            Self::F32(plane) => plane.shape(),
            Self::F64(plane) => plane.shape(),
        }
    }
}

/// Returns the planes of a grey volume below each other.
pub(crate) fn stacked<T: Clone>(volume: &Array<T>) -> Plane<T> {
    let shape = volume.shape();
    Plane::from_vec(shape.depth * shape.height, shape.width, volume.data().to_vec())
}

fn color(name: &str) -> RunError {
    RunError::Refused(format!("image `{name}` must be grayscale, but it was color"))
}

/// Returns the first channel if the first three are equal, or if there is only one.
fn equal_channels<T: Copy + PartialEq>(array: &Array<T>, name: &str) -> Result<Plane<T>, RunError> {
    let alike = |pixel: &[T]| (pixel[0] == pixel[1]) & (pixel[0] == pixel[2]);
    let equal = match array.shape().channels {
        1 => true,
        2 => false,
        3 => array.data().as_chunks::<3>().0.iter().fold(true, |all, pixel| all & alike(pixel)),
        channels => array.data().chunks_exact(channels).all(alike),
    };
    if !equal {
        return Err(color(name));
    }
    Ok(array.plane(0, 0))
}

impl Workspace<'_> {
    /// Returns where a flat image counts, as [`Workspace::mask_array_of`].
    ///
    /// # Errors
    /// As there, or when the image is a volume.
    pub fn mask_of<'i>(&self, image: &'i Image) -> Result<Option<Cow<'i, Plane<bool>>>, RunError> {
        let volume = || RunError::NotNative("the mask of a volume".into());
        match self.mask_array_of(image)? {
            None => Ok(None),
            Some(Cow::Borrowed(mask)) => Ok(Some(Cow::Borrowed(mask.as_plane().ok_or_else(volume)?))),
            Some(Cow::Owned(mask)) => Ok(Some(Cow::Owned(mask.into_plane().ok_or_else(volume)?))),
        }
    }

    /// Returns where an image counts; `None` when it has no mask, of its own or from where it came from.
    ///
    /// An image without a mask of its own takes that of the objects it was masked with, else its parent's, cropped
    /// as it was cropped itself.
    ///
    /// # Errors
    /// When the parent's mask cannot be cropped to the image's size.
    pub fn mask_array_of<'i>(&self, image: &'i Image) -> Result<Option<Cow<'i, Array<bool>>>, RunError> {
        if let Some(mask) = &image.mask {
            return Ok(Some(Cow::Borrowed(mask)));
        }
        let wide = if let Some(name) = &image.masking_objects {
            match self.crop_array_of(image)? {
                Some(crop) => Some(crop),
                None => {
                    return Err(RunError::Refused(format!(
                        "no objects are called `{name}`, which mask an image"
                    )));
                }
            }
        } else if let Some(parent) = image.parent.as_ref().and_then(|p| self.image(p).ok()) {
            self.mask_array_of(&parent)?.map(Cow::into_owned)
        } else {
            None
        };
        let Some(wide) = wide else { return Ok(None) };
        let (shape, is) = (Shape { channels: 1, ..image.shape() }, wide.shape());
        if is == shape {
            return Ok(Some(Cow::Owned(wide)));
        }
        let crop = self.crop_array_of(image)?;
        let crop = crop.as_ref().and_then(Array::as_plane);
        let cropped = crop.and_then(|crop| Cropping::edges(crop).cut(&wide)).filter(|c| c.shape() == shape);
        match cropped {
            Some(mask) => Ok(Some(Cow::Owned(mask))),
            None => Err(RunError::Refused(format!(
                "an image of {}×{} pixels cannot take the mask of its parent, of {}×{}",
                shape.height, shape.width, is.height, is.width
            ))),
        }
    }

    /// Returns how a flat image was cut from its parent, in the parent's size.
    pub(crate) fn crop_mask_of(&self, image: &Image) -> Result<Option<Plane<bool>>, RunError> {
        Ok(self.crop_array_of(image)?.and_then(Array::into_plane))
    }

    /// Returns how the image was cut from its parent, in the parent's size.
    pub(crate) fn crop_array_of(&self, image: &Image) -> Result<Option<Array<bool>>, RunError> {
        if let Some(crop) = &image.crop {
            return Ok(Some(crop.clone()));
        }
        if let Some(objects) = image.masking_objects.as_ref().and_then(|n| self.objects.get(n)) {
            return match &objects.segmented {
                Labels::Dense(labels) => Ok(Some(labels.map(|&l| l != 0))),
                Labels::Overlapping(_) => Err(RunError::NotNative("masking by overlapping objects".into())),
            };
        }
        match image.parent.as_ref().and_then(|p| self.image(p).ok()) {
            Some(parent) => self.crop_array_of(&parent),
            None => Ok(None),
        }
    }
}

impl Workspace<'_> {
    /// Returns the full scale of the camera that took the image, or the image it came from; `None` where it is not
    /// known.
    pub fn scale_of(&self, image: &Image) -> Option<f64> {
        image.scale.or_else(|| self.scale_of(&*self.image(image.parent.as_ref()?).ok()?))
    }

    /// Returns `plane` cropped as `image` was: CellProfiler's `Image.crop_image_similarly`.
    ///
    /// # Errors
    /// Says why when it cannot be cropped to the image's size.
    pub fn crop_similarly<'p, T: Copy>(
        &self,
        image: &Image,
        plane: &'p Plane<T>,
    ) -> Result<Cow<'p, Plane<T>>, String> {
        let shape = (image.shape().height, image.shape().width);
        if plane.shape() == shape {
            return Ok(Cow::Borrowed(plane));
        }
        let sizes = || format!("an image of {:?} pixels cannot be cropped to {shape:?}", plane.shape());
        if shape.0 > plane.height() || shape.1 > plane.width() {
            return Err(sizes());
        }
        let crop = self.crop_mask_of(image).map_err(|error| error.to_string())?.ok_or_else(sizes)?;
        let cropped = Cropping::edges(&crop).cut(&plane.clone().into()).and_then(Array::into_plane);
        cropped.filter(|cropped| cropped.shape() == shape).map(Cow::Owned).ok_or_else(sizes)
    }
}
