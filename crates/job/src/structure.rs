//! `output_structure`: a folder for the tables of each combination of metadata.

use imageset::ImageSet;

const PREFIX: &str = "Metadata_";

/// Returns the folder of an image set, below the output: each `Metadata_KEY` of the structure is replaced by the value.
///
/// # Errors
/// The key that the image set has no value of.
pub fn folder_of(structure: &str, set: &ImageSet) -> Result<String, String> {
    let mut folder = String::new();
    let mut rest = structure.trim_matches('/');
    while let Some(at) = rest.find(PREFIX) {
        folder.push_str(&rest[..at]);
        rest = &rest[at + PREFIX.len()..];
        // The longest key that the text goes on with: `Metadata_Plate_Map` is not the plate.
        let known = set.metadata.iter().filter(|(key, _)| rest.starts_with(key.as_str()));
        let Some((key, value)) = known.max_by_key(|(key, _)| key.len()) else {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            return Err(rest[..end].to_string());
        };
        folder.push_str(&value.replace('/', "_"));
        rest = &rest[key.len()..];
    }
    folder.push_str(rest);
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_make_the_folder() {
        let pairs = [("Plate", "P1"), ("Plate_Map", "M"), ("Site", "3")];
        let metadata = pairs.map(|(k, v)| (k.to_string(), v.to_string())).into();
        let set = ImageSet { metadata, ..ImageSet::default() };
        assert_eq!(folder_of("Metadata_Plate-Metadata_Site", &set), Ok("P1-3".into()));
        assert_eq!(folder_of("/by/Metadata_Plate_Map/Metadata_Plate/", &set), Ok("by/M/P1".into()));
        assert_eq!(folder_of("Metadata_Well/x", &set), Err("Well".into()));
    }
}
