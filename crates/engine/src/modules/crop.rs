//! Crop: cuts a rectangle, an ellipse, or what another image or objects cover out of an image.

mod shape;

use crate::cropping::Cropping;
use crate::{Declaration, Kind, Module, Need, RunError, Scope, Upstream, Workspace};
use cppipe::{Problem, Settings};
use measurements::{Column, IMAGE};
use pixels::{Array, Image, Pixels, Plane};
use shape::{Ellipse, Rectangle, Shape};
use std::borrow::Cow;

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "Crop",
    former_names: &[],
    newest_revision: 3,
    summary: "cuts a rectangle, an ellipse, or what objects or another image cover out of an image",
    read,
};

const INPUT: &str = "Select the input image";
const OUTPUT: &str = "Name the output image";
const SHAPE: &str = "Select the cropping shape";
const METHOD: &str = "Select the cropping method";
const CYCLE: &str = "Apply which cycle's cropping pattern?";
const HORIZONTAL: &str = "Left and right rectangle positions";
const VERTICAL: &str = "Top and bottom rectangle positions";
const CENTER: &str = "Coordinates of ellipse center";
const RADIUS_X: &str = "Ellipse radius, X direction";
const RADIUS_Y: &str = "Ellipse radius, Y direction";
const REMOVE: &str = "Remove empty rows and columns?";
const MASK_IMAGE: &str = "Select the masking image";
const CROPPED_IMAGE: &str = "Select the image with a cropping mask";
const OBJECTS: &str = "Select the objects";

#[derive(Debug, PartialEq)]
struct Crop {
    input: String,
    output: String,
    shape: Shape,
    /// Whether the first image set's cropping holds for its whole group.
    first: bool,
    remove: Remove,
}

/// Which rows and columns go when nothing of them is kept.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Remove {
    None,
    Edges,
    All,
}

#[derive(Clone, Copy)]
enum Choice {
    Rectangle,
    Ellipse,
    Image,
    Objects,
    Previous,
}

/// The cropping of a group's first image set: where the image is kept, and the mask of what is left of it.
#[derive(Clone, Default)]
struct First(Option<(Plane<bool>, Array<bool>)>);

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let values = module.settings.iter().map(|s| s.value.clone()).collect();
    let mut settings = Settings::upgraded(module, upgrade(values, module.revision));
    let (input, output) = (settings.text(INPUT), settings.text(OUTPUT));
    let choices = [
        ("Rectangle", Choice::Rectangle),
        ("Ellipse", Choice::Ellipse),
        ("Image", Choice::Image),
        ("Objects", Choice::Objects),
        ("Previous cropping", Choice::Previous),
    ];
    let choice = settings.choice(SHAPE, &choices);
    let by_mouse = settings.choice(METHOD, &[("Coordinates", false), ("Mouse", true)]);
    let first = settings.choice(CYCLE, &[("Every", false), ("First", true)]);
    let rectangle = Rectangle {
        columns: shape::limits(&mut settings, HORIZONTAL),
        rows: shape::limits(&mut settings, VERTICAL),
    };
    let center = settings.range(CENTER);
    let ellipse = Ellipse { center, radius: (settings.number(RADIUS_X), settings.number(RADIUS_Y)) };
    let remove = [("No", Remove::None), ("Edges", Remove::Edges), ("All", Remove::All)];
    let remove = settings.choice(REMOVE, &remove);
    let (mask_image, cropped) = (settings.text(MASK_IMAGE), settings.text(CROPPED_IMAGE));
    // The first revision knew no objects.
    let objects = if settings.left() > 0 { settings.text(OBJECTS) } else { "None".to_string() };
    let shape = match choice {
        Choice::Rectangle | Choice::Ellipse if by_mouse => Shape::Mouse,
        Choice::Rectangle => Shape::Rectangle(rectangle),
        Choice::Ellipse => Shape::Ellipse(ellipse),
        Choice::Image => Shape::Image(mask_image),
        Choice::Objects => Shape::Objects(objects),
        Choice::Previous => Shape::Previous(cropped),
    };
    let first = first && matches!(choice, Choice::Rectangle | Choice::Ellipse);
    Ok(Box::new(settings.finish(Crop { input, output, shape, first, remove })?))
}

