//! The arguments that name an array: `NAME=file.npy,option=value,…`.

use super::array::{read_flags, read_image, read_labels, read_planes};
use crate::{Objects, Source};
use cppipe::nearest;
use pixels::Image;

/// An image to give: where it is and what is known of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImageArgument {
    name: String,
    file: String,
    mask: Option<String>,
    crop: Option<String>,
    volumetric: bool,
    spacing: Option<[f64; 3]>,
    scale: Option<f64>,
    objects: Option<String>,
    file_name: Option<String>,
    path: Option<String>,
}

/// An object set to give: where it is and what is known of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ObjectsArgument {
    name: String,
    file: String,
    planes: bool,
    unedited: Option<String>,
    small: Option<String>,
    parent: Option<String>,
}

/// Splits an argument into name, file and options; a comma within a file's name does not end it.
fn split(text: &str, known: &[&str]) -> Result<(String, String, Vec<(String, String)>), String> {
    let (name, rest) = text.split_once('=').ok_or_else(|| format!("`{text}` is not NAME=file.npy"))?;
    if name.is_empty() {
        return Err(format!("`{text}` gives no name"));
    }
    let mut parts: Vec<String> = Vec::new();
    let mut options = Vec::new();
    for part in rest.split(',') {
        let (key, value) = part.split_once('=').map_or((part, None), |(k, v)| (k, Some(v)));
        match value {
            _ if parts.is_empty() => parts.push(part.to_string()),
            _ if known.contains(&key) => {
                options.push((key.to_string(), value.unwrap_or_default().to_string()))
            }
            Some(_) => {
                let near = nearest(key, known.iter().copied());
                let near = near.map_or(String::new(), |n| format!("; did you mean `{n}`?"));
                return Err(format!("`{key}` is not an option of `{name}`: {}{near}", known.join(", ")));
            }
            None if options.is_empty() => parts.push(part.to_string()),
            None => return Err(format!("`{part}` is not an option of `{name}`: {}", known.join(", "))),
        }
    }
    Ok((name.to_string(), parts.join(","), options))
}

impl ImageArgument {
    /// Reads `NAME=file.npy` with the options `mask=`, `crop=`, `dims=`, `spacing=`, `scale=`, `objects=`, `file=` and
    /// `path=`.
    ///
    /// # Errors
    /// When it reads otherwise, or an option's value is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let known = ["mask", "crop", "dims", "spacing", "scale", "objects", "file", "path"];
        let (name, file, options) = split(text, &known)?;
        let mut argument = Self { name, file, ..Self::default() };
        for (key, value) in options {
            let wrong = |what: &str| format!("`{key}={value}` of `{}`: {what}", argument.name);
            match key.as_str() {
                "mask" => argument.mask = Some(value),
                "crop" => argument.crop = Some(value),
                "objects" => argument.objects = Some(value),
                "file" => argument.file_name = Some(value),
                "path" => argument.path = Some(value),
                "dims" => {
                    argument.volumetric = match value.as_str() {
                        "2" => false,
                        "3" => true,
                        _ => return Err(wrong("an image has 2 or 3 dimensions")),
                    }
                }
                "scale" => {
                    let scale: f64 = value.parse().map_err(|_| wrong("not a number"))?;
                    argument.scale = Some(scale);
                }
                _ => {
                    let parts: Option<Vec<f64>> = value.split(':').map(|v| v.parse().ok()).collect();
                    let spacing = parts.and_then(|p| <[f64; 3]>::try_from(p).ok());
                    argument.spacing = Some(spacing.ok_or_else(|| wrong("not three numbers z:y:x"))?);
                }
            }
        }
        if argument.spacing.is_some() && !argument.volumetric {
            return Err(format!("`spacing` of `{}` goes with `dims=3`", argument.name));
        }
        Ok(argument)
    }

    /// Reads the files.
    ///
    /// # Errors
    /// When a file cannot be read or holds another kind of array.
    pub fn load(&self, source: &dyn Source) -> Result<(String, Image), String> {
        let mut image = read_image(source, &self.file, self.volumetric)?;
        let flags =
            |file: &Option<String>| file.as_ref().map(|f| read_flags(source, f, self.volumetric)).transpose();
        image.mask = flags(&self.mask)?;
        image.crop = flags(&self.crop)?;
        if let Some(mask) = &image.mask {
            let (of, is) = (image.shape(), mask.shape());
            if (of.depth, of.height, of.width) != (is.depth, is.height, is.width) {
                return Err(format!("the mask of `{}` is of another size than the image", self.name));
            }
        }
        // CellProfiler's images give distances relative to that along y.
        image.spacing = self.spacing.map_or([1.0; 3], |spacing| spacing.map(|s| s / spacing[1]));
        image.scale = self.scale;
        image.masking_objects = self.objects.clone();
        if self.file_name.is_some() || self.path.is_some() {
            image.source = Some(pixels::Source {
                file: self.file_name.clone().unwrap_or_default(),
                path: self.path.clone().unwrap_or_default(),
            });
        }
        Ok((self.name.clone(), image))
    }
}

