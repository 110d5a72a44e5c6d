//! RescaleIntensity: brings an image's intensities into another range, or divides them.

use crate::grey::Grey;
use crate::{Declaration, Group, Kind, Memory, Module, Need, RunError, Scope, Upstream, Workspace};
use algorithms::numpy::Real;
use cppipe::{Problem, Settings};
use measurements::IMAGE;
use pixels::{Array, Image, Pixels};
use std::borrow::Cow;

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "RescaleIntensity",
    former_names: &[],
    newest_revision: 3,
    summary: "brings an image's intensities into another range, or divides them",
    read,
};

const INPUT: &str = "Select the input image";
const OUTPUT: &str = "Name the output image";
const METHOD: &str = "Rescaling method";
const LOW: &str = "Method to calculate the minimum intensity";
const HIGH: &str = "Method to calculate the maximum intensity";
const SOURCE_LOW: &str = "Lower intensity limit for the input image";
const SOURCE_HIGH: &str = "Upper intensity limit for the input image";
const SOURCE_RANGE: &str = "Intensity range for the input image";
const RANGE: &str = "Intensity range for the output image";
const MATCH: &str = "Select image to match in maximum intensity";
const MEASUREMENT: &str = "Divisor measurement";

#[derive(Debug, PartialEq)]
struct RescaleIntensity {
    input: String,
    output: String,
    method: Method,
}

#[derive(Clone, Debug, PartialEq)]
enum Method {
    /// From least to greatest of each channel, to 0 to 1.
    Stretch,
    /// From one range to another.
    Range {
        low: Limit,
        high: Limit,
        to: (f64, f64),
    },
    DivideByMinimum,
    DivideByMaximum,
    DivideBy(f64),
    DivideByMeasurement(String),
    /// To the greatest value of another image.
    Match(String),
}

/// One end of the range of the input image.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Limit {
    Custom(f64),
    EachImage,
    AllImages,
}

/// The least and the greatest value of a group's images that have no mask, where they are asked for.
#[derive(Clone, Copy, Default)]
struct Extremes {
    low: Option<f64>,
    high: Option<f64>,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let values = module.settings.iter().map(|s| s.value.clone()).collect();
    let mut settings = Settings::upgraded(module, upgrade(values, module.revision));
    let (input, output) = (settings.text(INPUT), settings.text(OUTPUT));
    let manual = Method::Range { low: Limit::EachImage, high: Limit::EachImage, to: (0.0, 1.0) };
    let methods = [
        ("Stretch each image to use the full intensity range", Method::Stretch),
        ("Choose specific values to be reset to the full intensity range", manual.clone()),
        ("Choose specific values to be reset to a custom range", manual.clone()),
        ("Divide by the image's minimum", Method::DivideByMinimum),
        ("Divide by the image's maximum", Method::DivideByMaximum),
        ("Divide each image by the same value", Method::DivideBy(1.0)),
        ("Divide each image by a previously calculated value", Method::DivideByMeasurement(String::new())),
        ("Match the image's maximum to another image's maximum", Method::Match(String::new())),
    ];
    let is_custom = settings.peek(0) == Some(methods[2].0);
    let method = settings.choice(METHOD, &methods);
    let custom = Limit::Custom(0.0);
    let (each, all) = (Limit::EachImage, Limit::AllImages);
    let low = [("Custom", custom), ("Minimum for each image", each), ("Minimum of all images", all)];
    let low = settings.choice(LOW, &low);
    let high = [("Custom", custom), ("Maximum for each image", each), ("Maximum of all images", all)];
    let high = settings.choice(HIGH, &high);
    let (source_low, source_high): (f64, f64) = (settings.number(SOURCE_LOW), settings.number(SOURCE_HIGH));
    let source_range: (f64, f64) = settings.range(SOURCE_RANGE);
    let range = settings.range(RANGE);
    let matched = settings.text(MATCH);
    let divisor = settings.number_within(f64::EPSILON.., 1.0);
    let measurement = settings.text(MEASUREMENT);
    let (low, high) = match (low, high) {
        (Limit::Custom(_), Limit::Custom(_)) => {
            (Limit::Custom(source_range.0), Limit::Custom(source_range.1))
        }
        (Limit::Custom(_), high) => (Limit::Custom(source_low), high),
        (low, Limit::Custom(_)) => (low, Limit::Custom(source_high)),
        both => both,
    };
    let method = match method {
        Method::Range { .. } => Method::Range { low, high, to: if is_custom { range } else { (0.0, 1.0) } },
        Method::DivideBy(_) => Method::DivideBy(divisor),
        Method::DivideByMeasurement(_) => Method::DivideByMeasurement(measurement),
        Method::Match(_) => Method::Match(matched),
        other => other,
    };
    Ok(Box::new(settings.finish(RescaleIntensity { input, output, method })?))
}

