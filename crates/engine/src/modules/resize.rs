//! Resize: makes images smaller or larger.

use crate::{Declaration, Kind, Module, Need, RunError, Upstream, Workspace};
use algorithms::numpy::Real;
use algorithms::resize::{self, Interpolation};
use algorithms::volume_resize::{resample_volume, resize_volume, resize_volume_mask};
use cppipe::{Problem, Settings};
use pixels::{Array, Image, Pixels, Plane, Shape};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "Resize",
    former_names: &[],
    newest_revision: 5,
    summary: "makes images smaller or larger",
    read,
};

const INPUT: &str = "Select the input image";
const OUTPUT: &str = "Name the output image";
const METHOD: &str = "Resizing method";
const INTERPOLATION: &str = "Interpolation method";
const DIMENSIONS: &str = "Method to specify the dimensions";
const LIKE: &str = "Select the image with the desired dimensions";
const COUNT: &str = "Additional image count";
const ADDITIONAL: &str = "Select the additional image?";

#[derive(Debug, PartialEq)]
struct Resize {
    /// Names of the images and of what they become.
    images: Vec<(String, String)>,
    size: Size,
    interpolation: Interpolation,
}

/// How large the images become.
#[derive(Clone, Debug, PartialEq)]
enum Size {
    Factors { x: f64, y: f64, z: f64 },
    Pixels { width: usize, height: usize, planes: usize },
    Like(String),
}

#[derive(Clone, Copy)]
enum Method {
    Factor,
    Size,
}

#[derive(Clone, Copy)]
enum Dimensions {
    Manual,
    Image,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let values = module.settings.iter().map(|s| s.value.clone()).collect();
    let mut settings = Settings::upgraded(module, upgrade(values, module.revision));
    let mut images = vec![(settings.text(INPUT), settings.text(OUTPUT))];
    let method = settings.choice(
        METHOD,
        &[
            ("Resize by a fraction or multiple of the original size", Method::Factor),
            ("Resize by specifying desired final dimensions", Method::Size),
        ],
    );
    let [x, y, z] = [0.25, 0.25, 0.25].map(|default| settings.number_within(0.0.., default));
    let [width, height, planes] = [100, 100, 10].map(|default| settings.number_within(1.., default));
    let interpolation = settings.choice(
        INTERPOLATION,
        &[
            ("Nearest Neighbor", Interpolation::Nearest),
            ("Bilinear", Interpolation::Bilinear),
            ("Bicubic", Interpolation::Bicubic),
        ],
    );
    let dimensions =
        settings.choice(DIMENSIONS, &[("Manual", Dimensions::Manual), ("Image", Dimensions::Image)]);
    let like = settings.text(LIKE);
    let count: usize = settings.number(COUNT);
    images
        .extend((0..count.min(settings.left())).map(|_| (settings.text(ADDITIONAL), settings.text(OUTPUT))));
    let size = match (method, dimensions) {
        (Method::Factor, _) => Size::Factors { x, y, z },
        (Method::Size, Dimensions::Manual) => Size::Pixels { width, height, planes },
        (Method::Size, Dimensions::Image) => Size::Like(like),
    };
    Ok(Box::new(settings.finish(Resize { images, size, interpolation })?))
}

/// Brings the answers into the newest revision's order.
fn upgrade(mut values: Vec<String>, revision: u32) -> Vec<String> {
    let text = |s: &str| s.to_string();
    if revision <= 1
        && let Some(method) = values.get_mut(2)
    {
        match method.as_str() {
            "Resize by a factor of the original size" => {
                *method = text("Resize by a fraction or multiple of the original size");
            }
            "Resize to a size in pixels" => *method = text("Resize by specifying desired final dimensions"),
            _ => {}
        }
    }
    if revision <= 2 {
        values.push(text("0"));
    }
    if revision <= 3 && values.len() >= 7 {
        values.splice(7..7, [text("Manual"), text("None")]);
    }
    if revision <= 4 && values.len() >= 6 {
        values.insert(6, text("10"));
        let factor = values[3].clone();
        values.splice(4..4, [factor, text("1")]);
    }
    values
}

