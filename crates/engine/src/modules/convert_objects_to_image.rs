//! ConvertObjectsToImage: makes an image of objects: binary, grey, in colours or of their numbers.

use crate::colored::{color_image, read_colormap};
use crate::{Declaration, Kind, Module, Need, RunError, Upstream, Workspace};
use algorithms::colormap::Colormap;
use algorithms::distinct_colors::distinct_colors;
use cppipe::{Problem, Settings};
use pixels::{Array, Image, Labels, Pixels, Plane, Shape};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "ConvertObjectsToImage",
    former_names: &[],
    newest_revision: 1,
    summary: "makes an image of objects: binary, grey, in colours or of their numbers",
    read,
};

const OBJECTS: &str = "Select the input objects";

#[derive(Debug, PartialEq)]
struct ConvertObjectsToImage {
    objects: String,
    image: String,
    format: Format,
}

#[derive(Clone, Debug, PartialEq)]
enum Format {
    Color(Colormap),
    Binary,
    Grey,
    /// Whole numbers.
    Numbers,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut values: Vec<String> = module.settings.iter().map(|s| s.value.clone()).collect();
    if let Some(map) = values.get_mut(3) {
        // MATLAB's maps that matplotlib does not have.
        match map.as_str() {
            "colorcube" => *map = "gist_rainbow".into(),
            "lines" => *map = "Pastel1".into(),
            "white" => *map = "Spectral".into(),
            _ => {}
        }
    }
    let mut s = Settings::upgraded(module, values);
    let (objects, image) = (s.text(OBJECTS), s.text("Name the output image"));
    let format = s.choice(
        "Select the color format",
        &[
            ("Color", None),
            ("Binary (black & white)", Some(Format::Binary)),
            ("Grayscale", Some(Format::Grey)),
            ("uint16", Some(Format::Numbers)),
        ],
    );
    let colormap = read_colormap(&mut s, "Select the colormap", format.is_none());
    let format = format.unwrap_or(Format::Color(colormap));
    Ok(Box::new(s.finish(ConvertObjectsToImage { objects, image, format })?))
}

impl Module for ConvertObjectsToImage {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        Declaration {
            needs: vec![Need::objects(&self.objects, OBJECTS)],
            images: vec![self.image.clone()],
            ..Declaration::default()
        }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let objects = workspace.objects(&self.objects)?;
        let planes = match &objects.segmented {
            Labels::Overlapping(planes) => &planes[..],
            Labels::Dense(array) => {
                // But for colours a volume is made an image of as if its planes lay below each other.
                std::slice::from_ref(array.rows())
            }
        };
        let labels_shape = objects.segmented.shape();
        let (rows, width) = (labels_shape.depth * labels_shape.height, labels_shape.width);
        let mut image = match &self.format {
            Format::Color(colormap) if labels_shape.depth > 1 => {
                volume_in_colors(colormap, &planes[0], labels_shape.height)
            }
            format => format.image(planes, (rows, width)),
        };
        let shape = Shape { channels: image.shape().channels, ..labels_shape };
        if shape.depth > 1 {
            image.volumetric = true;
            image.pixels = match image.pixels {
                Pixels::Bool(array) => Pixels::Bool(Array::from_vec(shape, array.into_vec())),
                Pixels::F32(array) => Pixels::F32(Array::from_vec(shape, array.into_vec())),
                Pixels::F64(array) => Pixels::F64(Array::from_vec(shape, array.into_vec())),
                Pixels::Int(array) => Pixels::Int(Array::from_vec(shape, array.into_vec())),
            };
        }
        if let Some(parent) = &objects.parent_image {
            let parent = workspace.image(parent)?;
            image = workspace.derived_image(&parent, image.pixels)?;
        }
        workspace.add_image(&self.image, image);
        Ok(())
    }
}