/// Brings the answers into the newest revision's order.
fn upgrade(mut values: Vec<String>, revision: u32) -> Vec<String> {
    if revision <= 1 {
        for (place, automatic) in [(3, "Minimum for each image"), (4, "Maximum for each image")] {
            if let Some(value) = values.get_mut(place) {
                *value = if value == "Yes" { automatic } else { "Custom" }.to_string();
            }
        }
    }
    if revision <= 2 && values.len() >= 13 {
        values.drain(9..13);
    }
    values
}

impl Module for RescaleIntensity {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let mut needs = vec![Need::image(&self.input, INPUT)];
        match &self.method {
            Method::Match(name) => needs.push(Need::image(name, MATCH)),
            Method::DivideByMeasurement(feature) => {
                needs.push(Need::measurement(IMAGE, feature, MEASUREMENT));
            }
            _ => {}
        }
        let scope = if self.looks_at_all() { Scope::Group } else { Scope::ImageSet };
        Declaration { needs, images: vec![self.output.clone()], scope, ..Declaration::default() }
    }

    fn start_group(&self, group: &Group<'_>) -> Result<Memory, RunError> {
        let mut extremes = Extremes::default();
        if self.looks_at_all() {
            for index in 0..group.image_sets.len() {
                let image = (group.load)(index, &self.input)?;
                let (low, high) = match Grey::of_planes(&image, &self.input)? {
                    Grey::F32(plane) => extremes_of(plane.data()),
                    Grey::F64(plane) => extremes_of(plane.data()),
                };
                // CellProfiler forgets those of images that have a mask.
                if image.mask.is_none() && image.crop.is_none() && image.masking_objects.is_none() {
                    extremes.low =
                        Some(extremes.low.map_or(low, |so_far| if low < so_far { low } else { so_far }));
                    extremes.high =
                        Some(extremes.high.map_or(high, |so_far| if high > so_far { high } else { so_far }));
                }
            }
        }
        Ok(Memory::new(extremes))
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let extremes = *workspace.memory.get::<Extremes>();
        let image = workspace.image(&self.input)?;
        if matches!(image.pixels, Pixels::Int(_)) {
            return Err(RunError::NotNative(format!(
                "rescaling `{}`, an image of whole numbers",
                self.input
            )));
        }
        let mask = workspace.mask_array_of(&image)?;
        let mask = mask.as_deref();
        let pixels = match &self.method {
            Method::Stretch => stretch(&image.pixels, mask),
            Method::Range { low, high, to } => {
                let masked = Masked { image: &image, mask };
                let limits = limits(*low, *high, &masked, extremes)?;
                range(&image.pixels, limits, *to)
            }
            Method::DivideByMinimum => {
                let least = Masked { image: &image, mask }.extremes().map_or(0.0, |e| e.0);
                divide(&image.pixels, least)?
            }
            Method::DivideByMaximum => {
                let greatest = Masked { image: &image, mask }.extremes().map_or(1.0, |e| e.1);
                divide(&image.pixels, greatest)?
            }
            Method::DivideBy(divisor) => divide(&image.pixels, *divisor)?,
            Method::DivideByMeasurement(feature) => {
                divide(&image.pixels, workspace.image_measurement(feature)?)?
            }
            Method::Match(name) => matched(workspace, &image, mask, name)?,
        };
        let image = workspace.derived_image(&image, pixels)?;
        workspace.add_image(&self.output, image);
        Ok(())
    }
}

