//! Align: moves images so that they lie on each other.

use crate::{Declaration, Kind, Module, Need, RunError, Upstream, Workspace};
use algorithms::alignment::{Offset, cross_correlation, mutual_information, overlap};
use cppipe::{Problem, Settings};
use measurements::{Column, IMAGE};
use pixels::{Array, Image, Pixels, Plane, Shape};
use std::borrow::Cow;

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "Align",
    former_names: &[],
    newest_revision: 3,
    summary: "moves images so that they lie on each other",
    read,
};

const METHOD: &str = "Select the alignment method";
const CROP: &str = "Crop mode";
const FIRST: &str = "Select the first input image";
const FIRST_OUTPUT: &str = "Name the first output image";
const SECOND: &str = "Select the second input image";
const SECOND_OUTPUT: &str = "Name the second output image";
const ADDITIONAL: &str = "Select the additional image";
const OUTPUT: &str = "Name the output image";
const APPLIED: &str = "Select how the alignment is to be applied";

#[derive(Debug, PartialEq)]
struct Align {
    method: Method,
    crop: Crop,
    /// The image the others are moved to, and what it becomes.
    first: (String, String),
    /// The others; the first of them is aligned by itself.
    others: Vec<Moved>,
}

#[derive(Debug, PartialEq)]
struct Moved {
    input: String,
    output: String,
    /// Whether it is aligned by itself, rather than moved as the second image is.
    separately: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Method {
    MutualInformation,
    CrossCorrelation,
}

/// What becomes of the images' sizes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Crop {
    Aligned,
    Pad,
    Same,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let values = module.settings.iter().map(|s| s.value.clone()).collect();
    let mut settings = Settings::upgraded(module, upgrade(values, module.revision));
    let methods = [
        ("Mutual Information", Method::MutualInformation),
        ("Normalized Cross Correlation", Method::CrossCorrelation),
    ];
    let method = settings.choice(METHOD, &methods);
    let crops =
        [("Crop to aligned region", Crop::Aligned), ("Pad images", Crop::Pad), ("Keep size", Crop::Same)];
    let crop = settings.choice(CROP, &crops);
    let first = (settings.text(FIRST), settings.text(FIRST_OUTPUT));
    let (input, output) = (settings.text(SECOND), settings.text(SECOND_OUTPUT));
    let mut others = vec![Moved { input, output, separately: true }];
    while settings.left() > 0 {
        let (input, output) = (settings.text(ADDITIONAL), settings.text(OUTPUT));
        let separately = settings.choice(APPLIED, &[("Similarly", false), ("Separately", true)]);
        others.push(Moved { input, output, separately });
    }
    Ok(Box::new(settings.finish(Align { method, crop, first, others })?))
}

/// Brings the answers into the newest revision's order.
fn upgrade(mut values: Vec<String>, revision: u32) -> Vec<String> {
    if revision <= 1 && values.len() >= 2 {
        values.rotate_right(2);
    }
    if revision <= 2
        && let Some(crop) = values.get_mut(1)
    {
        *crop = if crop == "Yes" { "Crop to aligned region" } else { "Keep size" }.to_string();
    }
    values
}

impl Module for Align {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let inputs = std::iter::once(&self.first.0).chain(self.others.iter().map(|o| &o.input));
        let outputs = || std::iter::once(&self.first.1).chain(self.others.iter().map(|o| &o.output));
        let columns = ["X", "Y"].into_iter().flat_map(|axis| outputs().map(move |name| (axis, name)));
        Declaration {
            needs: inputs.map(|name| Need::image(name, FIRST)).collect(),
            images: outputs().cloned().collect(),
            columns: columns.map(|(axis, name)| Column::integer(IMAGE, feature(axis, name))).collect(),
            ..Declaration::default()
        }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let mut placed = Vec::new();
        let (height, width) = flat_shape(&*workspace.image(&self.first.0)?, &self.first.0)?;
        placed.push(((0, 0), (height as i64, width as i64)));
        let mut second = (0, 0);
        for (place, other) in self.others.iter().enumerate() {
            let offset = if other.separately { self.align(workspace, &other.input)? } else { second };
            if place == 0 {
                second = offset;
            }
            let (height, width) = flat_shape(&*workspace.image(&other.input)?, &other.input)?;
            placed.push((offset, (height as i64, width as i64)));
        }
        self.crop.adjust(&mut placed);
        let names = std::iter::once((&self.first.0, &self.first.1))
            .chain(self.others.iter().map(|o| (&o.input, &o.output)));
        for ((input, output), (offset, shape)) in names.zip(placed) {
            let image = workspace.image(input)?;
            let moved = moved(workspace, &image, offset, shape)?;
            workspace.add_image(output, moved);
            workspace.record.image_integer(feature("X", output), -offset.1);
            workspace.record.image_integer(feature("Y", output), -offset.0);
        }
        Ok(())
    }
}

impl Align {
    /// Returns how far the image called `name` must be moved to lie on the first.
    fn align(&self, workspace: &Workspace<'_>, name: &str) -> Result<Offset, RunError> {
        let (first, second) = (workspace.image(&self.first.0)?, workspace.image(name)?);
        let (a, b) = (grey(&first), grey(&second));
        match self.method {
            Method::CrossCorrelation => Ok(cross_correlation(&a, &b)),
            Method::MutualInformation => {
                let mask = |image: &Image, plane: &Plane<f64>| -> Result<Plane<bool>, RunError> {
                    let mask = workspace.mask_of(image)?.map(Cow::into_owned);
                    Ok(mask.unwrap_or_else(|| plane.map(|_| true)))
                };
                let (mask_a, mask_b) = (mask(&first, &a)?, mask(&second, &b)?);
                mutual_information((&a, &mask_a), (&b, &mask_b)).ok_or_else(|| {
                    RunError::Refused(format!(
                        "nothing of `{}` and `{name}` lies on each other",
                        self.first.0
                    ))
                })
            }
        }
    }
}