impl Module for Resize {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let mut needs: Vec<_> = self.images.iter().map(|(input, _)| Need::image(input, INPUT)).collect();
        if let Size::Like(name) = &self.size {
            needs.push(Need::image(name, LIKE));
        }
        let images = self.images.iter().map(|(_, output)| output.clone()).collect();
        Declaration { needs, images, ..Declaration::default() }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        for (input, output) in &self.images {
            let size = self.size.settled(workspace)?;
            let (name, interpolation) = (input.clone(), self.interpolation);
            if let Some(waiting) = workspace.deferred_image(input) {
                let make = move || {
                    let image = waiting.get()?;
                    let (mask, crop) = (image.mask.clone(), image.crop.clone());
                    resized(&image, &name, (mask, crop), &size, interpolation)
                };
                workspace.defer_image(output, make);
            } else {
                let image = workspace.image(input)?;
                let mask = workspace.mask_array_of(&image)?.map(|m| m.into_owned());
                let crop = workspace.crop_array_of(&image)?;
                let image = resized(&image, &name, (mask, crop), &size, interpolation)?;
                workspace.add_image(output, image);
            }
        }
        Ok(())
    }
}

impl Size {
    /// Returns the size with that of another image looked up.
    fn settled(&self, workspace: &Workspace<'_>) -> Result<Self, RunError> {
        let Self::Like(name) = self else { return Ok(self.clone()) };
        let Shape { height, width, depth: planes, .. } = workspace.image(name)?.shape();
        Ok(Self::Pixels { width, height, planes })
    }

    /// Returns (planes, height, width) of what an image of this shape becomes; halves go to the even number.
    fn of(&self, shape: Shape) -> [usize; 3] {
        match self {
            Self::Factors { x, y, z } => {
                let scaled = |n: usize, factor: f64| (n as f64 * factor).round_ties_even() as usize;
                [scaled(shape.depth, *z), scaled(shape.height, *y), scaled(shape.width, *x)]
            }
            Self::Pixels { width, height, planes } => [*planes, *height, *width],
            Self::Like(_) => [shape.depth, shape.height, shape.width],
        }
    }
}

/// Returns `image` resized; its mask and crop go with it, its parent's included.
fn resized(
    image: &Image,
    name: &str,
    (mask, crop): (Option<Array<bool>>, Option<Array<bool>>),
    size: &Size,
    interpolation: Interpolation,
) -> Result<Image, RunError> {
    if image.volumetric {
        return resized_volume(image, name, (mask, crop), size, interpolation);
    }
    let shape = image.shape();
    let [_, height, width] = size.of(shape);
    if height == 0 || width == 0 || shape.is_empty() {
        return Err(RunError::Refused(format!(
            "image `{name}` ({}×{}) cannot become {height}×{width}",
            shape.height, shape.width
        )));
    }
    let pixels = match &image.pixels {
        Pixels::F32(array) => each_channel(array, |c| resize::resize(c, height, width, interpolation)),
        Pixels::F64(array) => {
            each_channel(array, |c| resize::resize(c, height, width, interpolation)).map(|&v| v as f32)
        }
        Pixels::Bool(_) => {
            let array = image.pixels.to_f64();
            each_channel(&array, |c| resize::resample(c, height, width, interpolation)).map(|&v| v as f32)
        }
        Pixels::Int(_) => {
            return Err(RunError::NotNative(format!("resizing `{name}`, an image of whole numbers")));
        }
    };
    let resize_mask = |mask: Array<bool>| mask.as_plane().map(|m| resize::resize_mask(m, height, width));
    let mask = mask.and_then(resize_mask).unwrap_or_else(|| Plane::filled(height, width, true));
    let crop = crop.and_then(resize_mask);
    let scaled = |new: usize, old: usize, spacing: f64| new as f64 / old as f64 * spacing;
    let [depth, y, x] = image.spacing;
    let (y, x) = (scaled(height, shape.height, y), scaled(width, shape.width, x));
    Ok(Image {
        pixels: Pixels::F32(pixels),
        mask: Some(mask.into()),
        crop: crop.map(Into::into),
        volumetric: false,
        multichannel: image.multichannel,
        spacing: [depth, y / x, 1.0],
        scale: image.scale,
        source: image.source.clone(),
        parent: None,
        masking_objects: None,
    })
}