impl RescaleIntensity {
    fn looks_at_all(&self) -> bool {
        match self.method {
            Method::Range { low, high, .. } => low == Limit::AllImages || high == Limit::AllImages,
            _ => false,
        }
    }
}

/// The values of an image that count.
struct Masked<'a> {
    image: &'a Image,
    mask: Option<&'a Array<bool>>,
}

impl Masked<'_> {
    /// Returns the least and the greatest value, of any channel; `None` where nothing counts.
    fn extremes(&self) -> Option<(f64, f64)> {
        match &self.image.pixels {
            Pixels::F32(array) => some_extremes(&counted(array, self.mask)),
            other => some_extremes(&counted(&other.to_f64(), self.mask)),
        }
    }
}

/// Returns the values inside the mask, all channels of them.
fn counted<'a, T: Copy>(array: &'a Array<T>, mask: Option<&Array<bool>>) -> Cow<'a, [T]> {
    let Some(mask) = mask else { return Cow::Borrowed(array.data()) };
    let pixels = array.data().chunks_exact(array.shape().channels).zip(mask.data());
    Cow::Owned(pixels.filter(|(_, inside)| **inside).flat_map(|(pixel, _)| pixel.iter().copied()).collect())
}

fn some_extremes<T: Real>(values: &[T]) -> Option<(f64, f64)> {
    (!values.is_empty()).then(|| extremes_of(values))
}

/// Returns the least and the greatest value; what is no number is both.
fn extremes_of<T: Real>(values: &[T]) -> (f64, f64) {
    let (low, high) = algorithms::numpy::extremes(values).unwrap_or_default();
    (low.to_f64(), high.to_f64())
}

fn limits(low: Limit, high: Limit, image: &Masked<'_>, all: Extremes) -> Result<(f64, f64), RunError> {
    let each = if low == Limit::EachImage || high == Limit::EachImage {
        let Some(found) = image.extremes() else { return Ok((0.0, 1.0)) };
        found
    } else {
        (0.0, 1.0)
    };
    let of_all = |limit: Option<f64>| {
        limit.ok_or_else(|| {
            RunError::Refused("CellProfiler finds no limit of all images where they all have masks".into())
        })
    };
    let low = match low {
        Limit::Custom(value) => value,
        Limit::EachImage => each.0,
        Limit::AllImages => of_all(all.low)?,
    };
    let high = match high {
        Limit::Custom(value) => value,
        Limit::EachImage => each.1,
        Limit::AllImages => of_all(all.high)?,
    };
    Ok((low, high))
}

/// Rescales in the type of the image; the result is f64.
///
/// Source: `skimage.exposure.rescale_intensity` 0.18.
fn range(pixels: &Pixels, from: (f64, f64), to: (f64, f64)) -> Pixels {
    Pixels::F64(match pixels {
        Pixels::F32(array) => array.map(rescaling(from, to)),
        other => other.to_f64().map(rescaling(from, to)),
    })
}

fn rescaling<T: Real>(from: (f64, f64), to: (f64, f64)) -> impl Fn(&T) -> f64 {
    let nan = T::of(f64::NAN);
    let clip = move |v: T, (low, high): (f64, f64)| {
        let (low, high) = (T::of(low), T::of(high));
        // Limits that are no numbers make everything none.
        let v = if v.is_nan() || v > low {
            v
        } else if low.is_nan() {
            nan
        } else {
            low
        };
        if v.is_nan() || v < high { v } else { high }
    };
    let (width, to_width, least) = (T::of(from.1 - from.0), T::of(to.1 - to.0), T::of(to.0));
    move |&v| {
        let v = clip(v, from);
        if from.0 == from.1 {
            return clip(v, to).to_f64();
        }
        ((v - T::of(from.0)) / width * to_width + least).to_f64()
    }
}

