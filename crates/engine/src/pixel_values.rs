//! The pixels of a grey image that count, one after the other: what is measured of an image as a whole.

use crate::grey::Grey;
use crate::{RunError, Workspace};
use pixels::{Image, Pixels};
use std::borrow::Cow;

/// Pixels in raster order, in the type a module computes with.
#[derive(Clone, Debug, PartialEq)]
pub enum PixelValues<'a> {
    /// As most images are.
    F32(Cow<'a, [f32]>),
    /// Images that kept f64, integers, and binary ones.
    F64(Cow<'a, [f64]>),
}

impl Workspace<'_> {
    /// Returns the pixels of `image`, called `name`, inside its mask; with `also`, only where that is true too.
    ///
    /// # Errors
    /// When it is a colour image, or what its mask comes from is not there.
    pub fn pixel_values<'i>(
        &self,
        image: &'i Image,
        name: &str,
        also: Option<&[bool]>,
    ) -> Result<PixelValues<'i>, RunError> {
        if image.volumetric {
            let mask = self.mask_array_of(image)?;
            return volume_values(image, name, mask.as_ref().map(|m| m.data()), also);
        }
        let mask = self.mask_of(image)?;
        let mask = mask.as_ref().map(|m| m.data());
        Ok(match Grey::of(image, name)? {
            Grey::F32(Cow::Borrowed(plane)) => {
                PixelValues::F32(kept(Cow::Borrowed(plane.data()), mask, also))
            }
            Grey::F32(Cow::Owned(plane)) => PixelValues::F32(kept(Cow::Owned(plane.into_vec()), mask, also)),
            Grey::F64(Cow::Borrowed(plane)) => {
                PixelValues::F64(kept(Cow::Borrowed(plane.data()), mask, also))
            }
            Grey::F64(Cow::Owned(plane)) => PixelValues::F64(kept(Cow::Owned(plane.into_vec()), mask, also)),
        })
    }
}

fn volume_values<'i>(
    image: &'i Image,
    name: &str,
    mask: Option<&[bool]>,
    also: Option<&[bool]>,
) -> Result<PixelValues<'i>, RunError> {
    if image.shape().channels != 1 {
        return Err(RunError::Refused(format!("image `{name}` must be grayscale, but it was color")));
    }
    Ok(match &image.pixels {
        Pixels::F32(array) => PixelValues::F32(kept(Cow::Borrowed(array.data()), mask, also)),
        Pixels::F64(array) => PixelValues::F64(kept(Cow::Borrowed(array.data()), mask, also)),
        other => PixelValues::F64(kept(Cow::Owned(other.to_f64().into_owned().into_vec()), mask, also)),
    })
}

fn kept<'i, T: Copy + Default>(
    values: Cow<'i, [T]>,
    mask: Option<&[bool]>,
    also: Option<&[bool]>,
) -> Cow<'i, [T]> {
    match (mask, also) {
        (None, None) => values,
        (Some(one), None) | (None, Some(one)) => Cow::Owned(inside(&values, one.iter().copied())),
        (Some(a), Some(b)) => Cow::Owned(inside(&values, a.iter().zip(b).map(|(a, b)| a & b))),
    }
}

/// Returns the values for which `counts` says so.
fn inside<T: Copy + Default>(values: &[T], counts: impl Iterator<Item = bool> + Clone) -> Vec<T> {
    let count = counts.clone().filter(|&counts| counts).count();
    // Each is written to the next free place, which moves on only if it counts: no branch, one place too many.
    let mut kept = vec![T::default(); count + 1];
    let mut next = 0;
    for (&value, counts) in values.iter().zip(counts) {
        kept[next] = value;
        next += usize::from(counts);
    }
    kept.truncate(count);
    kept
}