/// Brings the answers into the newest revision's order.
fn upgrade(mut values: Vec<String>, revision: u32) -> Vec<String> {
    if revision <= 2 {
        for (place, old, new) in [(2, "Cropping", "Previous cropping"), (4, "Individually", "Every")] {
            if let Some(value) = values.get_mut(place).filter(|v| *v == old) {
                *value = new.to_string();
            }
        }
        if values.len() > 10 {
            values.remove(10);
        }
    }
    values
}

impl Module for Crop {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let mut needs = vec![Need::image(&self.input, INPUT)];
        match &self.shape {
            Shape::Image(name) => needs.push(Need::image(name, MASK_IMAGE)),
            Shape::Previous(name) => needs.push(Need::image(name, CROPPED_IMAGE)),
            Shape::Objects(name) => needs.push(Need::objects(name, OBJECTS)),
            Shape::Rectangle(_) | Shape::Ellipse(_) | Shape::Mouse => {}
        }
        Declaration {
            needs,
            images: vec![self.output.clone()],
            columns: FEATURES.map(|f| Column::integer(IMAGE, feature(f, &self.output))).to_vec(),
            scope: if self.first { Scope::Group } else { Scope::ImageSet },
            ..Declaration::default()
        }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let image = workspace.image(&self.input)?;
        if image.volumetric {
            return Err(RunError::NotNative(format!("cropping the volume `{}`", self.input)));
        }
        let shape = (image.shape().height, image.shape().width);
        let is_first = workspace.image_set.group_index == 1;
        let known = if self.first && !is_first {
            let first = workspace.memory.get::<First>().0.clone();
            Some(first.ok_or_else(|| {
                RunError::Refused(
                    "the group's first image set, whose cropping is to be used, did not run".into(),
                )
            })?)
        } else {
            None
        };
        // An image of another size is cropped anew.
        let known = known.filter(|(cropping, _)| cropping.shape() == shape);
        let (cropping, mask) = match known {
            Some((cropping, mask)) => (cropping, Some(mask)),
            None => (self.shape.cropping(workspace, shape)?, None),
        };
        let own = workspace.mask_of(&image)?.map(|own| Array::from(own.into_owned()));
        let (pixels, mask, own) = self.cut(&image, &cropping, mask, own)?;
        let counts = match own {
            Some(own) => Array::from_vec(
                mask.shape(),
                mask.data().iter().zip(own.data()).map(|(a, b)| a & b).collect(),
            ),
            None => mask.clone(),
        };
        let measured = [cropping.data().iter().filter(|kept| **kept).count(), shape.0 * shape.1];
        for (name, value) in FEATURES.into_iter().zip(measured) {
            workspace.record.image_integer(feature(name, &self.output), value as i64);
        }
        if self.first && is_first {
            workspace.memory.get::<First>().0 = Some((cropping.clone(), mask));
        }
        let derived = Image { mask: None, crop: None, ..workspace.derived_image(&image, pixels)? };
        let cropped = match &self.shape {
            Shape::Objects(name) => {
                // The mask is that of the objects alone, cut at the edges, whatever was done to the image.
                let size = (derived.shape().height, derived.shape().width);
                let mask = Cropping::edges(&cropping).cut(&cropping.clone().into());
                let mask = if size == shape { Some(cropping.clone().into()) } else { mask };
                let mask = mask.filter(|m: &Array<bool>| (m.shape().height, m.shape().width) == size);
                let crop = Some(cropping.into());
                Image { mask, crop, masking_objects: Some(name.clone()), ..derived }
            }
            _ => Image { mask: Some(counts), crop: Some(cropping.into()), ..derived },
        };
        workspace.add_image(&self.output, cropped);
        Ok(())
    }
}

