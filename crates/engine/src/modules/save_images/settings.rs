use cppipe::{Problem, Settings};
use imageset::Folder;

/// The setting that names the image.
pub(super) const IMAGE: &str = "Select the image to save";
/// The setting that names the image whose file name is taken.
pub(super) const FILE_IMAGE: &str = "Select image name for file prefix";

/// The settings of SaveImages.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SaveImages {
    pub what: What,
    pub image: String,
    pub file_name: FileName,
    pub format: Format,
    pub place: Place,
    pub overwrites: bool,
    pub when: When,
    /// Whether name and folder of the file become measurements.
    pub records_names: bool,
    /// The folder below which the images' own sub-folders are made again.
    pub subfolders_of: Option<Folder>,
}

/// What of an image is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Image,
    Mask,
    Cropping,
}

/// How a file is named.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum FileName {
    /// As an image's own file, with a suffix.
    OfImage { image: String, suffix: Option<String> },
    /// A prefix and the number of the image set.
    Numbered { prefix: String, digits: usize },
    /// One name, which metadata may vary.
    Single(String),
}

/// The format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Tiff { depth: Depth, compressed: bool },
    Png,
    Jpeg,
    Npy,
}

/// The type of a TIFF's pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    Bits8,
    Bits16,
    Float,
    /// As the image has them.
    Raw,
}

/// The folder of a file.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Place {
    Folder(Folder),
    /// The folder of the image that names the file.
    WithImage(String),
}

/// In which cycle an image is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    Every,
    First,
    Last,
}

impl Format {
    /// Returns the ending of its files.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Tiff { .. } => "tiff",
            Self::Png => "png",
            Self::Jpeg => "jpeg",
            Self::Npy => "npy",
        }
    }
}

