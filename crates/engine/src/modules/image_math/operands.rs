//! What an operation works on: pixels and numbers, and where they count.

use super::operation::Operation;
use super::{Operand, Source};
use crate::cropping::Cropping;
use crate::{RunError, Workspace};
use pixels::{Array, Image, Pixels, Shape};
use std::borrow::Cow;
use std::sync::Arc;

/// One operand's value.
pub(super) enum Value {
    /// An image as it is.
    Image(Arc<Image>),
    /// Pixels made on the way.
    Pixels(Pixels),
    /// A measurement.
    Number(f64),
}

impl Value {
    /// Returns the pixels of an image.
    pub(super) fn pixels(&self) -> Option<&Pixels> {
        match self {
            Self::Image(image) => Some(&image.pixels),
            Self::Pixels(pixels) => Some(pixels),
            Self::Number(_) => None,
        }
    }

    /// Multiplies by a factor; binary images become f64, others keep their type.
    pub(super) fn multiply(&mut self, factor: f64) {
        if factor == 1.0 {
            return;
        }
        let made = match self.pixels() {
            None => None,
            Some(Pixels::F32(array)) => {
                let factor = factor as f32;
                Some(Pixels::F32(array.map(|&v| v * factor)))
            }
            Some(pixels) => Some(Pixels::F64(pixels.to_f64().map(|&v| v * factor))),
        };
        match (made, &mut *self) {
            (Some(pixels), _) => *self = Self::Pixels(pixels),
            (None, Self::Number(number)) => *number *= factor,
            (None, _) => {}
        }
    }
}

/// The operands of one image set, all of the smallest image's size.
pub(super) struct Gathered {
    /// In order.
    pub(super) values: Vec<Value>,
    /// Where each counts; `None` is everywhere.
    pub(super) masks: Vec<Option<Array<bool>>>,
    /// The first image.
    pub(super) first: Arc<Image>,
    /// The image of the fewest values, the first of such; the others are cut as it was cut.
    pub(super) smallest: Arc<Image>,
}

/// Looks up images and measurements; images larger than the smallest are cut as that was.
pub(super) fn gather(workspace: &Workspace<'_>, operands: &[Operand]) -> Result<Gathered, RunError> {
    let mut values = Vec::new();
    for operand in operands {
        values.push(match &operand.source {
            Source::Image(name) => {
                let image = workspace.image(name)?;
                if matches!(image.pixels, Pixels::Int(_)) {
                    return Err(RunError::NotNative(format!(
                        "arithmetic on `{name}`, an image of whole numbers"
                    )));
                }
                Value::Image(image)
            }
            Source::Measurement(feature) => Value::Number(workspace.image_measurement(feature)?),
        });
    }
    let images =
        || values.iter().filter_map(|v| if let Value::Image(image) = v { Some(image) } else { None });
    let none = || RunError::Internal("an operation without an image".into());
    let first = images().next().ok_or_else(none)?.clone();
    let smallest = images().min_by_key(|image| image.shape().len()).ok_or_else(none)?.clone();
    let crop = workspace.crop_array_of(&smallest)?;
    let cropping = crop.as_ref().and_then(Array::as_plane).map(Cropping::edges);
    let mut masks = Vec::new();
    for value in &mut values {
        let Value::Image(image) = value else {
            masks.push(None);
            continue;
        };
        let mask = workspace.mask_array_of(image)?.map(Cow::into_owned);
        let (is, shape) = (image.shape(), smallest.shape());
        if (is.depth, is.height, is.width) == (shape.depth, shape.height, shape.width) {
            masks.push(mask);
            continue;
        }
        let cut = |pixels: &Pixels| {
            let cropping = cropping.as_ref()?;
            match pixels {
                Pixels::Bool(array) => cropping.cut(array).map(Pixels::Bool),
                Pixels::F32(array) => cropping.cut(array).map(Pixels::F32),
                Pixels::F64(array) => cropping.cut(array).map(Pixels::F64),
                Pixels::Int(array) => cropping.cut(array).map(Pixels::Int),
            }
        };
        let fits = |s: Shape| (s.height, s.width) == (shape.height, shape.width);
        let pixels = cut(&image.pixels).filter(|pixels| fits(pixels.shape())).ok_or_else(|| {
            RunError::Refused(format!(
                "an image of {}×{} pixels cannot be cut to {}×{}: use Crop or Align to match images of different sizes",
                is.height, is.width, shape.height, shape.width
            ))
        })?;
        masks.push(mask.and_then(|mask| cropping.as_ref()?.cut(&mask)));
        *value = Value::Pixels(pixels);
    }
    Ok(Gathered { values, masks, first, smallest })
}

/// Returns where all operands count.
pub(super) fn common(
    operation: Operation,
    masks: Vec<Option<Array<bool>>>,
) -> Result<Option<Array<bool>>, RunError> {
    if operation == Operation::StandardDeviation && masks.iter().any(Option::is_some) && masks.contains(&None)
    {
        let message = "CellProfiler takes no standard deviation of images with masks and images without";
        return Err(RunError::Refused(message.into()));
    }
    Ok(masks.into_iter().flatten().reduce(|mut common, mask| {
        common.data_mut().iter_mut().zip(mask.data()).for_each(|(c, &m)| *c &= m);
        common
    }))
}

/// Multiplies by 1 inside the mask and by 0 outside: what is infinite or no number stays no number there.
pub(super) fn multiply_by_mask(pixels: &mut Pixels, mask: &Array<bool>) -> Result<(), RunError> {
    if pixels.shape().len() != mask.data().len() {
        return Err(RunError::Refused("CellProfiler cannot multiply a colour image by its mask".into()));
    }
    let outside = mask.data().iter().map(|&inside| !inside);
    match pixels {
        Pixels::Bool(array) => array.data_mut().iter_mut().zip(outside).for_each(|(v, out)| *v &= !out),
        Pixels::F32(array) => {
            array.data_mut().iter_mut().zip(outside).filter(|(_, out)| *out).for_each(|(v, _)| *v *= 0.0);
        }
        Pixels::F64(array) => {
            array.data_mut().iter_mut().zip(outside).filter(|(_, out)| *out).for_each(|(v, _)| *v *= 0.0);
        }
        Pixels::Int(_) => {}
    }
    Ok(())
}

/// Gives an image without a mask that of its objects, or of the image it was made from.
pub(super) fn with_mask_of_parent(
    workspace: &Workspace<'_>,
    mut image: Image,
    parent: &Image,
) -> Result<Image, RunError> {
    if image.mask.is_some() {
        return Ok(image);
    }
    let wide = if image.masking_objects.is_some() {
        image.crop.clone()
    } else {
        workspace.mask_array_of(parent)?.map(Cow::into_owned)
    };
    let shape = Shape { channels: 1, ..image.shape() };
    image.mask = wide.and_then(|wide| {
        if wide.shape() == shape {
            return Some(wide);
        }
        let crop = image.crop.as_ref()?.as_plane()?;
        Cropping::edges(crop).cut(&wide).filter(|mask| mask.shape() == shape)
    });
    Ok(image)
}
