//! EnhanceOrSuppressFeatures: brings out speckles, lines, holes, circles or texture, or takes small features away.

mod footprint;

use crate::grey::Grey;
use crate::{Declaration, Kind, Module, Need, RunError, Upstream, Workspace};
use algorithms::circle_transform::circle_transform;
use algorithms::dark_holes::dark_holes;
use algorithms::gaussian::{Boundary, gaussian_filter_axes, gaussian_filter_volume};
use algorithms::line_integration::line_integration;
use algorithms::numpy::{Real, extremes};
use algorithms::tubeness::tubeness;
use cppipe::{Problem, Settings};
use footprint::Footprint;
use pixels::{Array, Pixels, Plane, Shape};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "EnhanceOrSuppressFeatures",
    former_names: &[],
    newest_revision: 7,
    summary: "brings out speckles, lines, holes, circles or texture, or takes small features away",
    read,
};

const INPUT: &str = "Select the input image";

#[derive(Debug, PartialEq)]
struct EnhanceOrSuppressFeatures {
    input: String,
    output: String,
    operation: Operation,
}

#[derive(Clone, Debug, PartialEq)]
enum Operation {
    /// Features up to a size, by erosion and dilation or (`fast`) minimum and maximum filters.
    Speckles {
        radius: f64,
        fast: bool,
    },
    Neurites {
        method: Neurites,
        rescale: bool,
    },
    DarkHoles {
        least: usize,
        most: usize,
    },
    Circles {
        radius: f64,
    },
    Texture {
        sigma: f64,
    },
    Dic {
        angle: f64,
        decay: f64,
        sigma: f64,
    },
    Suppress {
        radius: f64,
    },
}

#[derive(Clone, Debug, PartialEq)]
enum Neurites {
    Tubeness { sigma: f64 },
    Lines { radius: f64 },
}

#[derive(Clone, Copy)]
enum Feature {
    Speckles,
    Neurites,
    DarkHoles,
    Circles,
    Texture,
    Dic,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let values = module.settings.iter().map(|s| s.value.clone()).collect();
    let mut settings = Settings::upgraded(module, upgrade(values, module.revision));
    let (input, output) = (settings.text(INPUT), settings.text("Name the output image"));
    let enhance = settings.choice("Select the operation", &[("Enhance", true), ("Suppress", false)]);
    let size: i64 = settings.number_within(2.., 10);
    let features = [
        ("Speckles", Feature::Speckles),
        ("Neurites", Feature::Neurites),
        ("Dark holes", Feature::DarkHoles),
        ("Circles", Feature::Circles),
        ("Texture", Feature::Texture),
        ("DIC", Feature::Dic),
    ];
    let feature = settings.choice("Feature type", &features);
    let (least, most): (i64, i64) = settings.range("Range of hole sizes");
    let sigma = settings.number_within(0.0.., 2.0);
    let angle = settings.number("Shear angle");
    let decay = settings.number_within(0.1..=1.0, 0.95);
    let tubes = settings.choice("Enhancement method", &[("Tubeness", true), ("Line structures", false)]);
    let fast = settings.choice("Speed and accuracy", &[("Fast", true), ("Slow", false)]);
    let rescale = settings.yes("Rescale result image");
    let radius = size as f64 / 2.0;
    let operation = match (enhance, feature) {
        (false, _) => Operation::Suppress { radius },
        (true, Feature::Speckles) => Operation::Speckles { radius, fast: fast && radius > 3.0 },
        (true, Feature::Neurites) => {
            let method = if tubes { Neurites::Tubeness { sigma } } else { Neurites::Lines { radius } };
            Operation::Neurites { method, rescale }
        }
        (true, Feature::DarkHoles) => Operation::DarkHoles {
            least: (least / 2).max(1) as usize,
            most: usize::try_from((most + 1) / 2).unwrap_or(0),
        },
        (true, Feature::Circles) => Operation::Circles { radius },
        (true, Feature::Texture) => Operation::Texture { sigma },
        (true, Feature::Dic) => {
            Operation::Dic { angle, decay, sigma: if sigma == 0.0 { f64::EPSILON } else { sigma } }
        }
    };
    Ok(Box::new(settings.finish(EnhanceOrSuppressFeatures { input, output, operation })?))
}