/// Stretches each channel from its own least to its greatest value.
fn stretch(pixels: &Pixels, mask: Option<&Array<bool>>) -> Pixels {
    Pixels::F64(match pixels {
        Pixels::F32(array) => stretched(array, mask),
        other => stretched(&other.to_f64(), mask),
    })
}

fn stretched<T: Real>(array: &Array<T>, mask: Option<&Array<bool>>) -> Array<f64> {
    let values = counted(array, mask);
    let channels = array.shape().channels;
    let scales: Vec<_> = (0..channels)
        .map(|channel| {
            let mut of_channel = values.iter().skip(channel).step_by(channels).copied();
            let from = of_channel.next().map_or((0.0, 1.0), |first| {
                // As Python's `min` and `max`: what is no number counts only when it comes first.
                let (low, high) = of_channel.fold((first, first), |(low, high), v| {
                    (if v < low { v } else { low }, if v > high { v } else { high })
                });
                (low.to_f64(), high.to_f64())
            });
            rescaling(from, (0.0, 1.0))
        })
        .collect();
    let pixels = array.data().chunks_exact(channels);
    let data = pixels.flat_map(|pixel| pixel.iter().zip(&scales).map(|(v, scale)| scale(v))).collect();
    Array::from_vec(array.shape(), data)
}

/// Divides an image in its own type; a binary one becomes f64.
fn divide(pixels: &Pixels, divisor: f64) -> Result<Pixels, RunError> {
    if divisor == 0.0 {
        return Err(RunError::Refused("cannot divide pixel intensity by 0".into()));
    }
    Ok(match pixels {
        Pixels::F32(array) => {
            let divisor = divisor as f32;
            Pixels::F32(array.map(|&v| v / divisor))
        }
        other => Pixels::F64(other.to_f64().map(|&v| v / divisor)),
    })
}

/// Multiplies by the greatest value of the image called `name` over the image's own.
fn matched(
    workspace: &Workspace<'_>,
    image: &Image,
    mask: Option<&Array<bool>>,
    name: &str,
) -> Result<Pixels, RunError> {
    let greatest = Masked { image, mask }.extremes().map_or(0.0, |e| e.1);
    if greatest == 0.0 {
        return Ok(image.pixels.clone());
    }
    let other = workspace.image(name)?;
    let other_mask = workspace.mask_array_of(&other)?;
    let to = Masked { image: &other, mask: other_mask.as_deref() }.extremes().map_or(1.0, |e| e.1);
    let multiplied = match &image.pixels {
        Pixels::F32(array) => {
            let to = to as f32;
            Pixels::F32(array.map(|&v| v * to))
        }
        Pixels::Bool(array) if matches!(other.pixels, Pixels::Bool(_)) => {
            Pixels::Bool(array.map(|&v| v && to != 0.0))
        }
        Pixels::Bool(_) if matches!(other.pixels, Pixels::F32(_)) => {
            let to = to as f32;
            Pixels::F32(image.pixels.to_f32().map(|&v| v * to))
        }
        pixels => Pixels::F64(pixels.to_f64().map(|&v| v * to)),
    };
    divide(&multiplied, greatest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_revisions_said_yes_to_automatic_limits() {
        let old =
            ["In", "Out", "Stretch", "Yes", "No", "0", "1", "0,1", "0,1", "a", "b", "c", "d", "M", "1", "X"];
        let new = upgrade(old.map(String::from).to_vec(), 1);
        let expected = [
            "In",
            "Out",
            "Stretch",
            "Minimum for each image",
            "Custom",
            "0",
            "1",
            "0,1",
            "0,1",
            "M",
            "1",
            "X",
        ];
        assert_eq!(new, expected);
    }
}
