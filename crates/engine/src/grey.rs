//! Images as the modules see them that ask for a grey one, and the mask that counts for them.

use crate::{RunError, Workspace};
use pixels::{Image, Pixels, Plane};
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

    /// Returns (height, width).
    pub fn shape(&self) -> (usize, usize) {
        match self {
            Self::F32(plane) => plane.shape(),
            Self::F64(plane) => plane.shape(),
        }
    }
}

/// Returns the first channel if the first three are equal, or if there is only one.
fn equal_channels<T: Copy + PartialEq>(array: &pixels::Array<T>, name: &str) -> Result<Plane<T>, RunError> {
    let channels = array.shape().channels;
    let equal = channels == 1
        || (channels >= 3
            && array.data().chunks_exact(channels).all(|pixel| pixel[0] == pixel[1] && pixel[0] == pixel[2]));
    if !equal {
        return Err(RunError::Refused(format!("image `{name}` must be grayscale, but it was color")));
    }
    Ok(array.plane(0, 0))
}

impl Workspace<'_> {
    /// Returns where a flat image counts; `None` when it has no mask, of its own or from where it came from.
    ///
    /// An image without a mask of its own takes that of the objects it was masked with, else its parent's, cropped
    /// as it was cropped itself.
    ///
    /// # Errors
    /// When the parent's mask cannot be cropped to the image's size, or the image is a volume.
    pub fn mask_of<'i>(&self, image: &'i Image) -> Result<Option<Cow<'i, Plane<bool>>>, RunError> {
        if let Some(mask) = &image.mask {
            let plane = mask.as_plane().ok_or_else(|| RunError::NotNative("the mask of a volume".into()))?;
            return Ok(Some(Cow::Borrowed(plane)));
        }
        let wide = if let Some(name) = &image.masking_objects {
            match self.crop_mask_of(image)? {
                Some(crop) => Some(crop),
                None => {
                    return Err(RunError::Refused(format!(
                        "no objects are called `{name}`, which mask an image"
                    )));
                }
            }
        } else if let Some(parent) = image.parent.as_ref().and_then(|p| self.image(p).ok()) {
            self.mask_of(&parent)?.map(Cow::into_owned)
        } else {
            None
        };
        let Some(wide) = wide else { return Ok(None) };
        let shape = (image.shape().height, image.shape().width);
        if wide.shape() == shape {
            return Ok(Some(Cow::Owned(wide)));
        }
        let crop = self.crop_mask_of(image)?;
        let cropped = crop.and_then(|crop| crop_to(&wide, &crop)).filter(|c| c.shape() == shape);
        match cropped {
            Some(mask) => Ok(Some(Cow::Owned(mask))),
            None => Err(RunError::Refused(format!(
                "an image of {}×{} pixels cannot take the mask of its parent, of {}×{}",
                shape.0,
                shape.1,
                wide.height(),
                wide.width()
            ))),
        }
    }

    /// Returns how the image was cut from its parent, in the parent's size.
    pub(crate) fn crop_mask_of(&self, image: &Image) -> Result<Option<Plane<bool>>, RunError> {
        if let Some(crop) = &image.crop {
            return Ok(crop.as_plane().cloned());
        }
        if let Some(objects) = image.masking_objects.as_ref().and_then(|n| self.objects.get(n)) {
            let labels = objects.segmented.as_plane();
            let labels =
                labels.ok_or_else(|| RunError::NotNative("masking by overlapping objects".into()))?;
            return Ok(Some(labels.map(|&l| l != 0)));
        }
        match image.parent.as_ref().and_then(|p| self.image(p).ok()) {
            Some(parent) => self.crop_mask_of(&parent),
            None => Ok(None),
        }
    }
}

/// Cuts out the smallest rectangle that holds all of `crop`; `None` when the sizes differ or nothing is kept.
fn crop_to(plane: &Plane<bool>, crop: &Plane<bool>) -> Option<Plane<bool>> {
    if plane.shape() != crop.shape() {
        return None;
    }
    let kept: Vec<_> = (0..crop.height()).filter(|&y| crop.row(y).contains(&true)).collect();
    let columns: Vec<_> = (0..crop.width()).filter(|&x| kept.iter().any(|&y| crop[(y, x)])).collect();
    let (&top, &bottom) = (kept.first()?, kept.last()?);
    let (&left, &right) = (columns.first()?, columns.last()?);
    let data = (top..=bottom).flat_map(|y| plane.row(y)[left..=right].iter().copied()).collect();
    Some(Plane::from_vec(bottom - top + 1, right - left + 1, data))
}