fn flat_shape(image: &Image, name: &str) -> Result<(usize, usize), RunError> {
    if image.volumetric || matches!(image.pixels, Pixels::Int(_)) {
        return Err(RunError::NotNative(format!("aligning `{name}`, a volume or whole numbers")));
    }
    Ok((image.shape().height, image.shape().width))
}

/// Returns the mean of the channels.
fn grey(image: &Image) -> Plane<f64> {
    let Shape { height, width, channels, .. } = image.shape();
    let values = image.pixels.to_f64();
    if channels == 1 {
        return Plane::from_vec(height, width, values.data().to_vec());
    }
    let mean = |pixel: &[f64]| pixel.iter().fold(0.0, |sum, v| sum + v) / channels as f64;
    Plane::from_vec(height, width, values.data().chunks_exact(channels).map(mean).collect())
}

impl Crop {
    /// Makes offsets all ≤ 0 (or ≥ 0) and sizes all the same, unless they are to be kept.
    fn adjust(self, placed: &mut [(Offset, (i64, i64))]) {
        let pick: fn(i64, i64) -> i64 = match self {
            Self::Aligned => i64::max,
            Self::Pad => i64::min,
            Self::Same => return,
        };
        let origin = placed.iter().map(|p| p.0).reduce(|a, b| (pick(a.0, b.0), pick(a.1, b.1)));
        let origin = origin.unwrap_or_default();
        for (offset, shape) in placed.iter_mut() {
            *offset = (offset.0 - origin.0, offset.1 - origin.1);
            *shape = (shape.0 + offset.0, shape.1 + offset.1);
        }
        let size: fn(i64, i64) -> i64 = if self == Self::Aligned { i64::min } else { i64::max };
        let whole = placed.iter().map(|p| p.1).reduce(|a, b| (size(a.0, b.0), size(a.1, b.1)));
        placed.iter_mut().for_each(|p| p.1 = whole.unwrap_or_default());
    }
}

/// Returns the image moved by `offset` on a canvas of `shape`.
fn moved(
    workspace: &Workspace<'_>,
    image: &Image,
    offset: Offset,
    shape: (i64, i64),
) -> Result<Image, RunError> {
    let apart = || RunError::Refused("the images do not lie on each other".into());
    let shape =
        (usize::try_from(shape.0).map_err(|_| apart())?, usize::try_from(shape.1).map_err(|_| apart())?);
    let from = image.shape();
    let rows = overlap(from.height, shape.0, offset.0).ok_or_else(apart)?;
    let columns = overlap(from.width, shape.1, offset.1).ok_or_else(apart)?;
    let to = Shape { height: shape.0, width: shape.1, ..from };
    let pixels = match &image.pixels {
        Pixels::Bool(array) => Pixels::Bool(copied(array, to, rows, columns)),
        Pixels::F32(array) => Pixels::F32(copied(array, to, rows, columns)),
        Pixels::F64(array) => Pixels::F64(copied(array, to, rows, columns)),
        Pixels::Int(array) => Pixels::Int(copied(array, to, rows, columns)),
    };
    let own = workspace.mask_array_of(image)?;
    let grey = Shape { channels: 1, ..from };
    let all = || Array::from_vec(grey, vec![true; grey.len()]);
    let mask =
        copied(&own.as_deref().cloned().unwrap_or_else(all), Shape { channels: 1, ..to }, rows, columns);
    let mask = (own.is_some() || mask.data().contains(&false)).then_some(mask);
    // What is taken of the image.
    let mut crop = Array::from_vec(from, vec![false; from.len()]);
    for y in rows.0..rows.0 + rows.2 {
        let start = (y * from.width + columns.0) * from.channels;
        crop.data_mut()[start..start + columns.2 * from.channels].fill(true);
    }
    let crop = if crop.data().contains(&false) { Some(crop) } else { workspace.crop_array_of(image)? };
    Ok(Image {
        pixels: pixels.held(),
        mask,
        crop,
        volumetric: false,
        multichannel: image.multichannel,
        spacing: image.spacing,
        scale: image.scale,
        source: image.source.clone(),
        parent: None,
        masking_objects: None,
    })
}

/// Copies a rectangle (along each axis: where from, where to, how many) onto an empty canvas.
fn copied<T: Copy + Default>(
    array: &Array<T>,
    to: Shape,
    rows: (usize, usize, usize),
    columns: (usize, usize, usize),
) -> Array<T> {
    let from = array.shape();
    let channels = from.channels;
    let mut out = Array::from_vec(to, vec![T::default(); to.len()]);
    for row in 0..rows.2 {
        let source = ((rows.0 + row) * from.width + columns.0) * channels;
        let target = ((rows.1 + row) * to.width + columns.1) * channels;
        out.data_mut()[target..target + columns.2 * channels]
            .copy_from_slice(&array.data()[source..source + columns.2 * channels]);
    }
    out
}

// What it measures.

fn feature(axis: &str, output: &str) -> String {
    format!("Align_{axis}shift_{output}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_revision_asked_for_the_method_last() {
        let old = ["A", "B", "C", "D", "Mutual Information", "Yes"];
        let new = ["Mutual Information", "Crop to aligned region", "A", "B", "C", "D"];
        assert_eq!(upgrade(old.map(String::from).to_vec(), 1), new);
    }
}