impl Format {
    /// Returns the image of (height, width) pixels of one or several planes of labels.
    fn image(&self, planes: &[Plane<u32>], (height, width): (usize, usize)) -> Image {
        match self {
            Self::Binary => {
                let inside = (0..height * width).map(|i| planes.iter().any(|plane| plane.data()[i] != 0));
                let plane = Plane::from_vec(height, width, inside.collect());
                Image::new(Pixels::Bool(plane.into()))
            }
            Self::Grey => {
                let mut grey = Plane::zeros(height, width);
                for plane in planes {
                    let greatest = f64::from(plane.data().iter().copied().max().unwrap_or(0));
                    for (grey, &label) in
                        grey.data_mut().iter_mut().zip(plane.data()).filter(|(_, l)| **l != 0)
                    {
                        *grey = (f64::from(label) / greatest) as f32;
                    }
                }
                Image::grey(grey)
            }
            Self::Numbers => {
                let mut numbers = Plane::zeros(height, width);
                for plane in planes {
                    for (number, &label) in
                        numbers.data_mut().iter_mut().zip(plane.data()).filter(|(_, l)| **l != 0)
                    {
                        *number = label as i32;
                    }
                }
                Image::new(Pixels::Int(numbers.into()))
            }
            Self::Color(colormap) => {
                let mut sums = vec![([0.0; 3], 0.0); height * width];
                for plane in planes {
                    add_colors(colormap, plane, labels_are_wide(plane), &mut None, &mut sums);
                }
                // Where objects overlap their colours are mixed.
                let mixed = sums.into_iter().map(|(sum, n)| if n > 0.0 { sum.map(|c| c / n) } else { sum });
                color_image((height, width), mixed)
            }
        }
    }
}

/// Returns the image of a volume whose planes of `height` rows lie below each other, each in its own colours; but which colour
/// is the first and which the last follows from the first plane.
fn volume_in_colors(colormap: &Colormap, labels: &Plane<u32>, height: usize) -> Image {
    let wide = labels_are_wide(labels);
    let mut range = None;
    let mut sums = vec![([0.0; 3], 0.0); labels.len()];
    let size = height * labels.width();
    for (plane, sums) in labels.data().chunks(size).zip(sums.chunks_mut(size)) {
        let plane = Plane::from_vec(height, labels.width(), plane.to_vec());
        add_colors(colormap, &plane, wide, &mut range, sums);
    }
    color_image(labels.shape(), sums.into_iter().map(|(sum, _)| sum))
}

/// Adds each pixel's colour, where objects near each other have unlike ones, and counts it. `range` is the least and the
/// greatest of the numbers that have the first and the last colour; those of these labels if there is none yet.
fn add_colors(
    colormap: &Colormap,
    labels: &Plane<u32>,
    wide: bool,
    range: &mut Option<(u32, u32)>,
    sums: &mut [([f64; 3], f64)],
) {
    let numbers = distinct_colors(labels);
    let number = |label: u32| numbers[label as usize];
    let found = labels.data().iter().map(|&l| number(l));
    let own = found.fold((u32::MAX, 0), |(a, b), n| (a.min(n), b.max(n)));
    let (least, greatest) = *range.get_or_insert(own);
    // matplotlib scales small integers, as label images hold, in single precision.
    let place = |n: u32| match (greatest - least, wide) {
        (0, _) => colormap.color(0.0),
        (range, false) => colormap.color_f32((n as f32 - least as f32) / range as f32),
        (range, true) => colormap.color((f64::from(n) - f64::from(least)) / f64::from(range)),
    };
    let colors: Vec<[f64; 3]> = (0..=own.1).map(place).collect();
    for ((sum, count), &label) in sums.iter_mut().zip(labels.data()).filter(|(_, l)| **l != 0) {
        let color = colors[number(label) as usize];
        sum.iter_mut().zip(color).for_each(|(sum, c)| *sum += c);
        *count += 1.0;
    }
}

/// Returns whether CellProfiler holds the labels in 32 bits.
fn labels_are_wide(labels: &Plane<u32>) -> bool {
    labels.data().iter().any(|&l| l >= 1 << 15)
}