impl Crop {
    /// Returns what is left of the image, where that is kept, and what is left of the image's own mask.
    fn cut(
        &self,
        image: &Image,
        cropping: &Plane<bool>,
        mask: Option<Array<bool>>,
        own: Option<Array<bool>>,
    ) -> Result<(Pixels, Array<bool>, Option<Array<bool>>), RunError> {
        let refused = || {
            RunError::Refused(format!(
                "image `{}` of {}×{} pixels cannot be cropped by a mask of {}×{}",
                self.input,
                image.shape().height,
                image.shape().width,
                cropping.height(),
                cropping.width()
            ))
        };
        let whole = Array::from(cropping.clone());
        let kept = match self.remove {
            Remove::None => None,
            Remove::Edges => Some(Cropping::edges(cropping)),
            Remove::All => Some(Cropping::all(cropping)),
        };
        let (mut pixels, mask, own) = match &kept {
            None => (image.pixels.clone(), mask.unwrap_or(whole), own),
            Some(kept) => {
                let pixels = match &image.pixels {
                    Pixels::Bool(array) => kept.cut(array).map(Pixels::Bool),
                    Pixels::F32(array) => kept.cut(array).map(Pixels::F32),
                    Pixels::F64(array) => kept.cut(array).map(Pixels::F64),
                    Pixels::Int(array) => kept.cut(array).map(Pixels::Int),
                };
                let mask = mask.or_else(|| kept.cut(&whole)).ok_or_else(refused)?;
                let own = match own {
                    Some(own) => Some(kept.cut(&own).ok_or_else(refused)?),
                    None => None,
                };
                (pixels.ok_or_else(refused)?, mask, own)
            }
        };
        let (left, is) = (pixels.shape(), mask.shape());
        if (left.height, left.width) != (is.height, is.width) {
            return Err(refused());
        }
        pixels.zero_outside(&mask);
        Ok((pixels.held(), mask, own))
    }
}

impl Shape {
    /// Returns where an image of `shape` is kept.
    fn cropping(&self, workspace: &Workspace<'_>, shape: (usize, usize)) -> Result<Plane<bool>, RunError> {
        match self {
            Self::Rectangle(rectangle) => Ok(rectangle.drawn(shape)),
            Self::Ellipse(ellipse) => ellipse.drawn(shape),
            Self::Mouse => Err(RunError::Refused(
                "a shape drawn with the mouse needs someone to draw it: give its coordinates".into(),
            )),
            Self::Image(name) => {
                let image = workspace.image(name)?;
                let positive = match &image.pixels {
                    Pixels::Bool(array) => array.clone(),
                    Pixels::F32(array) => array.map(|&v| v > 0.0),
                    Pixels::F64(array) => array.map(|&v| v > 0.0),
                    Pixels::Int(array) => array.map(|&v| v > 0),
                };
                let flat =
                    || RunError::NotNative(format!("cropping by `{name}`, which is no flat grey image"));
                positive.into_plane().ok_or_else(flat)
            }
            Self::Objects(name) => {
                let objects = workspace.objects(name)?;
                let labels = objects.segmented.as_plane();
                let labels = labels.ok_or_else(|| {
                    RunError::Refused(format!(
                        "objects `{name}` overlap or are volumes: they crop no flat image"
                    ))
                })?;
                Ok(labels.map(|&label| label > 0))
            }
            Self::Previous(name) => {
                let image = workspace.image(name)?;
                if let Some(crop) = workspace.crop_mask_of(&image)? {
                    return Ok(crop);
                }
                let (height, width) = (image.shape().height, image.shape().width);
                let mask = workspace.mask_of(&image)?.map(Cow::into_owned);
                Ok(mask.unwrap_or_else(|| Plane::filled(height, width, true)))
            }
        }
    }
}

// What it measures.

const FEATURES: [&str; 2] = ["AreaRetainedAfterCropping", "OriginalImageArea"];

fn feature(feature: &str, output: &str) -> String {
    format!("Crop_{feature}_{output}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_words_become_those_of_today() {
        let old = [
            "In",
            "Out",
            "Cropping",
            "Coordinates",
            "Individually",
            "0,9",
            "0,9",
            "5,5",
            "3",
            "3",
            "x",
            "All",
        ];
        let new = upgrade(old.map(String::from).to_vec(), 2);
        let expected =
            ["In", "Out", "Previous cropping", "Coordinates", "Every", "0,9", "0,9", "5,5", "3", "3", "All"];
        assert_eq!(new, expected);
    }
}
