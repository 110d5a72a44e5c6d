use crate::{RunError, Workspace};
use pixels::{Image, Pixels};
use std::borrow::Cow;

impl Workspace<'_> {
    /// Returns an image of `pixels` made from `parent`, of the same size: it has the parent's mask, crop, spacing,
    /// scale and file.
    ///
    /// They are copied, for CellProfiler's image holds on to its parent even if another takes the parent's name.
    ///
    /// # Errors
    /// When the parent's own mask cannot be cropped to its size.
    pub fn derived_image(&self, parent: &Image, pixels: Pixels) -> Result<Image, RunError> {
        let mask = self.mask_array_of(parent)?.map(Cow::into_owned);
        let crop = self.crop_array_of(parent)?;
        let channels = pixels.shape().channels;
        Ok(Image {
            pixels,
            mask,
            crop,
            volumetric: parent.volumetric,
            multichannel: channels > 1 || (parent.multichannel && parent.shape().channels == 1),
            spacing: parent.spacing,
            scale: parent.scale,
            source: parent.source.clone(),
            parent: None,
            masking_objects: None,
        })
    }
}