/// Brings the answers into the newest revision's order: each revision added some at the end.
fn upgrade(mut values: Vec<String>, revision: u32) -> Vec<String> {
    let mut add = |before: u32, answers: &[&str]| {
        if revision < before {
            values.extend(answers.iter().map(ToString::to_string));
        }
    };
    add(2, &["Speckles", "1,10"]);
    add(3, &["2.0", "0", ".95"]);
    add(4, &["Line structures"]);
    add(5, &["Slow / circular"]);
    if revision < 6
        && let Some(speed) = values.last_mut()
    {
        *speed = if speed == "Slow / circular" { "Slow" } else { "Fast" }.into();
    }
    if revision < 7 {
        values.push("Yes".into());
    }
    values
}

impl Module for EnhanceOrSuppressFeatures {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        Declaration {
            needs: vec![Need::image(&self.input, INPUT)],
            images: vec![self.output.clone()],
            ..Declaration::default()
        }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let image = workspace.image(&self.input)?;
        let mask = workspace.mask_array_of(&image)?;
        let mask = mask.as_ref().map(|mask| mask.rows());
        let grey = Grey::of_planes(&image, &self.input)?;
        let shape = Shape { channels: 1, ..image.shape() };
        let stack = Stack { shape, volume: image.volumetric, spacing: image.spacing };
        let result = match grey {
            Grey::F32(plane) => self.operation.apply(&plane, mask, stack),
            Grey::F64(plane) => self.operation.apply(&plane, mask, stack),
        };
        let result = Pixels::F32(Array::from_vec(shape, result.into_vec()));
        let result = workspace.derived_image(&image, result)?;
        workspace.add_image(&self.output, result);
        Ok(())
    }
}

/// How the planes of an image lie, which lie below each other.
#[derive(Clone, Copy)]
struct Stack {
    shape: Shape,
    /// Whether there may be several, and neighbours in other planes count.
    volume: bool,
    spacing: [f64; 3],
}

impl Stack {
    /// Returns the image filtered with a Gaussian, of a volume along z too.
    fn smooth<T: Real>(self, image: &Plane<T>, [z, y, x]: [f64; 3], boundary: Boundary) -> Plane<T> {
        if !self.volume {
            return gaussian_filter_axes(image, (y, x), boundary, 4.0);
        }
        let volume = Array::from_vec(self.shape, image.data().to_vec());
        let smooth = gaussian_filter_volume(&volume, [z, y, x], boundary);
        Plane::from_vec(image.height(), image.width(), smooth.into_vec())
    }

    /// Returns what `function` makes of each plane.
    fn by_plane<T: Copy, U>(
        self,
        image: &Plane<T>,
        mut function: impl FnMut(&Plane<T>) -> Plane<U>,
    ) -> Plane<U> {
        if self.shape.depth == 1 {
            return function(image);
        }
        let Shape { height, width, .. } = self.shape;
        let planes = image.data().chunks_exact((height * width).max(1));
        let made = planes.flat_map(|plane| {
            let plane = Plane::from_vec(height, width, plane.to_vec());
            function(&plane).into_vec()
        });
        Plane::from_vec(image.height(), width, made.collect())
    }
}