/// As [`resized`], of a volume.
fn resized_volume(
    image: &Image,
    name: &str,
    (mask, crop): (Option<Array<bool>>, Option<Array<bool>>),
    size: &Size,
    interpolation: Interpolation,
) -> Result<Image, RunError> {
    if image.multichannel {
        return Err(RunError::NotNative(format!("resizing the volume `{name}` in colours")));
    }
    let shape = image.shape();
    let size = size.of(shape);
    if size.contains(&0) || shape.is_empty() {
        return Err(RunError::Refused(format!("volume `{name}` cannot become {size:?}")));
    }
    let pixels = match &image.pixels {
        Pixels::F32(array) => resize_volume(array, size, interpolation),
        Pixels::F64(array) => resize_volume(array, size, interpolation).map(|&v| v as f32),
        Pixels::Bool(_) => resample_volume(&image.pixels.to_f64(), size, interpolation).map(|&v| v as f32),
        Pixels::Int(_) => {
            return Err(RunError::NotNative(format!("resizing `{name}`, an image of whole numbers")));
        }
    };
    let mask = mask.unwrap_or_else(|| Array::from_vec(shape, vec![true; shape.len()]));
    let [z, y, x] = [0, 1, 2].map(|axis| {
        let old = [shape.depth, shape.height, shape.width][axis];
        size[axis] as f64 / old as f64 * image.spacing[axis]
    });
    Ok(Image {
        pixels: Pixels::F32(pixels),
        mask: Some(resize_volume_mask(&mask, size)),
        crop: crop.map(|crop| resize_volume_mask(&crop, size)),
        spacing: [z / y, 1.0, x / y],
        parent: None,
        masking_objects: None,
        ..image.clone()
    })
}

/// Returns what `resize` makes of an image's channels, together again.
fn each_channel<T: Real>(array: &Array<T>, resize: impl Fn(&[Plane<T>]) -> Vec<Plane<T>>) -> Array<T> {
    if let Some(plane) = array.as_plane() {
        let mut planes = resize(std::slice::from_ref(plane));
        return planes.swap_remove(0).into();
    }
    let channels: Vec<_> = (0..array.shape().channels).map(|c| array.plane(0, c)).collect();
    let planes = resize(&channels);
    let (height, width) = planes[0].shape();
    let shape = Shape { depth: 1, height, width, channels: planes.len() };
    let data = (0..height * width).flat_map(|at| planes.iter().map(move |p| p.data()[at])).collect();
    Array::from_vec(shape, data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_of_revision_four_is_that_of_all_axes() {
        let old = ["In", "Out", "By", "0.1", "100", "90", "Bilinear", "Manual", "None", "0"];
        let new =
            ["In", "Out", "By", "0.1", "0.1", "1", "100", "90", "10", "Bilinear", "Manual", "None", "0"];
        assert_eq!(upgrade(old.map(String::from).to_vec(), 4), new);
        let oldest = ["In", "Out", "Resize to a size in pixels", "0.1", "100", "90", "Bilinear"];
        let method = "Resize by specifying desired final dimensions";
        let new =
            ["In", "Out", method, "0.1", "0.1", "1", "100", "90", "10", "Bilinear", "Manual", "None", "0"];
        assert_eq!(upgrade(oldest.map(String::from).to_vec(), 1), new);
    }

    #[test]
    fn half_pixels_go_to_the_even_number() {
        let size = Size::Factors { x: 0.5, y: 0.5, z: 1.0 };
        assert_eq!(size.of(Shape::grey(5, 7)), [1, 2, 4]);
    }
}
