//! Writes images to files.

pub(crate) mod encode;
pub(crate) mod place;
pub(crate) mod settings;

use crate::{Declaration, Kind, Module, Need, RunError, Scope, Upstream, Workspace};
use encode::encode;
use imageset::path_to_url;
use measurements::{Column, IMAGE};
use pixels::{Array, Image, Pixels};
use settings::{FileName, Format, SaveImages, What, When};

/// The module as the pipeline knows it.
pub const KIND: Kind = Kind {
    name: "SaveImages",
    former_names: &[],
    newest_revision: 16,
    summary: "Writes images to files",
    read: |module| Ok(Box::new(SaveImages::read(module)?)),
};

impl Module for SaveImages {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let mut needs = vec![Need::image(&self.image, settings::IMAGE)];
        if let FileName::OfImage { image, .. } = &self.file_name {
            needs.push(Need::measurement(IMAGE, &format!("FileName_{image}"), settings::FILE_IMAGE));
        }
        let column = |what: &str| Column::text(IMAGE, format!("{what}_{}", self.image));
        let columns = [column("FileName"), column("PathName"), column("URL").unannounced()];
        Declaration {
            needs,
            columns: if self.records_names { columns.to_vec() } else { Vec::new() },
            files: vec![format!("{} as .{}", self.image, self.format.extension())],
            scope: if self.when == When::Last { Scope::Group } else { Scope::ImageSet },
            ..Declaration::default()
        }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let now = match self.when {
            When::Every => true,
            When::First => workspace.image_set.group_index <= 1,
            When::Last => false,
        };
        if now {
            self.save(workspace)?;
        }
        if self.records_names { self.record_names(workspace) } else { Ok(()) }
    }

    fn end_group(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        if self.when == When::Last { self.save(workspace) } else { Ok(()) }
    }
}

impl SaveImages {
    fn save(&self, workspace: &Workspace<'_>) -> Result<(), RunError> {
        let path = self.path(workspace)?;
        if !self.overwrites && workspace.sink.exists(&path) {
            return Err(RunError::Refused(format!(
                "`{path}` is there already and \"Overwrite existing files without warning?\" is No: \
                 remove it, or choose another place"
            )));
        }
        let image = workspace.image(&self.image)?;
        let format = match self.format {
            Format::Tiff { depth, .. } if image.volumetric => Format::Tiff { depth, compressed: true },
            Format::Png | Format::Jpeg if image.volumetric => {
                return Err(RunError::Refused(format!(
                    "`{}` is a volume: save it as tiff or npy, as no other format holds one",
                    self.image
                )));
            }
            format => format,
        };
        let bytes = match self.what {
            What::Image => encode(&image.pixels, format),
            What::Mask => encode(&mask(workspace, &image)?, format),
            What::Cropping => encode(&cropping(workspace, &image)?, format),
        };
        let bytes = bytes
            .map_err(|why| RunError::Refused(format!("image `{}` cannot be saved: {why}", self.image)))?;
        workspace.sink.write(&path, &bytes).map_err(|error| RunError::Write { path, error })
    }

    fn record_names(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let path = self.path(workspace)?;
        let (folder, file) = path.rsplit_once('/').unwrap_or(("", &path));
        let (folder, file, url) = (folder.to_string(), file.to_string(), path_to_url(&path));
        for (feature, value) in [("FileName", file), ("PathName", folder), ("URL", url)] {
            workspace.record.image_text(format!("{feature}_{}", self.image), value);
        }
        Ok(())
    }
}

/// Returns where the image counts: everywhere when it has no mask.
fn mask(workspace: &Workspace<'_>, image: &Image) -> Result<Pixels, RunError> {
    let mask = workspace.mask_array_of(image)?;
    Ok(Pixels::Bool(match mask {
        Some(mask) => mask.into_owned(),
        None => {
            let shape = pixels::Shape { channels: 1, ..image.shape() };
            Array::from_vec(shape, vec![true; shape.len()])
        }
    }))
}

/// Returns how the image was cut from its parent; its mask when it was not.
fn cropping(workspace: &Workspace<'_>, image: &Image) -> Result<Pixels, RunError> {
    match workspace.crop_array_of(image)? {
        Some(crop) => Ok(Pixels::Bool(crop)),
        None => mask(workspace, image),
    }
}
