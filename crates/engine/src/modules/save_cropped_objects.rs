//! SaveCroppedObjects: saves each object as a file: its mask, or its part of an image.

use super::save_images::encode::{encode, encode_volume};
use super::save_images::place::{measured, without_ending};
use super::save_images::settings::{Depth, Format, read_folder};
use crate::identified::dense;
use crate::{Declaration, Kind, Module, Need, RunError, Upstream, Workspace};
use algorithms::voxel_cubes::{Box3, boxes};
use cppipe::{Problem, Settings};
use imageset::{Folder, FolderBase};
use measurements::IMAGE;
use pixels::{Array, Pixels, Shape};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "SaveCroppedObjects",
    former_names: &["CropObjects"],
    newest_revision: 3,
    summary: "saves each object as a file: its mask, or its part of an image",
    read,
};

const OBJECTS: &str = "Objects";
const CROPPED: &str = "Image to crop";
const DIRECTORY: &str = "Directory";
const NAMING: &str = "Select image name to use as a prefix";

#[derive(Debug, PartialEq)]
struct SaveCroppedObjects {
    objects: String,
    /// The image that is cut up; `None` saves masks.
    image: Option<String>,
    folder: Folder,
    /// The image whose file's name the files' names start with.
    prefix: Option<String>,
    /// Whether each image set has a folder of its own.
    nested: bool,
    format: Format,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut v: Vec<String> = module.settings.iter().map(|s| s.value.clone()).collect();
    if module.revision == 1 && v.len() >= 3 {
        v.truncate(3);
        v.extend(["Images".into(), "Image".into()]);
    }
    if module.revision <= 2 && v.len() >= 5 {
        let texts = ["No", "None", "No"].map(String::from);
        v = [&v[3..4], &v[..2], &texts, &v[2..3], &v[4..5]].concat();
    }
    let mut s = Settings::upgraded(module, v);
    let images = s
        .choice("Do you want to save cropped images or object masks?", &[("Images", true), ("Masks", false)]);
    let objects = s.text(OBJECTS);
    let folder = read_folder(&mut s, DIRECTORY, true);
    let prefixed = s.yes("Prefix saved crop image name with input image name?");
    let prefix = s.text(NAMING);
    let nested = s.yes("Save output crops in nested folders?");
    let tiff = |depth| Format::Tiff { depth, compressed: true };
    let format = s.choice(
        "Saved file format",
        &[("8-bit tiff", tiff(Depth::Bits8)), ("16-bit tiff", tiff(Depth::Bits16)), ("png", Format::Png)],
    );
    let image = s.text(CROPPED);
    Ok(Box::new(s.finish(SaveCroppedObjects {
        objects,
        image: images.then_some(image),
        folder: folder.unwrap_or(Folder { base: FolderBase::Output, path: ".".into() }),
        prefix: prefixed.then_some(prefix),
        nested,
        format,
    })?))
}

impl Module for SaveCroppedObjects {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let mut needs = vec![Need::objects(&self.objects, OBJECTS)];
        needs.extend(self.image.iter().map(|image| Need::image(image, CROPPED)));
        let names = self.prefix.iter().map(|image| format!("FileName_{image}"));
        needs.extend(names.map(|feature| Need::measurement(IMAGE, &feature, NAMING)));
        let files = vec![format!("an image a number of `{}`", self.objects)];
        Declaration { needs, files, ..Declaration::default() }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let set = workspace.objects(&self.objects)?;
        let labels = dense(&set, &self.objects)?;
        let folders = workspace.folders;
        let mut folder = self.folder.resolve(&folders.input, &folders.output, Some(workspace.image_set));
        let mut start = self.objects.clone();
        let mut own_folder = self.objects.clone();
        if let Some(image) = &self.prefix {
            let name = measured(workspace, "FileName", image)?;
            own_folder = without_ending(&name).to_string();
            start = format!("{own_folder}_{}", self.objects);
        }
        if self.nested {
            folder = format!("{folder}/{own_folder}");
        }
        let ending = if self.format == Format::Png { "png" } else { "tiff" };
        let image = self.image.as_ref().map(|name| workspace.image(name)).transpose()?;
        let boxes = boxes(&labels);
        let volume = labels.shape().depth > 1;
        if let Some(image) = image.as_ref().filter(|_| !boxes.is_empty()) {
            let grey = Shape { channels: 1, ..image.shape() };
            if grey != labels.shape() {
                return Err(RunError::Refused(format!(
                    "objects `{}` cannot be cut out of an image of another size",
                    self.objects
                )));
            }
        }
        let encode = if volume { encode_volume } else { encode };
        for (number, bounds) in (1..).zip(boxes).filter_map(|(number, bounds)| Some((number, bounds?))) {
            let pixels = match &image {
                Some(image) => cut(&image.pixels, &labels, number, bounds),
                None => Pixels::Bool(labels.map(|&label| label == number)),
            };
            let path = format!("{folder}/{start}_{number}.{ending}");
            let bytes = encode(&pixels, self.format)
                .map_err(|why| RunError::Refused(format!("`{path}` cannot be saved: {why}")))?;
            workspace.sink.write(&path, &bytes).map_err(|error| RunError::Write { path, error })?;
        }
        Ok(())
    }
}

/// Returns the image's part in the object's box, black outside the object.
fn cut(pixels: &Pixels, labels: &Array<u32>, number: u32, bounds: Box3) -> Pixels {
    match pixels {
        Pixels::Bool(array) => Pixels::Bool(part(array, labels, number, bounds)),
        Pixels::F32(array) => Pixels::F32(part(array, labels, number, bounds)),
        Pixels::F64(array) => Pixels::F64(part(array, labels, number, bounds)),
        Pixels::Int(array) => Pixels::Int(part(array, labels, number, bounds)),
    }
}

fn part<T: Copy + Default>(array: &Array<T>, labels: &Array<u32>, number: u32, bounds: Box3) -> Array<T> {
    let Shape { height, width, channels, .. } = array.shape();
    let [(z0, z1), (y0, y1), (x0, x1)] = bounds;
    let shape = Shape { depth: z1 - z0, height: y1 - y0, width: x1 - x0, channels };
    let mut data = Vec::with_capacity(shape.len());
    for row in (z0..z1).flat_map(|z| (y0..y1).map(move |y| (z * height + y) * width)) {
        let pixels = array.data()[(row + x0) * channels..(row + x1) * channels].chunks_exact(channels);
        for (pixel, &label) in pixels.zip(&labels.data()[row + x0..row + x1]) {
            if label == number {
                data.extend_from_slice(pixel);
            } else {
                data.resize(data.len() + channels, T::default());
            }
        }
    }
    Array::from_vec(shape, data)
}