impl Operation {
    /// Returns what becomes of an image; outside the mask it stays as it is, but for holes and DIC.
    fn apply<T: Real + Into<f64>>(
        &self,
        image: &Plane<T>,
        mask: Option<&Plane<bool>>,
        stack: Stack,
    ) -> Plane<f32> {
        let masked = mask.map(|mask| image.zip(mask, |&v, &inside| if inside { v } else { T::ZERO }));
        let data = masked.as_ref().unwrap_or(image);
        let single = |plane: Plane<T>| unmasked(&plane, image, mask).map(|v| v.to_f64() as f32);
        let footprint = |radius| Footprint::new(radius, stack.volume, stack.shape.depth);
        match *self {
            Self::Speckles { radius, fast } => {
                let footprint = footprint(radius);
                let opened = match fast {
                    true => footprint.minimum_then_maximum(data),
                    false => footprint.erode_then_dilate(data),
                };
                single(data.zip(&opened, |&v, &o| v - o))
            }
            Self::Suppress { radius } => single(footprint(radius).open(data)),
            Self::Neurites { method: Neurites::Lines { radius }, rescale } => {
                let footprint = footprint(radius);
                let opened = footprint.erode_then_dilate(data);
                let closed = footprint.close(data);
                let white = data.zip(&opened, |&v, &o| v - o);
                let black = closed.zip(data, |&c, &v| c - v);
                let one = T::of(1.0);
                let lines = data.zip(&white, |&v, &w| v + w).zip(&black, |&v, &b| {
                    let v = v - b;
                    if v > one {
                        one
                    } else if v < T::ZERO {
                        T::ZERO
                    } else {
                        v
                    }
                });
                let lines = unmasked(&lines, image, mask);
                let lines = if rescale { rescaled(&lines) } else { lines };
                lines.map(|v| v.to_f64() as f32)
            }
            Self::Neurites { method: Neurites::Tubeness { sigma }, rescale } => {
                let smooth = stack.smooth(data, stack.spacing.map(|s| sigma / s), Boundary::Reflect);
                let tubes = stack.by_plane(&smooth, |plane| tubeness(plane, sigma));
                if stack.volume {
                    // The tubes of a volume are in its own type.
                    let tubes = unmasked(&tubes.map(|&v| T::of(v)), image, mask);
                    let tubes = if rescale { rescaled(&tubes) } else { tubes };
                    return tubes.map(|v| v.to_f64() as f32);
                }
                let tubes = unmasked(&tubes, &image.map(|v| v.to_f64()), mask);
                let tubes = if rescale { rescaled(&tubes) } else { tubes };
                tubes.map(|&v| v as f32)
            }
            Self::DarkHoles { least, most } => {
                dark_holes(image, stack.shape.depth, mask, least, most).map(|&v| v as f32)
            }
            Self::Circles { radius } => {
                let lit = data.map(|&v| v != T::ZERO);
                let circles = stack.by_plane(&lit, |lit| circle_transform(lit, radius as usize));
                unmasked(&circles, &image.map(|v| v.to_f64()), mask).map(|&v| v as f32)
            }
            Self::Texture { sigma } => {
                let sigmas = [sigma; 3];
                let zero = Boundary::Constant(0.0);
                let inside = match mask {
                    Some(mask) => mask.map(|&m| f64::from(u8::from(m))),
                    None => image.map(|_| 1.0),
                };
                let weight = stack.smooth(&inside, sigmas, zero);
                let mean = stack.smooth(data, sigmas, zero).zip(&weight, |v, w| v.to_f64() / w);
                let square = stack.smooth(&data.map(|&v| v * v), sigmas, zero);
                let square = square.zip(&weight, |v, w| v.to_f64() / w);
                let variance = square.zip(&mean, |s, m| s - m * m);
                unmasked(&variance, &image.map(|v| v.to_f64()), mask).map(|&v| v as f32)
            }
            Self::Dic { angle, decay, sigma } => {
                let lines = stack.by_plane(image, |plane| line_integration(plane, angle, decay, sigma));
                lines.map(|v| v.to_f64() as f32)
            }
        }
    }
}

/// Returns `result` with the image's own pixels outside the mask.
fn unmasked<T: Copy>(result: &Plane<T>, image: &Plane<T>, mask: Option<&Plane<bool>>) -> Plane<T> {
    match mask {
        None => result.clone(),
        Some(mask) => {
            let own = image.zip(mask, |&v, &inside| (v, inside));
            result.zip(&own, |&r, &(v, inside)| if inside { r } else { v })
        }
    }
}

/// Returns the plane stretched to 0 … 1, or −1 … 1 when some value is negative (`skimage.exposure.rescale_intensity`).
fn rescaled<T: Real>(plane: &Plane<T>) -> Plane<T> {
    let Some((least, most)) = extremes(plane.data()) else { return plane.clone() };
    if least == most {
        let low = if least.to_f64() >= 0.0 { T::ZERO } else { T::of(-1.0) };
        let clip = |v: T| if v < low { low } else { v };
        return plane.map(|&v| if v.to_f64() > 1.0 { T::of(1.0) } else { clip(v) });
    }
    let range = T::of(most.to_f64() - least.to_f64());
    let (scale, low) = if least.to_f64() >= 0.0 { (1.0, 0.0) } else { (2.0, -1.0) };
    plane.map(|&v| (v - least) / range * T::of(scale) + T::of(low))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_revisions_lack_the_last_answers() {
        let old = ["DNA", "Out", "Enhance", "11"].map(String::from).to_vec();
        let new = [
            "DNA",
            "Out",
            "Enhance",
            "11",
            "Speckles",
            "1,10",
            "2.0",
            "0",
            ".95",
            "Line structures",
            "Slow",
            "Yes",
        ];
        assert_eq!(upgrade(old, 1), new);
    }
}
