//! What exists after the modules ran, as files.

use super::ModuleCall;
use super::array::{write_array, write_image, write_labels};
use crate::{RunError, Workspace};
use pixels::{Array, Image};
use serde_json::{Map, Value as Json, json};
use std::borrow::Cow;

impl ModuleCall<'_> {
    /// Writes a file of the image set at `index`.
    pub(super) fn write(&self, index: usize, name: &str, bytes: &[u8]) -> Result<(), RunError> {
        let folder = if self.image_sets.len() > 1 { format!("/{}", index + 1) } else { String::new() };
        let path = format!("{}{folder}/{name}", self.out);
        self.sink.write(&path, bytes).map_err(|error| RunError::Write { path, error })
    }

    /// Writes all images, objects and grids, and what is known of them.
    pub(super) fn write_workspace(&self, index: usize, workspace: &Workspace<'_>) -> Result<(), RunError> {
        let mut images = Map::new();
        for name in workspace.image_names() {
            let image = workspace.image(&name)?;
            self.write(index, &format!("images/{name}.npy"), &write_image(&image))?;
            let crop = crop(workspace, &image)?;
            if let Some(mask) = mask(workspace, &image, crop.is_some())? {
                let bytes = write_array(&mask, image.volumetric);
                self.write(index, &format!("images/{name}.mask.npy"), &bytes)?;
            }
            if let Some(crop) = crop {
                let bytes = write_array(&crop, image.volumetric);
                self.write(index, &format!("images/{name}.crop.npy"), &bytes)?;
            }
            images.insert(name, facts(workspace, &image));
        }
        let mut objects = Map::new();
        for (name, set) in &workspace.objects {
            let all = [("", Some(&set.segmented)), (".unedited", set.unedited.as_ref())];
            for (suffix, labels) in all.into_iter().chain([(".small", set.small_removed.as_ref())]) {
                let Some(labels) = labels else { continue };
                let (bytes, planes) = write_labels(labels, workspace.volumetric);
                let planes = if planes { ".planes" } else { "" };
                self.write(index, &format!("objects/{name}{suffix}{planes}.npy"), &bytes)?;
            }
            let mut facts = Map::new();
            facts.extend(set.parent_image.as_ref().map(|p| ("parent".to_string(), json!(p))));
            objects.insert(name.clone(), facts.into());
        }
        for (name, grid) in &workspace.grids {
            let text = serde_json::to_string(grid.as_ref())
                .map_err(|e| RunError::Internal(format!("grid `{name}`: {e}")))?;
            self.write(index, &format!("grids/{name}.json"), text.as_bytes())?;
        }
        let mut all = Map::new();
        all.insert("images".into(), images.into());
        all.insert("objects".into(), objects.into());
        if workspace.skip {
            all.insert("disposition".into(), json!("Skip"));
        }
        let text = format!("{:#}\n", Json::from(all));
        self.write(index, "workspace.json", text.as_bytes())
    }
}

/// Returns how an image was cut from its parent, by itself or by one it came from.
fn crop(workspace: &Workspace<'_>, image: &Image) -> Result<Option<Array<bool>>, RunError> {
    workspace.crop_array_of(image)
}

/// Returns where an image counts; an image that was cut has a mask in CellProfiler, be it all true.
fn mask(workspace: &Workspace<'_>, image: &Image, is_cut: bool) -> Result<Option<Array<bool>>, RunError> {
    let found = workspace.mask_array_of(image)?;
    let all = || {
        let shape = pixels::Shape { channels: 1, ..image.shape() };
        Array::from_vec(shape, vec![true; shape.len()])
    };
    Ok(found.map(Cow::into_owned).or_else(|| is_cut.then(all)))
}

/// Returns what is known of an image beside its pixels.
fn facts(workspace: &Workspace<'_>, image: &Image) -> Json {
    let mut facts = Map::new();
    facts.insert("dims".into(), json!(if image.volumetric { 3 } else { 2 }));
    facts.extend(scale(workspace, image, 0).map(|s| ("scale".to_string(), json!(s))));
    facts.extend(image.parent.as_ref().map(|p| ("parent".to_string(), json!(p))));
    facts.extend(image.masking_objects.as_ref().map(|o| ("objects".to_string(), json!(o))));
    if image.volumetric {
        facts.insert("spacing".into(), json!(image.spacing));
    }
    facts.into()
}

/// Returns the camera's full scale of an image or of one it came from.
fn scale(workspace: &Workspace<'_>, image: &Image, depth: usize) -> Option<f64> {
    const LONGEST_CHAIN: usize = 1000;
    let parent = || workspace.image(image.parent.as_ref()?).ok();
    image
        .scale
        .or_else(|| if depth < LONGEST_CHAIN { scale(workspace, &*parent()?, depth + 1) } else { None })
}
