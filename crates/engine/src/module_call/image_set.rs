//! What a call's measurements say of its image sets.

use super::ModuleCall;
use imageset::{Channel, ImageSet, Rescale, Role};
use measurements::Value;
use pixels::Image;

impl ModuleCall<'_> {
    /// Returns the image set at `index`: its number, group and metadata from the measurements that are given, its
    /// channels from the images.
    pub(super) fn image_set(&self, index: usize) -> ImageSet {
        let given = &self.image_sets[index];
        let number = |feature: &str, other: usize| given.measured.image_number(feature).unwrap_or(other);
        let metadata = given.measured.image.iter().filter_map(|(feature, value)| {
            let text = match value {
                Value::Integer(v) => v.to_string(),
                Value::Float(v) => v.to_string(),
                Value::Text(v) => v.clone(),
            };
            Some((feature.strip_prefix("Metadata_")?.to_string(), text))
        });
        ImageSet {
            number: number("ImageNumber", index + 1),
            group_number: number("Group_Number", 1),
            group_index: number("Group_Index", index + 1),
            group_length: number("Group_Length", self.image_sets.len()),
            channels: given.images.iter().map(|(name, image)| channel(name, image)).collect(),
            metadata: metadata.collect(),
            ..ImageSet::default()
        }
    }
}

/// Returns an image that is given as if a file had been loaded.
fn channel(name: &str, image: &Image) -> Channel {
    let (file_name, path_name) =
        image.source.as_ref().map(|s| (s.file.clone(), s.path.clone())).unwrap_or_default();
    let location = if path_name.is_empty() { file_name.clone() } else { format!("{path_name}/{file_name}") };
    Channel {
        name: name.to_string(),
        role: Role::AsStored,
        url: location.clone(),
        location,
        file_name,
        path_name,
        series: None,
        frame: None,
        colour_channel: None,
        planes: Vec::new(),
        spacing: image.volumetric.then_some(image.spacing),
        rescale: Rescale::Off,
    }
}