impl SaveImages {
    /// Reads the settings of revisions 11 to 16.
    pub fn read(module: &cppipe::Module) -> Result<Self, Vec<Problem>> {
        let values = module.settings.iter().map(|s| s.value.clone()).collect();
        let mut s = Settings::upgraded(module, upgrade(module.revision, values));
        if module.revision < 11 {
            s.problem("", format!("revision {} is older than CellProfiler 4 reads", module.revision), None);
        }
        let what = read_what(&mut s);
        let image = s.text(IMAGE);
        let naming = s.choice(
            "Select method for constructing file names",
            &[("From image filename", 0), ("Sequential numbers", 1), ("Single name", 2)],
        );
        let file_image = s.text(FILE_IMAGE);
        let single = s.text("Enter single file name");
        let digits = if naming == 1 { s.number("Number of digits") } else { skipped(&mut s) };
        let has_suffix = s.yes("Append a suffix to the image file name?");
        let suffix = s.text("Text to append to the image name");
        let file_name = match naming {
            0 => FileName::OfImage { image: file_image.clone(), suffix: has_suffix.then_some(suffix) },
            1 => FileName::Numbered { prefix: single, digits },
            _ => FileName::Single(single),
        };
        let kind = read_format(&mut s);
        let place = read_place(&mut s, file_image);
        let depth = s.choice(
            "Image bit depth",
            &[
                ("8-bit integer", Depth::Bits8),
                ("16-bit integer", Depth::Bits16),
                ("32-bit floating point", Depth::Float),
                ("No conversion", Depth::Raw),
            ],
        );
        let overwrites = s.yes("Overwrite existing files without warning?");
        let when = s.choice(
            "When to save",
            &[("Every cycle", When::Every), ("First cycle", When::First), ("Last cycle", When::Last)],
        );
        let records_names = s.yes("Record the file and path information to the saved image?");
        let subfolders = s.yes("Create subfolders in the output folder?");
        let base = read_folder(&mut s, "Base image folder", subfolders);
        s.skip(1);
        let compressed = if s.left() > 0 { s.yes("Save with lossless compression?") } else { false };
        let depth = if what == What::Image { depth } else { Depth::Bits8 };
        let format = if kind == Kind::Tiff { Format::Tiff { depth, compressed } } else { kind.format() };
        let subfolders_of = if subfolders { base } else { None };
        s.finish(Self {
            what,
            image,
            file_name,
            format,
            place,
            overwrites,
            when,
            records_names,
            subfolders_of,
        })
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Tiff,
    Png,
    Jpeg,
    Npy,
}

impl Kind {
    fn format(self) -> Format {
        match self {
            Self::Tiff => Format::Tiff { depth: Depth::Bits8, compressed: false },
            Self::Png => Format::Png,
            Self::Jpeg => Format::Jpeg,
            Self::Npy => Format::Npy,
        }
    }
}

fn skipped(s: &mut Settings<'_>) -> usize {
    s.skip(1);
    0
}

fn read_what(s: &mut Settings<'_>) -> What {
    const LABEL: &str = "Select the type of image to save";
    if matches!(s.peek(0), Some("Movie/Stack")) {
        s.not_native(LABEL, "saving a movie or stack is not native yet".into());
        s.skip(1);
        return What::Image;
    }
    if matches!(s.peek(0), Some("Objects")) {
        let hint = "objects are saved by ConvertObjectsToImage and SaveImages in CellProfiler 4";
        s.problem(LABEL, format!("`Objects`: {hint}"), None);
        s.skip(1);
        return What::Image;
    }
    s.choice(LABEL, &[("Image", What::Image), ("Mask", What::Mask), ("Cropping", What::Cropping)])
}

fn read_format(s: &mut Settings<'_>) -> Kind {
    const LABEL: &str = "Saved file format";
    if matches!(s.peek(0), Some("h5")) {
        s.not_native(LABEL, "the format `h5` is not native yet".into());
        s.skip(1);
        return Kind::Tiff;
    }
    s.choice(LABEL, &[("tiff", Kind::Tiff), ("png", Kind::Png), ("jpeg", Kind::Jpeg), ("npy", Kind::Npy)])
}

fn read_place(s: &mut Settings<'_>, file_image: String) -> Place {
    const LABEL: &str = "Output file location";
    if s.peek(0).is_some_and(|v| v.split('|').next() == Some("Same folder as image")) {
        s.skip(1);
        return Place::WithImage(file_image);
    }
    let folder = read_folder(s, LABEL, true);
    Place::Folder(folder.unwrap_or(Folder { base: imageset::FolderBase::Output, path: ".".into() }))
}

/// Reads a folder; a wrong one is a problem only where it `counts`.
pub(crate) fn read_folder(s: &mut Settings<'_>, label: &str, counts: bool) -> Option<Folder> {
    let answer = s.text(label);
    let folder = Folder::parse(&answer);
    if folder.is_none() && counts {
        let near = cppipe::nearest(answer.split('|').next().unwrap_or_default(), Folder::base_names());
        s.problem(label, format!("`{answer}` does not begin with the name of a folder"), near);
    }
    folder
}

/// Brings the answers of an earlier revision into the order of revision 16.
fn upgrade(revision: u32, mut values: Vec<String>) -> Vec<String> {
    if revision == 11 && values.len() > 19 {
        let kept = values[..2].iter().chain(&values[4..15]).chain(&values[18..values.len() - 1]);
        values = kept.cloned().collect();
        let format = match values[8].as_str() {
            "tif" => "tiff",
            "jpg" => "jpeg",
            other => other,
        };
        values[8] = format.to_string();
    }
    if let Some(depth) = values.get_mut(10) {
        let name = match depth.as_str() {
            "8" => "8-bit integer",
            "16" => "16-bit integer",
            "64-bit floating point" => "32-bit floating point",
            other => other,
        };
        *depth = name.to_string();
    }
    if values.first().is_some_and(|v| v == "Movie") {
        values[0] = "Movie/Stack".into();
    }
    if revision < 15 {
        values.push("T (Time)".into());
    }
    if revision < 16 {
        values.push("No".into());
    }
    values
}