impl ObjectsArgument {
    /// Reads `NAME=file.npy` with the options `planes`, `unedited=`, `small=` and `parent=`.
    ///
    /// # Errors
    /// When it reads otherwise.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (name, file, options) = split(text, &["planes", "unedited", "small", "parent"])?;
        let mut argument = Self { name, file, ..Self::default() };
        for (key, value) in options {
            match key.as_str() {
                "planes" => argument.planes = true,
                "unedited" => argument.unedited = Some(value),
                "small" => argument.small = Some(value),
                _ => argument.parent = Some(value),
            }
        }
        Ok(argument)
    }

    /// Reads the files.
    ///
    /// # Errors
    /// When a file cannot be read or holds another kind of array.
    pub fn load(&self, source: &dyn Source) -> Result<(String, Objects), String> {
        let labels = |file: &str| {
            if self.planes { read_planes(source, file) } else { read_labels(source, file) }
        };
        let objects = Objects {
            segmented: labels(&self.file)?,
            unedited: self.unedited.as_deref().map(labels).transpose()?,
            small_removed: self.small.as_deref().map(labels).transpose()?,
            parent_image: self.parent.clone(),
        };
        let shape = objects.segmented.shape();
        let others = [&objects.unedited, &objects.small_removed];
        if others.into_iter().flatten().any(|o| o.shape() != shape) {
            return Err(format!("the labels of `{}` are of different sizes", self.name));
        }
        Ok((self.name.clone(), objects))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_follow_the_file() {
        let image = ImageArgument::parse("DNA=a,b.npy,mask=m.npy,dims=3,spacing=2:1:1,scale=4095").unwrap();
        assert_eq!((image.name.as_str(), image.file.as_str()), ("DNA", "a,b.npy"));
        assert_eq!(image.mask.as_deref(), Some("m.npy"));
        assert_eq!((image.spacing, image.scale), (Some([2.0, 1.0, 1.0]), Some(4095.0)));
        let objects = ObjectsArgument::parse("Nuclei=n.npy,planes,parent=DNA").unwrap();
        assert!(objects.planes && objects.parent.as_deref() == Some("DNA"));
    }

    #[test]
    fn a_wrong_argument_is_told_with_what_is_right() {
        let error = |text| ImageArgument::parse(text).unwrap_err();
        assert_eq!(error("DNA"), "`DNA` is not NAME=file.npy");
        assert!(error("DNA=a.npy,maks=m.npy").ends_with("did you mean `mask`?"));
        assert!(error("DNA=a.npy,dims=4").contains("2 or 3 dimensions"));
        assert!(error("DNA=a.npy,spacing=1:1:1").contains("goes with `dims=3`"));
        assert!(error("DNA=a.npy,dims=3,spacing=1:1").contains("three numbers"));
        assert!(error("DNA=a.npy,scale=big").contains("not a number"));
        assert!(
            ObjectsArgument::parse("N=a.npy,parent=x,plane")
                .unwrap_err()
                .contains("`plane` is not an option")
        );
    }
}
